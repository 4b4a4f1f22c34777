"""A plan or a state → the parts of a snapshot.

In: the JSON of a file, and what is known besides. Out: a `Plan`, `Parts`. Guarantee: that of the package.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

from verifier.inputs.own_region import STAND_IN_REGIONS, partition_of
from verifier.inputs.resources.kms import Keys
from verifier.inputs.resources.resource import Verb, provider_name
from verifier.inputs.resources.services import read_services
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.computed_attributes import Derivation, supplied_attributes
from verifier.inputs.terraform.configuration import define
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.surroundings import PlanUnread
from verifier.inputs.text.nodes import Node, OwnRegion, Remarks
from verifier.model.own_place import regions_in
from verifier.syntax.source import Source
from verifier.syntax.text import first_few

_MOST_NAMED = 12
_ATTACHED = ("aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias")


def add_plan(remarks: Remarks, parts: Parts, plan: Plan, supplied: Supplied, text: str) -> None:
    """Adds what one side of a plan, or a state, holds, which was read from a text. Errors go to `remarks`, or are
    raised."""
    mark = parts.mark(address for address, resource in plan.after.items() if resource.managed)
    plan = replace(plan, mark=mark, whole=sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    providers = Providers(plan, supplied)
    resolver = providers.resolver = Resolver(plan, Derivation(providers))
    define(remarks.definitions, plan.modules, plan.variables, plan.whole)
    for name, provider in plan.providers.items():
        remarks.definitions.define(provider_name(name), provider.block.said)
    parts.parameters.append((Node(Source(plan.file, ""), 0, 0), supplied_attributes(plan, supplied.parameters)))
    found = Keys(remarks, parts, resolver).read_keys()
    sentences = Supposed(resolver, read_services(PlanUnread(remarks, parts, resolver)))
    for key in found:
        key.supposed = tuple(sentences.about(key.name or ""))
    parts.keys += found
    parts.inspects_stand_ins |= providers.inspects_stand_ins
    if providers.by_stand_in:
        parts.by_stand_in.add(plan.file)
    if providers.open_regions:
        places = list(providers.open_regions.values())
        region, first = places[0]
        others = (
            tuple(one for one in STAND_IN_REGIONS if one != partition_of(region)) if providers.open_partition else ()
        )
        more = tuple(resource.shown for _, resource in places) if len(places) > 1 else ()
        # Of several nothing may say which they are, not even whether two are the same.
        named = regions_in((text,)) | providers.regions_compared
        named |= {region} if more and "aws_region" in text else set()
        refers = "" if more else region
        remarks.own_regions[plan.file] = OwnRegion(region, refers, named, others, resolver.at(first).span, more)
    remarks.regions_taken += providers.regions_taken.values()
    for sentence in providers.concluded:
        remarks.concluded[f"{plan.file}: {sentence}"] = None


class Supposed:
    """What is taken for granted about a plan, in sentences for the verdicts on each key: every reference that the key's
    own policy and grants were read through is named; those of the other resources are counted. `others` are further
    sentences."""

    def __init__(self, resolver: Resolver, others: list[str]) -> None:
        self.resolver = resolver
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
        if any(found.address == key for found in self.resolver.plan.doubtful):
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
