"""Edits that would write what stands for an account or Region that nothing tells (S4).

In: an estate, a key, policies as text. Out: the stand-ins, and whether edits write one. A statement that refers to its
own account (`AWS::AccountId`) holds it as it is; written out it would be another account's number.
"""

from __future__ import annotations

from verifier.model.estate import Estate, Key
from verifier.model.results.verdict import Reason

OWN_PLACE_NOT_GIVEN = Reason(
    "S4", "edits that name the key's own account or Region are left out, since it is not given (--account, --region)"
)


def stand_ins_of(estate: Estate, key: Key) -> tuple[str, ...]:
    """What stands for the account and the Region of a key where nothing tells them."""
    return (*([key.account] if estate.open_account else []), *([key.region] if estate.open_region else []))


def writes_stand_in(estate: Estate, key: Key, before: str, after: str) -> bool:
    """True iff an edited policy names one of them more often than before."""
    return any(after.count(name) > before.count(name) for name in stand_ins_of(estate, key))
