"""Facts about the requests of steps (F6, E1–E5): which operation carries which condition keys, who can send it.

In: a space whose target is a role, user, group, managed policy or account. Out: expressions that hold of every request.
Guarantee: an operation is without a key only where the reference data lists the key with another step and not with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.readings import E2_TRANSITIVE
from verifier.model.steps.actions import IAM_REGION, known_step_keys, step_actions
from verifier.problem.classes.predicates import Predicate, Tokens, either_case, exactly, like
from verifier.problem.expression import FALSE, Expression, Present, Some, Symbol, Test, implies, same
from verifier.problem.facts.organizations import organizations
from verifier.problem.facts.pairs import pairs
from verifier.problem.facts.parameters import sources
from verifier.problem.facts.requests import OF_CALLERS, OF_CALLS, Stated, always_present, service_keys
from verifier.problem.facts.shared import has, predicates_of
from verifier.problem.semantics.targets import TargetKind
from verifier.problem.sessions.session_tags import passable_tags
from verifier.problem.space import PAIR_PREFIX, Space, acts
from verifier.problem.steps.decision import BY_CALLERS, BY_IDENTITIES
from verifier.problem.steps.keys import BOUNDARY_KEY, CREATES_BOUNDED, PUTS_BOUNDARY, made_with, written_to
from verifier.problem.steps.resources import federating, resource_facts

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
