"""Stacks of a cloud assembly with those in them, whose templates are assets beside theirs.

In: a template. Out: it, as it is read, and of one of an assembly the templates of its nested stacks, and of those in
them, each with what the one above hands to it; the parts of all of them. Guarantee: a nested stack is read only where
its template stands in the folder of the assembly, and it is certainly made as it is written: without a condition,
macros, or tags, which would go to all that is in it. Any other, and a second one of the same template, stays what
others make (`surroundings`).
[CloudFormation User Guide: nested stacks; AWS CDK: asset metadata, cloud assembly schema]
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from verifier.frozen import Frozen
from verifier.inputs.cloudformation.reading import add_templates, prepared
from verifier.inputs.cloudformation.side import NESTED, TemplateSide
from verifier.inputs.cloudformation.template import Handed, TemplateResource
from verifier.inputs.cloudformation.written import MACROS, as_read
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import Files, held, is_inside
from verifier.inputs.text.nodes import Members, Remarks, Scalar, member, nodes_in, text_of
from verifier.inputs.text.unknown import content

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_OF_FILES = re.compile("^(Code|SourceBundle)$|(Location|Uri|URL)$|^Fn::Rain::")
_LOCAL = re.compile(r"[\w-]*[./][\w./-]*")
"""Members that may hold the path of a file. [AWS CLI: cloudformation package; Rain: `!Rain::Embed`]"""
_AS_WRITTEN = frozenset({"TemplateURL", "Parameters", "TimeoutInMinutes", "NotificationARNs"})


class TemplateReader(Frozen):
    """Reads from `files` into `templates`, and these, together, into `parts`."""

    remarks: Remarks
    files: Files
    parts: Parts
    templates: list[TemplateSide]

    def add(self, path: Path, supplied: Supplied, assembly: Path | None) -> None:
        """Adds a template; of one in the folder of an `assembly` also those of its nested stacks, but for files that
        were added before. Errors go to `remarks`, or are raised."""
        side = prepared(self.remarks, self.parts, self.files.node(path), supplied)
        if side is not None:
            self._define_files(path)
            seen = {template.file for template in self.templates}
            self.templates.append(side)
            if assembly is not None:
                self._add_nested(side, assembly, seen)

    def read(self) -> None:
        """Reads all templates that were added."""
        add_templates(self.remarks, self.parts, self.templates)

    def _define_files(self, path: Path) -> None:
        """Records what paths stand for that `cloudformation package` and SAM put in a bucket, and Rain in place."""
        for node in nodes_in(self.files.node(path)):
            for key, value in node.pairs if isinstance(node, Members) else ():
                if _OF_FILES.search(key.text) and isinstance(value, Scalar) and _LOCAL.fullmatch(value.text):
                    self.remarks.definitions.define(value.text, partial(_held, path.parent / value.text, path.parent))

    def _add_nested(self, side: TemplateSide, folder: Path, seen: set[str]) -> None:
        for resource in side.template.of_type(NESTED):
            path = _template(self.files, resource, folder)
            if path is None or self.files.name(path) in seen or resource.condition is not None or resource.rewritten:
                continue
            if not resource.properties.keys() <= _AS_WRITTEN or any(name in resource.properties for name in MACROS):
                continue
            handed = resource.properties.get("Parameters")
            given = None if handed is None else as_read(self.remarks, handed)
            pairs = given.pairs if isinstance(given, Members) else []
            if any(key.text.startswith("Fn::") for key, _ in pairs) or not isinstance(given, Members | None):
                continue
            seen.add(self.files.name(path))
            inner = self._inner(side, path, {key.text: partial(side.functions.value, value) for key, value in pairs})
            if inner is None:
                continue
            above = side.template.supplied.parameters.get("AWS::StackName") or side.within
            inner.within = f"{above}-{resource.name}"
            side.nested[resource.name] = inner
            self.remarks.definitions.define(resource.name, content(inner.template.outputs))
            for name, value in pairs:
                self.remarks.definitions.define(name.text, content(value))
            self.templates.append(inner)
            self._add_nested(inner, folder, seen)

    def _inner(self, side: TemplateSide, path: Path, handed: Handed) -> TemplateSide | None:
        """The template of a stack in that of a side, which hands it the values of parameters."""
        pseudo = {name: text for name, text in side.template.supplied.parameters.items() if name.startswith("AWS::")}
        pseudo.pop("AWS::StackName", None)
        supplied, stands_in = replace(side.template.supplied, parameters=pseudo), self.parts.by_stand_in.copy()
        inner = prepared(self.remarks, self.parts, self.files.node(path), supplied, handed)
        self.parts.parameters.pop()  # nobody but the stack above gives it any
        if side.file in stands_in:  # it is of the same account
            self.parts.by_stand_in = stands_in
        return inner


def _held(path: Path, folder: Path) -> str:
    return held(path) if is_inside(path, folder) else os.path.realpath(path)


def _template(files: Files, resource: TemplateResource, folder: Path) -> Path | None:
    """The file that is the template of a nested stack: that its metadata name, or that is the asset in its URL."""
    path_given = member(member(resource.place, "Metadata"), "aws:asset:path")
    named = path_given.text if isinstance(path_given, Scalar) else None
    url = resource.properties.get("TemplateURL")
    if named is None and url is not None:
        found = [match for node in nodes_in(url) if isinstance(node, Scalar) for match in _DIGEST.findall(node.text)]
        for manifest in sorted(folder.glob("*.assets.json")) if len(found) == 1 else ():
            source = member(member(member(files.node(manifest), "files"), found[0]), "source")
            named = text_of(source, "path") if source is not None else named
    path = folder / named if named else None
    return path if path is not None and is_inside(path, folder) and path.is_file() else None
