"""One request as the gates of the decision see it.

In: nothing (plain data). Out: `PreparedRequest`, put together by `preparation`.
Guarantee: all that does not turn on a symbol is looked up once for a request.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import Context
from verifier.evaluate.controls import Restriction, Route
from verifier.evaluate.findings import Gate
from verifier.evaluate.grants.index import Candidates
from verifier.evaluate.operations import ASSUME, FEDERATE, Operation, operation
from verifier.evaluate.statements.targets import Target, TargetKind
from verifier.evaluate.unmodelled import InScope
from verifier.frozen import Frozen
from verifier.model.policy import Policy
from verifier.model.request import Caller


class PreparedRequest(Frozen):
    """One request. `resource` is as the request has it; `service_controls` are the SCPs that bind it,
    `resource_controls` the RCPs."""

    standing: Standing
    action: str
    resource: str | None
    target: Target
    context: Context
    unmodelled: InScope
    service_controls: Restriction
    resource_controls: Restriction
    route: Route
    grants: Candidates
    session_policies: tuple[Policy, ...] | None
    caller_gates: tuple[Gate, ...] = ()
    """Whether such a caller can make such a request at all (E1–E5)."""

    @property
    def caller(self) -> Caller:
        """Who makes it."""
        return self.standing.caller

    @property
    def operation(self) -> Operation | None:
        """The operation of a step that is not on a key (E1–E5); `None` for one of KMS. To tag a session that is on no
        role is a part of `sts:GetFederationToken` (E2f)."""
        found = operation(self.action)
        if found is not None and found.rule == ASSUME and self.target.kind is TargetKind.OTHER_SERVICE:
            return replace(found, rule=FEDERATE)
        return found

    @property
    def resource_policies(self) -> tuple[Policy, ...]:
        """The key's policies, or the trust policy of the role to assume, as far as they are known."""
        if self.target.kind is TargetKind.ROLE:
            trust = self.target.identity.trust if self.target.identity is not None else None
            return () if trust is None else (trust,)
        return self.target.key.policies or () if self.target.key else ()

    @property
    def resource_policy(self) -> str:
        """What the policy of the resource is called."""
        return "trust policy" if self.target.kind is TargetKind.ROLE else "key policy"

    @property
    def resource_policy_unknown(self) -> bool:
        """True iff there is a key, or a role to assume, whose policy is not known (U3, E2)."""
        if self.target.kind is TargetKind.ROLE:
            return not self.resource_policies
        return self.target.key is not None and self.target.key.policies is None

    @property
    def same_account(self) -> bool:
        """True iff the caller is of the account that owns the resource."""
        return self.caller.account == self.target.account

    @property
    def retires(self) -> bool:
        """True iff the operation is `RetireGrant`, for which key policies count otherwise (G5)."""
        return self.action.lower() == "kms:retiregrant" and self.target.kind is TargetKind.KEY
