"""The text of `terraform show -json`, checked as far as it is used.

Guarantee: a major version of the format that is not known, and a member of another type than the format says, is an
error that names the resource. [Terraform: JSON Output Format]
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import zip_longest
from typing import Any

from msgspec import field

from verifier.frozen import Frozen
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.terraform.configuration import HclBlock, Module, Provider, read_modules, read_providers
from verifier.inputs.terraform.json_text import Json, fault, json_list, mapping, objects, string
from verifier.inputs.terraform.plan_values import ModuleName, ModulePath, module_path, name_of
from verifier.inputs.text.nodes import Node
from verifier.inputs.text.unknown import UnknownNode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Address, Source
from verifier.syntax.text import printable

MAJORS = ("0", "1")
"""Major versions of the format: Terraform 0.12 to 1.0 wrote 0.1 and 0.2, later ones 1.x, alike as used here."""

_Modules = dict[ModuleName, Module]
CALL = "module"
"""The type of what stands for the call of a module."""
_VERBS = {"create": Verb.MAKES, "update": Verb.CHANGES}
_REDACTED = "REDACTED_SENSITIVE"
_ACTIONS = ("create", "update", "delete", "read", "no-op", "forget")
_OF_AWS = "aws_", "awscc_"
_AWS = re.compile(
    r"(?:(?:(?:registry\.(?:terraform\.io|opentofu\.org)/)?(?:hashicorp|terraform-providers|-)/)?aws(?:cc)?)?"
)
"""The addresses of AWS's own providers, in all versions of Terraform; an empty one is not told."""


class TerraformAction(Frozen):
    """An action that Terraform runs: its address, its type, and the address of its provider."""

    address: str
    type: str
    source: str

    @property
    def is_of_aws(self) -> bool:
        """True iff it is an action of AWS's providers, by its name."""
        return self.type.startswith(_OF_AWS)


class Plan(Frozen, dict=True):
    """A plan, or a state (which has no `configuration` and no `variables`). `deeds` are all objects with what the plan
    does to them, those of one address in the order of time; `after` are those that there are then, by address, and
    `before` those that there were. `modules` and `providers` are its configuration. `deferred` are the addresses of
    what Terraform has put off, `invoked` actions that run when it is applied, or later. Of a folder without a plan
    `uncounted` are the resources of which it is not known how often they are made, `instances` the instances of modules
    that are there, `read` gives the text of a file in a module's folder, and `of_terragrunt` are files that configure
    Terragrunt for it. `mark` sets the placeholders of its
    resources apart from those of another plan; `whole` tells its text from that of any other."""

    file: str
    is_plan: bool
    deeds: tuple[Resource, ...]
    before: dict[str, Resource]
    modules: _Modules
    variables: Json = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    deferred: tuple[str, ...] = ()
    invoked: tuple[TerraformAction, ...] = ()
    of_folder: bool = False
    uncounted: tuple[Resource, ...] = ()
    instances: frozenset[ModulePath] = frozenset()
    read: Callable[[ModuleName, str], Source | None] | None = None
    of_terragrunt: tuple[Source, ...] = ()
    mark: str = ""
    whole: str = ""
    _places: dict[str, Source] = field(default_factory=dict)

    @cached_property
    def after(self) -> dict[str, Resource]:
        """The objects that there are after it."""
        return {deed.address: deed for deed in self.deeds if deed.verb is not Verb.TAKES}

    def address(self, address: str) -> Source:
        """The source of what the plan says of a thing, which has an address and no text."""
        return self._places.setdefault(address, Address(f"{self.file}#{address}", ""))

    def place(self, resource: Resource) -> Source:
        """Where a resource is: its block in a `.tf` file, or its address."""
        known = self._places.get(resource.address)
        if known is None:
            at = block.place if (block := self.written(resource)) is not None else None
            known = self.address(resource.address) if at is None else Source(at.source.name, "", at.source, [at.start])
            self._places[resource.address] = known
        return known

    def module(self, path: ModulePath) -> Module:
        """The module of a module instance; one without anything where the configuration has none."""
        return self.modules.get(name_of(path)) or Module()

    def written(self, resource: Resource) -> HclBlock | None:
        """The block of a resource in a `.tf` file."""
        files, name = self.module(resource.module).files, resource.name
        if resource.type == CALL:
            return files.calls.get(name)
        return files.resources.get((resource.managed, resource.type, name))

    @property
    def other_providers(self) -> list[str]:
        """The addresses of providers other than AWS's own of which something is read as if it were of these."""
        named = [(one.type, one.source) for one in (*self.deeds, *self.uncounted)]
        named += [(one.type, one.source) for one in self.invoked]
        return sorted({at for type_, at in named if type_.startswith(_OF_AWS) and not _AWS.fullmatch(at)})

    def may_add_tags(self, resource: Resource) -> bool:
        """True iff the provider of a resource may add tags of its own."""
        entry = self.providers.get(resource.provider)
        dynamic = (kinds for module in self.modules.values() for kinds in module.files.dynamic.values())
        if entry is None or "default_tags" in entry.block.blocks:
            return True
        return any("default_tags" in kinds for kinds in dynamic)

    def side(self, *, before: bool) -> Plan:
        """One side of the plan by itself: the resources as they were are a state."""
        if not before:
            return self
        return Plan(self.file, False, tuple(self.before.values()), {}, self.modules, providers=self.providers)


