"""The `.tf` files of a folder.

In: the folder of a plan, or one without a plan, and its modules. Out: what the files say of each module, beside what a
plan says of it.
Guarantee: only files in the folder are read, or, where that is in a git repository, in the repository; a file that
cannot be read is reported as a warning, and what it has is placed in the plan instead; an expression that refers to
other things than the plan says does not count.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from verifier.inputs.terraform import hcl_tree
from verifier.inputs.terraform.configuration import HclBlock, HclValue, Module, Written
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.terraform.module_folders import CONFIGURATION_ENDINGS, Installed, files_in
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.terraform.plan_values import ModuleName
from verifier.inputs.text.files import Files, held
from verifier.inputs.text.nodes import Node, Remarks
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_MOST_FILES = 2_000
_MOST_BYTES, MOST_IN_ALL = 1 << 20, 4 << 20
"""Of one file, and of all; python-hcl2 takes a minute or two for these."""
_READS = re.compile(r"\b(file\w*|templatefile)\s*\(")
_OF_FILES = ("archive_", "external", "local_", "template_")
"""How the types of data sources and resources begin that read files. [Terraform Registry: archive, external, local,
template]"""

_Key = TypeVar("_Key")


def read_sources(remarks: Remarks, files: Files, path: Path, plan: Plan) -> None:
    """Adds to a plan at a path what the `.tf` files beside it say. No files at all is no error."""
    if any(path.parent.glob("*.tf")):
        folders = Folders(remarks, files, path.parent)
        folders.beside((), path.parent, plan.modules)
        folders.define(plan.modules)
    for key, provider in plan.providers.items():
        _annotate_block(provider.block, plan.module(provider.module).files.providers.get(key.rpartition(":")[2]))


def _below(above: Path, source: str) -> Path:
    """The path of a source from a folder, without `..` inside (no tool shows a place there), unless links are in it."""
    path = above / source
    short = Path(os.path.normpath(path))
    try:
        return short if short.samefile(path) else path
    except OSError:
        return path


def _annotate(module: Module, written: Module) -> None:
    """Puts what the files say of a module beside it, wherever both have the same things."""
    module.written = written
    for key, block in module.resources.items():
        _annotate_block(block, written.resources.get(key))
    for name, block in module.calls.items():
        _annotate_block(block, written.calls.get(name))
    module.outputs = {name: _annotated(own, written.outputs.get(name)) for name, own in module.outputs.items()}


def _annotate_block(block: HclBlock, written: HclBlock | None) -> None:
    if written is None:
        return
    block.place = written.place
    block.attributes = {name: _annotated(own, written.attributes.get(name)) for name, own in block.attributes.items()}
    for kind, nested in block.blocks.items():
        found = written.blocks.get(kind, [])
        for inner, other in zip(nested, found, strict=True) if len(nested) == len(found) else ():
            _annotate_block(inner, other)


def _annotated(expression: HclValue, found: HclValue | None) -> HclValue:
    """An expression with how it is written, if that refers to what the plan says that it does."""
    if found is None or found.written is None:
        return expression
    referred = set(map(head, hcl_tree.references(found.written.tree)))
    is_same = set(map(head, expression.references)) == referred
    return replace(expression, written=found.written) if is_same else expression


def head(reference: str) -> str:
    """What a reference is to, without attributes and keys: `data.TYPE.NAME`, `TYPE.NAME`, `var.NAME`."""
    words = re.split(r"[.\[]", reference)
    return ".".join(words[: 3 if words[0] == "data" else 2])


class Folders:
    """Reads the folders of modules, outermost first. `unread` are files that are not read, `no_hcl` where some fail."""

    def __init__(self, remarks: Remarks, files: Files, folder: Path) -> None:
        self.remarks = remarks
        self.read = files
        self.top = folder
        whole = folder.resolve()
        self.limit = next((above for above in (whole, *whole.parents) if (above / ".git").exists()), whole)
        """The git repository that the folder is in, or the folder itself."""
        self.installed = Installed(folder)
        self.files = 0
        self.unread: list[Path] = []
        self.no_hcl: dict[Path, Node] = {}
        self._bytes = 0
        self.sources: dict[Path, Source | None] = {}
        self._bodies: dict[Path, tuple[Source, Tree] | None] = {}

    def beside(self, name: ModuleName, folder: Path, modules: Mapping[ModuleName, Module]) -> None:
        """Puts what the files of a module say beside it, and so for the modules that it calls."""
        written = self.module(folder)
        for place in self.no_hcl.values():
            self.remarks.warning(place, "python-hcl2 cannot read this file, so places in it are told by address")
        if isinstance(written, str):
            return
        _annotate(modules[name], written)
        for call, block in modules[name].calls.items():
            below = self.folder((*name, call), folder, block)
            if below is not None:
                self.beside((*name, call), below, modules)

    def module(self, folder: Path) -> Module | str:
        """What the files of a folder say; or why they are not read, with a warning, for one that may change it."""
        try:
            listed = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
        except OSError as error:
            why = f"may not be listed: {str(error.strerror).lower()}"
            self.remarks.warning(self.read.place(folder), f"this folder {why}")
            return why
        paths = [path for path in listed if path.suffix == ".tf"]
        names, tofu = [path.name for path in listed], (".tofu", ".tofu.json")
        others = [name for name in names if name.endswith(tofu) or _overrides(name.removesuffix(".json"))]
        sources = {path: self.file(path) for path in sorted(paths, key=lambda path: (_overrides(path.name), path.name))}
        self.unread += [path for path in listed if not sources.get(path) and path.name.endswith(CONFIGURATION_ENDINGS)]
        unread = next((name for name in others if not sources.get(folder / name)), None)
        if unread is not None:
            # It may take the place of what the others say. [Terraform: Override Files; OpenTofu: Files and
            # Configuration Structure]
            message = "this file is not read, so expressions and places in the folder's .tf files are not either"
            self.remarks.warning(self.read.place(folder / unread), message)
            return f"has a file that is not read: {unread}"
        if (again := _declared_again(sources)) is not None:
            # Terraform refuses such a folder, and which of the two is meant nobody knows.
            name, place = again
            message = f"{name} is declared twice, so expressions and places in the folder's .tf files are not read"
            self.remarks.warning(place, message)
            return f"declares {name} twice (the second time in {Path(place.span.file).name}:{place.span.line})"
        written = Module()
        for source, body in filter(None, sources.values()):
            _add(written, source, body)
        return written

    def folder(self, name: ModuleName, above: Path, call: HclBlock) -> Path | None:
        """Where the module of a call is: beside the one that calls it, or where `terraform init` has put it."""
        source = call.text("source") or ""
        path = _below(above, source) if source.startswith(("./", "../")) else self.installed.folder(name, call)
        try:
            inside = path is not None and path.is_dir() and path.resolve().is_relative_to(self.limit)
        except OSError:
            return None
        return path if inside else None

    def outside(self, path: Path) -> str:
        """Of what something is outside that is there, and not read for that; empty where it is not there, or inside."""
        try:
            is_outside = path.exists() and not path.resolve().is_relative_to(self.limit)
        except (OSError, RuntimeError):
            return ""
        limit = "the git repository" if (self.limit / ".git").exists() else "the folder, which is in no git repository"
        return limit if is_outside else ""

    def file(self, path: Path) -> tuple[Source, Tree] | None:
        """A file and what is written in it; `None` for one that is not read."""
        self.files += 1
        if path not in self._bodies:
            self._bodies[path] = self._parsed(path)
        return self._bodies[path] if self.files <= _MOST_FILES else None

    def _parsed(self, path: Path) -> tuple[Source, Tree] | None:
        source = self.source(path)
        if source is None:
            return None
        body = self.read.trees[path] = self.read.trees.get(path) or hcl_tree.parse_body(source.text)
        if body is None:
            self.no_hcl[path] = Node(source, at := hcl_tree.stops_at(source.text), at)
        return None if body is None else (source, body)

    def source(self, path: Path) -> Source | None:
        """The text of a file; `None` for one that is not read."""
        if path not in self.sources:
            self.sources[path] = None
            try:
                size = path.stat().st_size
                self._bytes += size
                if path.resolve().is_relative_to(self.limit) and size <= _MOST_BYTES and self._bytes <= MOST_IN_ALL:
                    self.sources[path] = self.read.source(path)
            except (OSError, InputError):
                return None
        return self.sources[path]

    def content(self, *, of_configuration: bool = True) -> str:
        """What tells files that are not read from those of another version: all that the folder holds, as they may
        refer to it; where some of it leads out, all that `limit` holds. The place stands for what cannot be looked at:
        it is like nothing elsewhere."""
        if self._all_files is None:
            return os.path.realpath(self.top)
        counted = [one for one in self._all_files if of_configuration or not one[0].endswith(CONFIGURATION_ENDINGS)]
        return hashlib.sha256(repr(counted).encode()).hexdigest()

    def content_of_repository(self) -> str:
        """What tells all that `limit` holds from another version of it; the place of the folder, where that is all."""
        return os.path.realpath(self.top) if self.limit == self.top.resolve() else held(self.limit)

    @cached_property
    def _all_files(self) -> list[tuple[str, bytes, bool]] | None:
        try:
            found = (list(files_in(folder, self.top)) for folder in (self.top, self.limit))
            return next((files for files in found if not any(leads_out for _, _, leads_out in files)), None)
        except OSError:
            return None

    def define(self, modules: Mapping[ModuleName, Module]) -> None:
        """Records that functions, provisioners and data sources that read files stand for all that is there."""
        names = {name for source in self.sources.values() if source is not None for name in _READS.findall(source.text)}
        for module in modules.values():
            for (_, type_, name), block in module.files.resources.items():
                if type_.startswith(_OF_FILES) or "provisioner" in block.blocks:
                    names.add(f"{type_}.{name}")
        for name in names:
            self.remarks.definitions.define(name, partial(self.content, of_configuration=False))


def _add(module: Module, source: Source, body: Tree) -> None:
    """Adds what a file says to a module, in the place of what the files before it say."""
    named = {"module": module.calls, "variable": module.variables}
    for kind, words, inner, tree in hcl_tree.blocks_in(body):
        first, *more = [*words, ""]
        if kind in ("resource", "data") and len(words) == 2:
            _merge(module.resources, (kind == "resource", first, more[0]), _block(source, inner, tree))
        elif kind == "locals":
            module.locals |= {name: Written(own, source) for name, own in hcl_tree.attributes_in(inner)}
        elif kind == "provider":
            block = _block(source, inner, tree)
            module.dynamic.setdefault("".join(words), set()).update(block.dynamic)
            alias = block.written("alias")
            name = [] if alias is None else [alias.text.strip('"')]
            _merge(module.providers, ".".join([*words, *name]), block)
        elif kind in named:
            _merge(named[kind], first, _block(source, inner, tree))
        elif kind == "output":
            module.outputs[first] = attributes_of(source, inner).get("value", HclValue())
        else:
            module.others.append((kind, _block(source, inner, tree)))


def _declared_again(sources: Mapping[Path, tuple[Source, Tree] | None]) -> tuple[str, Node] | None:
    """What the files that override no others declare a second time, and where, or `None`."""
    seen: set[tuple[str, ...]] = set()
    for source, body in (found for path, found in sources.items() if found and not _overrides(path.name)):
        for name, tree in _declared(source, body):
            if name in seen:
                return ".".join(name), Node(source, tree.meta.start_pos, tree.meta.end_pos)
            seen.add(name)
    return None


def _declared(source: Source, body: Tree) -> Iterator[tuple[tuple[str, ...], Tree]]:
    for kind, words, inner, tree in hcl_tree.blocks_in(body):
        if kind == "locals":
            yield from ((("local", name), tree) for name, _ in hcl_tree.attributes_in(inner))
        elif kind in ("resource", "data", "module", "variable", "output", "provider"):
            alias = _block(source, inner, tree).written("alias") if kind == "provider" else None
            yield (kind, *words, *([alias.text.strip('"')] if alias is not None else [])), tree


def _overrides(name: str) -> bool:
    """True iff a file of this name is merged into the others."""
    return name == "override.tf" or name.endswith("_override.tf")


def _merge(blocks: dict[_Key, HclBlock], at: _Key, block: HclBlock) -> None:
    """Adds a block, or merges it into the one that is there: attributes one by one, nested blocks by type. `lifecycle`
    blocks are merged attribute by attribute, so both are kept. [Terraform: Override Files]"""
    before = blocks.get(at)
    if before is not None:
        kinds = {*block.blocks, *block.dynamic}
        kept, dynamic = (
            {kind: own for kind, own in of.items() if kind not in kinds} for of in (before.blocks, before.dynamic)
        )
        lifecycle = [inner for one in (before, block) for inner in one.blocks.get("lifecycle", ())]
        inner_blocks = kept | block.blocks | ({"lifecycle": lifecycle} if lifecycle else {})
        attributes = before.attributes | block.attributes
        block = replace(before, attributes=attributes, blocks=inner_blocks, dynamic=dynamic | block.dynamic)
    blocks[at] = block


def _block(source: Source, body: Tree, tree: Tree) -> HclBlock:
    block = HclBlock(attributes_of(source, body), place=Node(source, tree.meta.start_pos, tree.meta.end_pos))
    for kind, words, inner, nested in hcl_tree.blocks_in(body):
        if kind == "dynamic":
            own = HclBlock(attributes_of(source, inner))
            each, named = own.written("for_each"), own.written("iterator")
            iterator = "".join(words) if named is None else named.text.strip()
            bodies = [content for name, _, content, _ in hcl_tree.blocks_in(inner) if name == "content"]
            contents = (_block(source, content, nested) for content in bodies)
            own_blocks = [replace(content, for_each=each, iterator=iterator) for content in contents]
            block.dynamic.setdefault("".join(words), []).extend(own_blocks)
        elif not words or kind in ("provisioner", "backend"):
            found = _block(source, inner, nested)
            if words:
                found.attributes["type"] = HclValue(constant=words[0])
            block.blocks.setdefault(kind, []).append(found)
    return block


def attributes_of(source: Source, body: Tree) -> dict[str, HclValue]:
    """The attributes of a body, each with what it refers to if it is that alone, and what it is if it is a text."""
    return {
        name: HclValue(hcl_tree.traversal(tree), constant=hcl_tree.literal_of(tree), written=Written(tree, source))
        for name, tree in hcl_tree.attributes_in(body)
    }
