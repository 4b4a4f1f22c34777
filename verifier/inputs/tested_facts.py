"""The facts of an estate that policies test which nothing decides exactly: statements with unknown parts, and policies
of users and roles that the estate does not list.

In: an estate, and what they test. Out: the facts; the estate, with letters for them. Guarantee: where two versions of
an estate have one symbol for what a statement might say, or leave the same open of a key, the facts that are tested are
the same in both: a fact of the caller or the key is no part of the request that anybody chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from verifier.inputs.policies import possible_by, with_statements
from verifier.inputs.policy_facts import FACTS_OF_KEYS, PolicyFact, PolicyFacts, facts_tested
from verifier.inputs.text.definitions import letters_of
from verifier.inputs.text.nodes import Node
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.policy import Policy, Statement

BY_POLICIES = "what users and roles that are not listed may do by its tags, aliases or type"


def facts(estate: Estate, tested: PolicyFacts) -> list[object]:
    """What an estate says of the facts that policies test."""
    return [(fact.name, _SAID[fact](estate)) for fact in PolicyFact if fact in tested]


def _tags(estate: Estate) -> object:
    return sorted((_end(one.arn), sorted(one.tags)) for one in estate.identities)


def _unique_ids(estate: Estate) -> object:
    return sorted((_end(one.arn), one.unique_id or "") for one in estate.identities)


def _trusts(estate: Estate) -> object:
    roles = sorted((_end(one.arn), repr(one.trust.meaning) if one.trust is not None else "") for one in estate.roles)
    return roles, sorted((one.id, sorted(one.providers or ())) for one in estate.accounts)


def _organizations(estate: Estate) -> object:
    given = estate.organization
    return None if given is None else (given.id, given.management_account, sorted(given.accounts))


def _key_tags(estate: Estate) -> object:
    return sorted((_end(key.arn), *_pairs(key.tags), *_pairs(key.left_open)) for key in estate.keys)


def _aliases(estate: Estate) -> object:
    return sorted(
        (_end(key.arn), repr(key.aliases and sorted(key.aliases)), *_pairs(key.left_open)) for key in estate.keys
    )


def _kinds(estate: Estate) -> object:
    """What keys are."""
    said = ((one, (one.spec, one.usage, one.origin, one.multi_region, one.multi_region_type)) for one in estate.keys)
    return sorted((_end(key.arn), repr(kind), *_pairs(key.left_open)) for key, kind in said)


def _pairs(pairs: Pairs | None) -> list[str]:
    """Pairs in one order; `None` is not the same as none."""
    return ["not given"] if pairs is None else [repr(pair) for pair in sorted(pairs)]


_SAID: Mapping[PolicyFact, Callable[[Estate], object]] = {
    PolicyFact.CALLER_TAGS: _tags,
    PolicyFact.UNIQUE_IDS: _unique_ids,
    PolicyFact.SESSIONS: _trusts,
    PolicyFact.KEY_TAGS: _key_tags,
    PolicyFact.ALIASES: _aliases,
    PolicyFact.KEYS: _kinds,
    PolicyFact.ORGANIZATIONS: _organizations,
}


def _end(arn: str) -> str:
    """What an ARN has after its Region and partition, which a reading of the input may take (S4)."""
    return ":".join(arn.split(":")[4:])


def with_tested_facts(estate: Estate, statements: Mapping[str, Node]) -> Estate:
    """The estate, in which the name of what a statement might say tells the facts that its unknown parts test, too;
    `statements` has each as it is written, by that name. A key policy tests facts of its own key."""
    tested = {name: facts_tested(statement, known=False) for name, statement in statements.items()}
    if not any(tested.values()):
        return estate
    names: dict[str, str] = {}
    for thing in estate.unmodelled:
        own = tuple(key for key in estate.keys if f"{key.arn}#" in thing.name)
        if found := facts(replace(estate, keys=own) if own else estate, tested.get(thing.name, frozenset())):
            names[thing.name] = f"{thing.name} of {letters_of(found)}"
    things = tuple(replace(thing, name=names.get(thing.name, thing.name)) for thing in estate.unmodelled)
    renamed = {thing.name: new for thing, new in zip(estate.unmodelled, things, strict=True) if thing is not new}

    def change(_: Policy, statement: Statement) -> Statement:
        thing = renamed.get(statement.only_if.about) if statement.only_if is not None else None
        return statement if thing is None else possible_by(replace(statement, only_if=None), thing)

    return with_statements(replace(estate, unmodelled=things), change)


def with_tested_key_facts(estate: Estate, tested: PolicyFacts) -> Estate:
    """The estate, in which keys leave open what policies of nobody that is listed test of them, if any."""
    if not tested & FACTS_OF_KEYS:
        return estate

    def left_open(key: Key) -> Pairs:
        return (*key.left_open, (BY_POLICIES, letters_of(facts(replace(estate, keys=(key,)), tested & FACTS_OF_KEYS))))

    return replace(estate, keys=tuple(replace(key, left_open=left_open(key)) for key in estate.keys))
