"""Requests in doubt: of any action that may bring about what no step says, on whatever there is in an account (W1).

In: a space whose target is of the kind `DOUBT`; the policies that bear on callers. Out: expressions; the actions to ask
about.
Guarantee: a request is said to be allowed wherever it may be. What its resource is, and which of the service's own
condition keys it carries, is not known: an Allow covers it where that is possible, a Deny where that is certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter

from verifier.model.operators import FOR_ALL
from verifier.model.policy import Condition, Effect, Policy, Statement
from verifier.model.reference import condition_key
from verifier.model.steps.catalogue import Head, Judgement, arn_services, doubtful_entries, entry, services
from verifier.model.steps.supposition import Supposition
from verifier.problem.classes.predicates import like
from verifier.problem.expression import FALSE, Expression, conjunction, constant, disjunction
from verifier.problem.semantics.values import Variable, running_on, template
from verifier.problem.space import Space, acts


def of_every_request(condition: Condition) -> bool:
    """True iff a condition is about what is known of every request: global keys that the data knows, and no variables
    but those."""
    variables = (part for text in condition.values for part in text.value.split("${")[1:])
    names = [condition.key.value, *(part.split("}")[0].split(",")[0].strip() for part in variables)]
    return all(_of_every_request(name.lower()) for name in names)


def may_hold(space: Space, condition: Condition, variables: bool) -> Expression:
    """True iff a condition of an Allow on a key of the service's own may hold: where it compares with policy variables,
    it does not while they are absent (L7)."""
    operator = condition.operator
    compares = operator.row.is_text and not operator.row.negated
    if not compares or operator.if_exists or operator.set_operator == FOR_ALL or not condition.values:
        return constant(True)
    return disjunction(_has_variables(space, text.value, variables) for text in condition.values)


def _has_variables(space: Space, text: str, variables: bool) -> Expression:
    pieces = (piece for piece in template(text, variables) if isinstance(piece, Variable) and piece.default is None)
    views = (space.single(piece.key, None) for piece in pieces if _of_every_request(piece.key.lower()))
    return conjunction(view.present if view is not None else FALSE for view in views)


@lru_cache(4096)
def _of_every_request(name: str) -> bool:
    return name in ("*", "?", "$") or (name.startswith("aws:") and condition_key(name) is not None)


# -- resources --


def doubtful_resource(space: Space, statement: Statement) -> Expression:
    """True iff a statement's resource covers what a request is about: perhaps, for an Allow; certainly, for a Deny."""
    if statement.resources is None:
        return FALSE
    perhaps = (statement.effect is Effect.ALLOW) != statement.not_resource
    covered = disjunction(_covered(space, text.value, perhaps=perhaps) for text in statement.resources)
    return ~covered if statement.not_resource else covered


def _covered(space: Space, pattern: str, *, perhaps: bool) -> Expression:
    if pattern == "*":
        return constant(True)
    forms = _forms(pattern) if perhaps else (pattern,)
    return disjunction(_covered_by(space, form, perhaps=perhaps) for form in forms)


def _forms(pattern: str) -> tuple[str, ...]:
    """What a pattern may mean (L6): where its fifth field is none of an account, also with asterisks that run on past
    colons."""
    fields = pattern.split(":")
    of_account = len(fields) > 5 and not set(fields[4]) - set("0123456789*?")
    return (pattern,) if of_account else (pattern, *running_on(pattern, max(6, len(fields))))


def _covered_by(space: Space, pattern: str, *, perhaps: bool) -> Expression:
    fields = [*pattern.split(":", 5), *"*" * 5][:6] if "${" not in pattern else _before_variables(pattern)
    kind, partition, service, _, account, _ = fields
    own = ((kind, "arn"), (partition, space.target.partition))
    if not all(like(one).matches(value) for one, value in own):
        return FALSE
    if not perhaps:
        wide = fields[3] == fields[5] == "*" and account in ("*", space.target.account)
        return acts(filter(lambda name: _only_of(service, name), space.known_actions)) if wide else FALSE
    if account and not like(account).matches(str(space.target.account)):
        return FALSE
    return acts(filter(lambda name: _of(service, name.split(":")[0]), space.known_actions))


def _before_variables(pattern: str) -> list[str]:
    """The fields of a pattern with variables, which count after the fifth colon (L7)."""
    found = pattern.split(":", 5)
    return found if len(found) == 6 else ["*"] * 6


@lru_cache(1 << 14)
def _of(service: str, prefix: str) -> bool:
    """True iff an action with a prefix may be about a resource of a service, which is a pattern."""
    return any(name == "*" or like(service).matches(name) for name in arn_services(prefix))


def _only_of(service: str, action: str) -> bool:
    return all(name != "*" and like(service).matches(name) for name in arn_services(action.split(":")[0]))


# -- actions --


Alike = tuple[Judgement, ...]
"""Actions that no policy of the input tells apart, and whose effects are the same: the first stands for all of them."""


