"""The text of `terraform show -json`, checked as far as it is used.

In: the JSON of a plan or a state. Out: `Plan`: resource instances, before and after, with their configuration.
Guarantee: a major version of the format that is not known, and a member of another type than the format says, is an error that names the
resource. [Terraform: JSON Output Format]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from verifier.inputs.terraform.json_text import Json, fault, listing, mapping, string
from verifier.inputs.terraform.sources import Sources
from verifier.inputs.terraform.values import Index, ModulePath
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Address, Source
from verifier.syntax.text import printable

MAJORS = ("0", "1")
"""Major versions of the format that are read. Terraform 0.12 to 1.0 wrote 0.1 and 0.2, later ones 1.x; the members used are the same."""

_STEP = re.compile(r'module\.([^.\[\]]+)(?:\[(?:([0-9]+)|"((?:[^"\\]|\\.)*)")\])?(?:\.|$)')


@dataclass(frozen=True, eq=False)
class Resource:
    """An instance of a resource or data source, on one side of a plan. `values` are those that are known, `unknown` has `true` in the
    place of each that is not. `created` is true where it does not exist before; `configuration` is its block, without instances."""

    address: str
    managed: bool
    type: str
    name: str
    index: Index
    module: ModulePath
    values: Json
    unknown: Any
    created: bool
    configuration: Json | None
    provider: str


@dataclass(frozen=True)
class ConfigurationModule:
    """A module as it is written: what `configuration` has of it."""

    data: Json
    blocks: dict[tuple[bool, str, str], Json] = field(default_factory=dict)

    def call(self, name: str) -> Json | None:
        """The call of a module by this name."""
        found = mapping(self.data.get("module_calls"), "`module_calls`").get(name)
        return None if found is None else mapping(found, f"the module call {printable(name)}")


@dataclass(frozen=True)
class Plan:
    """A plan, or a state (which has no `configuration` and no `variables`). `after` are the resources as planned, `before` as they were,
    by address; `removed` are those that are planned to go. `complete` is false where Terraform has put changes off. `sources` are the
    `.tf` files that are at hand. `mark` sets the placeholders of its resources apart from those of another plan."""

    file: str
    is_plan: bool
    after: dict[str, Resource]
    before: dict[str, Resource]
    removed: dict[str, Resource]
    variables: Json
    configuration: Json
    modules: dict[tuple[str, ...], ConfigurationModule]
    complete: bool = True
    sources: Sources = field(default_factory=Sources)
    mark: str = ""
    _places: dict[str, Source] = field(default_factory=dict)

    def address(self, address: str) -> Source:
        """The source of what the plan says of a thing, which has an address and no text."""
        return self._places.setdefault(address, Address(f"{self.file}#{address}", ""))

    def place(self, resource: Resource) -> Source:
        """Where a resource is: its block in a `.tf` file, or its address."""
        known = self._places.get(resource.address)
        if known is None:
            name = tuple(step for step, _ in resource.module)
            block = self.sources.resources.get((name, resource.managed, resource.type, resource.name))
            known = self.address(resource.address) if block is None else Source(block.source.name, "", block.source, [block.start])
            self._places[resource.address] = known
        return known

    def changes(self, resource: Resource) -> bool:
        """Whether the plan makes, changes or takes away a resource."""
        before = self.before.get(resource.address)
        return resource.address in self.removed or resource.created or before is None or before.values != resource.values

    def side(self, *, before: bool) -> Plan:
        """One side of the plan by itself: the resources as they were are a state."""
        if not before:
            return self
        return Plan(self.file, False, self.before, {}, {}, {}, {}, {}, sources=self.sources)


def read_plan(file: str, data: Json) -> Plan:
    """The plan or state. Raises `InputError`."""
    _check_version(data)
    if not any(name in data for name in ("planned_values", "resource_changes", "configuration")):
        resources = {r.address: r for r in _state(data.get("values"), {}, "values")}
        return Plan(file, False, resources, {}, {}, {}, {}, {})
    if data.get("errored") is True:
        raise InputError.of("Terraform could not finish this plan (`errored`), so it says only a part of what would happen")
    configuration = mapping(data.get("configuration"), "`configuration`")
    modules = dict(_modules(mapping(configuration.get("root_module"), "`root_module`"), ()))
    prior = mapping(data.get("prior_state"), "`prior_state`")
    before = {r.address: r for r in _state(prior.get("values"), modules, "prior_state")}
    after = {r.address: r for r in _state(data.get("planned_values"), modules, "planned_values")}
    # Data sources that could be read already are in the prior state alone.
    after = {address: r for address, r in before.items() if not r.managed} | after
    changed, removed = _changes(data, modules, before)
    after = {address: r for address, r in after.items() if address not in removed} | changed
    variables = mapping(data.get("variables"), "`variables`")
    complete = data.get("complete") is not False and not listing(data.get("deferred_changes"), "`deferred_changes`")
    return Plan(file, True, after, before, removed, variables, configuration, modules, complete)


def _check_version(data: Json) -> None:
    version = data.get("format_version")
    if not isinstance(version, str) or not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", version):
        raise InputError.of(f"`format_version` is {_shown(version)}, expected one such as 1.2")
    if version.split(".")[0] not in MAJORS:
        hint = "this format is newer than the verifier; a newer verifier may read it"
        raise InputError.of(f"Terraform's JSON format has version {version}, and only 0.x and 1.x are known", hint=hint)


def _shown(value: object) -> str:
    return printable(repr(value)[:40])


def _modules(data: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], ConfigurationModule]]:
    pending = [(data, path)]
    while pending:
        module, path = pending.pop()
        blocks = {}
        for entry in listing(module.get("resources"), "`configuration`: `resources`"):
            block = mapping(entry, "a resource of `configuration`")
            blocks[block.get("mode") != "data", str(block.get("type")), str(block.get("name"))] = block
        yield path, ConfigurationModule(module, blocks)
        for name, call in mapping(module.get("module_calls"), "`module_calls`").items():
            inner = mapping(mapping(call, f"the module call {printable(name)}").get("module"), f"the module {printable(name)}")
            pending.append((inner, (*path, name)))


def _state(values: object, modules: dict[tuple[str, ...], ConfigurationModule], where: str) -> Iterator[Resource]:
    """The resources of a state representation: those of the root module and of all modules below it."""
    pending = [mapping(mapping(values, f"`{where}`").get("root_module"), f"`{where}`: `root_module`")]
    while pending:
        module = pending.pop()
        path = module_path(module.get("address"))
        for entry in listing(module.get("resources"), f"`{where}`: `resources`"):
            data = mapping(entry, f"a resource in `{where}`")
            address = string(data.get("address"), f"the address of a resource in `{where}`")
            if data.get("deposed_key") is None:
                yield _resource(address, data, path, mapping(data.get("values"), address), {}, False, modules)
        pending += [mapping(child, f"`{where}`: a child module") for child in listing(module.get("child_modules"), f"`{where}`")]


def _changes(
    data: Json, modules: dict[tuple[str, ...], ConfigurationModule], before: dict[str, Resource]
) -> tuple[dict[str, Resource], dict[str, Resource]]:
    """The resources that are there after the plan, with what is unknown of them; and those that are not."""
    after: dict[str, Resource] = {}
    removed: dict[str, Resource] = {}
    for entry in listing(data.get("resource_changes"), "`resource_changes`"):
        found = mapping(entry, "an entry of `resource_changes`")
        address = string(found.get("address"), "the address of an entry of `resource_changes`")
        change = mapping(found.get("change"), f"{address}: `change`")
        actions = [string(action, f"{address}: an action") for action in listing(change.get("actions"), f"{address}: `actions`")]
        path = module_path(found.get("module_address"))
        if found.get("deposed") is not None:
            continue  # what is left of an instance that was replaced before
        if actions in (["delete"], ["forget"]):
            # What Terraform forgets it does not manage any more, and does not take away either.
            values = mapping(change.get("before"), f"{address}: `before`")
            gone = removed if actions == ["delete"] else after
            gone[address] = _resource(address, found, path, values, {}, False, modules)
            continue
        values = mapping(change.get("after"), f"{address}: `after`")
        created = "create" in actions
        after[address] = _resource(address, found, path, values, change.get("after_unknown", {}), created, modules)
        if found.get("mode") == "data" and address in before and "read" not in actions:
            after[address] = before[address]
    return after, removed


def _resource(
    address: str,
    data: Json,
    path: ModulePath,
    values: Json,
    unknown: Any,
    created: bool,
    modules: dict[tuple[str, ...], ConfigurationModule],
) -> Resource:
    managed = data.get("mode") != "data"
    type_, name = string(data.get("type"), f"{address}: `type`"), string(data.get("name"), f"{address}: `name`")
    index = data.get("index")
    if not isinstance(index, int | str | None) or isinstance(index, bool):
        raise fault(f"{address}: `index`", "a number or a text", index)
    module = modules.get(tuple(step for step, _ in path))
    block = module.blocks.get((managed, type_, name)) if module is not None else None
    provider = str((block or {}).get("provider_config_key") or data.get("provider_name") or "")
    return Resource(address, managed, type_, name, index, path, values, unknown, created, block, provider)


def module_path(address: object) -> ModulePath:
    """The path of a module instance, from its address. Raises `InputError`."""
    if address is None or address == "":
        return ()
    text = string(address, "the address of a module")
    path: list[tuple[str, Index]] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise InputError.of(f"`{printable(text)[:200]}` is not the address of a module")
        name, number, key = match.groups()
        path.append((name, int(number) if number is not None else key))
        position = match.end()
    return tuple(path)
