"""Many targets of one kind and account, asked about together: which of them a request is on is an attribute.

In: targets; a space about all of them. Out: one target for all; where `Resource` patterns cover them; views on what
differs among them.
Guarantee: on each member the space says what a space about that member alone would say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from verifier.model.operators import Sign
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import Expression, Test, disjunction
from verifier.problem.semantics.relations import constant_matches
from verifier.problem.semantics.targets import Target
from verifier.problem.semantics.values import Fixed, Template, Variable, shape, text_predicate
from verifier.problem.space import TARGET, Space
from verifier.problem.views import Values, View


def together(targets: Sequence[Target]) -> Target:
    """One target for several of the same kind and account."""
    first = targets[0]
    assert all((target.kind, target.account) == (first.kind, first.account) for target in targets)
    return Target(
        first.kind, first.partition, first.account, first.region, None, members=tuple(targets), actions=first.actions
    )


def covers_members(space: Space, pieces: Template) -> Expression:
    """True iff a `Resource` pattern covers the target that the request is on."""
    if pieces not in space.covered:
        arns = frozenset(_covered(space, pieces))
        if any(isinstance(piece, Variable) for piece in pieces):
            matches = ((arn, constant_matches(space, arn, Sign.LIKE_ARN, pieces, None)) for arn in sorted(arns))
            space.covered[pieces] = disjunction(Test(TARGET, exactly(arn)) & found for arn, found in matches)
        else:
            space.covered[pieces] = space.requests_on(arns)
    return space.covered[pieces]


def _covered(space: Space, pieces: Template) -> Iterator[str]:
    """The ARNs that a pattern matches, or can match for some values of its variables."""
    fixed = [piece for piece in pieces if isinstance(piece, Fixed)]
    pattern = text_predicate(Sign.LIKE_ARN, fixed) if len(fixed) == len(pieces) else shape(Sign.LIKE_ARN, pieces)
    if pattern is None:
        return
    start = re.split(r"[*?]", fixed[0].text)[0] if isinstance(pieces[0], Fixed) and pieces[0].wild else ""
    for member in space.target.members:
        arn = str(member.resource)
        if arn.startswith(start) and pattern.matches(arn):  # most are told apart by how they begin, which is quick
            yield arn


def of_target(space: Space, name: str, value_of: Callable[[Target], str | None]) -> View:
    """A key whose value, if there is one, follows from the target that the request is on."""
    known = {str(member.resource): value_of(member) for member in space.target.members}
    values = {value for value in known.values() if value is not None}

    def test(predicate: Predicate) -> Expression:
        try:
            fitting = frozenset(value for value in values if predicate.matches(value))
        except (ArithmeticError, ValueError) as error:
            raise Unsuitable(name) from error
        return space.requests_where(lambda target: known[str(target.resource)] in fitting)

    present = space.requests_where(lambda target: known[str(target.resource)] is not None)
    given = tuple(sorted(values))
    return View(name, present, test, lambda values: known.get(str(values.get(TARGET))), (TARGET,), given=given)


def known_or_free(free: Expression, known: View, own: View, said: Mapping[str, frozenset[str]] | None = None) -> View:
    """A key that is an attribute of its own for some targets, the `free` ones, and follows from the others; requests
    that have some values of attributes have `said` it themselves."""
    bases = said or {}

    def test(predicate: Predicate) -> Expression:
        return (~free & known.test(predicate)) | (free & own.test(predicate))

    def value(values: Values) -> str | None:
        found = None if any(values.get(name) in those for name, those in bases.items()) else known.value(values)
        return own.value(values) if found is None else found

    present = (~free & known.present) | (free & own.present)
    return View(f"{known.name} of targets", present, test, value, (*bases, *known.bases, *own.bases), given=known.given)
