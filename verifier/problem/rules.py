"""The rules put together: the space of requests with all of them, and what is asked about it.

In: the estate, a target, and the invariants that speak of it. Out: `Formula`.
Guarantee: every formula is made here, so that none is about fewer rules than another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant
from verifier.model.readings import E2, READ_BY
from verifier.model.symbols import PossibleChange, Reading
from verifier.problem.expression import TRUE, Expression
from verifier.problem.facts.organizations import same_organization
from verifier.problem.facts.pairs import names_suffice
from verifier.problem.facts.parameters import same_image
from verifier.problem.facts.requests import FACTS, RELATED_KEYS
from verifier.problem.facts.shared import has
from verifier.problem.question import Formula, formula_over, scope
from verifier.problem.semantics.condition_keys import key_view
from verifier.problem.semantics.decision import allowed
from verifier.problem.semantics.grants import NAMES
from verifier.problem.semantics.targets import Target
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, bound_session_attributes
from verifier.problem.space import DecisionInput, Space
from verifier.problem.steps.decision import step_allowed
from verifier.problem.steps.facts import STEP_FACTS
from verifier.problem.steps.keys import step_view
from verifier.problem.views import SetView, View, readable_under

_ALIASES = {tags: aliases for tags, aliases, _ in READ_BY.values()}
_FUNCTIONS = {tags: function for tags, _, function in READ_BY.values()}
"""The readings by which aliases of a key, and the function that calls, are read where tags are read by another."""


class RuledSpace(Space):
    """The space of requests for one target, with the rules: those for steps where the target is what a step changes."""

    def key_view(self, name: str, by: Reading | None) -> View | SetView:
        found = step_view(self, name, by is E2) if self.target.of_step else key_view(self, name)
        if by is not None and name == "lambda:sourcefunctionarn":
            return readable_under(found, _FUNCTIONS[by])
        if by is None or self.target.of_step or name.startswith("iam:"):
            return found
        return readable_under(found, _ALIASES[by] if name == "kms:resourcealiases" else by)

    def allowed(self) -> Expression:
        """True iff the request is allowed, be it about a step or not."""
        return step_allowed(self) if self.target.of_step else allowed(self)

    def extend(self) -> None:
        for some, others in RELATED_KEYS:
            for name in others if has(self, *some) else ():
                self.known(name)
        if any(name.startswith(PRINCIPAL_TAG) for name in self.attributes):
            self.known("issuer")
        if next(names_suffice(self), None) is not None:
            self.known(NAMES)
        for name in bound_session_attributes(self):
            self.known(name)
        if has(self, "aws:sourcevpce") and self.estate.endpoints and not (self.target.region or self.target.of_step):
            self.view("aws:RequestedRegion")  # of each listed endpoint
        same_organization(self)
        same_image(self)

    def facts(self) -> list[Expression]:
        rules = STEP_FACTS if self.target.of_step else FACTS
        return [fact for facts in rules for fact in facts(self) if fact is not TRUE]

    def sessions(self, target: Target) -> QuestionSide:
        return QuestionSide(self.estate, target, inner=True)


class QuestionSide(Frozen):
    """One side of a question about several, as it is given; `possible_changes` are what a caller may have brought
    about there (`problem.semantics.possible_changes`)."""

    estate: Estate
    target: Target
    possible_changes: frozenset[PossibleChange] = frozenset()
    inner: bool = False
    """As in `Space`."""

    def space(self, pair_names: Mapping[str, tuple[str, ...]]) -> Space:
        return RuledSpace(
            self.estate, self.target, pair_names=pair_names, possible_changes=self.possible_changes, inner=self.inner
        )


def formulate(
    estate: Estate, target: Target, invariants: Sequence[Invariant], source: DecisionInput | None = None
) -> Formula:
    """What is asked about one target, for all invariants at once, by the rules alone. By a narrower `source`, `allowed`
    is the decision on the requests that the invariants speak of, and on no others."""
    space = RuledSpace(estate, target, source)
    for key in sorted(space.decision_input.tested_keys):
        space.mention(key)
    decision = space.allowed()
    scopes = [scope(space, invariant) for invariant in invariants]
    violations = [
        s & (~decision if i.expectation is Expectation.ALLOWED else decision)
        for s, i in zip(scopes, invariants, strict=True)
    ]
    return formula_over(space, decision, scopes, violations)