def read_plan(file: str, data: Json) -> Plan:
    """The plan or state. Raises `InputError`."""
    _check_version(data)
    if not any(name in data for name in ("planned_values", "resource_changes", "configuration")):
        there = tuple(_state(data.get("values"), {}, "values").values())
        _tell_apart(there, data)
        return Plan(file, False, there, {}, {(): Module()})
    if data.get("errored") is True:
        raise InputError.of(
            "Terraform could not finish this plan (`errored`), so it says only a part of what would happen"
        )
    configuration = mapping(data.get("configuration"), "`configuration`")
    modules = dict(read_modules(mapping(configuration.get("root_module"), "`root_module`")))
    providers = read_providers(configuration)
    prior = mapping(data.get("prior_state"), "`prior_state`")
    before = _state(prior.get("values"), modules, "prior_state")
    planned = _state(data.get("planned_values"), modules, "planned_values")
    # Of what is neither planned nor changed Terraform was told to leave it (`-target`); data sources are in the prior
    # state alone.
    listed = objects(data.get("resource_changes"), "`resource_changes`")
    changes = [found for found in listed if found.get("mode") != "ephemeral"]
    moved = {found.get("previous_address") for found in changes}
    deeds = {address: [resource] for address, resource in (before | planned).items() if address not in moved}
    _check_once(map(_label, changes), "resource_changes")
    for found in changes:
        _add_change(found, modules, before, deeds)
    variables = dict(_variables(data, mapping(configuration.get("root_module"), "`root_module`")))
    flat = tuple(deed for listed in deeds.values() for deed in listed)
    put_off = [
        mapping(f.get("resource_change"), "a deferred change")
        for f in objects(data.get("deferred_changes"), "`deferred_changes`")
    ]
    deferred = tuple(str(found.get("address")) for found in put_off)
    _tell_apart((*flat, *before.values()), data)
    return Plan(file, True, flat, before, modules, variables, providers, deferred, tuple(_actions(data)))


def _actions(data: Json) -> Iterator[TerraformAction]:
    """The actions that run when the plan is applied, or some time later."""
    put_off = objects(data.get("deferred_action_invocations"), "`deferred_action_invocations`")
    later = [mapping(found.get("action_invocation"), "a deferred action") for found in put_off]
    for found in (*objects(data.get("action_invocations"), "`action_invocations`"), *later):
        yield TerraformAction(*(str(found.get(name) or "") for name in ("address", "type", "provider_name")))


