"""What a caller writes in a chain is what AWS takes."""

from __future__ import annotations

from verifier.verify.reach.documents import trust_policy


def test_a_trust_policy_names_each_action() -> None:
    """AWS refuses other actions in a trust policy than those of assuming a role, and no page shows a pattern in one."""
    policy = trust_policy("arn:aws:iam::111122223333:role/App", ["arn:aws:iam::111122223333:user/Alice"])
    actions = [[action.value for action in statement.actions or ()] for statement in policy.statements]
    assert len(actions) == 2 and actions[0] == actions[1]
    assert {"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"} <= set(actions[0]) and "*" not in "".join(
        actions[0]
    )
