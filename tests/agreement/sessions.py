"""Requests with session policies, of which `problem` knows nothing (U2, D4): what must hold of them beside what the
same request without them is decided to be.

In: an estate, a request with session policies, an assignment of the symbols. Out: `Limited`.

The argument. Every gate but S is the same with and without a session policy, except that its Denies are added, and S
occurs only positively in D2, D3, D9 and G4. A role session without a session policy has S = true; a federated one has
what `SESSION_ALLOW` says. So
- with session policies no more is allowed than without them, for a federated session than with `SESSION_ALLOW`: what
  names the session or its user in a key policy or grant gives the same both ways;
- a session policy that allows everything changes nothing;
- the third reading, which has session policies, decides alike;
- wherever S occurs, B does, and in the same way: a session policy limits a role without a boundary exactly as a
  boundary with the same statements would, but for `NotPrincipal` (P5). `problem` has boundaries, so it can be asked
  that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tests.agreement.documents import EVERYTHING
from tests.agreement.library import policy_from
from tests.agreement.runner import OPEN_FACTS, read_again
from tests.agreement.symbolic import Decider
from verifier.evaluate import evaluate
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import CallerKind, Decision, Outcome, Request
from verifier.model.symbols import SESSION_ALLOW
from verifier.verify.explanation.symbolic_values import Undetermined

Assignment = Mapping[str, bool] | None
GENEROUS = policy_from({"Version": "2012-10-17", "Statement": [EVERYTHING]}, PolicyKind.SESSION, "session#everything")


@dataclass(frozen=True)
class Fault:
    """Something that does not hold of a request with session policies: what, what `evaluate` says, and what was said
    beside it."""

    what: str
    decision: Decision
    other: Outcome


@dataclass(frozen=True)
class Limited:
    """A request with session policies as `evaluate` decides it, and beside it without them, with everything that does
    not hold."""

    decision: Decision
    beside: Decision
    faults: tuple[Fault, ...]

    @property
    def narrowed(self) -> bool:
        """Whether the session policies changed the outcome."""
        return self.decision.outcome is not self.beside.outcome


def limited(decider: Decider, estate: Estate, request: Request, chosen: Assignment) -> Limited:
    """Decides a request with session policies, and holds it against the same without them. `decider` is about the
    estate."""
    plain = replace(request, session_policies=None)
    without = {**(chosen or {}), SESSION_ALLOW: True} if request.caller.kind is CallerKind.FEDERATED else chosen
    decision, beside = evaluate(estate, request, chosen), evaluate(estate, plain, without)
    found = [
        *_faults(decision, beside, _symbolic(decider, plain, without)),
        *_as_boundary(estate, request, chosen, decision),
    ]
    third = read_again(estate, request, chosen)
    if third not in (None, decision.outcome) and not facts_open(decision):
        found.append(Fault("the third reading decides otherwise than evaluate", decision, third or decision.outcome))
    generous = evaluate(estate, replace(request, session_policies=(GENEROUS,)), chosen)
    if generous.outcome is not beside.outcome:
        found.append(Fault("a session policy that allows everything changes the outcome", generous, beside.outcome))
    return Limited(decision, beside, tuple(found))


def _faults(decision: Decision, beside: Decision, symbolic: Outcome | None) -> Iterator[Fault]:
    if gained(decision, beside.outcome):
        yield Fault("evaluate allows more with session policies than without", decision, beside.outcome)
    if symbolic is not None and gained(decision, symbolic):
        yield Fault("evaluate allows more with session policies than problem without", decision, symbolic)


def gained(decision: Decision, beside: Outcome) -> bool:
    """Whether a decision allows what another does not, under some assignment that both leave open. A fact of the key
    that is not known makes `evaluate` say *depends* where `problem` may know better (U3)."""
    if decision.outcome is Outcome.ALLOW:
        return beside is not Outcome.ALLOW
    return decision.outcome is Outcome.DEPENDS and beside is Outcome.DENY and not facts_open(decision)


def facts_open(decision: Decision) -> bool:
    """Whether a decision depends on facts of the key that are not known."""
    return any(symbol.startswith(OPEN_FACTS) for symbol in decision.depends_on)


def _symbolic(decider: Decider, request: Request, chosen: Assignment) -> Outcome | None:
    try:
        return decider.decide(request, chosen)
    except Undetermined:
        return None


# -- as a boundary --


def _as_boundary(estate: Estate, request: Request, chosen: Assignment, decision: Decision) -> Iterator[Fault]:
    bounded = with_boundary(estate, request)
    if bounded is None:
        return
    symbolic = _symbolic(Decider(bounded), replace(request, session_policies=None), chosen)
    if symbolic is not None and symbolic is not decision.outcome and not facts_open(decision):
        yield Fault("a session policy limits otherwise than a boundary with the same statements", decision, symbolic)


def with_boundary(estate: Estate, request: Request) -> Estate | None:
    """The estate in which the caller's role has the session policy as its boundary; `None` where that is not the same
    question."""
    policies = request.session_policies or ()
    role = next(
        (role for account in estate.accounts for role in account.roles if role.arn == request.caller.principal_arn),
        None,
    )
    if (
        role is None
        or role.bounded
        or len(policies) != 1
        or request.caller.kind is not CallerKind.ROLE
        or _spares(estate)
    ):
        return None
    boundary = replace(policies[0], kind=PolicyKind.BOUNDARY)
    accounts = tuple(_with(account, replace(role, bounded=True, boundary=boundary)) for account in estate.accounts)
    return replace(estate, accounts=accounts)


def _with(account: Account, role: Identity) -> Account:
    return replace(account, roles=tuple(role if role.arn == known.arn else known for known in account.roles))


def _spares(estate: Estate) -> bool:
    """Whether some policy has `NotPrincipal`, which looks at whether a role has a boundary (P5)."""
    policies: list[Policy] = [policy for key in estate.keys for policy in key.policies or ()]
    policies += [endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None]
    return any(statement.not_principal for policy in policies for statement in policy.statements)