def _check_version(data: Json) -> None:
    version = data.get("format_version")
    if not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", version):
        raise InputError.of(f"`format_version` is {printable(repr(version)[:40])}, expected one such as 1.2")
    if version.split(".")[0] not in MAJORS:
        hint = "this format is newer than the verifier; a newer verifier may read it"
        raise InputError.of(f"Terraform's JSON format has version {version}, and only 0.x and 1.x are known", hint=hint)


def _check_once(addresses: Iterable[str], where: str) -> None:
    """Raises `InputError` for an address that is given twice: an object has one for itself."""
    twice = next((address for address, count in Counter(addresses).items() if count > 1), None)
    if twice is not None:
        raise InputError.of(f"`{where}` has {printable(twice)} twice", hint="give each plan as a file of its own")


def _state(values: object, modules: _Modules, where: str) -> dict[str, Resource]:
    """The resources of a state representation by their addresses."""
    found = list(_stated(values, modules, where))
    _check_once([resource.address for resource in found], where)
    return {resource.address: resource for resource in found}


def _stated(values: object, modules: _Modules, where: str) -> Iterator[Resource]:
    """The resources of a state representation: those of the root module and of all modules below it."""
    pending = [mapping(mapping(values, f"`{where}`").get("root_module"), f"`{where}`: `root_module`")]
    while pending:
        module = pending.pop()
        path = module_path(module.get("address"))
        for data in objects(module.get("resources"), f"`{where}`: `resources`"):
            address = _whole(string(data.get("address"), f"the address of a resource in `{where}`"), module, data)
            given = mapping(data.get("values"), address)
            known = mapping(_unredacted(given, data.get("sensitive_values"), address, "before"), address)
            found = _resource(address, data, path, known, modules)
            deposed = data.get("deposed_key")
            yield found if deposed is None else _stray(found, f"{address} (deposed {deposed})")
        pending += objects(module.get("child_modules"), f"`{where}`: `child_modules`")


def _whole(address: str, module: Json, data: Json) -> str:
    """The address of a resource in a state. Terraform 0.12 leaves out the module and the key."""
    index, above = data.get("index"), module.get("address")
    key = "" if index is None or address.endswith("]") else f"[{json.dumps(index, ensure_ascii=False)}]"
    return f"{address if not above or address.startswith(f'{above}.') else f'{above}.{address}'}{key}"


def _stray(resource: Resource, label: str) -> Resource:
    """An object that is no longer the one at its address: no expression refers to it."""
    return replace(resource, address=label, name=f"{resource.name} ({label})", configuration=None)


def _label(found: Json) -> str:
    """The address of the object that a change is of, with the key of one that is deposed."""
    address = string(found.get("address"), "the address of an entry of `resource_changes`")
    deposed = found.get("deposed")
    return address if deposed is None else f"{address} (deposed {deposed})"


def _add_change(found: Json, modules: _Modules, before: dict[str, Resource], deeds: dict[str, list[Resource]]) -> None:
    """Puts what one change does in the place of what is known of its object: one deed for each action."""
    address, label = str(found["address"]), _label(found)
    change = mapping(found.get("change"), f"{address}: `change`")
    actions = [
        string(action, f"{address}: an action") for action in json_list(change.get("actions"), f"{address}: `actions`")
    ]
    if found.get("mode") == "managed" and not (actions and {*actions} <= {*_ACTIONS}):
        raise fault(f"{address}: `actions`", f"of {', '.join(_ACTIONS)} one or more", actions)
    path = module_path(found.get("module_address"))
    if found.get("mode") == "data" and address in before and "read" not in actions:
        return
    old = mapping(change.get("before"), f"{address}: `before`") if change.get("before") is not None else None
    old = None if old is None else mapping(_unredacted(old, change.get("before_sensitive"), address, "before"), address)
    was = None if old is None else _resource(address, found, path, old, modules)
    if was is not None:
        was = was if label == address else _stray(was, label)
        before.setdefault(str(found.get("previous_address") or label), was)
    deeds[label] = []
    for action in actions:
        if action in ("delete", "forget") and was is not None:
            # What Terraform forgets, or only destroys in its state, it does not manage any more, and does not take away
            # either.
            left = was if len(actions) == 1 else _stray(was, f"{label} (forgotten)")
            taken = action == "delete" and was.values.get("skip_destroy") is not True
            deeds[label].append(replace(was, verb=Verb.TAKES) if taken else left)
        elif action not in ("delete", "forget"):
            values, verb = mapping(change.get("after"), f"{address}: `after`"), _VERBS.get(action, Verb.KEEPS)
            values = _unredacted(values, change.get("after_sensitive"), address, "after")
            after = _resource(label, found, path, values, modules, verb, change.get("after_unknown"))
            deeds[label].append(after if verb is Verb.MAKES else replace(after, was=old))


