"""A plan or a state → the parts of a snapshot.

In: the JSON of a file, and what is known besides. Out: a `Plan`, `Parts`. Guarantee: that of the package.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

from verifier.inputs.own_region import STAND_IN_REGIONS, check_partitions, region_partition
from verifier.inputs.resource_types import Family, UnknownResource, code_of, other_provider, unknown_family
from verifier.inputs.resources.kms import Keys
from verifier.inputs.resources.names import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.resources.resource import ALL_PROVIDERS, Resource, Verb, provider_name
from verifier.inputs.resources.services import read_services
from verifier.inputs.resources.unread import Unread
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.snapshot.workloads import Deed
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.computed_attributes import ComputedAttributes, check_written_values, parameters_of
from verifier.inputs.terraform.configuration import HclBlock, Provider, define, define_names_of_key
from verifier.inputs.terraform.module_inputs import configuration_of, hinting_at_defaults, not_generated
from verifier.inputs.terraform.plan import Plan, TerraformAction
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.definitions import Definitions
from verifier.inputs.text.nodes import Node, OwnRegion, Remarks, Scalar, values_of
from verifier.inputs.text.unknown import names_in
from verifier.model.estate import Workload
from verifier.model.own_place import regions_in
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.source import Source
from verifier.syntax.text import first_few, printable

_MOST_NAMED = 12
_OF_TAGS = ("default_tags", "ignore_tags")
_ATTACHED = ("aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias")
_NOT_COUNTED = "is made as often as is not known"
_OF_COMMANDS = {"type", "command", "when", "on_failure", "quiet", "working_dir"}
"""What a provisioner may say that calls nothing of AWS: its `interpreter` and `environment` say what its command is."""
_ZIP = r"zip(?![^\n]*(?:T|--|[\"'\\]))"
_INERT = re.compile(rf"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|{_ZIP}|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS; `zip` runs what its options `-T` and `-TT` name. [Info-ZIP: zip(1)]"""


