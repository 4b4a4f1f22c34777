"""One caller stands for others only where each of them can bring about the same."""

from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

import pytest

from tests.evaluate.estates import HOME, ROOT, allow, aws, identity, policy
from tests.evaluate.steps.worlds import DELEGATES, one_key
from tests.examples import many
from tests.reach.estates import random_question
from verifier.model.choices import Engine
from verifier.model.estate import Account, Estate, Identity, ManagedPolicy
from verifier.model.invariant import AnyCaller, Expectation, Invariant, PrincipalLike
from verifier.model.policy import PolicyKind, Text
from verifier.verify.deciding import ProofOptions
from verifier.verify.proving import DECIDERS
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.together import each_of
from verifier.verify.reach.universe import listed_identities

FIRST, LAST, HOP = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("aa", "zz", "hop"))
SHARED = f"arn:aws:iam::{HOME}:policy/shared"
BY_A_SERVICE: dict[str, object] = {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
OPTIONS = ProofOptions(Engine.Z3, None, {}, None, DECIDERS, 4)
DECRYPT = Invariant("decrypt", Expectation.REFUSED, AnyCaller(), (Text("kms:Decrypt"),), None)


def own(action: str, resource: str = "*", **rest: object) -> dict[str, object]:
    """An Allow statement of an identity policy."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def role(
    arn: str,
    *trust: dict[str, object],
    attached: tuple[dict[str, object], ...] = (),
    inline: tuple[dict[str, object], ...] = (),
) -> Identity:
    """A role with a managed policy that others have too, and an inline one."""
    managed = (policy(*attached, kind=PolicyKind.IDENTITY, identity=SHARED),) if attached else ()
    found = replace(
        identity(arn, *inline),
        trust=policy(*(trust or (BY_A_SERVICE,)), kind=PolicyKind.TRUST, identity=f"{arn}#trust"),
    )
    return replace(found, policies=(*(found.policies if inline else ()), *managed))


def setting(roles: tuple[Identity, ...], *shared: dict[str, object]) -> Setting:
    """The chains in an account with some roles, and a key whose policy lets its own policies decide."""
    managed = (
        (ManagedPolicy(SHARED, (("v1", policy(*shared, kind=PolicyKind.IDENTITY, identity=SHARED)),), "v1"),)
        if shared
        else ()
    )
    estate = Estate((one_key(DELEGATES, grants=(), tags=(), aliases=()),), (Account(HOME, (), roles, managed=managed),))
    return Setting(estate, estate.keys[0], [DECRYPT], OPTIONS)


def reaches(found: Setting, caller: str) -> int | None:
    """After how many steps a caller can decrypt; `None` if it never can."""
    goal = found.reached((caller,), 0).goals.get((found.key.arn, 0))
    return None if goal is None else goal.rounds


def by_class(found: Setting) -> dict[str, int | None]:
    """The same for each listed caller, as the one that stands for it."""
    return {member: reaches(found, start) for start in found.universe.starts for member in found.universe.alike(start)}


WRITES = own("iam:PutRolePolicy", LAST)
GRANTS = own("kms:CreateGrant", Condition={"ArnEquals": {"kms:GranteePrincipal": LAST}})
TRUSTS_ALL: dict[str, object] = {"Effect": "Allow", "Principal": aws(ROOT), "Action": "sts:AssumeRole"}
HOPS = own("sts:AssumeRole", HOP)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(
            lambda: setting((role(FIRST, attached=(WRITES,)), role(LAST, attached=(WRITES,))), WRITES),
            id="a step on one of them",
        ),
        pytest.param(
            lambda: setting((role(FIRST, attached=(GRANTS,)), role(LAST, attached=(GRANTS,))), GRANTS), id="a grantee"
        ),
        pytest.param(
            lambda: setting(
                (role(FIRST, inline=(HOPS,)), role(LAST, inline=(HOPS,)), role(HOP, TRUSTS_ALL, inline=(WRITES,)))
            ),
            id="by another role",
        ),
        pytest.param(
            lambda: setting(
                (role(FIRST, inline=(HOPS,)), role(LAST, inline=(HOPS,)), role(HOP, TRUSTS_ALL, inline=(GRANTS,)))
            ),
            id="a grantee of another role",
        ),
        pytest.param(
            lambda: setting(
                (
                    role(FIRST, attached=(own("kms:*"),)),
                    replace(role(LAST, attached=(own("kms:*"),)), tags=(("a", "b"),)),
                ),
                own("kms:*"),
            ),
            id="tags",
        ),
    ],
)
def test_callers_with_the_same_policies_who_are_not_alike(found: object) -> None:
    chains: Setting = found()  # type: ignore[operator]
    assert chains.universe.alike(FIRST) == (FIRST,)
    assert chains.universe.alike(LAST) == (LAST,)
    assert by_class(chains)[LAST] is not None


def test_u4_patterns_of_what_no_data_knows_tell_callers_apart_whoever_names_it() -> None:
    names = role(HOP, inline=(own("lambda:GetSomebody"),))
    reads = setting((role(FIRST, inline=(own("lambda:Get*"),)), role(LAST), names))
    lists = setting((role(FIRST, inline=(own("lambda:List*"),)), role(LAST), names))
    assert reads.universe.alike(FIRST) == (FIRST,) and lists.universe.alike(FIRST) == (FIRST, LAST)


def test_callers_with_the_same_policies_are_one() -> None:
    arns = [f"arn:aws:iam::{HOME}:role/worker-{number}" for number in range(20)]
    same = own("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}})
    chains = setting(tuple(role(arn, inline=(same,)) for arn in arns))
    assert chains.universe.alike(arns[0]) == tuple(arns)
    assert not set(arns[1:]) & set(chains.universe.starts)


def test_a_policy_that_asks_who_has_it_tells_apart() -> None:
    only_last = own("kms:Decrypt", Condition={"ArnEquals": {"aws:PrincipalArn": LAST}})
    chains = setting((role(FIRST, inline=(only_last,)), role(LAST, inline=(only_last,))))
    assert by_class(chains)[FIRST] is None
    assert by_class(chains)[LAST] == 0


def test_whom_an_inventory_does_not_list_is_like_one_without_policies() -> None:
    chains = setting((role(FIRST), role(LAST, inline=(own("kms:Decrypt"),))))
    others = [start for start in chains.universe.starts if f":{HOME}:role/" in start and start not in (FIRST, LAST)]
    # But for service-linked roles: control policies do not bind them (D6), and what they may never do is asked of all
    # of them (U1).
    assert others == [f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"]
    assert by_class(chains)[others[0]] is None is by_class(chains)[FIRST]


@pytest.mark.parametrize("seed", range(many(12)))
def test_one_stands_for_others_only_if_they_reach_the_same(seed: int) -> None:
    question = random_question(seed)
    estate = question.estate
    twins = tuple(replace(account, roles=tuple(_twins(account))) for account in estate.accounts)
    estate = replace(estate, accounts=twins)
    chains = Setting(
        estate, estate.keys[0], [DECRYPT, replace(DECRYPT, callers=PrincipalLike(Text("*role*")))], OPTIONS
    )
    found = by_class(chains)
    assert set(listed_identities(estate)) <= set(found)
    for caller in listed_identities(estate):
        assert found[caller] == reaches(chains, caller), caller


def _twins(account: Account) -> list[Identity]:
    """The roles, and another one with the policies of each."""
    twins = [
        replace(role, arn=f"{role.arn}-twin", unique_id=None, trust=account.roles[0].trust) for role in account.roles
    ]
    return [*account.roles, *twins]


def test_a_key_policy_tells_apart_whom_it_names() -> None:
    roles = (role(FIRST), role(LAST))
    estate = Estate(
        (one_key(DELEGATES, allow(aws(LAST), "kms:Decrypt"), grants=(), tags=(), aliases=()),),
        (Account(HOME, (), roles),),
    )
    found = by_class(Setting(estate, estate.keys[0], [DECRYPT], OPTIONS))
    assert (found[FIRST], found[LAST]) == (None, 0)


@pytest.mark.parametrize("seed", [35, 83])
@pytest.mark.parametrize("doubtful", [False, True], ids=["by steps", "in doubt"])
def test_callers_together_get_where_each_does(seed: int, doubtful: bool) -> None:
    question = random_question(seed)
    found = Setting(question.estate, question.estate.keys[0], [DECRYPT], OPTIONS)
    starts = found.starters(0)
    each = [one for start in starts if (one := next(found.nearest([start], 0, doubtful=doubtful), None)) is not None]
    told = [(reached.start, goal) for goal, reached in found.nearest(starts, 0, doubtful=doubtful)]
    assert told == [(reached.start, goal) for goal, reached in sorted(each, key=lambda one: one[0].rounds)]


@pytest.mark.parametrize("holding", [frozenset(), frozenset("c"), frozenset("abfg"), frozenset("abcdefg")])
def test_those_of_whom_something_holds_are_found_among_several(holding: frozenset[str]) -> None:
    letters = tuple("abcdefg")
    # Of several together it may hold of more than of each.
    found = each_of(
        letters, lambda some: tuple(one for one in some if one in holding or (len(some) > 1 and one in "de"))
    )
    assert sorted(found) == sorted(holding)


def test_nothing_is_left_of_chains_that_are_not_needed_any_more() -> None:
    """Without a search for cyclic garbage, which seldom runs."""
    found = setting((role(FIRST, inline=(own("kms:Decrypt"),)), role(LAST)))
    assert by_class(found)[FIRST] == 0
    assert list(found.nearest((LAST,), 0, doubtful=True)) == []
    left = ref(found)
    gc.disable()
    try:
        del found
        assert left() is None
    finally:
        gc.enable()