def _variables(data: Json, root: Json) -> Iterator[tuple[str, Any]]:
    """The variables whose values are shown: null may stand for that of a sensitive one."""
    declared = mapping(root.get("variables"), "`variables` of the configuration")
    for name, found in mapping(data.get("variables"), "`variables`").items():
        value = found.get("value") if isinstance(found, dict) else found
        is_sensitive = mapping(declared.get(name), f"the variable {name}").get("sensitive") is True
        if not _holds(value, _REDACTED) and not (is_sensitive and _holds(value, None)):
            yield name, found


def _holds(value: object, part: str | None) -> bool:
    """True iff a value, or something in it, is a text, or null."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value == part or any(_holds(one, part) for one in inner)


def _tell_apart(resources: Iterable[Resource], data: Json) -> None:
    """What is redacted in one plan or state is not told from that in another: it is like nothing there."""
    pending: list[object] = [resource.values for resource in resources]
    for value in pending:
        if isinstance(value, UnknownNode):
            value.said = value.said or (hashlib.sha256(json.dumps(data).encode()).hexdigest(),)
        pending += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _unredacted(value: Any, sensitive: Any, name: str, when: str) -> Any:
    """A value, without what is sensitive and may not be shown: nothing, or a text for it. Of that it is not known what
    it was before or is after (`when`). [HCP Terraform: json-output-redacted; terraform-json: sanitize]"""
    if sensitive is True and (not value or value == _REDACTED):
        return UnknownNode(Node(Address(name, ""), 0, 0), [f"{name} (redacted {when})"])
    if isinstance(value, dict) and (sensitive is True or isinstance(sensitive, dict)):
        marks = dict.fromkeys(value, True) if sensitive is True else sensitive
        return value | {key: _unredacted(value.get(key), one, f"{name}.{key}", when) for key, one in marks.items()}
    if isinstance(value, list) and (sensitive is True or isinstance(sensitive, list)):
        listed = [True] * len(value) if sensitive is True else sensitive
        return [_unredacted(one, mark, name, when) for one, mark in zip_longest(value, listed)]
    return value


def _resource(
    address: str,
    data: Json,
    path: ModulePath,
    values: Json,
    modules: _Modules,
    verb: Verb = Verb.KEEPS,
    unknown: Any = None,
) -> Resource:
    managed = data.get("mode") != "data"
    type_, name = string(data.get("type"), f"{address}: `type`"), string(data.get("name"), f"{address}: `name`")
    index = data.get("index")
    if not isinstance(index, int | str | None) or isinstance(index, bool):
        raise fault(f"{address}: `index`", "a number or a text", index)
    module = modules.get(name_of(path)) or Module()
    block = module.resources.get((managed, type_, name))
    source = str(data.get("provider_name") or "")
    provider = (block.provider if block is not None else "") or source
    return Resource(address, managed, type_, name, index, path, values, unknown, verb, block, provider, source=source)
