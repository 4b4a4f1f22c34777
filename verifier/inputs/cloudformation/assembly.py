"""What `cdk synth` writes: a cloud assembly, `cdk.out`.

In: the folder. Out: the templates of its stacks, each with what its manifest says of where it is deployed; those of
stacks in them are for `nested`. Guarantee: every stack of the manifest, and of the assemblies of stages inside, is
there; a file that the manifest names and that is not in the folder is an error. [AWS CDK: cloud assembly schema]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path

from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied, parameter_text
from verifier.inputs.text.files import Files, is_inside
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, member, refusal, text_of, values_of

_MANIFEST = "manifest.json"
_STACK, _STAGE = "aws:cloudformation:stack", "cdk:cloud-assembly"
_STACK_TAGS = "aws:cdk:stack-tags"
_ENVIRONMENT = re.compile(r"aws://(?:([0-9]{12})|unknown-account)/(?:([a-z]{2}(?:-[a-z]+)+-[0-9]+)|unknown-region)")


def is_assembly(files: Files, folder: Path) -> bool:
    """True iff a folder is a cloud assembly. Raises `InputError` where its manifest cannot be read."""
    path = folder / _MANIFEST
    return path.is_file() and isinstance(member(files.node(path), "artifacts"), Members)


def stacks(files: Files, folder: Path, given: Supplied) -> Iterator[tuple[Path, Supplied]]:
    """The templates, with where each is deployed and its name, what is left open as `given`. Raises `InputError`."""
    manifest = files.node(folder / _MANIFEST)
    artifacts, missing = member(manifest, "artifacts"), member(manifest, "missing")
    if isinstance(missing, Items) and missing.items:
        hint = "run `cdk synth` where it can look them up, and commit cdk.context.json"
        raise refusal(
            missing, "the templates hold values that are made up: context was missing when they were written", hint=hint
        )
    for _, artifact in artifacts.pairs if isinstance(artifacts, Members) else ():
        kind, properties = text_of(artifact, "type"), member(artifact, "properties")
        if kind == _STAGE:
            yield from stacks(files, _inside(artifact, properties, "directoryName", folder), given)
        elif kind == _STACK:
            yield _inside(artifact, properties, "templateFile", folder), _deployed(artifact, properties, given)
        elif member(properties, "templateFile") is not None:
            raise refusal(artifact, f"the artifact has a template, and is of a type that is not read: {kind}")


def in_one_account(remarks: Remarks, parts: Parts, folder: str, before: Set[str]) -> None:
    """Takes the stacks of an assembly of which nothing tells the account for those of one, as the CDK does, which
    deploys them with the credentials that it is called with. [AWS CDK: environments, environment-agnostic stacks]"""
    if len(parts.by_stand_in - before) > 1:
        parts.by_stand_in = {*before, folder}
        remarks.concluded[f"the stacks of {folder} that do not tell their account are in one"] = None


def _inside(artifact: Node, properties: Node | None, name: str, folder: Path) -> Path:
    """The file or folder that an artifact names."""
    given = text_of(properties, name) if properties is not None else None
    if given is None:
        raise refusal(artifact, f"the artifact has no `{name}`")
    path = folder / given
    if not is_inside(path, folder) or path.resolve() == folder.resolve():
        raise refusal(artifact, f"`{given}` leads out of the folder of the assembly")
    return path


def _deployed(artifact: Node, properties: Node | None, given: Supplied) -> Supplied:
    environment = text_of(artifact, "environment")
    found = _ENVIRONMENT.fullmatch(environment or "aws://unknown-account/unknown-region")
    if found is None:
        raise refusal(artifact, f"`{environment}` is no environment", hint="expected aws://ACCOUNT/REGION")
    inside = member(properties, "parameters")
    pairs = inside.pairs if isinstance(inside, Members) else []
    own = {key.text: parameter_text(key.text, value) for key, value in pairs}
    name = text_of(properties, "stackName") if properties is not None else None
    own |= {**({"AWS::StackName": name} if name is not None else {}), **given.parameters}
    return replace(
        given,
        account=found[1] or given.account,
        region=found[2] or given.region,
        parameters=own,
        stack_tags=(*given.stack_tags, *_tags(artifact, properties)),
    )


def _tags(artifact: Node, properties: Node | None) -> Iterator[tuple[str, str]]:
    """The tags that the CDK makes a stack with: in its properties, in earlier versions in its metadata."""
    of_properties, metadata = member(properties, "tags"), member(artifact, "metadata")
    if isinstance(of_properties, Members):
        yield from ((name.text, text_of(of_properties, name.text) or "") for name, _ in of_properties.pairs)
    for _, entries in metadata.pairs if isinstance(metadata, Members) else ():
        for entry in values_of(entries):
            for tag in values_of(member(entry, "data")) if text_of(entry, "type") == _STACK_TAGS else ():
                if (name := text_of(tag, "Key") or text_of(tag, "key")) is not None:
                    yield name, text_of(tag, "Value") or text_of(tag, "value") or ""
