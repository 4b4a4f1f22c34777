"""One request as the gates of the decision see it.

In: nothing (plain data). Out: `Case`, put together by `engine`.
Guarantee: all that does not turn on a symbol is looked up once for a request.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import Context
from verifier.evaluate.controls import Restriction
from verifier.evaluate.endpoints import Route
from verifier.evaluate.grant_index import Candidates
from verifier.evaluate.targets import Target, TargetKind
from verifier.evaluate.unmodelled import InScope
from verifier.model.policy import Policy


@dataclass(frozen=True)
class Case:
    """One request. `resource` is as the request has it; `service_controls` are the SCPs that bind it, `resource_controls` the RCPs."""

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

    @property
    def key_policies(self) -> tuple[Policy, ...]:
        """The key's policies, as far as they are known."""
        return self.target.key.policies or () if self.target.key else ()

    @property
    def key_policy_unknown(self) -> bool:
        """Whether there is a key whose policy is not known (U3)."""
        return self.target.key is not None and self.target.key.policies is None

    @property
    def same_account(self) -> bool:
        """Whether the caller is of the account that owns the resource."""
        return self.standing.caller.account == self.target.account

    @property
    def retires(self) -> bool:
        """Whether the operation is `RetireGrant`, for which key policies count otherwise (G5)."""
        return self.action.lower() == "kms:retiregrant" and self.target.kind is TargetKind.KEY
