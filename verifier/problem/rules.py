"""The rules put together: the space of requests with all of them, and what is asked about it; facts about the requests
of steps: which operation carries which condition keys, who can send it (F6, E1–E5).

In: the estate, a target, and the invariants that speak of it. Out: `Formula`.
Guarantee: every formula is made here, so that none is about fewer rules than another. An operation of a step is without
a key only where the reference data lists the key with another step and not with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant
from verifier.model.readings import E2, E2_TRANSITIVE, READ_BY
from verifier.model.steps.actions import IAM_REGION, known_step_keys, step_actions
from verifier.model.symbols import PossibleChange, Reading
from verifier.problem.classes.predicates import Predicate, Tokens, either_case, exactly, like
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Some, Symbol, Test, implies, same
from verifier.problem.facts.organizations import organizations, same_organization
from verifier.problem.facts.parameters import names_suffice, pairs, same_image, sources
from verifier.problem.facts.requests import (
    FACTS,
    OF_CALLERS,
    OF_CALLS,
    RELATED_KEYS,
    Stated,
    always_present,
    service_keys,
)
from verifier.problem.facts.shared import has, predicates_of
from verifier.problem.question import Formula, formula_over, scope
from verifier.problem.semantics.condition_keys import key_view
from verifier.problem.semantics.decision import allowed
from verifier.problem.semantics.grants import NAMES
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, bound_session_attributes, passable_tags
from verifier.problem.space import PAIR_PREFIX, DecisionInput, Space, acts
from verifier.problem.steps.decision import BY_CALLERS, BY_IDENTITIES, step_allowed
from verifier.problem.steps.keys import BOUNDARY_KEY, CREATES_BOUNDED, PUTS_BOUNDARY, made_with, step_view, written_to
from verifier.problem.steps.resources import federating, resource_facts
from verifier.problem.views import SetView, View, readable_under

_ALIASES = {tags: aliases for tags, aliases, _ in READ_BY.values()}
_FUNCTIONS = {tags: function for tags, _, function in READ_BY.values()}
"""The readings by which aliases of a key, and the function that calls, are read where tags are read by another."""

_REQUIRED = {
    "sts:rolesessionname": BY_CALLERS | BY_IDENTITIES,
    "sts:sourceidentity": ("sts:SetSourceIdentity",),
    "aws:tagkeys": ("sts:TagSession", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser"),
    "iam:policyarn": tuple(
        f"iam:{does}{owner}Policy" for does in ("Attach", "Detach") for owner in ("Role", "User", "Group")
    ),
    "iam:permissionsboundary": tuple(PUTS_BOUNDARY),
}
"""The actions whose requests always have a key [API: AssumeRole, AttachRolePolicy …]."""


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


def step_operations(space: Space) -> Iterator[Expression]:
    """F6: an operation key is present only in the operations that have it, and in some always."""
    if space.target.kind is TargetKind.DOUBT:
        return  # which of its keys a request carries is not known
    yield from passable_tags(space)
    if space.target.kind is TargetKind.FEDERATED:
        yield from federating(space)
        return
    for name in space.attributes:
        listed = _listed(space, name)
        if name.startswith(PAIR_PREFIX):
            yield ~Present(name)
        elif listed is not None:
            carrying = [a.name for a in step_actions() if listed in a.condition_keys and a.name in space.known_actions]
            yield implies(Present(name), acts(carrying))
        required = space.known_actions.intersection(_REQUIRED.get(name, ()))
        if required:
            persisting = name == "sts:sourceidentity" and has(space, "aws:sourceidentity")
            yield implies(acts(required), Present(name) | (Present("aws:sourceidentity") if persisting else FALSE))
    if has(space, BOUNDARY_KEY):
        given = space.requests_where(lambda one: one.identity is not None and one.identity.boundary is not None)
        known = given & ~acts(space.known_actions & CREATES_BOUNDED)
        yield implies(written_to(space), Present(BOUNDARY_KEY) | known)
        yield from made_with(space)


def _listed(space: Space, name: str) -> str | None:
    """How the data lists a key: by itself, or by the prefix of its template."""
    known = known_step_keys(of_workloads=space.target.kind is TargetKind.WORKLOAD)
    return name if name in known else next((key for key in known if key.endswith("/") and name.startswith(key)), None)


def step_senders(space: Space) -> Iterator[Expression]:
    """E1, E2w: where IAM is asked, and who asks to assume a role with what."""
    if has(space, "region"):
        region = Test("region", exactly(IAM_REGION.get(space.target.partition, "us-east-1")))
        yield implies(acts(name for name in space.known_actions if name.startswith("iam:")), region)
    if space.target.kind is TargetKind.ROLE:
        saml = space.principal(like("web:arn:*:saml-provider/*"))
        yield implies(acts({"sts:AssumeRoleWithSAML"}), saml)
        yield implies(acts({"sts:AssumeRoleWithWebIdentity"}), space.is_web & ~saml)
        by_callers = [name for name in space.known_actions if name.startswith("iam:")]
        yield implies(acts([*by_callers, "sts:AssumeRole"]), ~space.is_web)


def persisting_sources(space: Space) -> Iterator[Expression]:
    """E2: who has a source identity sets no other one. [IAM: id_credentials_temp_control-access_monitor, Control access
    using source identity information]"""
    own, said = "aws:sourceidentity", "sts:sourceidentity"
    if own in space.attributes and said in space.attributes:
        persisting = Present(own) & Present(said)
        for predicate in dict.fromkeys((*predicates_of(space, own), *predicates_of(space, said))):
            yield implies(persisting, same(Test(own, predicate), Test(said, predicate)))


def transitive_tags(space: Space) -> Iterator[Expression]:
    """E2: only tags that the request sets can be transitive, perhaps in another case [API: AssumeRole, Tags,
    TransitiveTagKeys]. What the key holds in a session's call is open (E2-transitive)."""
    transitive, all_tags = "sts:transitivetagkeys", "aws:tagkeys"
    if has(space, transitive):
        as_passed = ~(space.is_role & Symbol(E2_TRANSITIVE))
        yield implies(Present(transitive) & as_passed, Present(all_tags))
        for predicate in predicates_of(space, transitive):
            if isinstance(predicate, Tokens):
                tokens = ((many, either_case(found.only) if found.only else found) for many, found in predicate.tokens)
                names = frozenset[Predicate]({Tokens(tuple(tokens))})
                yield from (
                    implies(Some(transitive, names, inside) & as_passed, Some(all_tags, names, inside))
                    for inside in (True, False)
                )


STEP_FACTS: Stated = (
    *OF_CALLS,
    sources,
    organizations,
    transitive_tags,
    persisting_sources,
    *OF_CALLERS,
    step_senders,
    resource_facts,
    step_operations,
    pairs,
    service_keys,
    always_present,
)
"""Every fact of the requests of steps: none is about keys or aliases."""
