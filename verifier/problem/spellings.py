"""Which spelling of a pair of the encryption context an element of a policy reads (F7).

In: a space, and the names of pairs in one condition, or in one `Resource` element, as they are written there. Out: `Choice`s.
Guarantee: the element holds iff it holds under one of the choices whose `guard` is true; a name is read alike wherever it stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from verifier.problem.expression import TRUE, Expression, both, conjunction, disjunction, negation
from verifier.problem.space import PAIR_PREFIX, Space
from verifier.problem.values import Fixed, Template, Variable


@dataclass(frozen=True)
class Choice:
    """For each name the attribute that is read, or `None` where no spelling of it is in the request; and when it may be read so."""

    guard: Expression
    attributes: dict[str, str | None]

    def template(self, pieces: Template) -> Template | None:
        """A template with its variables read so; `None` if one has no value and no default (L7)."""
        found: list[Fixed | Variable] = []
        for piece in pieces:
            if not isinstance(piece, Variable) or not is_pair(piece.key):
                found.append(piece)
                continue
            attribute = self.attributes[written(piece.key)]
            if attribute is not None:
                found.append(Variable(piece.key, None, attribute))
            elif piece.default is not None:
                found.append(Fixed(piece.default, False))
            else:
                return None
        return tuple(found)


def is_pair(key: str) -> bool:
    """Whether a condition key names a pair of the encryption context."""
    return key.lower().startswith(PAIR_PREFIX)


def written(key: str) -> str:
    """The key of a pair with the name's own case, whatever the case of what stands before it (L3)."""
    return PAIR_PREFIX + key[len(PAIR_PREFIX) :]


def names_of(templates: Iterable[Template]) -> Iterator[str]:
    """The pairs that variables name."""
    for pieces in templates:
        for piece in pieces:
            if isinstance(piece, Variable) and is_pair(piece.key):
                yield written(piece.key)


_ONE = (Choice(TRUE, {}),)


def choices(space: Space, names: Sequence[str]) -> Sequence[Choice]:
    """Every way to read these names; one, without names."""
    if not names:
        return _ONE
    known = tuple(names)
    if known not in space.choices:
        space.choices[known] = _choices(space, names)
    return space.choices[known]


def _choices(space: Space, names: Sequence[str]) -> list[Choice]:
    ways = [_ways(space, name) for name in dict.fromkeys(names)]
    return [
        Choice(conjunction(guard for _, _, guard in chosen), {name: attribute for name, attribute, _ in chosen})
        for chosen in product(*ways)
    ]


def _ways(space: Space, name: str) -> list[tuple[str, str | None, Expression]]:
    found = space.variants(name)
    ways: list[tuple[str, str | None, Expression]] = [(name, view.name, both(guard, view.present)) for guard, view in found.alternatives]
    return [*ways, (name, None, negation(found.present))]


def under(found: Sequence[tuple[Choice, Expression]]) -> Expression:
    """What holds under one of the choices."""
    return disjunction(both(choice.guard, expression) for choice, expression in found)
