"""Who can create, move and delete aliases of which names: what these steps take besides the permission on the key (R4).

In: an estate, a key, the classes of names that its policies tell apart. Out: `AliasRules`.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less. Of all names that an alias can
have, one is asked about that every policy matches alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallerSet
from verifier.model.policy import arn_kind
from verifier.model.reference import SYMMETRIC
from verifier.model.steps.catalogue import OF_KEYS
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import some
from verifier.problem.classes.predicates import Characters, OneOf, Predicate, Tokens, like, literal_tokens
from verifier.problem.classes.tables import MORE_STATES, OverBudget, Table, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.values import Fixed, Variable, after_colons, arn_predicate, running_on, template
from verifier.problem.space import ACTION
from verifier.verify.reach.alias_names import ALIAS_NAMES, LETTERS, NONE, SOME, AliasNames
from verifier.verify.reach.cubes import Cube, sessions_outside
from verifier.verify.reach.facts import Fact, FactKind, Facts
from verifier.verify.reach.key_rules import DELETING, KeyRules
from verifier.verify.reach.narrowed import of_callers, says_of_keys
from verifier.verify.reach.offers.meeting_patterns import matched_ends
from verifier.verify.reach.offers.variable_values import USER
from verifier.verify.reach.permissions import step_permissions
from verifier.verify.reach.step_groups import TargetGroup

ACTIONS = {kind: OF_KEYS[kind][0] for kind in (StepKind.CREATE_ALIAS, StepKind.UPDATE_ALIAS, StepKind.DELETE_ALIAS)}
_CREATE, _UPDATE, _DELETE = ACTIONS
ON_NO_KEY, ON_ANOTHER_KEY, GOING_ON, ON_ANOTHER_TYPE = "nowhere", "elsewhere", "under way", "aside"
WITH_ITS_KEY = "gone"
"""Where an alias may be besides with a key that is named: with none; with another one than at first, on which that
takes permission; with one that is not looked at, from which it goes on to a further key; with one of another type that
is not looked at, where it is deleted; with none, for the key that had it was deleted."""
MOST_APART = 4
"""Through so many other keys each way of an alias is told apart; with more, it may go by way of any of them."""
_PLAUSIBLE = ("alias/example", "alias/other", "alias/another")
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_Ways = Sequence[tuple[Fact, ...]]
"""Facts after each of which an alias is free."""
_NOTHING = Cube(0, frozenset())
_FIELDS = 5
"""A pattern that runs on past so many colons covers no more by running on past further ones: its last field begins with
`*` (L6)."""


class AliasMove(Frozen):
    """A step on an alias (by its ARN; none where names are not told apart): what it takes is allowed on it and on some
    keys, as far as their policies are known, after some facts. One that `deletes` its key takes no more."""

    step: StepKind
    alias: str
    keys: tuple[str, ...]
    gives: Fact
    after: tuple[Fact, ...] = ()
    deletes: bool = False

    @property
    def action(self) -> str:
        return DELETING if self.deletes else ACTIONS[self.step]


class AliasRules:
    """The rules of the aliases that a key may have, in its account and Region, where there may be keys that are
    `not_listed`. Policies may have the names of users as names of aliases (L7): those of the `listed` users are told
    apart. Of federated sessions the rules are about those in `issued` alone. Raises `TooLarge`."""

    def __init__(
        self,
        estate: Estate,
        listed: Sequence[str],
        rules: KeyRules,
        held: SymbolValues,
        issued: CallerSet,
        not_listed: Sequence[Key],
    ) -> None:
        key, names = rules.key, rules.aliases
        self._group: TargetGroup | None = None
        self._exact_callers = frozenset(listed) if any("${" in text for text, _ in _resources(estate)) else None
        """Of whom it is told exactly; `None`: of everyone."""
        table = _classes_of_names(estate, listed, key, names)
        if table is None:
            self.moves = tuple(_of_classes(key, names))
            return
        actions = {ACTION: [OneOf(frozenset({name.lower()})) for name in ACTIONS.values()]}
        targets = [alias_target(key, table.pick(1 << number)[1]) for number in range(table.size)]
        (found,) = step_permissions(
            estate, targets, rules.possible_changes, held, actions, lambda space: [sessions_outside(space, issued)]
        )
        self._group = TargetGroup(found.without(0))
        moves = _Moves(
            key,
            *([one for one in keys if alias_arn(one, "") == alias_arn(key, "")] for keys in (estate.keys, not_listed)),
        )
        named = list(moves.named(table))
        self._class_of = {alias_arn(key, name): number for number, name in named}
        self.moves = tuple(chain.from_iterable(moves.of(name) for _, name in named))

    def managing(self, principal: str) -> Iterator[tuple[AliasMove, Cube]]:
        """What a principal can do to aliases, each with what it needs for that on the alias: no change, where policies
        ask for more of the names than is told apart."""
        if self._group is None or (self._exact_callers is not None and principal not in self._exact_callers):
            yield from ((move, _NOTHING) for move in self.moves)
            return
        allowed = {action: self._group.allowed(action, principal) for action in ACTIONS.values()}
        yield from ((move, _NOTHING) for move in self.moves if move.deletes)
        for move in (move for move in self.moves if not move.deletes):
            own = self._class_of[move.alias]
            yield from ((move, cube) for cube in allowed[move.action] if cube.members >> own & 1)


class _Moves:
    """The steps on aliases of a key and the others of its account and Region: `keys` and `not_listed` together."""

    def __init__(self, key: Key, keys: Sequence[Key], not_listed: Sequence[Key]) -> None:
        self.key = key
        self._others = [*(other for other in keys if other.arn != key.arn), *not_listed]
        self._holders = {name: one for one in keys for name in one.aliases or ()}

    def named(self, table: Table) -> Iterator[tuple[int, str]]:
        """Of the names of each class: those of the key itself, one of each other key's, one that no key has."""
        seen = set[tuple[int, str]]()
        for name, holder in self._holders.items():
            number = table.class_of(name)
            if number is not None and (holder.arn == self.key.arn or (number, holder.arn) not in seen):
                seen.add((number, holder.arn))
                yield number, name
        for number in range(table.size):
            free = (name for name in table.members(number, len(self._holders) + 1) if name not in self._holders)
            yield from ((number, name) for name in islice(free, 1))

    def of(self, name: str) -> Iterator[AliasMove]:
        """The steps on one alias: away from the key that has it at first, and to the key that the rules are about. One
        that no key of the input has may be that of a key that it does not hold."""
        alias, holder = alias_arn(self.key, name), self._holders.get(name)
        if holder is not None:
            yield from self._away(alias, holder)
        if holder is None or holder.arn != self.key.arn:
            yield from self._to_key(alias, holder)

    def _away(self, alias: str, holder: Key) -> Iterator[AliasMove]:
        """It is deleted, by itself or with another key that has it, or moved to a key of the holder's type. Where that
        is another type than this key's, it does not get here by that, but can be deleted there."""
        aside = _at(alias, ON_ANOTHER_TYPE)
        if holder.arn == self.key.arn:
            yield _move(_DELETE, _at(alias, ON_NO_KEY), holder)
        else:
            yield from _freed(alias, holder)
        others = [other for other in self._others if other is not holder and alias_may_move(holder, other)]
        if holder.arn == self.key.arn:
            yield from (_move(_UPDATE, _at(alias, ON_ANOTHER_KEY), holder, other) for other in others)
        elif others and not alias_may_move(self.key, holder):
            yield from (_move(_UPDATE, aside, holder), *_freed(alias, after=(aside,)))

    def _to_key(self, alias: str, holder: Key | None) -> Iterator[AliasMove]:
        """It is made for this key once it is free, or moved here from a key of its type: from one that may have it at
        first, or to which it came."""
        free = [()] if holder is None else [(_at(alias, place),) for place in (ON_NO_KEY, WITH_ITS_KEY)]
        line = [one for one in self._others if alias_may_move(self.key, one)]
        first = [one for one in line if one is holder or (holder is None and one.aliases is None)]
        yield from (_move(_CREATE, _at(alias, self.key.arn), self.key, after=freed) for freed in free)
        yield from (_move(_UPDATE, _at(alias, self.key.arn), self.key, one) for one in first)
        later = [one for one in line if one not in first]
        by_any = len(line) > MOST_APART
        yield from self._by_any(alias, first, free) if by_any else self._by_each(alias, first, later, free)

    def _by_any(self, alias: str, first: Sequence[Key], free: _Ways) -> Iterator[AliasMove]:
        """By way of other keys, none of which is looked at."""
        underway = _at(alias, GOING_ON)
        yield from (_move(_UPDATE, underway, one) for one in first)
        yield from (_move(_CREATE, underway, after=freed) for freed in free)
        yield _move(_UPDATE, _at(alias, self.key.arn), self.key, after=(underway,))
        yield from _freed(alias, after=(underway,)) if any(free) else ()

    def _by_each(self, alias: str, first: Sequence[Key], later: Sequence[Key], free: _Ways) -> Iterator[AliasMove]:
        """By way of other keys, each of which takes permission."""
        for one in later:
            there = _at(alias, one.arn)
            yield _move(_UPDATE, _at(alias, self.key.arn), self.key, one, after=(there,))
            yield from (_move(_CREATE, there, one, after=freed) for freed in free)
            yield from _freed(alias, one, after=(there,)) if any(free) else ()
            yield from (_move(_UPDATE, there, one, other) for other in first if alias_may_move(one, other))
            others = (other for other in later if other is not one and alias_may_move(one, other))
            yield from (_move(_UPDATE, there, one, other, after=(_at(alias, other.arn),)) for other in others)


