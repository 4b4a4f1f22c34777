"""The instance profiles of one account.

In: the roles in the output of `get-account-authorization-details`. Out: the profiles that hold one of them.
Guarantee: where the entry of a role does not list its instance profiles, those of the account are not known (E4).
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.inputs.access import members
from verifier.inputs.nodes import Members, Node, Remarks, text_of
from verifier.model.estate import InstanceProfile

LIST = "InstanceProfileList"


def read_profiles(remarks: Remarks, roles: Sequence[Node]) -> tuple[InstanceProfile, ...] | None:
    """The profiles that hold a role, by their ARNs; `None` where they are not known."""
    found: list[InstanceProfile] = []
    for node in roles:
        role = text_of(node, "Arn")
        if not isinstance(node, Members) or not node.has(LIST):
            return None
        for entry in members(remarks, node, "a role").records(LIST, "an instance profile"):
            arn = entry.text("Arn")
            if arn is None or role is None:
                return None
            found.append(InstanceProfile(arn, role))
    return tuple(sorted(found, key=lambda profile: profile.arn))
