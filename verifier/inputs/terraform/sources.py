"""The `.tf` files of a plan, where they are at hand.

In: the folder of a plan and its module calls. Out: for each block of a module its place and its expressions.
Guarantee: only files in the plan's folder are read, or, where that is in a git repository, in the repository; a file that cannot be read is
told as a warning, and what it has is placed in the plan instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from verifier.inputs.files import Files
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.terraform.hcl_tree import Tree, attributes_in, blocks_in, parse, references
from verifier.inputs.terraform.json_text import Json
from verifier.inputs.terraform.values import traversals
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

MOST_FILES = 2_000
MOST_BYTES = 1 << 20
"""Of one file."""

ModuleName = tuple[str, ...]
"""The names of the module calls that lead to a module."""

Key = TypeVar("Key")


@dataclass(frozen=True)
class Written:
    """An expression as it is written, and the file that it is in."""

    tree: Tree
    source: Source


@dataclass(frozen=True)
class Block:
    """A block: its attributes, its nested blocks by type, and where it is. `dynamic` are the contents of the `dynamic` blocks in it, at the
    places of these, each with its `for_each`."""

    source: Source
    start: int
    end: int
    attributes: dict[str, Written]
    blocks: dict[str, list[Block]]
    dynamic: dict[str, list[Block]] = field(default_factory=dict)
    for_each: Written | None = None


@dataclass
class Sources:
    """The blocks of all modules: resources and data sources by (managed, type, name), the others by name."""

    variables: dict[tuple[ModuleName, str], Block] = field(default_factory=dict)
    resources: dict[tuple[ModuleName, bool, str, str], Block] = field(default_factory=dict)
    locals: dict[tuple[ModuleName, str], Written] = field(default_factory=dict)
    outputs: dict[tuple[ModuleName, str], Written] = field(default_factory=dict)
    calls: dict[tuple[ModuleName, str], Block] = field(default_factory=dict)
    generated: dict[tuple[ModuleName, str], set[str]] = field(default_factory=dict)
    """The types of the `dynamic` blocks in the configurations of a provider by its name."""


def read_sources(remarks: Remarks, files: Files, plan: Path, configuration: Json) -> Sources:
    """The `.tf` files of a plan file at a path. No files at all is no error."""
    reader = _Reader(remarks, files, plan.parent)
    root = configuration.get("root_module")
    if any(plan.parent.glob("*.tf")):
        reader.module((), plan.parent, root if isinstance(root, dict) else {})
    return reader.sources


def annotate(sources: Sources, modules: Mapping[ModuleName, Any]) -> None:
    """Puts the expressions of the `.tf` files (`written`) and the places of blocks (`block`) into the `configuration` of a plan, wherever
    both refer to the same things. What is known of one module by its name is in `modules`."""
    for name, module in modules.items():
        for (managed, type_, own), block in module.blocks.items():
            found = sources.resources.get((name, managed, type_, own))
            if found is not None and isinstance(block.get("expressions"), dict):
                _annotate_block(block["expressions"], found)
        calls = module.data.get("module_calls")
        for own, call in calls.items() if isinstance(calls, dict) else ():
            found = sources.calls.get((name, own))
            if found is not None and isinstance(call, dict) and isinstance(call.get("expressions"), dict):
                _annotate_block(call["expressions"], found)
        outputs = module.data.get("outputs")
        for own, output in outputs.items() if isinstance(outputs, dict) else ():
            written = sources.outputs.get((name, own))
            if written is not None and isinstance(output, dict):
                _annotate(output.get("expression"), written)


def _annotate_block(expressions: Json, block: Block) -> None:
    for name, expression in expressions.items():
        if name in block.attributes:
            _annotate(expression, block.attributes[name])
            continue
        nested = expression if isinstance(expression, list) else [expression]
        written = block.blocks.get(name, [])
        if len(nested) == len(written):
            for inner, found in zip(nested, written, strict=True):
                if isinstance(inner, dict):
                    _annotate_block(inner, found)
                    inner["block"] = found


def _annotate(expression: Any, written: Written) -> None:
    """Notes how an expression is written, if that refers to what the plan says that it does."""
    if not isinstance(expression, dict):
        return
    recorded = {head(text) for text in traversals(expression.get("references"))}
    if recorded == {head(text) for text in references(written.tree)}:
        expression["written"] = written


def head(reference: str) -> str:
    """What a reference is to, without attributes and keys: `data.TYPE.NAME`, `TYPE.NAME`, `var.NAME`."""
    words = re.split(r"[.\[]", reference)
    return ".".join(words[: 3 if words[0] == "data" else 2])


class _Reader:
    """Reads modules, outermost first."""

    def __init__(self, remarks: Remarks, files: Files, folder: Path) -> None:
        self.remarks = remarks
        self.read = files
        self.limit = _repository(folder)
        self.installed = _installed(folder)
        self.sources = Sources()
        self.files = 0

    def module(self, name: ModuleName, folder: Path, data: Json) -> None:
        """Adds a module, and those that it calls."""
        listed = [path for path in sorted(folder.glob("*")) if not path.name.startswith(".")]
        paths = [path for path in listed if path.suffix == ".tf"]
        others = [
            path.name for path in listed if path.name.endswith((".tofu", ".tofu.json")) or _overrides(path.name.removesuffix(".json"))
        ]
        sources = {path: self._file(path) for path in sorted(paths, key=lambda path: (_overrides(path.name), path.name))}
        unread = next((name for name in others if not sources.get(folder / name)), None)
        if unread is not None:
            # It may take the place of what the others say. [Terraform: Override Files; OpenTofu: Files and Configuration Structure]
            place = Node(Source(self.read.name(folder / unread), ""), 0, 0)
            self.remarks.warning(place, "this file is not read, so expressions and places in the folder's .tf files are not either")
            return
        for source, body in filter(None, sources.values()):
            self._body(name, source, body)
        calls = data.get("module_calls")
        for call, entry in calls.items() if isinstance(calls, dict) else ():
            inner = entry.get("module") if isinstance(entry, dict) else None
            below = self._folder((*name, call), folder, entry.get("source") if isinstance(entry, dict) else None)
            if isinstance(inner, dict) and below is not None:
                self.module((*name, call), below, inner)

    def _folder(self, name: ModuleName, above: Path, source: Any) -> Path | None:
        """Where a module is: beside the one that calls it, or where `terraform init` has put it."""
        path = above / source if isinstance(source, str) and source.startswith(("./", "../")) else self.installed.get(name)
        try:
            inside = path is not None and path.is_dir() and path.resolve().is_relative_to(self.limit)
        except OSError:
            return None
        return path if inside else None

    def _file(self, path: Path) -> tuple[Source, Tree] | None:
        """A file and what is written in it; `None` for one that is not read."""
        self.files += 1
        try:
            if self.files > MOST_FILES or not path.resolve().is_relative_to(self.limit) or path.stat().st_size > MOST_BYTES:
                return None
            source = self.read.source(path)
        except (OSError, InputError):
            return None
        body = parse(source.text)
        if body is None:
            self.remarks.warning(Node(source, 0, 0), "python-hcl2 cannot read this file, so places in it are told by address")
            return None
        return source, body

    def _body(self, name: ModuleName, source: Source, body: Tree) -> None:
        """Adds what a file says, in the place of what the files before it say."""
        found = self.sources
        for kind, managed in (("resource", True), ("data", False)):
            for labels, inner, tree in blocks_in(body, kind):
                if len(labels) == 2:
                    _merge(found.resources, (name, managed, labels[0], labels[1]), _block(source, inner, tree))
        for _, inner, _ in blocks_in(body, "locals"):
            for attribute, expression in attributes_in(inner):
                found.locals[name, attribute] = Written(expression, source)
        for labels, inner, tree in blocks_in(body, "provider"):
            found.generated.setdefault((name, "".join(labels)), set()).update(_block(source, inner, tree).dynamic)
        for kind, blocks in (("module", found.calls), ("variable", found.variables)):
            for labels, inner, tree in blocks_in(body, kind):
                _merge(blocks, (name, labels[0] if labels else ""), _block(source, inner, tree))
        for labels, inner, _ in blocks_in(body, "output"):
            value = dict(attributes_in(inner)).get("value")
            if labels and value is not None:
                found.outputs[name, labels[0]] = Written(value, source)


def _overrides(name: str) -> bool:
    """Whether a file of this name is merged into the others."""
    return name == "override.tf" or name.endswith("_override.tf")


def _merge(blocks: dict[Key, Block], at: Key, block: Block) -> None:
    """Adds a block, or merges it into the one that is there: attributes one by one, nested blocks by type. [Terraform: Override Files]"""
    before = blocks.get(at)
    if before is not None:
        kinds = {*block.blocks, *block.dynamic}
        nested = {kind: found for kind, found in before.blocks.items() if kind not in kinds}
        dynamic = {kind: found for kind, found in before.dynamic.items() if kind not in kinds}
        merged = {**before.attributes, **block.attributes}
        block = replace(before, attributes=merged, blocks={**nested, **block.blocks}, dynamic={**dynamic, **block.dynamic})
    blocks[at] = block


def _block(source: Source, body: Tree, tree: Tree) -> Block:
    attributes = {name: Written(expression, source) for name, expression in attributes_in(body)}
    blocks: dict[str, list[Block]] = {}
    for kind in _kinds(body):
        blocks[kind] = [_block(source, inner, block) for labels, inner, block in blocks_in(body, kind) if not labels]
    dynamic: dict[str, list[Block]] = {}
    for labels, inner, block in blocks_in(body, "dynamic"):
        each = next((Written(expression, source) for name, expression in attributes_in(inner) if name == "for_each"), None)
        contents = [replace(_block(source, content, block), for_each=each) for _, content, _ in blocks_in(inner, "content")]
        dynamic.setdefault(labels[0] if labels else "", []).extend(contents)
    return Block(source, tree.meta.start_pos, tree.meta.end_pos, attributes, blocks, dynamic)


def _kinds(body: Tree) -> Iterator[str]:
    found = {str(child.children[0].children[0]) for child in body.children if getattr(child, "data", "") == "block"}
    yield from sorted(found)


def _repository(folder: Path) -> Path:
    """The git repository that a folder is in, or the folder itself."""
    whole = folder.resolve()
    return next((above for above in (whole, *whole.parents) if (above / ".git").exists()), whole)


def _installed(folder: Path) -> dict[ModuleName, Path]:
    """The modules that `terraform init` has put into the folder, by the calls that lead to them."""
    try:
        data = json.loads((folder / ".terraform" / "modules" / "modules.json").read_text(encoding="utf-8"))
        entries = [(entry["Key"], entry["Dir"]) for entry in data["Modules"]]
        return {tuple(key.split(".")): folder / where for key, where in entries if key}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
