"""What else a whole API call needs than the permission of a request (R4, R8).

In: an action name. Out: a sentence, `None` for calls that need one permission.
"""

from __future__ import annotations

_FURTHER = {
    "kms:ReplicateKey": (
        "ReplicateKey also needs kms:CreateKey (IAM) in the Region of the replica; with Tags, kms:TagResource (IAM) there as well",
        "R8",
    ),
    "kms:CreateKey": ("CreateKey with Tags also needs kms:TagResource (IAM)", "R8"),
    "kms:UpdatePrimaryRegion": ("UpdatePrimaryRegion needs kms:UpdatePrimaryRegion on both keys, the present and the future primary", "R8"),
    "kms:ReEncryptFrom": ("ReEncrypt also needs kms:ReEncryptTo on the destination key", "R3"),
    "kms:ReEncryptTo": ("ReEncrypt also needs kms:ReEncryptFrom on the source key", "R3"),
    "kms:CreateAlias": ("CreateAlias needs kms:CreateAlias both on the alias (IAM) and on the key", "R4"),
    "kms:DeleteAlias": ("DeleteAlias needs kms:DeleteAlias both on the alias (IAM) and on the key", "R4"),
    "kms:UpdateAlias": ("UpdateAlias needs kms:UpdateAlias on the alias (IAM), on its present key and on its future key", "R4"),
}


def further_permissions(action: str) -> tuple[str, str] | None:
    """What the whole call needs besides, and the rule that says so."""
    return _FURTHER.get(action)