def alike(
    policies: Iterable[Policy],
    supposed: Iterable[Supposition],
    left: Callable[[Judgement], Judgement | None] = lambda entry: entry,
    others: Sequence[Judgement] = (),
) -> tuple[Alike, ...]:
    """The doubtful actions, told apart as far as some policies and suppositions do it; those that the catalogue does
    not know, and that the policies or suppositions name, are among them (U4), and so are `others`. `left` says what of
    one that the catalogue knows is in doubt here, `None` for nothing."""
    statements = [statement for policy in policies for statement in policy.statements]
    named = chain(*(one.actions for one in statements), *(one.actions for one in supposed))
    patterns = {text.value.lower() for text in named}
    unknown = {*filter(None, map(_not_known, patterns))}.difference(one.name for one in others)
    further = (*map(entry, sorted(unknown)), *others)
    matching = _patterns_by_action(patterns, [one.name for one in further])
    forms = {form for one in statements for text in one.resources or () for form in _forms(text.value)}
    places = {form.split(":")[2] for form in forms if form.count(":") >= 2}  # services, perhaps patterns
    kinds = (*_by_kind(left).items(), *_kinds(further, len(doubtful_entries())).items())
    place_of = {prefix: frozenset(one for one in places if _of(one, prefix)) for prefix in {key[0] for key, _ in kinds}}
    of_patterns = {name.split(":")[0] for name in matching}
    found: dict[object, list[_Ranked]] = {}
    for (prefix, *kind), entries in kinds:
        if prefix not in of_patterns:
            found.setdefault((*kind, place_of[prefix], frozenset()), []).extend(entries)
        else:
            for one in entries:
                found.setdefault((*kind, place_of[prefix], frozenset(matching.get(one[-1].name, ()))), []).append(one)
    groups = sorted(found.values(), key=lambda group: min(number for _, number, _ in group))
    return tuple(tuple(one for *_, one in sorted(group, key=itemgetter(0, 1))) for group in groups)


def _patterns_by_action(patterns: Iterable[str], further: Sequence[str]) -> Mapping[str, set[str]]:
    """The patterns that match each doubtful action, or `further` one, but for `*`."""
    found: dict[str, set[str]] = {}
    for pattern in patterns:
        if pattern != "*":
            matches = like(pattern).matches
            for name in (*doubtful_names(pattern), *(name for name in further if matches(name.lower()))):
                found.setdefault(name, set()).add(pattern)
    return found


_Ranked = tuple[tuple[bool, bool, bool, str], int, Judgement]
"""A doubtful action, with its rank and its place in the catalogue."""
_Kind = tuple[str, object, bool, tuple[str, ...], tuple[str, ...], str, bool]


@lru_cache(16)
def _by_kind(left: Callable[[Judgement], Judgement | None]) -> Mapping[_Kind, Sequence[_Ranked]]:
    """What is in doubt of the actions of the catalogue, apart by what no policy changes; `left` as of `alike`."""
    return _kinds(filter(None, map(left, doubtful_entries())), 0)


def _kinds(entries: Iterable[Judgement], first: int) -> dict[_Kind, list[_Ranked]]:
    found: dict[_Kind, list[_Ranked]] = {}
    for number, one in enumerate(entries, first):
        prefix = one.name.split(":")[0]
        of_steps = prefix if prefix in ("iam", "ram") else ""
        own = prefix, one.effect, one.named, one.services, one.running, of_steps, len(arn_services(prefix)) == 1
        found.setdefault(own, []).append((rank(one), number, one))
    return found


def rank(one: Judgement) -> tuple[bool, bool, bool, str]:
    """Those first that say most to people."""
    return one.head is Head.UNKNOWN, "(" in one.reason, not one.name.startswith("iam:"), one.name


def doubtful_on_keys(unknown: Iterable[str]) -> frozenset[str]:
    """The doubtful actions of KMS, and those of some that the catalogue does not know."""
    return frozenset((*doubtful_names("kms:*"), *(name for name in unknown if name.startswith("kms:"))))


def uncatalogued(policies: Iterable[Policy]) -> frozenset[str]:
    """The actions that some policies name and the catalogue does not know (U4)."""
    named = {text.value.lower() for policy in policies for one in policy.statements for text in one.actions}
    return frozenset(filter(None, map(_not_known, named)))


@lru_cache(1 << 12)
def _not_known(pattern: str) -> str | None:
    """A pattern of a service, or a name, that the catalogue does not have. A pattern stands for what it matches, as an
    action that other patterns match if they are wider."""
    service, colon, _ = pattern.partition(":")
    if not colon or set("*?") & set(service):
        return None
    if not set("*?") & set(pattern):
        return pattern if entry(pattern).head is Head.UNKNOWN and not doubtful_names(pattern) else None
    return None if service in services() else pattern


@lru_cache(1 << 12)
def doubtful_names(pattern: str) -> tuple[str, ...]:
    """The doubtful actions that a pattern in lower case matches."""
    service, colon, _ = pattern.partition(":")
    by_service = _by_service()
    near = by_service if not colon or set("*?") & set(service) else {service: by_service.get(service, ())}
    matches = like(pattern).matches
    return tuple(name for names in near.values() for name in names if matches(name.lower()))


@lru_cache(1)
def _by_service() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one in doubtful_entries():
        found.setdefault(one.name.split(":")[0], []).append(one.name)
    return {service: tuple(names) for service, names in found.items()}
