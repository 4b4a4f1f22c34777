"""The configuration of a plan: modules, with their blocks and expressions.

Guarantee: a member of another type than the format says is an error. What the `.tf` files have of a module is one more
`Module`, which `sources` puts beside it. [Terraform: JSON Output Format, Configuration Representation]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from verifier.frozen import Frozen
from verifier.inputs.terraform.hcl_tree import Tree, text_without_layout, traversal, tree_parts, tree_rule, unwrapped
from verifier.inputs.terraform.json_text import Json, mapping, objects
from verifier.inputs.terraform.plan_values import ModuleName, ModulePath, module_path, traversals
from verifier.inputs.text.definitions import Definitions, store_of
from verifier.inputs.text.nodes import Node
from verifier.inputs.text.unknown import content
from verifier.syntax.source import Source

_OF_EXPRESSIONS = {"constant_value", "references"}
_OF_CALLS = ("source", "version", "count", "for_each", "depends_on", "providers")
"""What the call of a module has beside its variables."""
_NAMED = re.compile(r"(?:data\.)?([\w-]+\.[\w-]+)")
_OF_ONE_VALUE = re.compile(r"(?:data|local|module|var)(?:\.[\w-]+|\[(?:\d+|\"[^\"$%]*\")\])+")
_OLD_ADDRESS = re.compile(r"(?!module\.)[\w-]+(?:\.[\w-]+)*")


class Written(Frozen):
    """An expression as it is written, and the file that it is in."""

    tree: Tree
    source: Source

    @property
    def text(self) -> str:
        """As it stands in the file."""
        return self.source.text[self.tree.meta.start_pos : self.tree.meta.end_pos]

    @property
    def said(self) -> str:
        """What it says, without comments and layout."""
        return text_without_layout(self.tree, self.source.text)


class HclValue(Frozen):
    """An expression: its constant value, or what it refers to; and how it is written, if the file is at hand."""

    references: tuple[str, ...] = ()
    is_constant: bool = False
    constant: Any = None
    written: Written | None = None

    @property
    def said(self) -> object:
        """What it says, as far as that is told."""
        if self.written is not None:
            return self.written.said
        return [self.references, content(self.constant)]

    @property
    def refers(self) -> tuple[str, ...]:
        """What it refers to. In a `.tf` file that is one reference alone, or a list that has it as its only entry."""
        tree = None if self.written is None else unwrapped(self.written.tree)
        parts = tree_parts(tree) if tree is not None and tree_rule(tree) == "tuple" else []
        return self.references if tree is None else traversal(parts[0] if len(parts) == 1 else tree)

    @property
    def last_name(self) -> str:
        """The attribute at the end of a reference by a key, which plans leave out; empty without the `.tf` file."""
        found = None if self.written is None else re.search(r"\]\s*\.\s*(\w+)\W*$", self.written.text)
        return "" if self.written is None else found[1] if found is not None else "?"


@dataclass
class HclBlock:
    """A block: its attributes, and its nested blocks by type. `provider` is the key of its provider configuration,
    `place` is where it is in a `.tf` file. There it has `dynamic` blocks too: their contents, each with its `for_each`
    and the name of its `iterator`."""

    attributes: dict[str, HclValue] = field(default_factory=dict)
    blocks: dict[str, list[HclBlock]] = field(default_factory=dict)
    dynamic: dict[str, list[HclBlock]] = field(default_factory=dict)
    provider: str = ""
    for_each: Written | None = None
    iterator: str = ""
    place: Node | None = None

    def text(self, name: str) -> str | None:
        """An attribute that is constant and a text."""
        expression = self.attributes.get(name)
        return expression.constant if expression is not None and isinstance(expression.constant, str) else None

    def written(self, name: str) -> Written | None:
        """An attribute as it is written; `None` where it is not, or the file is not at hand."""
        return self.attributes[name].written if name in self.attributes else None

    def reference(self, name: str) -> str | None:
        """An attribute that is one reference to what has one value in a module whenever Terraform runs."""
        written = self.written(name)
        return written.text if written is not None and _OF_ONE_VALUE.fullmatch(written.text) else None

    @property
    def may_be_off(self) -> bool:
        """True iff it has `enabled`. [OpenTofu: the `enabled` meta-argument]"""
        return any("enabled" in inner.attributes for inner in self.blocks.get("lifecycle", ()))

    @property
    def counted(self) -> object:
        """What it says of how often it is made."""
        found = {name: self.attributes[name].said for name in ("count", "for_each") if name in self.attributes}
        return [found, [inner.said for inner in self.blocks.get("lifecycle", ())]]

    @property
    def unread_references(self) -> Iterator[str]:
        """What its expressions refer to of which no more is told."""
        for own in self.attributes.values():
            if not own.is_constant and own.written is None:
                yield from own.references
        for inner in (one for found in self.blocks.values() for one in found):
            yield from inner.unread_references

    @property
    def said(self) -> object:
        """What it says, however it is laid out."""
        nested = [
            {kind: [inner.said for inner in found] for kind, found in blocks.items()}
            for blocks in (self.blocks, self.dynamic)
        ]
        each = self.for_each and self.for_each.said
        return [{name: own.said for name, own in self.attributes.items()}, *nested, self.provider, each, self.iterator]


@dataclass
class Module:
    """A module: resources and data sources by (managed, type, name), the others by name. `dynamic` are the types of
    the `dynamic` blocks in the configurations of a provider by its name, `providers` those of the `.tf` files by
    `NAME.ALIAS`; `others` are their blocks of other kinds, each with its kind; `written` is what these say.
    `sources` are the addresses of providers by the names that the module gives them."""

    resources: dict[tuple[bool, str, str], HclBlock] = field(default_factory=dict)
    calls: dict[str, HclBlock] = field(default_factory=dict)
    variables: dict[str, HclBlock] = field(default_factory=dict)
    outputs: dict[str, HclValue] = field(default_factory=dict)
    locals: dict[str, Written] = field(default_factory=dict)
    dynamic: dict[str, set[str]] = field(default_factory=dict)
    providers: dict[str, HclBlock] = field(default_factory=dict)
    others: list[tuple[str, HclBlock]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    written: Module | None = None

    @property
    def files(self) -> Module:
        """What the `.tf` files say."""
        return self.written or Module()


class Provider(Frozen):
    """A provider configuration, and the module that it is written in."""

    name: str
    module: ModulePath
    block: HclBlock


def define(definitions: Definitions, modules: Mapping[ModuleName, Module], given: Json, whole: str) -> None:
    """Records what the names in modules stand for; `given` are the variables of the outermost. Modules are not told
    apart: a name stands for what it is in each that has it. Where only the names in an expression are told, what it
    makes of them may be another in any other plan than the `whole`."""
    for name, entry in given.items():
        definitions.define(f"var.{name}", content(mapping(entry, f"var.{name}").get("value")))
    for path, module in ((path, one) for path, both in sorted(modules.items()) for one in (both, both.files)):
        for (is_managed, type_, name), block in module.resources.items():
            store = store_of(type_)
            definitions.define(f"{type_}.{name}", [block.said, "" if is_managed else store])
            if is_managed and store:
                definitions.define(store, block.said)
        for call, block in module.calls.items():
            definitions.define(f"module.{call}", block.said)
            definitions.define_within(
                f"module.{call}", [own.said for name, own in block.attributes.items() if name in _OF_CALLS]
            )
            for name, own in block.attributes.items():
                definitions.define(f"var.{name}", own.said)
        for name, block in module.variables.items():
            if path or name not in given:
                attributes = {key: own for key, own in block.attributes.items() if key != "description"}
                definitions.define(f"var.{name}", replace(block, attributes=attributes).said)
        for name, written in module.locals.items():
            definitions.define(f"local.{name}", written.said)
        for block in (block for kind, block in module.others if kind == "terraform" and not path):
            stores = (inner for name in ("cloud", "backend") for inner in block.blocks.get(name, ()))
            for workspaces in (one for store in stores for one in store.blocks.get("workspaces", ())):
                definitions.define("terraform.workspace", workspaces.said)
        for name, own in module.outputs.items():
            for each in [f"module.{path[-1]}"] if path else [f"outputs.{name}", "outputs"]:
                definitions.define(each, [name, own.said])
        blocks = (*module.resources.values(), *module.calls.values(), HclBlock(module.outputs))
        unread = (name for block in blocks for name in block.unread_references)
        for name in {found[1] for found in map(_NAMED.match, unread) if found is not None}:
            definitions.define(name, whole)


def define_names_of_key(definitions: Definitions, name: str, block: HclBlock, place: str) -> None:
    """Records what the ARN and the ID of a key in a folder stand for: what its block says, but for the policy, which is
    compared by itself; where making it runs commands, all that the key stands for."""
    attributes = {own: value for own, value in block.attributes.items() if "policy" not in own}
    written = name if "provisioner" in block.blocks else [replace(block, attributes=attributes).said, place]
    for attribute in ("arn", "id", "key_id"):
        definitions.define(f"{name}.{attribute}", written)


def read_providers(configuration: Json) -> dict[str, Provider]:
    """The provider configurations by their keys. Raises `InputError`."""
    found = {}
    for key, value in mapping(configuration.get("provider_config"), "`provider_config`").items():
        entry = mapping(value, f"the provider {key}")
        block = _block(entry, f"the provider {key}")
        found[key] = Provider(str(entry.get("name")), module_path(_address(entry.get("module_address"))), block)
    return found


def _address(found: Any) -> Any:
    """The address of the module of a provider configuration: 0.12 wrote `a.b` for `module.a.module.b`."""
    if isinstance(found, str) and _OLD_ADDRESS.fullmatch(found):
        return "".join(f"module.{name}." for name in found.split("."))[:-1]
    return found


def read_modules(root: Json) -> Iterator[tuple[ModuleName, Module]]:
    """All modules, the root module first. Raises `InputError`."""
    pending: list[tuple[ModuleName, Json]] = [((), root)]
    while pending:
        path, data = pending.pop()
        module = Module()
        for found in objects(data.get("resources"), "`configuration`: `resources`"):
            block = _block(found, str(found.get("address")))
            module.resources[found.get("mode") != "data", str(found.get("type")), str(found.get("name"))] = block
        for name, entry in mapping(data.get("module_calls"), "`module_calls`").items():
            call = mapping(entry, f"the module call {name}")
            module.calls[name] = _block(call, f"the module call {name}")
            pending.append(((*path, name), mapping(call.get("module"), f"the module {name}")))
        for name, entry in mapping(data.get("variables"), "`variables`").items():
            module.variables[name] = HclBlock(dict(_constants(mapping(entry, f"var.{name}"), "default")))
        for name, entry in mapping(data.get("outputs"), "`outputs`").items():
            expression = mapping(entry, f"output.{name}").get("expression")
            module.outputs[name] = _expression(mapping(expression, f"output.{name}"))
        yield path, module


def _block(entry: Json, where: str) -> HclBlock:
    """A block with what Terraform tells beside its expressions."""
    block = _nested(entry.get("expressions"), where)
    block.provider = str(entry.get("provider_config_key") or "")
    block.attributes |= _constants(entry, "source")
    for name in ("count", "for_each"):
        if f"{name}_expression" in entry:
            block.attributes[name] = _expression(mapping(entry[f"{name}_expression"], where))
    for found in objects(entry.get("provisioners"), f"{where}: `provisioners`"):
        inner = _nested(found.get("expressions"), where)
        inner.attributes |= _constants(found, "type")
        block.blocks.setdefault("provisioner", []).append(inner)
    return block


def _nested(expressions: Any, where: str) -> HclBlock:
    block = HclBlock()
    for name, value in mapping(expressions, f"{where}: `expressions`").items():
        if isinstance(value, dict) and value.keys() <= _OF_EXPRESSIONS:
            block.attributes[name] = _expression(value)
        elif value is not None:
            block.blocks[name] = [_nested(inner, where) for inner in (value if isinstance(value, list) else [value])]
    return block


def _constants(entry: Json, name: str) -> Iterator[tuple[str, HclValue]]:
    if name in entry:
        yield name, HclValue(is_constant=True, constant=entry[name])


def _expression(found: Json) -> HclValue:
    return HclValue(tuple(traversals(found.get("references"))), "constant_value" in found, found.get("constant_value"))
