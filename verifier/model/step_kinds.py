"""The kinds of steps (W2), apart from what they change: most questions need no more of steps than these names.

In: nothing. Out: `StepKind`, `OWN_KEYS`, `is_own_key`, `MOST_VERSIONS`. Guarantee: constants, and one look at a text.
"""

from __future__ import annotations

from enum import Enum

OWN_KEYS = tuple(
    form.replace("0", digit)
    for form in ("00000000-0000-4000-8000-000000000000", "mrk-00000000000040008000000000000000")
    for digit in "0123456789abcdef"
)
"""The IDs of keys that stand for the caller's own, in accounts that the input does not name."""
_ENDS = tuple(f":key/{key}" for key in OWN_KEYS)


def is_own_key(arn: str) -> bool:
    """True iff an ARN is that of a key that stands for one of the caller's own."""
    return arn.endswith(_ENDS)


MOST_VERSIONS = 5
"""How many versions a managed policy can have [IAM: access_policies_managed-versioning, Version limits]."""


class StepKind(Enum):
    """The steps of W2, as `docs/reach.md` tells them."""

    PUT_KEY_POLICY = "put key policy"
    CREATE_GRANT = "create grant"
    TAG = "tag key"
    UNTAG = "untag key"
    CREATE_ALIAS = "create alias"
    UPDATE_ALIAS = "update alias"
    DELETE_ALIAS = "delete alias"
    REPLICATE = "replicate key"
    RE_ENCRYPT = "re-encrypt"
    IMPORT_MATERIAL = "import key material"
    SHARE = "share key"
    OWN_IDENTITY = "use an identity of its own"
    ASSUME_ROLE = "assume role"
    FEDERATE = "get federation token"
    PUT_POLICY = "put inline policy"
    ATTACH_POLICY = "attach policy"
    NEW_VERSION = "new policy version"
    SET_VERSION = "set default policy version"
    PUT_TRUST = "update trust policy"
    CREATE = "make an identity or policy"
    REMOVE_POLICY = "take a policy away"
    TAG_IDENTITY = "tag a user or role"
    UNTAG_IDENTITY = "untag a user or role"
    PUT_BOUNDARY = "put permissions boundary"
    DELETE_BOUNDARY = "delete permissions boundary"
    JOIN_GROUP = "add user to group"
    LEAVE_GROUP = "remove user from group"
    BECOME_USER = "new credentials of a user"
    PROVIDER = "write identity provider"
    PASS_ROLE = "pass role"
    CHANGE_CODE = "change code that runs as a role"