def _at(alias: str, place: str) -> Fact:
    return Fact(FactKind.ALIASES, alias, (place,))


def _move(step: StepKind, gives: Fact, *keys: Key, after: tuple[Fact, ...] = ()) -> AliasMove:
    return AliasMove(step, gives.subject, tuple(key.arn for key in keys), gives, after)


def _freed(alias: str, *keys: Key, after: tuple[Fact, ...] = ()) -> Iterator[AliasMove]:
    """An alias is deleted, by itself or with the key that has it."""
    yield _move(_DELETE, _at(alias, ON_NO_KEY), *keys, after=after)
    yield replace(_move(_DELETE, _at(alias, WITH_ITS_KEY), *keys, after=after), deletes=True)


def alias_may_move(key: Key, other: Key) -> bool:
    """True iff an alias may go from one key to another: both are symmetric, asymmetric or HMAC keys, and of one usage,
    as far as they are known to be anything. [API: UpdateAlias]"""
    return all(None in pair or pair[0] == pair[1] for pair in ((key.usage, other.usage), (_type(key), _type(other))))


def _type(key: Key) -> str | None:
    if key.spec is None or key.spec == SYMMETRIC:
        return key.spec
    return "HMAC" if key.spec.startswith("HMAC_") else "asymmetric"


def _of_classes(key: Key, names: AliasNames) -> Iterator[AliasMove]:
    """The steps on aliases of a key whose names are not told apart: whether it then has some of a class, or none."""
    for symbol in names.symbols:
        some, none = (Fact(FactKind.ALIASES, key.arn, (symbol, str(has))) for has in (SOME, NONE))
        yield from (AliasMove(step, "", (key.arn,), some) for step in (StepKind.CREATE_ALIAS, StepKind.UPDATE_ALIAS))
        yield from (AliasMove(step, "", (key.arn,), none) for step in (StepKind.UPDATE_ALIAS, StepKind.DELETE_ALIAS))


