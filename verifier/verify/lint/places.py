"""Where the linter asks: statements in the questions about one target, by themselves or beside everything else of the
estate.

In: an estate, a target, policies. Out: statements as `Seen`; decisions with the statements that they rest on.
Guarantee: by themselves, statements are asked about over a partition of their own, so that other policies do not make
their questions larger; and without the inventory, so that nothing rests on tags or on other policies, trust policies
among them. Which requests there are beside everything else is what the estate says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import Policy, Statement, StatementRef, reference_to
from verifier.problem.examination import examine
from verifier.problem.expression import TRUE, Expression
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.statements import statement_owner
from verifier.problem.semantics.targets import Target
from verifier.problem.space import Space
from verifier.problem.substitution import without_statements
from verifier.verify.lint.bench import AnswerWithoutRequest, Bench
from verifier.verify.lint.meaning import Meaning, details, in_any_surroundings, retires, statement_meaning
from verifier.verify.lint.subjects import Decided, Seen, on_any_resource

HeldRequests = Callable[[Space], Expression]
"""The requests on a target that a policy is asked about."""
_Written = tuple[Policy, Statement]


class TargetDecision(Frozen):
    """A decision about a target: `owners` are all statements and grants that it is made of, by number."""

    bench: Bench
    allowed: Expression
    owners: Sequence[StatementRef]

    def numbers(self, reference: StatementRef) -> frozenset[int]:
        """The owner numbers of a statement."""
        return frozenset(number for number, owner in enumerate(self.owners) if owner == reference)

    def references(self, numbers: Iterable[int], *, but: StatementRef | None = None) -> tuple[StatementRef, ...]:
        """The statements and grants of a proof, each once."""
        return tuple(owner for owner in dict.fromkeys(self.owners[number] for number in numbers) if owner != but)

    def changes(
        self, reference: StatementRef, *, allow: bool, gone: frozenset[int] = frozenset()
    ) -> AnswerWithoutRequest:
        """Refuted only if some request is decided otherwise without an Allow (or a Deny), and proved only if none is;
        those of the owners `gone` are gone already."""
        before = without_statements(self.allowed, gone)
        after = without_statements(self.allowed, gone | self.numbers(reference))
        return self.bench.ask(before, ~after) if allow else self.bench.ask(~before, after)


class Alone(Frozen):
    """The statements of a key policy by themselves, with their owner numbers; what they decide in any surroundings."""

    seen: tuple[Seen, ...]
    numbers: tuple[int, ...]
    decision: TargetDecision


def alone(estate: Estate, target: Target, written: Sequence[_Written], timeout: float | None) -> Alone:
    """A key policy by itself."""
    space = RuledSpace(_without_inventory(estate), target)
    numbers = tuple(statement_owner(space, *one) for one in written)
    found = [statement_meaning(space, *one, TRUE) for one in written]
    decision = in_any_surroundings(space, list(zip(numbers, found, strict=True)))
    bench = Bench(examine(space, TRUE, [decision, *_expressions(space, written, found)]), timeout=timeout)
    pairs = zip(written, found, strict=True)
    seen = tuple(Seen(space, bench, policy, TRUE, meant, False) for (policy, _), meant in pairs)
    return Alone(seen, numbers, TargetDecision(bench, decision, space.owners))


def by_themselves(
    estate: Estate, target: Target, written: Sequence[_Written], held: HeldRequests, timeout: float | None
) -> list[Seen]:
    """Statements of a policy that is no key policy by themselves, in the order given, whatever resources they name."""
    space = RuledSpace(_without_inventory(estate), target)
    whom = held(space)
    found = [statement_meaning(space, policy, on_any_resource(statement), whom) for policy, statement in written]
    bench = Bench(examine(space, TRUE, _expressions(space, written, found)), timeout=timeout)
    return [Seen(space, bench, policy, whom, meant, True) for (policy, _), meant in zip(written, found, strict=True)]


def _without_inventory(estate: Estate) -> Estate:
    """The users and roles may have any tags, boundaries and sessions."""
    return replace(estate, accounts=())


class InEstate(Frozen):
    """Statements beside everything else of the estate, and its decision."""

    seen: Mapping[StatementRef, Decided]
    decision: TargetDecision


def in_estate(
    estate: Estate, target: Target, written: Sequence[_Written], held: HeldRequests, timeout: float | None
) -> InEstate:
    """The estate's decision on a target, and statements of it."""
    space = RuledSpace(estate, target)
    decision, whom = space.allowed(), held(space)
    found = [statement_meaning(space, *one, whom) for one in written]
    bench = Bench(examine(space, decision, _expressions(space, written, found)), timeout=timeout)
    seen = {
        reference_to(policy, statement): Decided(space, bench, policy, whom, meant, False, decision)
        for (policy, statement), meant in zip(written, found, strict=True)
    }
    return InEstate(seen, TargetDecision(bench, decision, space.owners))


def _expressions(space: Space, written: Sequence[_Written], meanings: Sequence[Meaning]) -> list[Expression]:
    """Everything that rules ask about statements, and the sets of requests that they ask about besides."""
    home = [space.in_account(space.target.account)] if space.target.account is not None else []
    parts = [part for meant in meanings for part in meant.parts]
    return [retires(), space.is_service, *home, *parts, *(one for own in written for one in details(space, *own))]
