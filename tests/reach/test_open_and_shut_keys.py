"""Each step of W2 on a key, asked as an invariant: refuted with a story that replays, and proved once one condition
shuts it.

Alice may not decrypt at first. Each case is: what shows the step open, the steps of the story, and what shuts it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    Statement,
    allow,
    aws,
    deny,
    endpoint,
    grant,
    organization,
    own,
    policy,
)
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import BOB, DELEGATES, one_key, state
from tests.reach.telling import PROVED, told
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level
from verifier.model.policy import PolicyKind
from verifier.model.steps.chains import State

OTHER_KEY = KEY.replace("1234abcd", "5678abcd")
MULTI = KEY.replace("key/1234abcd", "key/mrk-1234abcd")


@dataclass(frozen=True)
class Case:
    """What Alice has (`mine`), the steps that the story takes, and what else there is. `shut` are conditions, each of
    which on the first of her statements makes the verdict Proved; `bare` says that it is Proved without that
    statement."""

    steps: tuple[str, ...]
    mine: tuple[Statement, ...]
    shut: tuple[dict[str, Any], ...] = ()
    world: dict[str, Any] = field(default_factory=dict)

    def state(self, *mine: Statement) -> State:
        """Alice with these statements."""
        return state(*mine, **{"facts": {"grants": ()}, **self.world})

    @property
    def shuts(self) -> list[tuple[str, State]]:
        """What shuts the step."""
        first, *rest = self.mine
        found = [(str(condition), self.state({**first, "Condition": condition}, *rest)) for condition in self.shut]
        return [*found, ("without it", self.state(*(rest or [own("s3:*")])))]


ELSEWHERE = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
BLUE = own("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
ONE_SPELLING = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
UNTAGGED = own("kms:Decrypt", Condition={"Null": {"aws:ResourceTag/team": "true"}})
BY_ALIAS = own("kms:Decrypt", Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/open"}})
NO_ALIAS = own("kms:Decrypt", Condition={"Null": {"kms:ResourceAliases": "true"}})
ROLE = trusting(admits(aws(f"arn:aws:iam::{HOME}:root")))
ENCRYPTS = own("kms:ReEncryptTo", OTHER_KEY)
OUTSIDERS = deny("*", "kms:*", Condition={"StringNotEquals": {"aws:PrincipalAccount": HOME}})
NO_OUTSIDERS = Level(HOME, (policy(OUTSIDERS, kind=PolicyKind.RCP, identity="no outsiders"),))
AT_HOME = organization(Controls(HOME, resource=(NO_OUTSIDERS,)))
"""What Alice hands to an identity that she has outside is of no use (W2)."""
PRIMARY = {"multi_region": True, "multi_region_type": "PRIMARY"}
GETS, IMPORTS_MATERIAL = (
    trusting(admits(aws(ALICE)), own=(own(action),))
    for action in ("kms:GetParametersForImport", "kms:ImportKeyMaterial")
)

CASES: dict[str, Case] = {
    "put key policy": Case(
        ("put key policy",),
        (own("kms:PutKeyPolicy"),),
        (
            ELSEWHERE,
            {"StringEquals": {"kms:PolicyName": "AWS_RAM"}},
            {"Bool": {"aws:ViaAWSService": "true"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}},
        ),
    ),
    "put key policy, with the bypass": Case(
        ("put key policy",),
        (own("kms:PutKeyPolicy", Condition={"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}}),),
    ),
    "create grant": Case(
        ("create grant",),
        (own("kms:CreateGrant"),),
        (
            {
                "ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "DescribeKey"]},
                "Null": {"kms:GrantOperations": "false"},
            },
            {"ArnEquals": {"kms:GranteePrincipal": TARGET}},
            {"StringEquals": {"kms:GranteePrincipal": f"arn:aws:iam::{PARTNER}:root"}},
            {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ),
    "create grant, in a constraint": Case(
        ("create grant",),
        (own("kms:CreateGrant", Condition={"StringEquals": {"kms:GrantConstraintType": "EncryptionContextSubset"}}),),
    ),
    "a grant that a grant allows": Case(
        ("assume role", "create grant"),
        (own("sts:AssumeRole"), own("kms:Decrypt", effect="Deny")),
        ({"ArnEquals": {"aws:PrincipalArn": BOB}},),
        {"others": (ROLE,), "facts": {"grants": (grant(ALICE, "CreateGrant", "Decrypt"),)}, "organization": AT_HOME},
    ),
    "tag": Case(
        ("tag key",),
        (own("kms:TagResource"), BLUE),
        (
            {"StringEquals": {"aws:RequestTag/team": "red"}, **ONE_SPELLING},
            {"StringNotEquals": {"aws:RequestTag/team": "blue"}, **ONE_SPELLING},
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}},
            {"StringEquals": {"aws:ResourceTag/team": "blue"}},
        ),
    ),
    "untag": Case(
        ("untag key",),
        (own("kms:UntagResource"), UNTAGGED),
        (
            {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team"]}},
            {"StringNotEquals": {"aws:ResourceTag/team": "red"}},
        ),
    ),
    "create alias": Case(
        ("create alias",),
        (own("kms:CreateAlias"), BY_ALIAS),
        (ELSEWHERE, {"StringEquals": {"aws:ResourceTag/team": "blue"}}),
    ),
    "update alias": Case(
        ("update alias",),
        (own("kms:UpdateAlias"), BY_ALIAS),
        (ELSEWHERE, {"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        {"keys": (one_key(DELEGATES, arn=OTHER_KEY, aliases=("alias/open",)),)},
    ),
    "delete alias": Case(
        ("delete alias",),
        (own("kms:DeleteAlias"), NO_ALIAS),
        (ELSEWHERE, {"StringEquals": {"aws:ResourceTag/team": "blue"}}),
    ),
    "move an alias away": Case(
        ("update alias",),
        (own("kms:UpdateAlias"), NO_ALIAS),
        (ELSEWHERE,),
        {"keys": (one_key(DELEGATES, arn=OTHER_KEY, aliases=()),)},
    ),
    "re-encrypt onto a key that Alice uses": Case(
        ("re-encrypt",),
        (own("kms:ReEncryptFrom", KEY), ENCRYPTS),
        (
            {"Bool": {"kms:ReEncryptOnSameKey": "true"}},
            {"StringEquals": {"kms:EncryptionContext:app": "x"}, "Null": {"kms:EncryptionContextKeys": "true"}},
        ),
        {"keys": (one_key(DELEGATES, allow(aws(ALICE), "kms:Decrypt"), arn=OTHER_KEY, aliases=()),)},
    ),
    "re-encrypt onto a key of her own": Case(
        ("re-encrypt",),
        (own("kms:ReEncrypt*"),),
        ({"Bool": {"kms:ReEncryptOnSameKey": "true"}}, ELSEWHERE),
    ),
    "re-encrypt onto a key of her own, which grants it": Case(
        ("re-encrypt",),
        (own("kms:ReEncryptFrom"),),
        ({"Bool": {"kms:ReEncryptOnSameKey": "true"}}, ELSEWHERE),
    ),
    **{
        f"replicate, where a Deny is about the primary: {name}": Case(
            ("replicate key",),
            (own("kms:ReplicateKey"), own("kms:CreateKey"), own("kms:Decrypt", effect="Deny", Condition=condition)),
            ({"StringEquals": {"kms:ReplicaRegion": "us-west-2"}},),
            {
                "facts": {
                    "grants": (),
                    "arn": MULTI,
                    "tags": (("secret", "yes"),),
                    "aliases": ("alias/secret",),
                    **PRIMARY,
                }
            },
        )
        for name, condition in {
            "its Region": {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
            "its tags": {"StringEquals": {"aws:ResourceTag/secret": "yes"}},
            "its aliases": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/secret"}},
            "its type": {"StringEquals": {"kms:MultiRegionKeyType": "PRIMARY"}},
        }.items()
    },
    "replicate": Case(
        ("replicate key",),
        (own("kms:ReplicateKey"), own("kms:CreateKey")),
        ({"StringEquals": {"kms:ReplicaRegion": "us-west-2"}}, {"StringEquals": {"aws:ResourceTag/team": "blue"}}),
        {"facts": {"grants": (), "arn": MULTI, **PRIMARY}},
    ),
    "replicate, locked out of the replica's policy": Case(
        ("replicate key",),
        (own("kms:ReplicateKey"), own("kms:CreateKey"), own("kms:PutKeyPolicy", effect="Deny")),
        ({"StringEquals": {"kms:ReplicaRegion": "us-west-2"}},),
        {"facts": {"grants": (), "arn": MULTI, **PRIMARY}},
    ),
    "replicate to the Region that the policy asks for": Case(
        ("replicate key",),
        (
            own("kms:ReplicateKey", Condition={"StringEquals": {"kms:ReplicaRegion": "ap-south-1"}}),
            own("kms:CreateKey"),
        ),
        world={"facts": {"grants": (), "arn": MULTI, **PRIMARY}},
    ),
    "create the key of a replica": Case(
        ("replicate key",),
        (own("kms:CreateKey"), own("kms:ReplicateKey")),
        ({"ArnEquals": {"aws:PrincipalArn": BOB}}, {"StringEquals": {"aws:RequestedRegion": "us-west-2"}}),
        {"facts": {"grants": (), "arn": MULTI, **PRIMARY}},
    ),
    "import material": Case(
        ("import key material",),
        (own(["kms:GetParametersForImport", "kms:ImportKeyMaterial"]),),
        (
            ELSEWHERE,
            {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}},
            {"StringEquals": {"kms:ExpirationModel": "KEY_MATERIAL_EXPIRES"}},
        ),
        {"facts": {"grants": (), "origin": "EXTERNAL"}},
    ),
    "import material with the parameters of a role": Case(
        ("assume role", "import key material"),
        (own("kms:ImportKeyMaterial"),),
        (ELSEWHERE, {"StringEquals": {"kms:KeyOrigin": "AWS_KMS"}}),
        {"others": (GETS,), "facts": {"grants": (), "origin": "EXTERNAL"}},
    ),
    "get the parameters with which a role imports material": Case(
        ("assume role", "import key material"),
        (own("kms:GetParametersForImport"),),
        (ELSEWHERE,),
        {"others": (IMPORTS_MATERIAL,), "facts": {"grants": (), "origin": "EXTERNAL"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_open(name: str) -> None:
    case = CASES[name]
    assert told(case.state(*case.mine)) == case.steps


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, case in CASES.items() for number in range(len(case.shuts))]
)
def test_shut_by_one_condition(name: str, number: int) -> None:
    condition, before = CASES[name].shuts[number]
    assert told(before) == PROVED, condition


# --- identities of her own outside ------------------------------------------------------------------------------------

NOT_HOME = {"StringNotEquals": {"aws:PrincipalAccount": HOME}}
USES_OWN = "use an identity of its own"


@pytest.mark.parametrize(
    ("before", "steps"),
    [
        (state(key=allow("*", "kms:Decrypt", Condition=NOT_HOME)), (USES_OWN,)),
        (state(key=allow("*", "kms:Decrypt", Condition=NOT_HOME), organization=AT_HOME), PROVED),
        # It can have any name, and tags, but is in no organization that somebody else has.
        (
            state(
                key=allow("*", "kms:Decrypt", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci-*"}})
            ),
            (USES_OWN,),
        ),
        (
            state(key=allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})),
            (USES_OWN,),
        ),
        (
            state(
                key=allow(
                    "*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-zzzz9999"}, **NOT_HOME}
                )
            ),
            PROVED,
        ),
        (state(key=allow(aws(f"arn:aws:iam::{PARTNER}:root"), "kms:Decrypt")), PROVED),
        # What limits her does not limit it: she lets it in.
        (state(own("kms:CreateGrant"), own("kms:Decrypt", effect="Deny")), (USES_OWN, "create grant")),
        (state(own("kms:PutKeyPolicy"), own("kms:Decrypt", effect="Deny")), (USES_OWN, "put key policy")),
        (
            state(
                own("kms:PutKeyPolicy"), own(["kms:Decrypt", "kms:ReEncryptFrom"], effect="Deny"), organization=AT_HOME
            ),
            PROVED,
        ),
        (
            state(own("sts:AssumeRole", effect="Deny"), others=(trusting(admits("*"), own=(own("kms:Decrypt"),)),)),
            (USES_OWN, "assume role"),
        ),
        (
            state(own("sts:AssumeRole", effect="Deny"), others=(trusting(admits(aws(f"arn:aws:iam::{HOME}:root"))),)),
            PROVED,
        ),
    ],
)
def test_w2_identities_of_her_own_outside(before: State, steps: tuple[str, ...]) -> None:
    assert told(before) == steps


# --- grants made by grants, and what holds after a step ---------------------------------------------------------------

DENIED = own("kms:Decrypt", effect="Deny")


WITHOUT_APP = {"StringLike": {"kms:EncryptionContext:app": "*"}}


@pytest.mark.parametrize(
    ("parent", "steps"),
    [
        (grant(ALICE, "CreateGrant", "Decrypt"), ("assume role", "create grant")),
        (grant(ALICE, "CreateGrant", "Encrypt", "DescribeKey"), PROVED),
        (grant(ALICE, "Decrypt"), PROVED),
        (grant(ALICE, "CreateGrant", "Decrypt", context_subset=(("team", "x"),)), ("assume role", "create grant")),
        (grant(ALICE, "CreateGrant", "Decrypt", context_subset=(("app", "x"),)), ("unknown", "E0")),
        (grant(ALICE, "CreateGrant", "Decrypt", context_equals=(("app", "x"),)), ("unknown", "E0")),
    ],
)
def test_a_grant_made_by_a_grant_is_never_wider(parent: Grant, steps: tuple[str, ...]) -> None:
    # create-grant-overview. Alice herself is denied; she hands on what she has to a session that she holds, which may
    # not decrypt what has the pair `app`.
    barred = deny(aws(TARGET), "kms:Decrypt", Condition=WITHOUT_APP)
    role = trusting(admits(aws(ALICE)))
    facts = {"grants": (parent,), "policies": (policy(DELEGATES, barred),)}
    assert told(state(DENIED, others=(role,), facts=facts, organization=AT_HOME)) == steps


FULL = own("*")
SCP, RCP = "an SCP", "an RCP"
STEPPING = ["kms:Put*", "kms:Create*", "kms:Tag*", "iam:PutUserPolicy"]
DECRYPTS = {"Effect": "Deny", "NotAction": STEPPING, "Resource": "*"}
"""What is denied: to decrypt, and what nobody knows the end of."""
BY_STEP: dict[str, tuple[Statement, ...]] = {
    "put key policy": (own("kms:PutKeyPolicy"),),
    "create grant": (own("kms:CreateGrant"),),
    "tag key": (own("kms:TagResource"), BLUE),
    "create alias": (own("kms:CreateAlias"), BY_ALIAS),
    "put inline policy": (own("iam:PutUserPolicy"),),
}


OPEN_TO_RAM = ("put inline policy", RCP)
"""Whoever allows itself everything can share the key, which an RCP does not see."""


def limited(step: str, by: str, *denied: Statement) -> State:
    """A state in which a step is open, and something limits what comes after it."""
    barred = policy(FULL, *denied, kind=PolicyKind.SCP, identity=by)
    controls = Controls(HOME, service=(Level(HOME, (barred,)),) if by == SCP else None, resource=(NO_OUTSIDERS,))
    if by == RCP:
        bars = [
            policy(
                {
                    **{name: value for name, value in one.items() if name != "NotAction"},
                    "Principal": "*",
                    "Action": ["kms:*Decrypt*", "kms:ReEncrypt*"],
                },
                kind=PolicyKind.RCP,
                identity=by,
            )
            for one in denied
        ]
        controls = Controls(HOME, resource=(Level(HOME, tuple(bars)), NO_OUTSIDERS))
    alice = {"bounded": True, "boundary": replace(barred, kind=PolicyKind.BOUNDARY)} if by == "a boundary" else {}
    return state(*BY_STEP[step], facts={"grants": ()}, alice=alice, organization=organization(controls))


@pytest.mark.parametrize(
    ("step", "by"), [(step, by) for step in BY_STEP for by in (SCP, RCP, "a boundary") if (step, by) != OPEN_TO_RAM]
)
def test_what_limits_a_caller_holds_after_a_step(step: str, by: str) -> None:
    assert told(limited(step, by)) == (step,)
    assert told(limited(step, by, DECRYPTS)) == PROVED
    outsiders = {**DECRYPTS, "Condition": {"StringNotEquals": {"aws:PrincipalAccount": HOME}}}
    assert told(limited(step, by, outsiders)) == (step,)


@pytest.mark.parametrize(
    ("allowed", "steps"), [("kms:*", ("tag key",)), (["kms:TagResource", "kms:Encrypt"], PROVED), ("kms:D*", PROVED)]
)
def test_the_policy_of_an_endpoint_holds_after_a_step(allowed: str | list[str], steps: tuple[str, ...]) -> None:
    # What is asked through no endpoint is denied.
    through = deny("*", "kms:*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    facts = {"grants": (), "policies": (policy(DELEGATES, through),)}
    before = state(*BY_STEP["tag key"], facts=facts, endpoints=(endpoint(allow("*", allowed)),))
    assert told(before) == steps


def test_what_a_shared_key_lets_others_do_is_not_known() -> None:
    # E3. A shorter chain that may be one does not hide a longer one that is.
    shares = own(["ram:CreateResourceShare", "ram:AssociateResourceShare"])
    trusted = trusting(admits(aws(ALICE)), own=(own("kms:PutKeyPolicy"),))
    facts = {"grants": ()}
    assert told(state(shares, facts=facts)) == ("unknown", "L5a")
    assert told(state(shares, facts=facts), "kms:DescribeKey") == ("unknown", "L5a")
    assert told(state({**shares, "Condition": {"ArnEquals": {"aws:PrincipalArn": BOB}}}, facts=facts)) == PROVED
    assert told(state(shares, own("kms:PutKeyPolicy"), facts=facts)) == ("put key policy",)
    assert told(state(shares, others=(trusted,), facts=facts)) == ("assume role", "put key policy")
    assert told(state(shares, others=(trusted,), facts=facts), steps=1) == ("assume role", "put key policy")


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ({}, PROVED),
        ({"StringEquals": {"aws:RequestedRegion": "us-*"}}, ("replicate key",)),
        ({"StringLike": {"aws:RequestedRegion": ["*"]}}, PROVED),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}, ("replicate key",)),
        ({"StringNotEquals": {"aws:RequestedRegion": "us-west-2"}}, PROVED),
    ],
)
def test_a_deny_that_follows_her_to_every_replica(denied: dict[str, Any], expected: tuple[str, ...]) -> None:
    uses = own(["kms:Decrypt", "kms:ReEncryptFrom"], effect="Deny")
    mine = (own("kms:ReplicateKey"), own("kms:CreateKey"), {**uses, "Condition": denied} if denied else uses)
    before = state(*mine, facts={"grants": (), "arn": MULTI, **PRIMARY}, organization=AT_HOME)
    assert told(before) == expected


def test_what_a_replica_encrypted_can_be_re_encrypted_from_there() -> None:
    # Not told request by request: no story, and no proof.
    mine = (own("kms:ReplicateKey"), own("kms:CreateKey"), own("kms:Decrypt", effect="Deny"))
    assert told(state(*mine, facts={"grants": (), "arn": MULTI, **PRIMARY}, organization=AT_HOME))[0] == "unknown"


# --- under another key ------------------------------------------------------------------------------------------------

ABROAD = own("kms:ReEncryptTo", effect="Deny", Condition={"StringNotEquals": {"aws:ResourceAccount": HOME}})
MULTI_OTHER, THIRD = OTHER_KEY.replace("key/", "key/mrk-"), OTHER_KEY.replace("5678", "9999")
ONTO = (own("kms:ReEncryptFrom", KEY), own("kms:ReEncryptTo", [OTHER_KEY, MULTI_OTHER]), ABROAD, DENIED)
"""Alice re-encrypts onto another key of her account, where she may not decrypt."""
IMPORTS = own(["kms:GetParametersForImport", "kms:ImportKeyMaterial"], OTHER_KEY)
WORKER = trusting(
    admits(aws(ALICE)), own=(own("kms:ReEncrypt*", [OTHER_KEY, THIRD]), own("kms:Decrypt", THIRD), ABROAD)
)


def other_key(arn: str = OTHER_KEY, **facts: Any) -> Key:
    """Another key of the account."""
    return one_key(DELEGATES, arn=arn, aliases=(), grants=(), **facts)


@pytest.mark.parametrize(
    ("further", "world", "steps"),
    [
        ((), {"keys": (other_key(),)}, PROVED),
        ((IMPORTS,), {"keys": (other_key(origin="EXTERNAL"),)}, ("re-encrypt", "import key material")),
        ((IMPORTS,), {"keys": (other_key(),)}, PROVED),
        ((own("ram:CreateResourceShare"),), {"keys": (other_key(),)}, ("unknown", "L5a")),
        (
            (),
            {"keys": (other_key(), other_key(THIRD)), "others": (WORKER,)},
            ("assume role", "re-encrypt", "re-encrypt"),
        ),
        ((), {"keys": (other_key(), other_key(THIRD)), "others": (trusting(admits(aws(ALICE))),)}, PROVED),
    ],
)
def test_what_comes_under_another_key(
    further: tuple[Statement, ...], world: dict[str, Any], steps: tuple[str, ...]
) -> None:
    assert told(state(*ONTO, *further, **{"facts": {"grants": ()}, **world})) == steps


@pytest.mark.parametrize("steps", [None, 3])
def test_another_key_is_opened_by_whoever_comes_to_be_held_before_it_matters(steps: int | None) -> None:
    """Whether there is a step on the other key is asked once something may come under it, and not only of what happens
    from then on."""
    worker = trusting(
        admits(aws(ALICE)), own=(own("kms:ReEncryptFrom", KEY), own("kms:PutKeyPolicy", OTHER_KEY), ABROAD)
    )
    # What the written policy lets do at once is told without a grant that it lets create.
    steps_told = ("assume role", "put key policy", "re-encrypt")
    assert (
        told(
            state(DENIED, facts={"grants": ()}, keys=(other_key(),), others=(worker,), organization=AT_HOME),
            steps=steps,
        )
        == steps_told
    )


def test_a_replica_of_the_other_key_decrypts_as_well() -> None:
    # It is not known by which request, so no proof is given.
    here = own("kms:Decrypt", effect="Deny", Condition={"StringEquals": {"aws:RequestedRegion": "us-west-2"}})
    replicates = own(["kms:ReplicateKey", "kms:CreateKey"])
    facts: dict[str, Any] = {"facts": {"grants": ()}, "keys": (other_key(MULTI_OTHER, **PRIMARY),)}
    assert told(state(*ONTO[:3], here, **facts)) == PROVED
    assert told(state(*ONTO[:3], here, replicates, **facts))[0] == "unknown"
