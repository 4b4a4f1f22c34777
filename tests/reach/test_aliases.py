"""Aliases of keys in chains: what is done with one takes permission on the alias as well (R4), and which one it is
matters."""

from __future__ import annotations

from dataclasses import replace
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
    identity,
    organization,
    own,
    policy,
)
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, BOB, DELEGATES, document, one_key, state
from tests.reach.telling import PROVED, told
from tests.reach.test_open_and_shut_keys import BY_ALIAS, NO_ALIAS, OTHER_KEY
from verifier.model.estate import Group, ManagedPolicy
from verifier.model.organization import Controls, Level
from verifier.model.policy import PolicyKind

ALIASES = "arn:aws:kms:*:*:alias/"
OPEN = f"{ALIASES}open"
CREATES, MOVES = ("create alias",), ("update alias",)
FACTS: dict[str, Any] = {"facts": {"grants": ()}}


def creating(*resources: str, effect: str = "Allow", **further: Any) -> Statement:
    """A statement about creating aliases."""
    return {"Effect": effect, "Action": "kms:CreateAlias", "Resource": list(resources or ("*",)), **further}


def all_but(*resources: str, effect: str = "Allow") -> Statement:
    """The same about all but some resources."""
    return {"Effect": effect, "Action": "kms:CreateAlias", "NotResource": list(resources)}


