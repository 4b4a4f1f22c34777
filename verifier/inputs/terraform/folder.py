"""A folder of `.tf` files without a plan → the plan of making all that it says.

Guarantee: each resource is in the plan as often as Terraform makes it, its attributes as they are written; what the
files do not tell of it is not known. Where it is not known how often it is made, it is among the `uncounted`; what is
not read is in doubt with its address. There are bounds to how much is made of the files. [Terraform language: Files and
Configuration Structure; The count and for_each Meta-Arguments]
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from verifier.inputs.resource_types import Family, UnknownResource, unknown_family
from verifier.inputs.resources.code_types import CODE
from verifier.inputs.resources.names import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.resources.resource import ALL_PROVIDERS, REST, Json, Resource, Verb
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.snapshot.workloads import Deed
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform import module_inputs
from verifier.inputs.terraform.computed_attributes import ComputedAttributes
from verifier.inputs.terraform.configuration import HclBlock, HclValue, Module
from verifier.inputs.terraform.hcl_kinds import TextSet, object_of
from verifier.inputs.terraform.hcl_tree import Tree, chain, literal_of, tree_parts, tree_rule, unwrapped, word_of
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.terraform.plan_values import (
    IN_DOUBT,
    RUN_VALUES,
    Index,
    ModuleName,
    ModulePath,
    inside_modules,
    name_of,
    only_instance,
    qualified,
)
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.sources import Folders
from verifier.inputs.text.files import OF_CONFIGURATION, Files
from verifier.inputs.text.nodes import Items, Node, Remarks, Scalar
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.estate import Workload
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_MOST = 10_000
"""Resources and modules that are made of a folder."""
_DEEPEST = 40
"""Modules inside each other."""
_COUNT = re.compile("[0-9]{1,4}")
_KEYS = (
    "aws_kms_key",
    "aws_kms_external_key",
    "aws_kms_replica_key",
    "aws_kms_replica_external_key",
    "aws_kms_key_policy",
)
_UNSET: dict[str, Json] = {
    **dict.fromkeys(_KEYS, {"bypass_policy_lockout_safety_check": False}),
    "aws_kms_grant": dict.fromkeys(("name", "retiring_principal", "constraints")),
    "aws_iam_role": {"path": "/", "permissions_boundary": None},
    "aws_iam_user": {"path": "/", "permissions_boundary": None, "inline_policy": None},
    "aws_iam_group": {"path": "/", "inline_policy": None},
    "aws_iam_policy": {"path": "/"},
    **{type_: dict.fromkeys(code.attributes) for type_, code in CODE.items()},
    "aws_ecs_service": {"cluster": None, "task_definition": None},
    "aws_iam_instance_profile": {"path": "/", "role": None},
    "aws_iam_policy_attachment": dict.fromkeys(("users", "roles", "groups")),
    "aws_organizations_policy": {"type": "SERVICE_CONTROL_POLICY"},
    "data aws_iam_policy_document": dict.fromkeys(
        ("source_json", "source_policy_documents", "statement", "override_json", "override_policy_documents", "version")
    ),
}
"""What unset attributes are, `None` for nothing; others are not known. [Terraform AWS provider: schemas]"""
_DOCUMENTS = (False, "aws_iam_policy_document"), (False, "template_file")
_SAYS_NOTHING = ("check", "ephemeral", "moved", "terraform")
"""Kinds of blocks that make and change nothing, and leave what is made as it is."""


def read_folder(remarks: Remarks, files: Files, parts: Parts, folder: Path, supplied: Supplied) -> tuple[Plan, str]:
    """The plan of a folder, and the text of its files. Gaps go to `remarks` and `parts`. Raises `InputError`."""
    return _Maker(remarks, files, parts, folder, supplied).plan()


@dataclass
class _Maker:
    """Makes the plan of a folder. `deeds` are what its modules make, each instance of a module by itself."""

    remarks: Remarks
    files: Files
    parts: Parts
    folder: Path
    supplied: Supplied
    modules: dict[ModuleName, Module] = field(default_factory=dict)
    folders: dict[ModuleName, Path] = field(default_factory=dict)
    deeds: list[Resource] = field(default_factory=list)
    uncounted: list[Resource] = field(default_factory=list)
    made: int = 0

    def plan(self) -> tuple[Plan, str]:
        """The plan, and the text that it is made of."""
        self.sources = Folders(self.remarks, self.files, self.folder)
        self._module((), self.folder, ())
        self._gaps()
        self.sources.define(self.modules)
        declared = self.modules[()].files.variables
        more = (*RUN_VALUES, *module_inputs.undeclared(self.sources, self.folder, declared))
        self.parts.parameters.append((self.files.place(self.folder), (*declared, *more)))
        variables = module_inputs.variable_values(self.sources, self.folder, declared, more, self.supplied.parameters)
        providers = module_inputs.configurations(self.modules)
        empty = Plan(
            self.files.name(self.folder),
            True,
            (),
            {},
            self.modules,
            variables,
            providers,
            of_folder=True,
            read=self._file,
            of_terragrunt=module_inputs.files_of_terragrunt(self.sources, self.folder),
        )
        text = "\n".join(source.text for source in self.sources.sources.values() if source is not None)
        # How often a thing is made is told without the resources: of those nothing is known yet, not even which there
        # are.
        first = Providers(empty, self.supplied)
        self.resolver = first.resolver = Resolver(empty, ComputedAttributes(first))
        pending: list[tuple[ModulePath, bool]] = [((), False)]
        instances: set[ModulePath] = set()
        while pending:
            path, perhaps = pending.pop()
            if not perhaps:
                instances.add(path)
            pending += self._instance(path, perhaps)
        # A reference to one that is in doubt is to something that is not known, and not to nothing.
        unsure = {(name_of(r.module), (r.managed, r.type, r.name)) for r in self.uncounted}
        for names, module in self.modules.items():
            module.resources = {at: block for at, block in module.files.resources.items() if (names, at) not in unsure}
        deeds, uncounted = tuple(self.deeds), tuple(self.uncounted)
        return replace(empty, deeds=deeds, uncounted=uncounted, instances=frozenset(instances), _places={}), text

    # -- what is read --

    def _module(self, name: ModuleName, folder: Path, above: Sequence[Path]) -> None:
        """Reads a module, and those that it calls. Raises `InputError` for modules that call each other without end."""
        whole = folder.resolve()
        if whole in above or len(above) > _DEEPEST:
            called = ".".join(f"module.{call}" for call in name)
            raise InputError.of(f"{called} calls itself, or stands too deep in other modules")
        written = self.sources.module(folder)
        if isinstance(written, str):
            self._gap(self.files.name(folder), written, self.files.place(folder), self.sources.content())
            written = Module()
        for path in self.sources.unread:
            outside = self.sources.outside(path)
            at = None if outside else self.sources.no_hcl.get(path)
            why = f"it leads out of {outside}" if outside else "python-hcl2 cannot read it" if at else ""
            said = f"is not read ({why})" if why else "is not read"
            hint = f"let `terraform validate` look at it; if it is valid, {OF_CONFIGURATION}" if at else None
            self._gap(self.files.name(path), said, at or self.files.place(path), self.sources.content(), hint=hint)
        self.sources.unread.clear()
        variables = {key: module_inputs.declared(block, f"var.{key}") for key, block in written.variables.items()}
        self.folders[name] = folder
        self.modules[name] = Module(
            calls=written.calls,
            variables=variables,
            outputs=written.outputs,
            sources=module_inputs.required(written),
            written=written,
        )
        for call, block in written.calls.items():
            below = self.sources.folder((*name, call), folder, block)
            if below is not None:
                self._module((*name, call), below, (*above, whole))
            else:
                source = block.text("source") or ""
                content: list[object] = [block.said]
                aside = "; `terraform init` fetches it"
                if source.startswith("."):
                    # One beside another folder is another, whatever its source says.
                    content.append(os.path.realpath(folder / source))
                    outside = self.sources.outside(folder / source)
                    aside = f", outside of {outside}" if outside else ""
                elif not source:
                    content.append(self.sources.content())  # it may be any folder
                why = f"is not at hand (its source is {source or 'not known'}{aside})"
                self._gap(qualified(only_instance(name), f"module.{call}"), why, block.place, content)

    def _file(self, name: ModuleName, path: str) -> Source | None:
        """A file in the folder of a module; `None` for one that is not read."""
        return self.sources.source(self.folders[name] / path)

    def _gaps(self) -> None:
        """Records what other blocks may do, and what the blocks that are read have that is not."""
        for name, module in self.modules.items():
            for kind, block in module.files.others:
                # What is forgotten stays, and what is imported may have a policy that its block does not set.
                about = block.attributes.get({"import": "to", "removed": "from"}.get(kind, ""), HclValue()).references
                type_, *names = inside_modules(next(iter(about), "")).split(".")
                is_one = bool(names) and "provisioner" not in block.blocks
                family = unknown_family(type_, read=False) if is_one else Family.ANYTHING
                if kind not in _SAYS_NOTHING and family is not None:
                    address = qualified(only_instance(name), kind)
                    self._gap(address, "is a block that is not read", block.place, block.said, family)
            for key, block in module.files.providers.items():
                if "for_each" in block.attributes:
                    self._gap(f"provider.{key}", "has `for_each`", block.place, block.said)

    def _gap(
        self,
        address: str,
        why: str,
        at: Node | None,
        said: object,
        family: Family = Family.ANYTHING,
        hint: str | None = None,
    ) -> None:
        """Records what is not read. It may have any of the provider configurations."""
        node = at or self.files.place(self.folder)
        of_providers = [said, ALL_PROVIDERS]
        self.parts.unknown.append(UnknownResource(family, address, None, node.span, why=why, said=of_providers))
        self.parts.leave_roles_out(None)
        if family is Family.ANYTHING:
            if self.parts.steps:
                self.parts.deeds.append(Deed(address, "", Workload("", "", ())))
            self.remarks.unread(node, f"{address} {why}", hint=hint)

    # -- instances --

    def _instance(self, path: ModulePath, unsure: bool) -> Iterator[tuple[ModulePath, bool]]:
        """Adds what an instance of a module makes (`unsure`: may make); yields those of the modules it calls."""
        name = name_of(path)
        module = self.modules[name].files
        known = self._counted_resources(path)
        for at, block in module.resources.items():
            managed, type_, own = at
            # A module that is there at all has its data sources.
            uncounted = at not in known or (unsure and (managed, type_) not in _DOCUMENTS)
            for resource in known[at] if at in known else self._resources(path, at, block, None):
                (self.uncounted if uncounted else self.deeds).append(resource)
                if uncounted and type_ in (*KEYS, *REPLICAS, *UNREAD_KEYS):
                    # each instance has what the block says
                    self.deeds.append(replace(resource, name=f"{own}{IN_DOUBT}"))
            if at not in known and (managed, type_) in _DOCUMENTS and "count" in block.attributes:
                # what refers to the first one has that
                self.deeds.append(self._resource(path, at, 0, block))
        for call, block in module.calls.items():
            keys = None if unsure else self._keys(block, path)
            for key in self._counted(keys) if (*name, call) in self.modules else ():
                yield (*path, (call, key)), keys is None

    def _counted_resources(self, path: ModulePath) -> dict[tuple[bool, str, str], list[Resource]]:
        """The instances of each block of a module of which it is known how many there are: the instances of another one
        may tell that. [Terraform language: The for_each Meta-Argument, Chaining for_each Between Resources]"""
        module, found = self.modules[name_of(path)], dict[tuple[bool, str, str], list[Resource]]()
        left = dict(module.files.resources)
        while counted := [(at, keys) for at, block in left.items() if (keys := self._keys(block, path)) is not None]:
            for at, keys in counted:
                module.resources[at] = block = left.pop(at)
                found[at] = self._resources(path, at, block, keys)
                self.resolver.instances[path, *at] = {one.index: one for one in found[at]}
        return found

    def _resources(
        self, path: ModulePath, at: tuple[bool, str, str], block: HclBlock, keys: Sequence[Index] | None
    ) -> list[Resource]:
        return [self._resource(path, at, key, block) for key in self._counted(keys)]

    def _counted(self, keys: Sequence[Index] | None) -> Sequence[Index]:
        found: Sequence[Index] = [None] if keys is None else keys
        self.made += len(found)
        if self.made > _MOST:
            message = f"{self.files.name(self.folder)} makes more than {_MOST:,} resources and modules"
            raise InputError.of(message, hint="give a plan of a part of it")
        return found

    def _keys(self, block: HclBlock, path: ModulePath) -> Sequence[Index] | None:
        """The keys of the instances of a block; `None` where they are not known."""
        if block.may_be_off:
            return None
        for name in ("count", "for_each"):
            written = block.written(name)
            if written is None:
                continue
            found = self.resolver.evaluate(written, path, None, name)
            if name == "count":
                return range(int(found.text)) if isinstance(found, Scalar) and _COUNT.fullmatch(found.text) else None
            members = None if found is None else object_of(found)
            if members is not None:
                return [key.text for key, _ in members.pairs]
            if isinstance(found, Items) and (isinstance(found, TextSet) or not found.items):
                return [item.text for item in found.items if isinstance(item, Scalar)]
            return None
        return [None]

    def _resource(self, path: ModulePath, at: tuple[bool, str, str], index: Index, block: HclBlock) -> Resource:
        """A resource or data source as it is made."""
        managed, type_, name = at
        key = "" if index is None else f"[{json.dumps(index)}]"
        address = qualified(path, f"{'' if managed else 'data.'}{type_}.{name}{key}")
        unset = _UNSET.get(type_ if managed else f"data {type_}", {})
        if managed and type_.startswith("aws_"):
            unset = {"tags": None, "region": None} | unset
        values = {
            key: value for key, value in unset.items() if key not in (*block.attributes, *block.blocks, *block.dynamic)
        }
        verb = Verb.MAKES if managed else Verb.KEEPS
        place = block.place or self.files.place(self.folder)
        values |= {name: UnknownNode(place, [f"{address}.{name} (ignore_changes)"]) for name in _ignored(block)}
        unknown = dict.fromkeys(values, False) | {REST: True}
        provider = module_inputs.configuration_of(self.modules, name_of(path), type_, block)
        source = module_inputs.source_of(self.modules[name_of(path)], type_, block)
        found = Resource(
            address, managed, type_, name, index, path, values, unknown, verb, block, provider, source=source
        )
        region = block.written("region")
        if region is not None and "region" not in values:
            node = self.resolver.evaluate(region, path, found, "region")
            if node is None or isinstance(node, Scalar):
                values["region"], unknown["region"] = None if node is None else node.text, False
        return found


def _ignored(block: HclBlock) -> Iterator[str]:
    """The attributes that Terraform leaves as they are once the resource is there."""
    for inner in block.blocks.get("lifecycle", ()):
        written = inner.written("ignore_changes")
        if written is None:
            continue
        tree = unwrapped(written.tree)
        listed = [*map(_head, tree_parts(tree))] if tree_rule(tree) == "tuple" else [""]
        for name in listed if all(listed) else (*block.attributes, *block.blocks, *block.dynamic, "policy"):
            if name not in ("lifecycle", "count", "for_each", "provider", "depends_on", "provisioner"):
                yield "tags" if name == "tags_all" else name


def _head(tree: Tree) -> str:
    """The attribute that an entry of `ignore_changes` is about, in old files as a text; empty for all (`"*"`)."""
    return re.split(r"\W", word_of(chain(tree)[0]) or literal_of(tree) or "")[0]
