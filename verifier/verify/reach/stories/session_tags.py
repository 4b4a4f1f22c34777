"""Tags and names that a session may be given so that a later request of a chain is allowed (E2): those that policies
speak of.

In: an estate, the principals that a chain is about; the rules of a key. Out: choices of tags, and names, each to be
tried by replaying.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TypeGuard

from verifier.model.estate import Estate, Identity
from verifier.model.grant import Pairs
from verifier.model.policy import Condition, arn_account, arn_kind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.domains import context_attribute
from verifier.problem.classes.predicates import Predicate, like
from verifier.problem.classes.tables import OverBudget, WordTable
from verifier.problem.diagrams.joint import Joint
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG, SESSION_TAGS
from verifier.problem.semantics.values import Fixed, Template, Variable, template
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.space import CALLER
from verifier.verify.reach.cubes import projected
from verifier.verify.reach.documents import conditions_of, policies_of
from verifier.verify.reach.key_rules import KeyRules

CALLER_TAGS = (PRINCIPAL_TAG, REQUEST_TAG)
OF_RESOURCES = (RESOURCE_TAG, "iam:resourcetag/")
_VARIABLE = f"${{{PRINCIPAL_TAG}"
SOURCES = ("aws:sourceidentity", "sts:sourceidentity")
_OTHER = "example"
"""A value that stands for those that no policy lists."""
_MOST = 16
"""So many choices are tried."""


def choices(
    estate: Estate, whom: Container[str], keys: tuple[str, ...] = CALLER_TAGS, further: Iterable[Condition] = ()
) -> tuple[Pairs, ...]:
    """One tag with each value that policies list for it in conditions on keys that begin so, or `further` ones do, or
    that a resource has which they compare it with or name by it; then two together."""
    values = _values(estate, whom, keys, further)
    single = [((name, value),) for name, found in values.items() for value in (*found, _OTHER)]
    several = [
        tuple(zip(names, combination, strict=True))
        for names in combinations(values, 2)
        for combination in product(*(values[n] for n in names))
    ]
    return tuple(dict.fromkeys((*single, *several)))[:_MOST]


def _values(
    estate: Estate, whom: Container[str], keys: tuple[str, ...], further: Iterable[Condition]
) -> dict[str, tuple[str, ...]]:
    """The values of each tag of callers that policies ask for, by its name as it is written first."""
    names: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {}
    patterns: dict[str, dict[Predicate, None]] = {}
    callers = [one for one in estate.identities if one.arn in whom]
    for condition in (*further, *conditions_of(estate, whom)):
        for name in _named(condition, keys):
            names.setdefault(name.lower(), name)
            found.setdefault(name.lower(), {}).update(dict.fromkeys(_listed(condition, name, estate, keys, callers)))
            if any(condition.key.value.lower() == prefix + name.lower() for prefix in keys):
                texts = (text.value for text in condition.values if "${" not in text.value)
                patterns.setdefault(name.lower(), {}).update(dict.fromkeys(map(like, texts)))
    for name, value in _naming(estate, whom):
        names.setdefault(name.lower(), name)
        found.setdefault(name.lower(), {})[value] = None
    return {
        names[name]: tuple(dict.fromkeys((*values, *_of_each_class(name, patterns.get(name, ())))))
        for name, values in found.items()
    }


def _naming(estate: Estate, whom: Container[str]) -> Iterator[tuple[str, str]]:
    """The tags in patterns of resources, each with the values by which one names an identity or key of the input."""
    texts = (
        text.value
        for policy in policies_of(estate, whom)
        for statement in policy.statements
        for text in statement.resources or ()
    )
    arns = [*(one.arn for one in estate.identities), *(key.arn for key in estate.keys)]
    for pieces in (template(text, True) for text in dict.fromkeys(texts) if _VARIABLE in text.lower()):
        names = [piece.key[len(PRINCIPAL_TAG) :] for piece in pieces if _is_tag(piece)]
        pattern = re.compile("".join(map(_as_regex, pieces)))
        for match in filter(None, map(pattern.fullmatch, arns)):
            yield from zip(names, match.groups(), strict=True)


def _is_tag(piece: Fixed | Variable) -> TypeGuard[Variable]:
    return isinstance(piece, Variable) and piece.key.lower().startswith(PRINCIPAL_TAG)


def _as_regex(piece: Fixed | Variable) -> str:
    if isinstance(piece, Variable):
        return "(.*)" if _is_tag(piece) else ".*"
    return re.escape(piece.text).replace(r"\*", ".*").replace(r"\?", ".")


def _of_each_class(name: str, patterns: Collection[Predicate]) -> Iterator[str]:
    """Values of a tag that match several patterns at once, or one and not another: one for each choice of them."""
    domain = context_attribute(PRINCIPAL_TAG + name, "aws", None).domain
    if domain is None or len(patterns) < 2:
        return
    try:
        table = WordTable(domain, tuple(patterns))
    except OverBudget:
        return
    yield from (table.pick(1 << number)[1] for number in range(table.size))


def of_last_request(
    rules: KeyRules, goal: int, principal: str, brought_about: frozenset[PossibleChange]
) -> tuple[Pairs, ...]:
    """Choices of tags with which a role's session can make the last request of a goal, with some changes alone (E2)."""
    joint, number = rules.joint, rules.class_of(principal)
    names = [name for name in joint.finite.tables if name.startswith(PRINCIPAL_TAG)]
    if number is None or SESSION_TAGS not in joint.diagrams.level:
        return ()
    given = [
        joint.diagrams.literal(name, 2 if name in brought_about else 1)
        for name in rules.possible_changes
        if name in joint.diagrams.level
    ]
    own = (joint.diagrams.literal(CALLER, 1 << number), *given)
    node = joint.diagrams.all_of((joint.sides[0].allowed, rules.accesses[goal], *own))
    found = (_tags_of(joint, path) for path in joint.diagrams.paths(projected(joint, node, names)))
    return tuple(dict.fromkeys(tags for tags in found if tags))