def alias_target(key: Key, name: str) -> Target:
    return Target(TargetKind.ALIAS, key.partition, key.account, key.region, alias_arn(key, name))


def alias_arn(key: Key, name: str) -> str:
    return f"arn:{key.partition}:kms:{key.region}:{key.account}:{name}"


def _classes_of_names(estate: Estate, listed: Sequence[str], key: Key, names: AliasNames) -> Table | None:
    """The classes of names of aliases that policies tell apart for the users and roles that are listed, as a resource
    or as what a key has; `None` where policy variables besides `aws:username` name some (L7), some have a colon that
    none of the input has, or there are too many."""
    start, users = alias_arn(key, ""), [arn.rsplit("/", 1)[1] for arn in listed if arn_kind(arn) == "user"]
    tests: dict[Predicate, None] = dict.fromkeys((like("alias/aws/*"), *names.predicates))
    colon = any(":" in alias for one in estate.keys for alias in one.aliases or ())
    doubtful = any(map(_has_colon, names.predicates))
    for text, variables in _resources(estate):
        found = _names_of(text, variables, start, users)
        if found is None:
            return None
        tests |= dict.fromkeys(found)
        doubtful = doubtful or ":" in _VARIABLE.sub(_default, text).partition("alias/")[2]
    if doubtful and not colon:
        return None
    form = Tokens((*literal_tokens("alias/"), *some(Characters(LETTERS.union(":" * colon)))))
    try:
        return WordTable(Domain(ALIAS_NAMES, (form,), _PLAUSIBLE), tuple(tests), MORE_STATES)
    except OverBudget:
        return None


