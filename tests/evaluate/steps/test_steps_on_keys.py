"""Steps on keys, each open, and shut by one condition; and what they change (W2). Pages are of the KMS Developer
Guide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALIAS, ALICE, FACTS, HOME, KEY, PARTNER, allow, aws, deny, grant, own, policy
from tests.evaluate.reaching import TARGET, admits, caller, trusting
from tests.evaluate.steps.worlds import BY, DELEGATES, found, one_key, state
from tests.reach import moves
from verifier.evaluate import evaluate
from verifier.evaluate.steps import state_after
from verifier.model.estate import Key
from verifier.model.steps.chains import State
from verifier.model.steps.descriptions import StepKind
from verifier.syntax.diagnostic import InputError

OTHER_KEY = KEY.replace("1234abcd", "5678abcd")
MULTI = f"arn:aws:kms:us-west-2:{HOME}:key/mrk-1234abcd12ab34cd56ef1234567890ab"
MINE = policy(allow(aws(ALICE)), identity=f"{KEY}#default")


def can(at: State, action: str = "kms:Decrypt", key: str = KEY, **context: Any) -> str:
    """Whether Alice can."""
    return evaluate(at.estate, moves.request(BY, action, key, context)).outcome.value


# --- the key policy: key-policy-modifying; API PutKeyPolicy -----------------------------------------------------------


def test_put_key_policy_open_and_shut() -> None:
    before = state(own("kms:PutKeyPolicy", KEY))
    move = moves.put_key_policy(BY, KEY, MINE)
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    assert found(state(own("kms:PutKeyPolicy", OTHER_KEY)), move) == "deny"
    denied = state(own("kms:*"), key=DELEGATES, facts={"policies": (policy(DELEGATES, deny(aws(ALICE), "kms:Put*")),)})
    assert found(denied, move) == "deny"


def test_put_key_policy_must_not_lock_its_author_out_unless_the_check_is_bypassed() -> None:
    # API PutKeyPolicy: the new policy must allow the principal that makes the request to make a subsequent one.
    before = state(own("kms:PutKeyPolicy"))
    out = policy(allow(aws(ALICE), "kms:Decrypt"), identity=f"{KEY}#default")
    assert found(before, moves.put_key_policy(BY, KEY, out)) == "deny"
    assert found(before, moves.put_key_policy(BY, KEY, policy(DELEGATES, identity=f"{KEY}#default"))) == "allow"
    bypass = moves.put_key_policy(BY, KEY, out, {"kms:BypassPolicyLockoutSafetyCheck": "true"})
    assert found(before, bypass) == "allow"
    # conditions-kms, kms:BypassPolicyLockoutSafetyCheck.
    careful = state(
        own("kms:PutKeyPolicy", Condition={"BoolIfExists": {"kms:BypassPolicyLockoutSafetyCheck": "false"}})
    )
    assert found(careful, bypass) == "deny"


def test_a_key_policy_that_resource_sharing_wrote_stays() -> None:
    ram = replace(policy(allow(aws(ALICE), "kms:Sign"), identity=f"{KEY}#AWS_RAM"), name="AWS_RAM")
    before = state(own("kms:Put*"), facts={"policies": (policy(DELEGATES), ram)})
    assert state_after(before, moves.put_key_policy(BY, KEY, MINE)).estate.keys[0].policies == (MINE, ram)
    single = replace(policy(DELEGATES, identity="#default"), name="default")  # as read from a file without a key ARN
    assert state_after(state(facts={"policies": (single,)}), moves.put_key_policy(BY, KEY, MINE)).estate.keys[
        0
    ].policies == (MINE,)


def test_a_key_policy_that_is_put_is_known() -> None:
    before = state(own("*"), facts={"policies": None, "unread": "it is computed"})
    (key,) = state_after(before, moves.put_key_policy(BY, KEY, MINE)).estate.keys
    assert (key.policies, key.unread) == ((MINE,), None)


# --- grants: create-grant-overview; API CreateGrant -------------------------------------------------------------------


def test_create_grant_open_and_shut() -> None:
    move = moves.create_grant(BY, KEY, grant(ALICE, "Decrypt"))
    before = state(own("kms:CreateGrant"))
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    # conditions-kms, kms:GrantOperations, kms:GranteePrincipal, kms:GrantConstraintType.
    for condition, expected in (
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "Encrypt"]}}, "allow"),
        ({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt"]}}, "deny"),
        ({"ArnEquals": {"kms:GranteePrincipal": ALICE}}, "allow"),
        ({"ArnNotEquals": {"kms:GranteePrincipal": ALICE}}, "deny"),
        ({"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}, "deny"),
        ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, "deny"),
    ):
        assert found(state(own("kms:CreateGrant", Condition=condition)), move) == expected, condition


def test_a_grant_within_a_constraint() -> None:
    statement = own(
        "kms:CreateGrant", Condition={"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}
    )
    bound = moves.create_grant(BY, KEY, grant(ALICE, "Decrypt", context_subset=(("app", "x"),)))
    later = state_after(state(statement), bound)
    assert found(state(statement), bound) == "allow"
    assert can(later) == "deny"
    assert can(later, **{"kms:EncryptionContext:app": "x"}) == "allow"


def test_a_grant_made_by_a_grant_is_no_wider() -> None:
    # create-grant-overview: grant constraints and operations of a child are at least as strict as the parent's.
    before = state(
        facts={"grants": (grant(ALICE, "CreateGrant", "Decrypt", id="parent", context_subset=(("app", "x"),)),)}
    )
    assert (
        found(before, moves.create_grant(BY, KEY, grant(ALICE, "Decrypt", context_subset=(("app", "x"),)))) == "allow"
    )
    assert (
        found(before, moves.create_grant(BY, KEY, grant(ALICE, "Decrypt", context_equals=(("app", "x"),)))) == "allow"
    )
    assert found(before, moves.create_grant(BY, KEY, grant(ALICE, "Decrypt"))) == "deny"
    assert found(before, moves.create_grant(BY, KEY, grant(ALICE, "Encrypt", context_subset=(("app", "x"),)))) == "deny"


# --- tags and aliases: abac, tag-permissions, alias-access ------------------------------------------------------------

BY_TAG = (own("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}}),)


def test_tag_open_and_shut() -> None:
    before = state(own("kms:TagResource"), *BY_TAG)
    move = moves.tag(BY, KEY, ("team", "blue"))
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    for condition, expected in (
        ({"StringEquals": {"aws:RequestTag/team": "red"}}, "deny"),
        ({"StringNotEquals": {"aws:RequestTag/cost": "1"}}, "allow"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}, "deny"),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "team"]}}, "allow"),
    ):
        assert found(state(own("kms:TagResource", Condition=condition), *BY_TAG), move) == expected, condition


def test_untag_open_and_shut() -> None:
    free = own("kms:Decrypt", Condition={"Null": {"aws:ResourceTag/team": "true"}})
    before = state(own("kms:UntagResource"), free)
    move = moves.untag(BY, KEY, "team")
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    narrow = own("kms:UntagResource", Condition={"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team"]}})
    assert found(state(narrow, free), move) == "deny"


def test_a_tag_that_is_set_again_has_the_new_value() -> None:
    later = state_after(state(own("*")), moves.tag(BY, KEY, ("team", "blue"), ("cost", "1")))
    assert later.estate.keys[0].tags == (("team", "blue"), ("cost", "1"))


def test_f8_of_tags_that_differ_in_case_alone_none_is_told() -> None:
    """A step may set such a one beside the tag that there is: KMS takes their keys for two, and a condition reads
    one."""
    before = state(own("kms:TagResource"), *BY_TAG, facts={"tags": (("team", "red"), ("cost", "1"))})
    later = state_after(before, moves.tag(BY, KEY, ("Team", "blue"))).estate.keys[0]
    assert (later.tags, [fact for fact, _ in later.unknown_facts]) == (None, ["tags"])


def test_tags_that_are_not_known_stay_so() -> None:
    later = state_after(state(own("kms:*"), facts={"tags": None}), moves.tag(BY, KEY, ("team", "blue")))
    assert later.estate.keys[0].tags is None


BY_ALIAS = own("kms:Decrypt", Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/open"}})
OPEN = ALIAS.replace("payments", "open")


def test_create_alias_needs_the_alias_and_the_key() -> None:
    # alias-access: permission on the alias (an IAM policy) and on the key.
    move = moves.move_alias(StepKind.CREATE_ALIAS, BY, OPEN, KEY, KEY)
    before = state(own("kms:CreateAlias", [OPEN, KEY]), BY_ALIAS)
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    assert found(state(own("kms:CreateAlias", KEY), BY_ALIAS), move) == "deny"
    assert found(state(own("kms:CreateAlias", OPEN), BY_ALIAS), move) == "deny"


def test_update_alias_needs_the_alias_and_both_keys() -> None:
    held = one_key(DELEGATES, arn=OTHER_KEY, aliases=("alias/open",))
    move = moves.move_alias(StepKind.UPDATE_ALIAS, BY, OPEN, KEY, KEY, OTHER_KEY)
    before = state(own("kms:UpdateAlias"), BY_ALIAS, keys=(held,))
    later = state_after(before, move)
    assert (can(before), found(before, move), can(later)) == ("deny", "allow", "allow")
    assert later.estate.keys[1].aliases == ()
    assert found(state(own("kms:UpdateAlias", [OPEN, KEY]), BY_ALIAS, keys=(held,)), move) == "deny"


def test_delete_alias() -> None:
    free = own("kms:Decrypt", Condition={"Null": {"kms:ResourceAliases": "true"}})
    move = moves.move_alias(StepKind.DELETE_ALIAS, BY, ALIAS, None, KEY)
    before = state(own("kms:DeleteAlias"), free)
    assert (can(before), found(before, move), can(state_after(before, move))) == ("deny", "allow", "allow")
    assert found(state(own("kms:DeleteAlias", KEY), free), move) == "deny"


# --- replicas, re-encryption, imported material -----------------------------------------------------------------------


def multi_region(**facts: Any) -> Key:
    """A multi-Region primary key."""
    return one_key(DELEGATES, arn=MULTI, **{"multi_region": True, "multi_region_type": "PRIMARY", **facts})


def test_replicate_open_and_shut() -> None:
    # multi-region-keys-auth: kms:ReplicateKey on the primary key, kms:CreateKey in the other Region; the replica has
    # its own key policy.
    move = moves.replicate(BY, multi_region(), "eu-west-1", policy(allow(aws(ALICE))))
    key = multi_region()
    before = state(own(["kms:ReplicateKey", "kms:CreateKey"]), keys=(key,))
    assert found(before, move) == "allow"
    later = state_after(before, move)
    (pair,) = later.equal
    assert pair[0] == MULTI
    assert (can(later, key=pair[0]), can(later, key=pair[1])) == ("deny", "allow")
    assert found(state(own("kms:ReplicateKey"), keys=(key,)), move) == "deny"
    assert found(state(own("kms:CreateKey"), keys=(key,)), move) == "deny"
    # conditions-kms, kms:ReplicaRegion.
    bound = own("kms:ReplicateKey", Condition={"StringEquals": {"kms:ReplicaRegion": "eu-central-1"}})
    assert found(state(bound, own("kms:CreateKey"), keys=(key,)), move) == "deny"
    # API: ReplicateKey, BypassPolicyLockoutSafetyCheck, which no condition key tells (conditions-kms).
    locked = moves.replicate(BY, key, "eu-west-1", policy(allow(aws(ALICE), "kms:Decrypt")))
    assert found(before, locked) == "allow"
    maybe = replace(key, multi_region_type=None)
    assert found(
        state(own("kms:*"), keys=(maybe,)), moves.replicate(BY, maybe, "eu-west-1", policy(allow(aws(ALICE))))
    ) == (f"depends U3:primary:{MULTI}")


def test_re_encrypt_open_and_shut() -> None:
    # API ReEncrypt: kms:ReEncryptFrom on the source key, kms:ReEncryptTo on the destination key.
    other = one_key(allow(aws(ALICE)), arn=OTHER_KEY)
    move = moves.re_encrypt(BY, KEY, OTHER_KEY)
    before = state(own("kms:ReEncryptFrom", KEY), keys=(other,))
    assert found(before, move) == "allow"
    assert state_after(before, move).equal == {(KEY, OTHER_KEY)}
    assert found(state(own("kms:ReEncryptTo", KEY), keys=(other,)), move) == "deny"
    assert found(state(own("kms:ReEncryptFrom", KEY), keys=(one_key(DELEGATES, arn=OTHER_KEY),)), move) == "deny"
    # conditions-kms, kms:ReEncryptOnSameKey.
    same = own("kms:ReEncryptFrom", Condition={"Bool": {"kms:ReEncryptOnSameKey": "true"}})
    assert found(state(same, keys=(other,)), move) == "deny"


def test_import_material_open_and_shut() -> None:
    # importing-keys: kms:GetParametersForImport and kms:ImportKeyMaterial, on a key of origin EXTERNAL.
    move, external = moves.import_material(BY, KEY), {"origin": "EXTERNAL"}
    before = state(own(["kms:GetParametersForImport", "kms:ImportKeyMaterial"]), facts=external)
    assert found(before, move) == "allow"
    assert state_after(before, move).known == {KEY}
    assert found(state(own("kms:ImportKeyMaterial"), facts=external), move) == "deny"
    assert found(state(own("kms:*"), facts={"origin": None}), move) == f"depends U3:external:{KEY}"
    assert found(state(own("kms:*"), facts={"origin": None}), move, {f"U3:external:{KEY}": True}) == "allow"


def test_two_who_are_held_import_material_together() -> None:
    # API GetParametersForImport, ImportKeyMaterial: a public key and a token of one answer, of which no page says who
    # is to use them.
    gets = moves.session(TARGET)
    role, move = (
        trusting(admits(aws(ALICE)), own=(own("kms:GetParametersForImport"),)),
        moves.import_material(BY, KEY, gets),
    )
    before = state(own("kms:ImportKeyMaterial"), others=(role,), facts={"origin": "EXTERNAL"})
    assert found(replace(before, held=(BY, gets)), move) == "allow"
    with pytest.raises(InputError, match="is not held"):
        found(before, move)


# --- resource shares --------------------------------------------------------------------------------------------------


def test_share_open_and_shut_and_what_follows_is_not_known() -> None:
    move = moves.share(BY, KEY)
    before = state(own("ram:CreateResourceShare"))
    assert found(before, move) == "allow"
    assert can(state_after(before, move)) == "depends"
    assert can(state_after(before, move), "kms:Encrypt") == "depends"
    assert found(state(own("ram:*", Condition={"ArnNotEquals": {"ram:ResourceArn": KEY}})), move) == "deny"
    outside = caller(f"arn:aws:iam::{PARTNER}:user/Eve")
    with pytest.raises(Exception, match="shared by its own account"):
        found(replace(before, held=(outside,)), moves.share(outside, KEY))


def test_facts_are_those_of_the_tests() -> None:
    assert FACTS["tags"] == (("team", "red"),)
    assert FACTS["aliases"] == ("alias/payments",)
