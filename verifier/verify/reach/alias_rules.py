"""Who can create, move and delete aliases of which names: what these steps take besides the permission on the key (R4).

In: an estate, a key, the classes of names that its policies tell apart. Out: `AliasRules`.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less. Of all names that an alias can have, one is asked
about that every policy matches alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_letters, digits

from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet
from verifier.model.policy import arn_kind
from verifier.problem.classes.attributes import some
from verifier.problem.classes.predicates import Characters, OneOf, Predicate, Tokens, like, literal_tokens
from verifier.problem.classes.tables import MORE_STATES, OverBudget, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.values import Fixed, Variable, after_colons, arn_predicate, running_on, template
from verifier.problem.sessions.trusting import names_action
from verifier.problem.space import ACTION
from verifier.verify.reach.alias_names import ALIAS_NAMES, AliasNames
from verifier.verify.reach.cubes import Cube, outside
from verifier.verify.reach.narrowed import of_callers, says_of_keys
from verifier.verify.reach.offers.variable_values import USER, reached
from verifier.verify.reach.permissions import step_permissions
from verifier.verify.reach.step_groups import Group

ACTIONS = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
_LETTERS = frozenset(f"{ascii_letters}{digits}/_-")
"""What the name of an alias can contain [API: CreateAlias; KMS Developer Guide: alias-create]; also a colon, where some alias has one: the
text of that page leaves it out, and the pattern there does not."""
_PLAUSIBLE = ("alias/example", "alias/other", "alias/another")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_NOTHING = Cube(0, frozenset())
_FIELDS = 5
"""A pattern that runs on past so many colons covers no more by running on past further ones: its last field begins with `*` (L6)."""


class AliasRules:
    """The rules of the aliases of a key's account and Region. Policies may have the names of users as names of aliases (L7): those of the
    `listed` users are told apart. Of federated sessions they are about those in `issued` alone. Raises `TooLarge`."""

    def __init__(
        self,
        estate: Estate,
        listed: Sequence[str],
        key: Key,
        names: AliasNames,
        powers: frozenset[str],
        held: Mapping[str, bool],
        issued: CallerSet,
    ) -> None:
        self._of_symbol: dict[str | None, list[int]] = {}
        self._group: Group | None = None
        self._told = frozenset(listed) if any("${" in text for text, _ in _resources(estate)) else None
        """Of whom it is told exactly; `None`: of everyone."""
        told_apart = _told_apart(estate, listed, key, names)
        if told_apart is None:
            return
        targets = [alias_target(key, name) for name in told_apart]
        asked = {ACTION: [OneOf(frozenset({name.lower()})) for name in ACTIONS]}
        (found,) = step_permissions(estate, targets, powers, held, asked, lambda space: [outside(space, issued)])
        self._group = Group(found.without(0))
        for number, name in enumerate(told_apart):
            self._of_symbol.setdefault(names.of(name), []).append(number)

    def managing(self, action: str, symbol: str, principal: str) -> Iterator[tuple[str, Cube]]:
        """What a principal needs for an action on an alias of a class of names, with the ARN of one; an empty one where policies ask for
        more of the names than is told apart."""
        if self._group is None or (self._told is not None and principal not in self._told):
            yield "", _NOTHING
            return
        for allowed in self._group.allowed(action, principal):
            number = next((one for one in self._of_symbol.get(symbol, ()) if allowed.targets >> one & 1), None)
            if number is not None:
                yield self._group.arns[number], allowed.cube


def alias_target(key: Key, name: str) -> Target:
    """An alias of the account and Region of a key."""
    return Target(TargetKind.ALIAS, key.partition, key.account, key.region, f"{_start(key)}{name}")


def _start(key: Key) -> str:
    return f"arn:{key.partition}:kms:{key.region}:{key.account}:"


def _told_apart(estate: Estate, listed: Sequence[str], key: Key, names: AliasNames) -> Sequence[str] | None:
    """A name of each class of aliases that policies tell apart for the users and roles that are listed, as a resource or as what a key has;
    `None` where policy variables besides `aws:username` name some (L7), some have a colon that none of the input has, or there are too
    many."""
    start, users = _start(key), [arn.rsplit("/", 1)[1] for arn in listed if arn_kind(arn) == "user"]
    asked: dict[Predicate, None] = dict.fromkeys((like("alias/aws/*"), *names.asked))
    colon = any(":" in alias for one in estate.keys for alias in one.aliases or ())
    doubtful = any(map(_has_colon, names.asked))
    for text, variables in _resources(estate):
        found = _names_of(text, variables, start, users)
        if found is None:
            return None
        asked |= dict.fromkeys(found)
        doubtful = doubtful or ":" in _VARIABLE.sub(_default, text).partition("alias/")[2]
    if doubtful and not colon:
        return None
    form = Tokens((*literal_tokens("alias/"), *some(Characters(_LETTERS.union(":" * colon)))))
    try:
        table = WordTable(Domain(ALIAS_NAMES, (form,), _PLAUSIBLE), tuple(asked), MORE_STATES)
    except OverBudget:
        return None
    return [table.pick(1 << number)[1] for number in range(table.size)]


def _resources(estate: Estate) -> Iterator[tuple[str, bool]]:
    """What statements about aliases list under `Resource`, and whether their policies have variables (L1)."""
    for policy in of_callers(estate, says_of_keys):
        for statement in policy.statements:
            if any(names_action(statement, action.lower()) for action in ACTIONS):
                yield from ((text.value, policy.variables) for text in statement.resources or ())


def _default(variable: re.Match[str]) -> str:
    """What a policy variable has after its key."""
    return variable[0].partition(",")[2]


def _has_colon(predicate: Predicate) -> bool:
    """Whether a predicate on names asks for a colon."""
    tokens = predicate.tokens if isinstance(predicate, Tokens) else ()
    values = predicate.values if isinstance(predicate, OneOf) else ()
    return any(not repeated and characters.only == ":" for repeated, characters in tokens) or any(":" in value for value in values)


def _names_of(text: str, variables: bool, start: str, users: Sequence[str]) -> list[Tokens] | None:
    """The names of aliases that a `Resource` covers, in whatever way it is read (L6), for some users and for whoever is none; `None` where
    policy variables say which but by the user's name."""
    found: list[Tokens] = []
    for form in (text, *running_on(text, text.count(":") + _FIELDS)):
        at = after_colons(form, 5) or 0
        last = template(form[at:], variables)
        said = [piece for piece in last if isinstance(piece, Variable)]
        if any(one.key.lower() != USER or set("*?") & set(one.default or "") for one in said):
            return None
        for name in ("", *users) if said else ("",):
            pieces = [piece if isinstance(piece, Fixed) else Fixed(name or piece.default or "", False) for piece in last]
            pattern = arn_predicate((Fixed(form[:at], True), *pieces))
            if pattern is not None:
                found += (Tokens(pattern.tokens[place:]) for place in reached(literal_tokens(start), pattern.tokens))
    return found
