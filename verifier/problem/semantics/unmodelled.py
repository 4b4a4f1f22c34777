"""What the input holds, or refers to, and the verifier does not model (S1).

In: a space. Out: the callers and requests that such a thing bears on; values of its symbols that count against a claim.
Guarantee: a thing is a symbol wherever it could change a decision, never left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.policy import arn_kind
from verifier.model.readings import D9_RCP, R4
from verifier.model.reference import actions
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.expression import TRUE, Expression, Symbol, conjunction, disjunction
from verifier.problem.semantics.controls import through
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import Space, acts


def things(space: Space) -> Iterator[Unmodelled]:
    """What bears on this target."""
    for thing in space.estate.unmodelled:
        if thing.of_statement:
            continue  # it is a symbol of that statement (`problem.semantics.statements`)
        if space.target.of_step and thing.endpoint is not None:
            continue  # the endpoints of KMS have no part in it (E1)
        if thing.key in (None, space.target.resource) and (thing.owner is None or _may_bind(space.target, thing.owner)):
            yield thing


def _may_bind(target: Target, account: str) -> bool:
    """True iff RCPs over the account may restrict the target: a key, alias or role of it, but none that AWS manages in
    it (D7, D8, E2); or no resource, where its callers ask (D9)."""
    if target.kind not in (TargetKind.KEY, TargetKind.ALIAS, TargetKind.ROLE) or target.account != account:
        return target.kind is TargetKind.NONE
    return target.key.manager != "AWS" if target.key is not None else ":alias/aws/" not in (target.resource or "")


def may_allow(thing: Unmodelled) -> bool:
    """True iff the thing could allow a request."""
    return thing.influence is not Influence.MAY_REFUSE


def may_refuse(thing: Unmodelled) -> bool:
    """True iff the thing could refuse a request."""
    return thing.influence is not Influence.MAY_ALLOW


def holders(space: Space, arns: Sequence[str]) -> Expression:
    """True iff policies attached to these users and roles follow the caller: a user's also follow the federated
    sessions that it issued."""
    users = [arn for arn in arns if arn_kind(arn) == "user"]
    return space.one_of(frozenset(arns)) | disjunction(map(space.federated_by, users))


def _scope(space: Space, thing: Unmodelled) -> Expression:
    """True iff the thing bears on the request: by the caller, by the VPC endpoint that it comes through, and by whether
    RCPs of the owner may bind it."""
    parts = []
    if thing.account is not None:
        parts.append(space.in_account(thing.account))
    if thing.principal is not None:
        parts.append(holders(space, [thing.principal]))
    if thing.of_identities:
        parts.append(~(space.is_root | space.is_service))
    if thing.endpoint is not None:
        parts.append(through(space, thing.endpoint))
    if thing.owner is not None and space.target.kind is TargetKind.ALIAS:
        parts.append(Symbol(R4))
    if thing.owner is not None and space.target.kind is TargetKind.NONE:
        parts += [Symbol(D9_RCP), space.in_account(thing.owner)]
    if thing.owner is not None and space.target.kind is TargetKind.ROLE:
        parts.append(acts(name for name in space.known_actions if name.startswith("sts:")))
    return conjunction(parts)


def grants_unmodelled(space: Space) -> Expression:
    """True iff things that are no identity policies may allow: a grant (G1) only what a grant can name, or what the
    data does not know (U4)."""
    grantable, to_come = acts(a.name for a in actions() if a.grant_operation), ~acts(a.name for a in actions())

    def suited(thing: Unmodelled) -> Expression:
        return grantable if thing.label.startswith("G") else to_come if thing.label == "U4" else TRUE

    return disjunction(where & suited(thing) for thing, where in allowing(space, own=False))


def allowing(space: Space, own: bool) -> Iterator[tuple[Unmodelled, Expression]]:
    """The identity policies of a principal (`own`), or the others, that may allow requests, and where they do."""
    for thing in things(space):
        if may_allow(thing) and (thing.principal is not None and may_refuse(thing)) is own:
            yield thing, _scope(space, thing) & Symbol(thing.allow_symbol)


def unrestricted(space: Space) -> Expression:
    """True iff no policy over accounts, keys or endpoints that is not known refuses."""
    return ~disjunction(refusals(space, own=False))


def refusals(space: Space, own: bool) -> Iterator[Expression]:
    """Where policies of a principal (`own`), or of others, that are not known refuse."""
    for thing in things(space):
        if may_refuse(thing) and (thing.principal is not None) is own:
            yield _scope(space, thing) & Symbol(thing.refuse_symbol)
