"""What policies test that nobody chooses (tags, aliases, organizations, what sessions have by who made them), where
nothing decides them exactly: statements with unknown parts, and policies of users and roles that are not listed.

In: an estate, and statements as they are written. Out: the facts that these test, by their condition keys and policy
variables; the estate, with letters for them. Guarantee: a fact that a text names is among them. Where two versions of
an estate have one symbol for what a statement might say, or leave the same open of a key, the facts that are tested are
the same in both: a fact of the caller or the key is no part of the request that anybody chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum

from verifier.inputs.policies import possible_by, with_statements
from verifier.inputs.text.definitions import letters_of
from verifier.inputs.text.nodes import Members, Node, member
from verifier.inputs.text.unknown import UnknownNode, content, names_in
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.invariant_file import CLAIMS, OF_SESSIONS
from verifier.model.policy import Policy, Statement


class PolicyFact(Enum):
    """What nobody chooses, and policies can test; parts of the condition keys, in lower case."""

    CALLER_TAGS = ("principaltag/",)
    UNIQUE_IDS = ("aws:userid",)
    SESSIONS = (*OF_SESSIONS, *CLAIMS)
    """What sessions have by who made them (F3, F6)."""
    KEY_TAGS = ("resourcetag/",)
    ALIASES = ("kms:resourcealiases", "kms:requestalias")
    KEYS = ("kms:key", "kms:multiregion", "kms:customermasterkey")
    ORGANIZATIONS = ("orgid", "orgpaths")


FACTS_OF_KEYS = frozenset({PolicyFact.KEY_TAGS, PolicyFact.ALIASES, PolicyFact.KEYS})
"""Facts of a key: those of other keys decide nothing on it."""
PolicyFacts = frozenset[PolicyFact]
_ANY = frozenset(PolicyFact)
_WITH_KEYS = ("Condition", "Resource", "NotResource")
"""The elements that have condition keys or policy variables."""


def facts_in(texts: object) -> PolicyFacts:
    """The facts that texts name."""
    said = str(texts).lower()
    return frozenset(fact for fact in PolicyFact if any(name in said for name in fact.value))


def facts_tested(statement: Node | None, *, known: bool) -> PolicyFacts:
    """What a statement tests in its elements that have unknown parts; with `known` in all. Where a test is not known
    it may be any; of a statement of which nothing is known, nothing is written."""
    if isinstance(statement, UnknownNode):
        return frozenset[PolicyFact]().union(*(facts_tested(one, known=known) for one in statement.options or ()))
    if not isinstance(statement, Members):
        return facts_in(content(statement)) if known else frozenset()  # a document may be a text
    elements = [value for key, value in statement.pairs if key.text in _WITH_KEYS and (known or names_in([value]))]
    return _ANY if _is_open(member(statement, "Condition")) else facts_in(content(elements))


def _is_open(condition: Node | None) -> bool:
    """True iff it is not known which keys a condition block tests."""
    if isinstance(condition, UnknownNode):
        return condition.options is None or any(map(_is_open, condition.options))
    return isinstance(condition, Members) and any(isinstance(tests, UnknownNode) for _, tests in condition.pairs)


BY_POLICIES = "what users and roles that are not listed may do by its tags, aliases or type"


def facts(estate: Estate, tested: PolicyFacts) -> list[object]:
    """What an estate says of the facts that policies test."""
    return [(fact.name, _SAID[fact](estate)) for fact in PolicyFact if fact in tested]


def _trusts(estate: Estate) -> object:
    roles = sorted((_end(one.arn), repr(one.trust.meaning) if one.trust is not None else "") for one in estate.roles)
    return roles, sorted((one.id, sorted(one.providers or ())) for one in estate.accounts)


def _organizations(estate: Estate) -> object:
    given = estate.organization
    return None if given is None else (given.id, given.management_account, sorted(given.accounts))


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
    PolicyFact.CALLER_TAGS: lambda estate: sorted((_end(one.arn), sorted(one.tags)) for one in estate.identities),
    PolicyFact.UNIQUE_IDS: lambda estate: sorted((_end(one.arn), one.unique_id or "") for one in estate.identities),
    PolicyFact.SESSIONS: _trusts,
    PolicyFact.KEY_TAGS: lambda estate: sorted(
        (_end(key.arn), *_pairs(key.tags), *_pairs(key.left_open)) for key in estate.keys
    ),
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