def add_plan(remarks: Remarks, parts: Parts, plan: Plan, supplied: Supplied, text: str) -> None:
    """Adds what one side of a plan, or a state, holds. Errors go to `remarks`, or are raised."""
    mark = parts.mark(address for address, resource in plan.after.items() if resource.managed)
    plan = replace(plan, mark=mark, whole=sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    providers = Providers(plan, supplied)
    resolver = providers.resolver = Resolver(plan, ComputedAttributes(providers))
    define(remarks.definitions, plan.modules, plan.variables, plan.whole)
    for name, provider in sorted(plan.providers.items()):
        remarks.definitions.define(provider_name(name), provider.block.said)
        remarks.definitions.define(ALL_PROVIDERS, provider_name(name))
    _define_places(remarks.definitions, plan)
    parameters = parameters_of(plan, supplied.parameters)
    parts.parameters.append((Node(Source(plan.file, ""), 0, 0), parameters))
    check_written_values(parameters, supplied.parameters)
    parts.ignored_tags |= (ignored := dict(_ignored_tags(resolver)))
    there = () if plan.of_folder else resolver.of_type(*KEYS, *REPLICAS, "aws_iam_role", "aws_iam_user")
    parts.without_system_tags |= {*filter(None, (resolver.text(one, "arn") for one in there if not one.created))}
    found = Keys(remarks, parts, resolver).read_keys()
    if plan.of_folder:
        remarks.hints.append(partial(hinting_at_defaults, plan.modules, plan.variables))
    sentences = _Supposed(resolver, read_services(_PlanUnread(remarks, parts, resolver)), bool(ignored))
    parts.supposed[plan.file] = tuple(sentences.about(""))
    for key in found:
        key.supposed = tuple(sentences.about(key.name or ""))
    parts.keys += found
    parts.inspects_stand_ins |= providers.inspects_stand_ins
    if providers.by_stand_in:
        parts.by_stand_in.add(plan.file)
        parts.named_accounts |= providers.named_accounts
    if providers.open_regions:
        remarks.own_regions[plan.file] = _own_region(providers, resolver, text)
    remarks.regions_taken += providers.regions_taken.values()
    for sentence in providers.concluded:
        remarks.concluded[f"{plan.file}: {sentence}"] = None


def _own_region(providers: Providers, resolver: Resolver, text: str) -> OwnRegion:
    """The Region that stands for the one, or for those, that nothing tells."""
    places = list(providers.open_regions.values())
    region, first = places[0]
    others = tuple(one for one in STAND_IN_REGIONS if one != region_partition(region))
    more = tuple(resource.shown for _, resource in places) if len(places) > 1 else ()
    # Of several nothing may say which they are, not even whether two are the same.
    named = regions_in((text,)) | providers.regions_compared
    if more and "aws_region" in text:
        named |= {region}
    refers = "" if more else region
    check_partitions((text,) if providers.open_partition else ())
    return OwnRegion(region, refers, named, others if providers.open_partition else (), resolver.at(first).span, more)


def _define_places(definitions: Definitions, plan: Plan) -> None:
    """Records that what is made hangs on what its provider configuration says of account and Region."""
    for name, provider in plan.providers.items():
        blocks = {kind: found for kind, found in provider.block.blocks.items() if kind not in _OF_TAGS}
        definitions.define(_place_name(name), replace(provider.block, blocks=blocks).said)
    for path, module in plan.modules.items():
        for (_, type_, name), block in (module.files if plan.of_folder else module).resources.items():
            key = configuration_of(plan.modules, path, type_, block) if plan.of_folder else block.provider
            definitions.define(f"{type_}.{name}", _place_name(key))
            if plan.of_folder and type_ in KEYS:
                define_names_of_key(definitions, f"{type_}.{name}", block, _place_name(key))


def _place_name(key: str) -> str:
    """The name by which it is recorded where a provider configuration reads and writes."""
    return f"place.{provider_name(key).partition('.')[2]}"


class _Supposed:
    """What is taken for granted about a plan, in sentences for the verdicts on each key: every reference that the key's
    own policy and grants were read through is named; those of the other resources are counted. `others` are further
    sentences."""

    def __init__(self, resolver: Resolver, others: list[str], ignores_tags: bool) -> None:
        self.resolver = resolver
        self.ignores_tags = ignores_tags
        self.others = others
        self.total = sum(len(found) for found in resolver.supposed.values())
        self.attached: defaultdict[str, list[str]] = defaultdict(list)
        """By the address of a key, the resources whose expressions refer to it."""
        for resource in resolver.of_type(*_ATTACHED):
            for references in resolver.supposed.get(resource.address, {}).values():
                for owner in (owner for reference in references for owner in _owners(reference)):
                    self.attached[owner].append(resource.address)

    def about(self, key: str) -> Iterator[str]:
        """The sentences about the key at an address."""
        what, of_folder = self.resolver.what, self.resolver.plan.of_folder
        given = "the policies, grants and aliases that it gives them, and no others"
        yield f"users, roles, keys and endpoints of the {what} have {given}"
        own = [f"{address}.{name} is {', '.join(refers)}" for address, name, refers in self._rests_on(key)]
        more = self.total - min(len(own), _MOST_NAMED)
        others = f"{more} expressions" if more != 1 else "one expression"
        if own:
            rest = f"; {others} elsewhere likewise" if more else ""
            yield (
                f"an expression is what it refers to, and nothing is done to that: {'; '.join(own[:_MOST_NAMED])}{rest}"
            )
        elif more:
            nothing = f"nothing is done to that: {others} elsewhere in the plan"
            yield f"what an expression refers to is what it says, and {nothing}"
        if any(found.address == key for found in self.resolver.plan.uncounted):
            yield f"{key} is made, though whether, or how often, is not known"
        if of_folder:
            new = "what it makes is new, or is then as if it were"
            yield f"the folder is applied with the values that its variables have here, and {new}"
        elif self.resolver.evaluated:
            yield "the .tf files beside the plan are those that it was made from"
        unseen = [
            deed.address for deed in self.resolver.plan.deeds if deed.verb is Verb.TAKES and deed.configuration is None
        ]
        if unseen:
            lacking = "a plan does not have the provisioners of `removed` blocks"
            yield f"no command runs when {first_few(unseen)} is deleted: {lacking}"
        if self.ignores_tags:
            yield "what has tags that its provider leaves to others (`ignore_tags`) has none that an invariant names"
        yield from self.others

    def _rests_on(self, key: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The expressions that lead from a key, or from what is attached to it, to other resources."""
        pending, supposed = [key, *dict.fromkeys(self.attached[key])], self.resolver.supposed
        for address in pending:
            for name, refers in supposed.get(address, {}).items():
                yield address, name, refers
                targets = [
                    next((owner for owner in _owners(reference) if owner in supposed), key) for reference in refers
                ]
                pending += [target for target in dict.fromkeys(targets) if target not in pending]


def _owners(reference: str) -> Iterator[str]:
    """The addresses that a reference may be to, longest first."""
    parts = reference.split(".")
    return (".".join(parts[:length]) for length in range(len(parts), 1, -1))


def _counted_by(side: Resolver, resource: Resource) -> tuple[str, ...]:
    """The names of what decides how often a resource is made, as far as that is not known."""
    path = resource.module
    calls = [(path[:depth], side.plan.module(path[:depth]).calls.get(call)) for depth, (call, _) in enumerate(path)]
    found = [
        side.evaluate(written, module, None, name)
        for module, block in (*calls, (path, resource.configuration))
        for name in ("count", "for_each")
        if block is not None and (written := block.written(name)) is not None
    ]
    return tuple(names_in([node for node in found if node is not None]))


def _is_inert(provisioner: HclBlock) -> bool:
    """True iff a provisioner calls nothing of AWS; a command that is not known may. `file` runs nothing."""
    type_ = provisioner.text("type")
    command = provisioner.text("command") or ""
    inert = provisioner.attributes.keys() <= _OF_COMMANDS and bool(_INERT.fullmatch(command))
    return type_ == "file" or (type_ == "local-exec" and inert)


def _family(action: TerraformAction) -> Family | None:
    """What an action may change; those of other providers than AWS's may run commands."""
    return unknown_family(action.type, read=False) if action.is_of_aws else Family.ANYTHING


@dataclass
class _PlanUnread(Unread):
    """The resources of one side of a plan that are not read. Nothing is passed over in silence (S1): stacks and
    products of CloudFormation, whose templates hold resources of their own, what the Cloud Control API makes, what is
    of a type that is not known, and provisioners; also what goes, for it may have taken something away."""

    side: Resolver

    def read(self) -> None:
        """Records what each may do, or change."""
        for resource in self.side.of_type():
            self._maker(resource)
            self.made_roles(resource)
        for action in self.side.plan.invoked:
            self._action(action)
        for resource in self.side.done():
            self._changes(resource)
            self.roles(resource)
        for resource in self.side.uncounted:
            if resource.managed and resource.type not in (*KEYS, *REPLICAS, *UNREAD_KEYS):
                self._unsure(resource)
        self.parts.unmodelled += not_generated(self.side.plan.of_terragrunt)
        if self.side.plan.deferred:
            put_off = first_few(self.side.plan.deferred)
            description = f"Terraform has put off what it does to {put_off} (`deferred_changes`), so it is not known"
            name = printable(f"deferred changes of {self.side.plan.file} ({self.side.plan.whole[:8]})")
            self.parts.unmodelled.append(Unmodelled(name, "U3", Influence.EITHER, printable(description)))

    def runs(self, resource: Resource) -> bool:
        """True iff a resource has code of others run, or stands for others that are not read."""
        return super().runs(resource) or self.is_maker(resource)

    def supposes(self) -> list[str]:
        plan, found = self.side.plan, super().supposes()
        started = [action.address for action in plan.invoked if _family(action) is None]
        started += [one.address for one in plan.deeds if not one.managed and Unread.runs(self, one)]
        if self.side.unquoted:
            values = first_few(sorted(name.partition(" (")[0] for name in self.side.unquoted))
            found.append(f"in the texts of policies, the values of {values} have no quotation mark and no backslash")
        found += [f"what {one.name} generates changes nothing that these files say" for one in plan.of_terragrunt]
        if started:
            found.append(f"what {first_few(started)} starts changes no key and makes no grant")
        if plan.other_providers:
            found.append(f"the provider {first_few(plan.other_providers)} does what hashicorp/aws does")
        made = (one for one in (*plan.deeds, *plan.uncounted) if one.managed and one.verb is not Verb.KEEPS)
        others = sorted({name for one in made if (name := other_provider(one.type))})
        if others:
            found.append(f"what the provider {first_few(others)} does changes nobody's access to a key")
        return found

    def _action(self, action: TerraformAction) -> None:
        """Records what an action may do of which that is not supposed."""
        family, why = _family(action), "runs when the plan is applied (`action`)"
        if family is not None:
            span = self.side.plan.address(action.address).span(0, 0)
            self.parts.unknown.append(
                UnknownResource(family, action.address, None, span, why=why, said=self.side.plan.whole)
            )

    def _maker(self, resource: Resource) -> None:
        if not self.is_maker(resource):
            return
        why, account = "has resources of its own, which are not read", self.side.account(resource)
        self.remarks.unread(
            self.side.at(resource), f"{resource.address} {why}", hint="check its template in a run of its own"
        )
        if self.is_everywhere(resource) and resource.verb is not Verb.KEEPS:
            self.may_change(resource, Family.IDENTITIES, why, account=account, everywhere=True)
        else:
            does = "has resources of its own, which may hold policies of users and roles"
            self.may(resource, "", "U3", Influence.EITHER, does, account=account, of_identities=True)

    def _unsure(self, resource: Resource) -> None:
        """Records what is left open by a resource of which it is not known how often it is made."""
        names = first_few(_counted_by(self.side, resource))
        why = _NOT_COUNTED + (f", which depends on {names}" if names else "")
        if resource.type == "aws_kms_alias":
            self.parts.loose_alias = self.unknown(resource, f"{resource.address}, which {why}")
        elif resource.type == "aws_kms_grant":
            self.may(resource, "grant ", "G1", Influence.MAY_ALLOW, why)
        else:
            self._changes(resource, read=False, why=why)
        self._maker(resource)
        self.roles(resource)
        self.made_roles(resource, self.side.made_if(resource))
        if resource.type in ("aws_iam_role", "aws_iam_user", "aws_iam_group"):
            self.parts.leave_roles_out(None)
        account = self.side.account(resource) or ""
        kinds = code_of(resource.type) if self.parts.steps else ()
        self.parts.deeds += [Deed(resource.shown, account, Workload(kind, "", ())) for kind in kinds]

    def _changes(self, resource: Resource, **known: Any) -> None:
        """What a resource may change that it is not known to hold."""
        block = resource.configuration or HclBlock()
        # Terraform runs provisioners when it makes or deletes the resource.
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(map(_is_inert, block.blocks.get("provisioner", ()))):
            self.may_change(resource, Family.ANYTHING, "runs a command (`provisioner`)")
        if self.is_maker(resource) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            self.may_change(resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        self.changes(resource, **known)


# -- tags that are left to others --

_BLOCK, _ANY = "ignore_tags", re.compile("")


def _ignored_tags(resolver: Resolver) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Each ARN of what may be there before a plan, or of all that a folder makes, with what the keys of its tags begin
    with that are not told, in lower case: a provider is told to leave them to others, and a plan does not have them.
    All keys, where which is not known. [terraform-provider-aws: ignore_tags Configuration Block]"""
    plan = resolver.plan
    dynamic = any(_BLOCK in kinds for one in plan.modules.values() for kinds in one.files.dynamic.values())
    for resource in plan.after.values():
        own, may_be_there = plan.providers.get(resource.provider), plan.of_folder or not resource.created
        arn = resolver.text(resource, "arn") if resource.managed and may_be_there else None
        if arn is not None:
            providers = plan.providers.values() if own is None else [own]
            texts = [text for one in providers for text in _keys_ignored(resolver, one)]
            if dynamic or texts:
                yield arn, _ANY if dynamic else re.compile("|".join(texts))


def _keys_ignored(resolver: Resolver, provider: Provider) -> Iterator[str]:
    for block in provider.block.blocks.get(_BLOCK, ()):
        for name, end in (("keys", r"\Z"), ("key_prefixes", "")):
            expression = block.attributes.get(name)
            if expression is not None:
                for node in values_of(resolver.expression(expression, provider.module, None, "provider")):
                    yield re.escape(node.text.lower()) + end if isinstance(node, Scalar) else ""
