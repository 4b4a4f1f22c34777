"""Stacks of a cloud assembly with those in them, whose templates are assets beside theirs.

In: a template. Out: it, as it is read, and of one of an assembly the templates of its nested stacks, and of those in
them, each with what the one above hands to it. Guarantee: a nested stack is read only where its template stands in the
folder of the assembly, and it is certainly made as it is written: without a condition, macros, or tags, which would go
to all that is in it. Any other, and a second one of the same template, stays what others make (`surroundings`).
[CloudFormation User Guide: nested stacks; AWS CDK: asset metadata, cloud assembly schema]
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from verifier.inputs.cloudformation.reading import prepared
from verifier.inputs.cloudformation.side import NESTED, TemplateSide
from verifier.inputs.cloudformation.template import Handed, TemplateResource
from verifier.inputs.cloudformation.written import MACROS
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import Files, is_inside
from verifier.inputs.text.folders import held
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, member, nodes_in, text_of
from verifier.inputs.text.unknown import content

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_OF_FILES = re.compile("^(Code|SourceBundle)$|(Location|Uri|URL)$")
_LOCAL = re.compile(r"[\w-]*[./][\w./-]*")
"""Names of members that may hold the path of a file or folder, and such paths. [AWS CLI: cloudformation package]"""
_AS_WRITTEN = frozenset({"TemplateURL", "Parameters", "TimeoutInMinutes", "NotificationARNs"})


def read_stack(
    remarks: Remarks, parts: Parts, files: Files, path: Path, supplied: Supplied, assembly: Path | None, seen: set[str]
) -> Iterator[TemplateSide]:
    """A template; of one in the folder of an assembly also those of its nested stacks, but for files that were `seen`.
    Errors go to `remarks`, or are raised."""
    side = prepared(remarks, parts, files.node(path), supplied)
    if side is not None:
        _define_files(remarks, files.node(path), path.parent)
        yield side
        if assembly is not None:
            yield from _nested(remarks, parts, files, side, assembly, seen)


def _define_files(remarks: Remarks, template: Node, folder: Path) -> None:
    """Records what the paths in a template stand for that `aws cloudformation package` and SAM put in a bucket."""
    for node in nodes_in(template):
        for key, value in node.pairs if isinstance(node, Members) else ():
            if _OF_FILES.search(key.text) and isinstance(value, Scalar) and _LOCAL.fullmatch(value.text):
                remarks.definitions.define(value.text, partial(_held, folder / value.text, folder))


def _held(path: Path, folder: Path) -> str:
    return held(path) if is_inside(path, folder) else os.path.realpath(path)


def _nested(
    remarks: Remarks, parts: Parts, files: Files, side: TemplateSide, folder: Path, seen: set[str]
) -> Iterator[TemplateSide]:
    for resource in side.template.of_type(NESTED):
        path = _template(files, resource, folder)
        if path is None or files.name(path) in seen or resource.condition is not None or resource.rewritten:
            continue
        if not resource.properties.keys() <= _AS_WRITTEN or any(name in resource.properties for name in MACROS):
            continue
        given = resource.properties.get("Parameters")
        pairs = given.pairs if isinstance(given, Members) else []
        if any(key.text.startswith("Fn::") for key, _ in pairs) or not isinstance(given, Members | None):
            continue
        handed: Handed = {key.text: partial(side.functions.value, value) for key, value in pairs}
        pseudo = {name: text for name, text in side.template.supplied.parameters.items() if name.startswith("AWS::")}
        pseudo.pop("AWS::StackName", None)
        seen.add(files.name(path))
        stands_in = parts.by_stand_in.copy()
        inner = prepared(remarks, parts, files.node(path), replace(side.template.supplied, parameters=pseudo), handed)
        parts.parameters.pop()  # nobody but the stack above gives it any
        if side.file in stands_in:  # it is of the same account
            parts.by_stand_in = stands_in
        if inner is None:
            continue
        above = side.template.supplied.parameters.get("AWS::StackName") or side.within
        inner.within = f"{above}-{resource.name}"
        side.nested[resource.name] = inner
        remarks.definitions.define(resource.name, content(inner.template.outputs))
        for name, value in pairs:
            remarks.definitions.define(name.text, content(value))
        yield inner
        yield from _nested(remarks, parts, files, inner, folder, seen)


def _template(files: Files, resource: TemplateResource, folder: Path) -> Path | None:
    """The file that is the template of a nested stack: that its metadata name, or that is the asset in its URL."""
    named = (
        text_of(metadata, "aws:asset:path") if (metadata := member(resource.place, "Metadata")) is not None else None
    )
    url = resource.properties.get("TemplateURL")
    if named is None and url is not None:
        found = [match for node in nodes_in(url) if isinstance(node, Scalar) for match in _DIGEST.findall(node.text)]
        for manifest in sorted(folder.glob("*.assets.json")) if len(found) == 1 else ():
            source = member(member(member(files.node(manifest), "files"), found[0]), "source")
            named = text_of(source, "path") if source is not None else named
    path = folder / named if named else None
    return path if path is not None and is_inside(path, folder) and path.is_file() else None