@pytest.mark.parametrize(
    ("mine", "steps"),
    [
        ((creating(KEY),), PROVED),
        ((creating(OPEN),), PROVED),
        ((creating(KEY, OPEN),), CREATES),
        ((creating(KEY, f"{ALIASES}*"),), CREATES),
        ((creating(KEY, f"{ALIASES}o?en"),), CREATES),
        ((creating(KEY, "arn:aws:kms:*"),), CREATES),
        ((creating(KEY, f"{ALIASES}other"),), PROVED),
        ((creating(KEY, f"{ALIASES}open-*"),), PROVED),
        ((creating(KEY, "alias/open"),), PROVED),
        ((creating(KEY, "arn:aws:kms:eu-central-1:*:alias/*"),), PROVED),
        ((creating(KEY, f"arn:aws:kms:*:{PARTNER}:alias/*"),), PROVED),
        ((creating(KEY, f"arn:aws:kms:*:{HOME}:alias/*"),), CREATES),
        ((creating(KEY), creating(OPEN)), CREATES),
        # All but some resources.
        ((all_but(f"{ALIASES}*"),), PROVED),
        ((all_but(OPEN),), PROVED),
        ((all_but(f"{ALIASES}other"),), CREATES),
        ((creating(KEY), all_but("arn:aws:kms:*:*:key/*")), CREATES),
        # Denied.
        ((creating(), creating(f"{ALIASES}*", effect="Deny")), PROVED),
        ((creating(), creating(OPEN, effect="Deny")), PROVED),
        ((creating(), creating(f"{ALIASES}other", effect="Deny")), CREATES),
        ((creating(), all_but(KEY, effect="Deny")), PROVED),
        ((creating(), all_but(KEY, OPEN, effect="Deny")), CREATES),
        (
            (
                creating(),
                creating(OPEN, effect="Deny", Condition={"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}),
            ),
            CREATES,
        ),
        (
            (
                creating(),
                creating(OPEN, effect="Deny", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}),
            ),
            PROVED,
        ),
        (
            (creating(), creating(OPEN, effect="Deny", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
            CREATES,
        ),
        # Of a request to make an alias no condition key says which: what asks for it is not met, on the alias either.
        ((creating(KEY), creating(OPEN, Condition={"StringEquals": {"kms:RequestAlias": "alias/open"}})), PROVED),
        ((creating(KEY), creating(OPEN, Condition={"StringNotEquals": {"kms:RequestAlias": "alias/open"}})), CREATES),
        (
            (
                creating(KEY),
                creating(OPEN, Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/open"}}),
            ),
            PROVED,
        ),
        ((creating(KEY), creating(OPEN, Condition={"Null": {"kms:ResourceAliases": "true"}})), CREATES),
        ((creating(KEY), creating(OPEN, Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})), PROVED),
        ((creating(KEY), creating(OPEN, Condition={"StringEquals": {"aws:ResourceAccount": HOME}})), CREATES),
        # The names of users are told apart (L7).
        ((creating(KEY, f"{ALIASES}${{aws:username}}"),), PROVED),
        ((creating(KEY, f"{ALIASES}${{aws:username, 'open'}}"),), PROVED),
        ((creating(KEY), all_but(f"{ALIASES}${{aws:username}}", KEY)), CREATES),
        # Other policy variables are not: what may be is not proved impossible.
        ((creating(KEY, f"{ALIASES}${{aws:PrincipalTag/team}}"),), ("unknown", "E0")),
        ((creating(KEY, f"{ALIASES}${{aws:username, 'op*'}}"),), ("unknown", "E0")),
    ],
)
def test_r4_an_alias_is_made_by_who_may_on_the_alias_and_on_the_key(
    mine: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    assert told(state(*mine, BY_ALIAS, **FACTS)) == steps


NOT_AWE = {"ForAllValues:StringNotLike": {"kms:ResourceAliases": "alias/awe*"}}


@pytest.mark.parametrize(
    ("asked", "resource", "steps"),
    [
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/team-a/*"}}, f"{ALIASES}team-b/*", PROVED),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/team-a/*"}}, f"{ALIASES}team-*", CREATES),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*/blue"}}, f"{ALIASES}team-a/*", CREATES),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}, f"{ALIASES}mine", CREATES),
        ({"ForAnyValue:StringNotLike": {"kms:ResourceAliases": "alias/a*"}}, f"{ALIASES}a*", PROVED),
        ({"ForAnyValue:StringNotLike": {"kms:ResourceAliases": "alias/a*"}}, f"{ALIASES}ab", PROVED),
        ({"ForAnyValue:StringNotLike": {"kms:ResourceAliases": "alias/a*"}}, f"{ALIASES}?b", CREATES),
        ({"Null": {"kms:ResourceAliases": "false"}}, f"{ALIASES}mine", CREATES),
        ({"StringEquals": {"kms:RequestAlias": "alias/open"}}, f"{ALIASES}mine", PROVED),
        ({"StringEquals": {"kms:RequestAlias": "alias/open"}}, OPEN, CREATES),
        ({"StringLike": {"kms:RequestAlias": "alias/*"}}, "arn:aws:kms:*:*:alias/aws/*", PROVED),
        # API CreateAlias: the pattern of `AliasName` has a colon, its text leaves it out. That there is no such alias
        # is not proved.
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/a:b"}}, f"{ALIASES}*", CREATES),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*:b"}}, f"{ALIASES}*", CREATES),
        ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/ab"}}, f"{ALIASES}a:b", ("unknown", "E0")),
        # Of the names that patterns cover alike, the first one found may be AWS's own; a pattern runs on past its last
        # field.
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/aw*s/*"}, **NOT_AWE}, f"{ALIASES}*", CREATES),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}}, "arn:aws:kms:*:alias/op*", CREATES),
        # The user's name (L7).
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/?lice"}}, f"{ALIASES}${{aws:username}}", CREATES),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/?lice"}}, f"{ALIASES}${{aws:username}}-*", PROVED),
        (
            {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/?lice-a"}},
            f"{ALIASES}${{AWS:UserName}}-*",
            CREATES,
        ),
        ({"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/Bob*"}}, f"{ALIASES}${{aws:username}}*", PROVED),
    ],
)
def test_r4_an_alias_of_another_name_is_of_no_use(asked: dict[str, Any], resource: str, steps: tuple[str, ...]) -> None:
    uses = own("kms:Decrypt", Condition=asked)
    facts = {"grants": (), "aliases": ()}
    assert told(state(creating(KEY, resource), uses, facts=facts)) == steps


@pytest.mark.parametrize(
    ("variable", "steps"), [("aws:username", CREATES), ("aws:PrincipalTag/team", ("unknown", "E0"))]
)
def test_r4_what_a_variable_stands_for_in_the_name_of_an_alias(variable: str, steps: tuple[str, ...]) -> None:
    """Also where an alias of the input has a colon, so that those of variables are no sign that some name has."""
    uses = own("kms:Decrypt", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/*"}})
    colon = one_key(DELEGATES, arn=OTHER_KEY, aliases=("alias/a:b",))
    before = state(creating(KEY, f"{ALIASES}${{{variable}}}"), uses, keys=(colon,), facts={"grants": (), "aliases": ()})
    assert told(before) == steps


BY_NAME = (creating(KEY, f"{ALIASES}${{aws:username, 'role'}}"),)


def by_name(uses: Statement, *mine: Statement, steps: int | None = 3) -> tuple[str, ...]:
    """Alice may do this; a group of hers, and a role that she may assume, use the key by the aliases that are called as
    they are."""
    group = Group(ADMINS, (document(*BY_NAME, uses, arn=f"{ADMINS}#g"),))
    role = trusting(admits(aws(HOME)), own=(*BY_NAME, uses))
    return told(state(*mine, groups=(group,), others=(role,), facts={"grants": (), "aliases": ()}), steps=steps)


def test_l7_of_whom_no_name_is_known_none_is_told() -> None:
    """One who joins the group, or assumes the role, has a name or none; a user who is made may have any."""

    def uses(name: str) -> Statement:
        return own("kms:Decrypt", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": f"alias/{name}"}})

    joins, assumes = own("iam:AddUserToGroup", ADMINS), own("sts:AssumeRole", TARGET)
    makes = own(["iam:CreateUser", "iam:CreateAccessKey"], "*")
    assert by_name(uses("Al*"), joins, assumes) == ("add user to group", *CREATES)
    assert by_name(uses("Bo*"), joins, assumes) == PROVED
    assert by_name(uses("ro*"), joins) == PROVED
    assert by_name(uses("ro*"), assumes) == ("assume role", *CREATES)
    # The default has a colon, which no text of AWS allows in the name of an alias, and one pattern does.
    colon = trusting(admits(aws(HOME)), own=(creating(KEY, f"{ALIASES}${{aws:username, 'ro:le'}}"), uses("ro*")))
    assert told(state(assumes, others=(colon,), facts={"grants": (), "aliases": ()}), steps=3) == ("unknown", "E0")
    assert by_name(uses("Bo*"), joins, makes, steps=4) == ("unknown", "E0")


UPDATES, DELETES = "kms:UpdateAlias", "kms:DeleteAlias"
HAS_IT = (one_key(DELEGATES, arn=OTHER_KEY, aliases=("alias/open",)),)
ONLY_Z = own("kms:Decrypt", Condition={"ForAllValues:StringLike": {"kms:ResourceAliases": "alias/z*"}})
FREE = (one_key(DELEGATES, arn=OTHER_KEY, aliases=()),)


@pytest.mark.parametrize(
    ("action", "resources", "keys", "uses", "steps"),
    [
        (UPDATES, [KEY, OTHER_KEY, OPEN], HAS_IT, BY_ALIAS, MOVES),
        (UPDATES, [KEY, OTHER_KEY], HAS_IT, BY_ALIAS, PROVED),
        (UPDATES, [KEY, OTHER_KEY, f"{ALIASES}other"], HAS_IT, BY_ALIAS, PROVED),
        (UPDATES, [OTHER_KEY, OPEN], HAS_IT, BY_ALIAS, PROVED),
        (UPDATES, [KEY, OTHER_KEY, f"{ALIASES}*"], FREE, NO_ALIAS, MOVES),
        (UPDATES, [KEY, OTHER_KEY], FREE, NO_ALIAS, PROVED),
        (DELETES, [KEY, f"{ALIASES}*"], (), NO_ALIAS, ("delete alias",)),
        (DELETES, [KEY], (), NO_ALIAS, PROVED),
        (DELETES, [f"{ALIASES}*"], (), NO_ALIAS, PROVED),
        (DELETES, [KEY, f"{ALIASES}zz*"], (), ONLY_Z, PROVED),
        (DELETES, [KEY, f"{ALIASES}pay*"], (), ONLY_Z, ("delete alias",)),
    ],
)
def test_r4_what_moves_and_deletes_an_alias(
    action: str, resources: list[str], keys: tuple[Any, ...], uses: Statement, steps: tuple[str, ...]
) -> None:
    assert told(state(own(action, resources), uses, keys=keys, **FACTS)) == steps


@pytest.mark.parametrize(
    ("deleting", "creating_on", "keys", "steps"),
    [
        ([OTHER_KEY], [KEY, OPEN], HAS_IT, ("unknown", "E0")),
        ([OTHER_KEY], [KEY, f"{ALIASES}other"], HAS_IT, PROVED),
        ([OTHER_KEY], [OPEN], HAS_IT, PROVED),
        ([KEY], [KEY, OPEN], HAS_IT, PROVED),
        ([OTHER_KEY], [KEY, OPEN], FREE, CREATES),
    ],
)
def test_r4_a_key_that_is_deleted_leaves_its_aliases_free(
    deleting: list[str], creating_on: list[str], keys: tuple[Any, ...], steps: tuple[str, ...]
) -> None:
    """API ScheduleKeyDeletion: after the waiting period the aliases that refer to the key are deleted as well."""
    mine = (own("kms:ScheduleKeyDeletion", deleting), creating(*creating_on), BY_ALIAS)
    assert told(state(*mine, keys=keys, **FACTS)) == steps


def test_r4_with_its_key_an_alias_is_away_from_no_key() -> None:
    mine = (own("kms:ScheduleKeyDeletion", [KEY]), NO_ALIAS)
    assert told(state(*mine, keys=FREE, **FACTS)) == PROVED


def test_r4_so_does_one_to_which_the_alias_was_moved() -> None:
    third = one_key(DELEGATES, arn=OTHER_KEY.replace("key/", "key/0"), aliases=())
    moves = own(UPDATES, [OTHER_KEY, third.arn, OPEN])
    for deleting, steps in (([third.arn], ("unknown", "E0")), ([KEY], PROVED)):
        mine = (moves, own("kms:ScheduleKeyDeletion", deleting), creating(KEY, OPEN), BY_ALIAS)
        assert told(state(*mine, keys=(*HAS_IT, third), **FACTS)) == steps


RSA = {"spec": "RSA_2048", "usage": "ENCRYPT_DECRYPT"}
SYMMETRIC = {"spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT"}


@pytest.mark.parametrize(
    ("own_facts", "its_facts", "steps"),
    [
        (SYMMETRIC, SYMMETRIC, MOVES),
        (RSA, RSA, MOVES),
        (RSA, {"spec": "RSA_3072", "usage": "ENCRYPT_DECRYPT"}, MOVES),
        (RSA, {"spec": None, "usage": None}, MOVES),
        (SYMMETRIC, RSA, PROVED),
        (RSA, SYMMETRIC, PROVED),
    ],
)
def test_r4_an_alias_moves_between_keys_of_one_type_and_usage(
    own_facts: dict[str, Any], its_facts: dict[str, Any], steps: tuple[str, ...]
) -> None:
    """API UpdateAlias: both symmetric, both asymmetric or both HMAC keys, of the same usage."""
    other = one_key(DELEGATES, arn=OTHER_KEY, aliases=("alias/open",), **its_facts)
    mine = (own(UPDATES, [KEY, OTHER_KEY, OPEN]), BY_ALIAS)
    assert told(state(*mine, keys=(other,), facts={"grants": (), **own_facts})) == steps
    # One that is made for the other key is moved from there as well.
    other = one_key(DELEGATES, arn=OTHER_KEY, aliases=(), **its_facts)
    given: dict[str, Any] = {"keys": (other,), "facts": {"grants": (), **own_facts}}
    made = (own("kms:CreateAlias", [OTHER_KEY, OPEN]), own(UPDATES, [KEY, OTHER_KEY, OPEN]))
    assert told(state(*made, BY_ALIAS, **given)) == (("create alias", *MOVES) if steps == MOVES else PROVED)
    # Away from the key it is moved to no other type either.
    assert told(state(own(UPDATES, [KEY, OTHER_KEY, f"{ALIASES}*"]), NO_ALIAS, **given)) == steps


CREATE = "kms:CreateAlias"
NOT_TOLD = (one_key(DELEGATES, arn=OTHER_KEY, aliases=None, grants=()),)
"""Another key, which may have the alias."""
LOCKED = own(
    "kms:Decrypt", effect="Deny", Condition={"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/lock-*"}}
)


def closed(principal: str) -> tuple[Any, ...]:
    """Another key, which has the alias, and whose policy lets a user or role alone do anything."""
    return (one_key(allow(aws(principal), "kms:*"), arn=OTHER_KEY, aliases=("alias/open",), grants=()),)


@pytest.mark.parametrize(
    ("mine", "keys", "steps"),
    [
        # A name is unique in an account and Region: who wants to give it to the key has to take it from the one that
        # has it.
        ((own(CREATE, [KEY, OPEN]),), HAS_IT, PROVED),
        ((own(CREATE, [KEY, OPEN]),), FREE, CREATES),
        ((own(CREATE, [KEY, OPEN]), own(DELETES, [OTHER_KEY, OPEN])), HAS_IT, ("delete alias", *CREATES)),
        ((own(CREATE, [KEY, OPEN]), own(DELETES, OPEN)), HAS_IT, PROVED),
        ((own(CREATE, [KEY, OPEN]), own(DELETES, [OTHER_KEY, f"{ALIASES}other"])), HAS_IT, PROVED),
        # From another key of the input it is taken by a permission on that key, which may come by a step.
        ((own(CREATE, [OTHER_KEY, OPEN]), own(UPDATES, [KEY, OTHER_KEY, OPEN])), FREE, (*CREATES, *MOVES)),
        ((own(UPDATES, [KEY, OTHER_KEY, OPEN]),), NOT_TOLD, ("unknown", "U3")),
        ((own(UPDATES, [KEY, OPEN]),), NOT_TOLD, PROVED),
        ((own(UPDATES, [KEY, OTHER_KEY, OPEN]),), closed(BOB), PROVED),
        ((own(UPDATES, [KEY, OTHER_KEY, OPEN]),), closed(TARGET), ("assume role", "put key policy", *MOVES)),
    ],
)
def test_r4_an_alias_is_of_one_key_at_a_time(
    mine: tuple[Statement, ...], keys: tuple[Any, ...], steps: tuple[str, ...]
) -> None:
    role = trusting(admits(aws(ALICE)))
    assert told(state(*mine, BY_ALIAS, keys=keys, others=(role,), **FACTS)) == steps


def test_r4_an_alias_of_the_same_name_in_another_region_is_another_one() -> None:
    abroad = one_key(DELEGATES, arn=OTHER_KEY.replace("us-west-2", "eu-central-1"), aliases=("alias/open",), grants=())
    mine = (own([DELETES, CREATE], [KEY, OTHER_KEY, OPEN]), BY_ALIAS)
    for keys in ((abroad, *HAS_IT), (*HAS_IT, abroad)):
        assert told(state(*mine, keys=keys, **FACTS)) == ("delete alias", *CREATES)


MINE = (one_key(DELEGATES, arn=OTHER_KEY, aliases=(), grants=()),)
UNREAD = (replace(MINE[0], policies=None),)


@pytest.mark.parametrize(
    ("mine", "keys", "steps"),
    [
        ((own(UPDATES, [KEY, OTHER_KEY, f"{ALIASES}pay"]),), MINE, MOVES),
        ((own(UPDATES, [KEY, f"{ALIASES}pay"]),), MINE, PROVED),
        ((own(UPDATES, [OTHER_KEY, f"{ALIASES}pay"]),), MINE, PROVED),
        ((own(UPDATES, [KEY, OTHER_KEY, f"{ALIASES}other"]),), MINE, PROVED),
        ((own(UPDATES, [KEY, f"{ALIASES}pay"]), own("kms:PutKeyPolicy", OTHER_KEY)), MINE, ("put key policy", *MOVES)),
        # A key that the input does not hold may take it, or one that is made, and one whose policy is not known.
        ((own(UPDATES, ["arn:aws:kms:*:*:key/*", f"{ALIASES}pay"]),), (), ("unknown", "W2")),
        ((own(UPDATES, [KEY, f"{ALIASES}pay"]), own("kms:CreateKey")), (), ("unknown", "W2")),
        (
            (own(UPDATES, [KEY, f"{ALIASES}pay"]), own("kms:PutKeyPolicy", "arn:aws:kms:*:*:key/*")),
            (),
            ("unknown", "W2"),
        ),
        ((own(UPDATES, [KEY, f"{ALIASES}pay"]),), UNREAD, ("unknown", "U3")),
        ((own(UPDATES, [KEY, f"{ALIASES}pay"]),), (), PROVED),
    ],
)
def test_r4_an_alias_goes_to_a_key_on_which_it_may(
    mine: tuple[Statement, ...], keys: tuple[Any, ...], steps: tuple[str, ...]
) -> None:
    here = {"grants": (), "aliases": ("alias/pay",)}
    denied = own(
        ["kms:Decrypt", "kms:PutKeyPolicy", "kms:ReEncryptFrom"],
        KEY,
        effect="Deny",
        Condition={"Null": {"kms:ResourceAliases": "false"}},
    )
    assert told(state(*mine, own("kms:Decrypt"), denied, facts=here, keys=keys)) == steps


def test_r4_an_alias_goes_from_key_to_key_by_several_callers() -> None:
    third = one_key(DELEGATES, arn=OTHER_KEY.replace("5678", "9999"), aliases=(), grants=())
    role = trusting(admits(aws(ALICE)), own=(own(UPDATES, [OTHER_KEY, third.arn, OPEN]),))
    mine = (own(UPDATES, [KEY, third.arn, OPEN]), BY_ALIAS)
    assert told(state(*mine, keys=(*HAS_IT, third), others=(role,), **FACTS)) == ("assume role", *MOVES, *MOVES)
    assert told(state(*mine, keys=(*HAS_IT, third), **FACTS)) == PROVED
    # On its way it is deleted, and made again.
    role = trusting(admits(aws(ALICE)), own=(own(UPDATES, [OTHER_KEY, third.arn, OPEN]),))
    mine = (own([DELETES, CREATE], [KEY, third.arn, OPEN]), BY_ALIAS)
    assert told(state(*mine, keys=(*HAS_IT, third), others=(role,), **FACTS), steps=None) == (
        "assume role",
        *MOVES,
        "delete alias",
        *CREATES,
    )
    assert told(state(*mine, keys=(*HAS_IT, third), **FACTS)) == PROVED


def test_r4_an_alias_is_made_for_another_key_and_goes_on_from_there() -> None:
    third = one_key(DELEGATES, arn=OTHER_KEY.replace("5678", "9999"), aliases=(), grants=())
    takes = (own(DELETES, [OTHER_KEY, OPEN]), own(UPDATES, [third.arn, KEY, OPEN]), BY_ALIAS)
    world: dict[str, Any] = {"keys": (*HAS_IT, third), **FACTS}
    assert told(state(*takes, own(CREATE, [third.arn, OPEN]), **world)) == ("delete alias", *CREATES, *MOVES)
    assert told(state(*takes, own(CREATE, third.arn), **world)) == PROVED


def test_r4_an_alias_goes_on_from_a_key_for_which_none_is_made() -> None:
    other, third = (
        one_key(DELEGATES, arn=arn, aliases=(), grants=()) for arn in (OTHER_KEY, OTHER_KEY.replace("5678", "9999"))
    )
    none_made = policy({**deny("*", CREATE), "Resource": OTHER_KEY}, kind=PolicyKind.RCP, identity="an RCP")
    role = trusting(admits(aws(ALICE)), own=(own(UPDATES, [KEY, OTHER_KEY, OPEN]),))
    mine = (own([CREATE, UPDATES], [third.arn, OPEN]), own(UPDATES, OTHER_KEY), BY_ALIAS)
    around: dict[str, Any] = {
        "keys": (other, third),
        "organization": organization(Controls(HOME, resource=(Level(HOME, (none_made,)),))),
    }
    goes = ("assume role", *CREATES, *MOVES, *MOVES)
    assert told(state(*mine, others=(role,), **around, **FACTS), steps=None) == goes
    assert told(state(*mine, **around, **FACTS), steps=None) == PROVED


@pytest.mark.parametrize(
    ("resource", "aliases", "uses", "steps"),
    [
        (f"{ALIASES}lock-a", ("alias/lock-a",), (own("kms:Decrypt"), LOCKED), ("delete alias",)),
        (f"{ALIASES}lock-a", ("alias/lock-a", "alias/b"), (own("kms:Decrypt"), LOCKED), ("delete alias",)),
        (f"{ALIASES}lock-a", ("alias/lock-b",), (own("kms:Decrypt"), LOCKED), PROVED),
        (f"{ALIASES}lock-a", ("alias/lock-a", "alias/lock-b"), (own("kms:Decrypt"), LOCKED), PROVED),
        (
            f"{ALIASES}lock-?",
            ("alias/lock-a", "alias/lock-b"),
            (own("kms:Decrypt"), LOCKED),
            ("delete alias", "delete alias"),
        ),
        (f"{ALIASES}a", ("alias/a",), (NO_ALIAS,), ("delete alias",)),
        (f"{ALIASES}a", ("alias/a", "alias/b"), (NO_ALIAS,), PROVED),
    ],
)
def test_r4_each_alias_that_stands_in_the_way_is_deleted(
    resource: str, aliases: tuple[str, ...], uses: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    assert told(state(own(DELETES, [KEY, resource]), *uses, facts={"grants": (), "aliases": aliases})) == steps


def test_r4_two_aliases_one_after_another() -> None:
    both = ({"kms:ResourceAliases": f"alias/{name}"} for name in ("one", "two"))
    denied = [own("kms:Decrypt", effect="Deny", Condition={"ForAllValues:StringNotEquals": one}) for one in both]
    facts = {"grants": (), "aliases": ()}
    assert told(state(creating(), own("kms:Decrypt"), *denied, facts=facts)) == (*CREATES, *CREATES)
    assert told(state(creating(KEY, f"{ALIASES}one"), own("kms:Decrypt"), *denied, facts=facts)) == PROVED


def test_r4_a_key_policy_says_nothing_of_aliases() -> None:
    lets = allow(aws(ALICE), "kms:CreateAlias")
    assert told(state(BY_ALIAS, key=lets, facts={"grants": (), "policies": (policy(DELEGATES, lets),)})) == PROVED
    assert (
        told(state(BY_ALIAS, creating(OPEN), facts={"grants": (), "policies": (policy(DELEGATES, lets),)})) == CREATES
    )


def test_r4_what_is_around_holds_of_the_alias_too() -> None:
    scp = policy(own("*"), creating(OPEN, effect="Deny"), kind=PolicyKind.SCP, identity="an SCP")
    assert (
        told(
            state(
                creating(), BY_ALIAS, organization=organization(Controls(HOME, service=(Level(HOME, (scp,)),))), **FACTS
            )
        )
        == PROVED
    )
    edge = document(own("kms:*", "arn:aws:kms:*:*:key/*"), arn=f"{BASE}#boundary", kind=PolicyKind.BOUNDARY)
    assert told(state(creating(), BY_ALIAS, alice={"bounded": True, "boundary": edge}, **FACTS)) == PROVED


def test_r4_the_permission_on_the_alias_may_come_by_a_step() -> None:
    base = ManagedPolicy(BASE, (("v1", document(creating(OPEN), arn=BASE)),), "v1")
    attaches = own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BASE}})
    assert told(state(creating(KEY), attaches, BY_ALIAS, managed=(base,), **FACTS)) == ("attach policy", *CREATES)
    assert told(state(creating(KEY), BY_ALIAS, managed=(base,), **FACTS)) == PROVED
    role = trusting(admits(aws(ALICE)), own=(creating(KEY),))
    assert told(state(creating(OPEN), BY_ALIAS, own("sts:AssumeRole", TARGET), others=(role,), **FACTS)) == PROVED
    role = trusting(admits(aws(ALICE)), own=(creating(KEY, OPEN),))
    assert told(state(BY_ALIAS, own("sts:AssumeRole", TARGET), others=(role,), **FACTS)) == ("assume role", *CREATES)


def test_r4_callers_who_are_told_apart_on_the_alias_alone() -> None:
    # The policy names another user, who alone may make the alias.
    bob = ALICE.replace("Alice", "Bob")
    mine = (creating(KEY), BY_ALIAS, creating(OPEN, Condition={"ArnEquals": {"aws:PrincipalArn": bob}}))
    assert told(state(*mine, others=(identity(bob, *mine),), **FACTS)) == PROVED
    mine = (creating(KEY), BY_ALIAS, creating(OPEN, Condition={"ArnEquals": {"aws:PrincipalArn": ALICE}}))
    assert told(state(*mine, others=(identity(bob, *mine),), **FACTS)) == CREATES


def test_r5_an_alias_is_managed_from_its_own_account_alone() -> None:
    outsider = f"arn:aws:iam::{PARTNER}:role/them"
    lets = allow(aws(outsider), "kms:CreateAlias")
    uses = allow(
        aws(outsider), "kms:Decrypt", Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/open"}}
    )
    before = state(own("sts:AssumeRole"), facts={"grants": (), "policies": (policy(DELEGATES, lets, uses),)})
    assert told(before) == PROVED


NAMED = own("kms:Decrypt", effect="Deny", Condition={"Null": {"kms:RequestAlias": "true"}})


def test_f8_who_must_call_the_key_by_an_alias_makes_one() -> None:
    facts = {"grants": (), "aliases": ()}
    assert told(state(own("kms:Decrypt"), NAMED, facts=facts)) == PROVED
    assert told(state(own("kms:Decrypt"), NAMED, creating(KEY, f"{ALIASES}any"), facts=facts)) == CREATES
    assert told(state(own("kms:Decrypt"), NAMED, creating(KEY), facts=facts)) == PROVED
