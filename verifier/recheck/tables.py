"""The sets of tests that the values of an attribute can meet together: what a class table has to list.

In: an attribute, tests on it. Out: every set of tests that some value meets, the others failing.
Guarantee: none is missing and none is superfluous; `Rejected` where that would take too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.kinds import is_native
from verifier.problem.classes.predicates import Compares, InNetwork, Less, OneOf, Predicate, Token, Tokens

Signature = frozenset[int]
Tests = dict[int, Predicate]
MOST_STATES = 500_000


class Rejected(Exception):
    """A certificate proves nothing of this input: for the reason given."""


def signatures(attribute: Attribute, tests: Tests) -> set[Signature]:
    """Which of the tests, by number, a value can meet. All of them suit the attribute. Raises `Rejected`."""
    if not all(is_native(attribute, test) for test in tests.values()):
        raise Rejected("values are compared as what they are not, such as text as a number: no certificate says it")
    if attribute.domain is not None:
        return _words(attribute.domain.base, tests)
    if attribute.values is not None:
        return {frozenset(n for n, test in tests.items() if test.matches(value)) for value in attribute.values}
    return _addresses(tests) if (line := attribute.line) is None else _numbers(line.least, line.most, line.whole, tests)


def _numbers(least: int, most: int | None, whole: bool, tests: Tests) -> set[Signature]:
    """The bounds, and the stretches between them: a comparison is the same on each. Of whole numbers: those at bounds,
    and the next."""
    compared = {n: test for n, test in tests.items() if isinstance(test, Compares)}
    ends = [Decimal(end) for end in (least, most) if end is not None]
    points = sorted(
        {*ends, *(t.bound for t in compared.values() if ends[0] <= t.bound and (most is None or t.bound <= ends[1]))}
    )
    if whole:
        whole_points = (Decimal(int(point) + step) for point in points for step in (0, 1))
        points = [point for point in whole_points if most is None or point <= most]
    found = {frozenset(n for n, test in compared.items() if test.holds(point)) for point in points}
    less = {n: test.bound for n, test in compared.items() if test.sign in ("<", "<=")}
    more = {n: test.bound for n, test in compared.items() if test.sign in (">", ">=")}
    for low, high in [] if whole else zip(points, [*points[1:], *([None] if most is None else [])], strict=False):
        below = {n for n, bound in less.items() if high is not None and high <= bound}
        found.add(frozenset(below | {n for n, bound in more.items() if low >= bound}))
    return found


def _addresses(tests: Tests) -> set[Signature]:
    """The first address of each stretch between the ends of blocks."""
    found = set()
    for version, size in ((4, 1 << 32), (6, 1 << 128)):
        blocks = {n: test for n, test in tests.items() if isinstance(test, InNetwork) and test.version == version}
        cuts = {0, *(b.first for b in blocks.values()), *(b.last + 1 for b in blocks.values())}
        inside = (cut for cut in cuts if cut < size)
        found |= {frozenset(n for n, block in blocks.items() if block.first <= cut <= block.last) for cut in inside}
    return found


class _Machine:
    """Patterns side by side: bit i of a state is set iff the rest of some pattern, from its token number i on, may
    follow."""

    def __init__(self, patterns: Iterable[Sequence[Token]], further: frozenset[str]) -> None:
        self.ends: list[int] = []
        self.start = at = 0
        tokens: list[tuple[int, Token]] = []
        for pattern in patterns:
            self.start |= 1 << at
            tokens += [(1 << (at + offset), token) for offset, token in enumerate(pattern)]
            at += len(pattern) + 1
            self.ends.append(1 << (at - 1))
        self._repeats = sum(bit for bit, (repeated, _) in tokens if repeated)
        self.start = self._closed(self.start)
        named = further.union(*(characters.listed for _, (_, characters) in tokens))
        # stands for every character that is not named
        other = next(c for c in map(chr, range(0x10FFFF)) if c not in named)
        self.alphabet: dict[tuple[int, int], set[str]] = {}
        for character in (*sorted(named), other):
            fitting = [
                (bit, repeated)
                for bit, (repeated, characters) in tokens
                if (character in characters.listed) != characters.negated
            ]
            moves = sum(b for b, repeated in fitting if not repeated), sum(b for b, repeated in fitting if repeated)
            self.alphabet.setdefault(moves, set()).add(character)

    def _closed(self, state: int) -> int:
        """A repeated token may be left out."""
        while (longer := state | (state & self._repeats) << 1) != state:
            state = longer
        return state

    def step(self, state: int, moves: tuple[int, int]) -> int:
        return self._closed((state & moves[0]) << 1 | (state & moves[1]))


def _parts(test: Predicate) -> tuple[Tokens, ...]:
    if isinstance(test, Less):
        return (test.whole, *test.without)
    return (test,) if isinstance(test, Tokens) else ()


def _words(base: Sequence[Tokens], tests: Tests) -> set[Signature]:
    """Breadth first over all words of the domain at once: where two words leave the patterns in one state, and neither
    begins as a listed value does, they are alike. Raises `Rejected`."""
    parts = list(dict.fromkeys(part for test in tests.values() for part in _parts(test)))
    listed = {part.literal for part in parts if part.literal is not None}.union(
        *(t.values for t in tests.values() if isinstance(t, OneOf))
    )
    onwards: dict[str | None, set[str]] = {None: set()}
    for value in listed:
        for length, character in enumerate(value):
            onwards.setdefault(value[:length], set()).add(character)
    patterns = [part for part in parts if part.literal is None]
    machine = _Machine([p.tokens for p in (*base, *patterns)], frozenset().union(*listed))
    meets = _Meets(tests, dict(zip(patterns, machine.ends[len(base) :], strict=True)))
    domain, alive = sum(machine.ends[: len(base)]), (1 << sum(len(p.tokens) + 1 for p in base)) - 1
    found, seen = set(), {(machine.start, "" if listed else None)}
    todo = deque(seen)
    while todo:
        state, begun = todo.popleft()
        if state & domain:
            found.add(meets.by(state, begun if begun in listed else None))
        for moves, characters in machine.alphabet.items():
            following = machine.step(state, moves)
            known = onwards.get(begun, onwards[None]) & characters
            beginnings = [*((begun or "") + c for c in known), *([None] if len(known) < len(characters) else [])]
            fresh = [pair for pair in ((following, b) for b in beginnings) if following & alive and pair not in seen]
            seen.update(fresh)
            todo.extend(fresh)
        if len(seen) > MOST_STATES:
            raise Rejected("a class table is too large to check")
    return found


class _Meets:
    """Which tests a word meets, by the state that it leads to."""

    def __init__(self, tests: Tests, ends: dict[Tokens, int]) -> None:
        self._ends = ends
        self._others = {n: _parts(test) for n, test in tests.items() if isinstance(test, Less) or test in ends}
        self._naming: dict[str, list[int]] = {}
        for n, test in tests.items():
            if n not in self._others:
                for value in test.values if isinstance(test, OneOf) else [_parts(test)[0].literal or ""]:
                    self._naming.setdefault(value, []).append(n)

    def by(self, state: int, value: str | None) -> Signature:
        """The tests that a listed value meets, or (`None`) any word that is not listed."""

        def fits(part: Tokens) -> bool:
            return bool(state & self._ends[part]) if part in self._ends else part.literal == value

        further = [n for n, (whole, *without) in self._others.items() if fits(whole) and not any(map(fits, without))]
        return frozenset(further if value is None else (*further, *self._naming.get(value, ())))