def _tags_of(joint: Joint, path: Mapping[str, int]) -> Pairs:
    """The tags that a session needs to be in a set: those that are not there anyway."""
    space, found = joint.sides[0].question.space, []
    for name, mask in path.items():
        table = joint.finite.tables[name]
        if not mask >> table.size & 1:
            found.append((space.spellings[name][len(PRINCIPAL_TAG) :], table.pick(mask)[1]))
    return tuple(found)


def _named(condition: Condition, keys: tuple[str, ...]) -> Iterator[str]:
    """The tags that a condition is about, by its key or by a variable."""
    key = condition.key.value
    for prefix in keys:
        if key.lower().startswith(prefix):
            yield key[len(prefix) :]
    for text in condition.values:
        for part in text.value.split("${")[1:]:
            if f"${{{part}".lower().startswith(_VARIABLE):
                yield part[len(_VARIABLE) - 2 :].split("}")[0].split(",")[0].strip()


def _listed(
    condition: Condition, name: str, estate: Estate, keys: tuple[str, ...], callers: Sequence[Identity]
) -> Iterator[str]:
    key = condition.key.value.lower()
    if key.startswith(OF_RESOURCES):
        wanted = key.split("/", 1)[1]
        tagged = [key.tags or () for key in estate.keys]
        tagged += [identity.tags for identity in estate.identities]
        yield from (value for tags in tagged for own, value in tags if own.lower() == wanted)
    if key in {prefix + name.lower() for prefix in keys}:
        yield from _texts((condition,), callers)


def _texts(conditions: Iterable[Condition], callers: Sequence[Identity]) -> Iterator[str]:
    """Texts that match what conditions list, variables standing for what they are of some callers."""
    for pieces in (template(text.value, True) for condition in conditions for text in condition.values):
        if all(isinstance(piece, Fixed) for piece in pieces):
            yield _text(pieces, {})
        else:
            yield from (_text(pieces, _variables(caller)) for caller in callers)


def _text(pieces: Template, values: Mapping[str, str]) -> str:
    """A text that matches a template; what has no value is empty."""

    def text(piece: Fixed | Variable) -> str:
        if isinstance(piece, Variable):
            return values.get(piece.key.lower(), piece.default or "")
        return piece.text.replace("*", _OTHER).replace("?", "x") if piece.wild else piece.text

    return "".join(map(text, pieces))


def _variables(caller: Identity) -> dict[str, str]:
    """The values of policy variables of a user, or of a role's sessions (L7)."""
    found = {PRINCIPAL_TAG + name.lower(): value for name, value in caller.tags or ()}
    found |= {"aws:principalarn": caller.arn, "aws:principalaccount": arn_account(caller.arn)}
    return found | ({"aws:username": caller.arn.rsplit("/", 1)[1]} if arn_kind(caller.arn) == "user" else {})


def source_identities(estate: Estate, whom: Container[str]) -> tuple[str, ...]:
    """The source identities that policies tell from others, those that a principal is compared with among them, and one
    more; none where no policy reads them."""
    on_sources = [one for one in conditions_of(estate, whom) if one.key.value.lower() in SOURCES]
    found = _texts(on_sources, [one for one in estate.identities if one.arn in whom])
    return tuple(dict.fromkeys((*filter(None, found), _OTHER)))[:_MOST] if on_sources else ()


def distinct_session_names(estate: Estate, whom: Container[str], role: str) -> tuple[str, ...]:
    """The names of a role's sessions that policies and grants tell from others: in principals, and in `aws:userid`."""
    name = re.escape(role.rsplit("/", 1)[1])
    session = re.compile(rf"arn:[a-z-]+:sts::{arn_account(role)}:assumed-role/{name}/([^/]+)")
    statements = [statement for policy in policies_of(estate, whom) for statement in policy.statements]
    principals = [principal for statement in statements for principal in statement.principals or ()]
    principals += estate.grant_principals
    found = [session.fullmatch(principal.value) for principal in principals]
    users = [c for statement in statements for c in statement.conditions if c.key.value.lower() == "aws:userid"]
    ends = [text.value.partition(":")[2] for condition in users for text in condition.values]
    names = [match[1] for match in found if match]
    names += [end.replace("*", _OTHER).replace("?", "x") for end in ends if "${" not in end]
    return tuple(dict.fromkeys(name for name in names if len(name) > 1))[:_MOST]