def _resources(estate: Estate) -> Iterator[tuple[str, bool]]:
    """What statements about aliases list under `Resource`, and whether their policies have variables (L1)."""
    for policy in of_callers(estate, says_of_keys):
        for statement in policy.statements:
            if any(names_action(statement, action.lower()) for action in ACTIONS.values()):
                yield from ((text.value, policy.variables) for text in statement.resources or ())


def _default(variable: re.Match[str]) -> str:
    """What a policy variable has after its key."""
    return variable[0].partition(",")[2]


def _has_colon(predicate: Predicate) -> bool:
    tokens = predicate.tokens if isinstance(predicate, Tokens) else ()
    values = predicate.values if isinstance(predicate, OneOf) else ()
    in_pattern = any(not repeated and characters.only == ":" for repeated, characters in tokens)
    return in_pattern or any(":" in value for value in values)


def _names_of(text: str, variables: bool, start: str, users: Sequence[str]) -> list[Tokens] | None:
    """The names of aliases that a `Resource` covers, in whatever way it is read (L6), for some users and for whoever is
    none; `None` where policy variables say which but by the user's name."""
    found: list[Tokens] = []
    for form in (text, *running_on(text, text.count(":") + _FIELDS)):
        at = after_colons(form, 5) or 0
        last = template(form[at:], variables)
        said = [piece for piece in last if isinstance(piece, Variable)]
        if any(one.key.lower() != USER or set("*?") & set(one.default or "") for one in said):
            return None
        for name in ("", *users) if said else ("",):
            pieces = [one if isinstance(one, Fixed) else Fixed(name or one.default or "", False) for one in last]
            pattern = arn_predicate((Fixed(form[:at], True), *pieces))
            if pattern is not None:
                ends = matched_ends(literal_tokens(start), pattern.tokens)
                found += (Tokens(pattern.tokens[place:]) for place in ends)
    return found


def alias_facts(rules: KeyRules, symbol: str, has: int, facts: Facts) -> Iterator[Fact | None]:
    """Facts by which a key has aliases of a class, or none any more; `None` for one that there is not."""
    key, found = rules.key.arn, facts.of_kind(FactKind.ALIASES)
    if has == SOME:
        here = (fact for fact in found if fact.details == (key,))
        yield next((fact for fact in here if rules.aliases.of(fact.subject.split(":", 5)[5]) == symbol), None)
        return
    for name in (name for name in rules.key.aliases or () if rules.aliases.of(name) == symbol):
        alias = alias_arn(rules.key, name)
        away = (
            fact
            for fact in found
            if fact.subject == alias and fact.details not in ((key,), (GOING_ON,), (ON_ANOTHER_TYPE,), (WITH_ITS_KEY,))
        )
        yield next(away, None)
