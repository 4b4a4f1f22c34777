"""Whether a key policy locks everybody out.

In: an estate, a key as a target, how a run decides. Out: whether it is proved that nobody of the key's account can
change the key policy. AWS KMS takes no such policy but past its safety check. [API: PutKeyPolicy,
BypassPolicyLockoutSafetyCheck]
"""

from __future__ import annotations

from verifier.model.estate import Estate
from verifier.model.invariant import Expectation, Invariant, KeyAccount
from verifier.model.policy import Text
from verifier.model.results.verdict import Reason, Status
from verifier.problem.semantics.targets import Target
from verifier.verify.deciding import ProofOptions, decide_requests

LOCKED_OUT = Reason(
    "S4", "with the edits that were found nobody of the key's account could change the key policy, which AWS refuses"
)
_NOBODY_CHANGES_IT = Invariant("lockout", Expectation.REFUSED, KeyAccount(), (Text("kms:PutKeyPolicy"),), None)


def locks_out(estate: Estate, target: Target, options: ProofOptions) -> bool:
    """True iff it is proved that nobody of the key's account can change the key policy."""
    (verdict,) = decide_requests(estate, target, [_NOBODY_CHANGES_IT], options)
    return verdict.status is Status.PROVED
