"""Many targets at once say of each what is said of it alone; and who may do what, in a few small worlds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from tests.problem.stepping import (
    ALICE,
    BOB,
    GROUP,
    HOME,
    MANAGED,
    OTHER_ROLE,
    PARTNER_ROLE,
    PROVIDER,
    ROLE,
    admit,
    identity,
    own,
    policy,
    trust,
)
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import PolicyKind
from verifier.model.symbols import PossibleChange, TrustFact
from verifier.problem.classes.predicates import OneOf, exactly
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.elimination import project
from verifier.problem.diagrams.joint import join
from verifier.problem.rules import QuestionSide, RuledSpace
from verifier.problem.semantics.possible_changes import ALWAYS_POSSIBLE
from verifier.problem.semantics.targets import Target, step_target
from verifier.problem.space import CALLER, TARGET
from verifier.verify.reach.permissions import StepPermissions, step_permissions

LINKED = f"arn:aws:iam::{HOME}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"
THIRD = f"arn:aws:iam::{HOME}:role/team/red/third"
ROOT = f"arn:aws:iam::{HOME}:root"
WEB = f"web:{PROVIDER}"
NAMES = (
    ALICE,
    BOB,
    OTHER_ROLE,
    ROLE,
    THIRD,
    ROOT,
    PARTNER_ROLE,
    "lambda.amazonaws.com",
    WEB,
    f"arn:aws:sts::{HOME}:federated-user/Sam",
)
EDGE = f"arn:aws:iam::{HOME}:policy/edge"

ACTIONS = st.sampled_from(
    ["*", "iam:*", "sts:*", "sts:AssumeRole", "sts:TagSession", "iam:PassRole", "iam:Put*", "iam:Attach*", "s3:Get*"]
)
RESOURCES = st.sampled_from(
    [
        "*",
        ROLE,
        f"arn:aws:iam::{HOME}:role/app/*",
        f"arn:aws:iam::{HOME}:role/team/${{aws:PrincipalTag/team}}/*",
        f"arn:aws:iam::{HOME}:user/*",
    ]
    + ["arn:aws:iam::*:user/${aws:username}", BOB, f"arn:*:iam::{HOME}:role/o?her", "arn:aws:iam::*"]
)
CONDITIONS = st.sampled_from(
    [
        {"StringEquals": {"aws:ResourceTag/team": "red"}},
        {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        {"StringNotLike": {"iam:ResourceTag/team": "r*"}},
        {"StringEquals": {"iam:PermissionsBoundary": EDGE}},
        {"StringNotEquals": {"iam:PermissionsBoundary": EDGE}},
        {"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/Read*"}},
        {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        {"StringEquals": {"sts:ExternalId": "${aws:ResourceTag/team}"}},
        {"StringEquals": {"aws:PrincipalAccount": HOME}},
        {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
        {"StringEquals": {"aws:RequestTag/team": "red"}},
        {"Null": {"aws:TagKeys": "true"}},
        {"StringEquals": {"kms:ViaService": "x"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    ]
)
CONDITION: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), CONDITIONS.map(lambda block: {"Condition": block})
)
EFFECTS = st.sampled_from(["Allow", "Allow", "Allow", "Deny"])
OWN = st.builds(lambda a, r, e, c: own(a, r, e, **c), ACTIONS, RESOURCES, EFFECTS, CONDITION)
PRINCIPALS: st.SearchStrategy[Any] = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": ROOT},
        {"AWS": [ALICE, OTHER_ROLE]},
        {"AWS": PARTNER_ROLE},
        {"Service": "lambda.amazonaws.com"},
    ]
    + [{"Federated": PROVIDER}, {"AWS": f"arn:aws:iam::{PARTNER_ROLE.split(':')[4]}:root"}]
)
ASSUMING = st.sampled_from(["*", "sts:*", "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"])
TRUST = st.builds(lambda p, a, e, c: admit(p, a, e, **c), PRINCIPALS, ASSUMING, EFFECTS, CONDITION)
TEAM = st.sampled_from([(), (("team", "red"),), (("Team", "blue"),)])


@st.composite
def identities(draw: st.DrawFn, arn: str) -> Identity:
    """A user or role with policies, tags, perhaps a boundary and, for a role, a trust policy or an unknown one."""
    found = identity(arn, *draw(st.lists(OWN, max_size=2)), tags=draw(TEAM))
    edge = draw(st.sampled_from([None, None, None, "unknown", "given"]))
    document = (
        policy(own(["sts:*", "iam:P*"]), kind=PolicyKind.BOUNDARY, identity=f"{EDGE}#boundary")
        if edge == "given"
        else None
    )
    statements = draw(st.lists(TRUST, min_size=1, max_size=2)) if ":role/" in arn and draw(st.integers(0, 5)) else None
    return Identity(
        arn,
        found.policies,
        found.tags,
        bounded=edge is not None,
        boundary=document,
        trust=None if statements is None else trust(*statements),
    )


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Users and roles of one account, and a role of another one."""
    users = tuple(draw(identities(arn)) for arn in (ALICE, BOB))
    roles = tuple(draw(identities(arn)) for arn in (ROLE, OTHER_ROLE, THIRD, LINKED))
    partner = Account(PARTNER_ROLE.split(":")[4], roles=(draw(identities(PARTNER_ROLE)),))
    return Estate((), (Account(HOME, users, roles, complete=draw(st.booleans())), partner))


def alone(
    found: Estate, target: Target, possible_changes: frozenset[PossibleChange], held: frozenset[str]
) -> dict[str, set[str]]:
    """By action, who can do it on one target with the changes `held`: a question about that target alone that speaks of
    `possible_changes`."""
    joint = join([QuestionSide(found, target, possible_changes)])
    diagrams, table, acts = joint.diagrams, joint.finite.tables["principal"], joint.finite.tables["action"]
    done: dict[str, set[str]] = {}
    for action in sorted(RuledSpace(found, target).known_actions):
        only = diagrams.literal("action", acts.mask(OneOf(frozenset({action.lower()}))))
        have = [
            diagrams.literal(name, 1 << int(name in held))
            for name in sorted(possible_changes)
            if name in diagrams.level
        ]
        parts = (joint.sides[0].allowed, only, *have, *joint.sides[0].facts, *joint.definitions)
        node = project(diagrams, parts, frozenset({"principal"})).care
        mask = 0 if node == NOTHING else diagrams.values(node, "principal")
        done[action] = {name for name in NAMES if (number := table.class_of(name)) is not None and mask >> number & 1}
    return done


ROLES, USERS = (ROLE, OTHER_ROLE, THIRD, LINKED, f"arn:aws:iam::{HOME}:role/elsewhere"), (ALICE, BOB)
TARGETS = (*ROLES, *USERS, GROUP, f"{GROUP}2", MANAGED, f"{MANAGED}2")


@settings(max_examples=many(20))
@given(estates(), st.booleans())
def test_many_targets_say_of_each_what_is_said_of_it_alone(found: Estate, has_changes: bool) -> None:
    possible_changes = ALWAYS_POSSIBLE if has_changes else frozenset[PossibleChange]()
    targets = [step_target(found, arn) for arn in TARGETS]
    told = step_permissions(found, targets, possible_changes)
    assert {str(target.resource) for permissions in told for target in permissions.targets} == {*TARGETS}
    for permissions in told:
        for target in permissions.targets:
            arn = str(target.resource)
            bare = alone(found, target, possible_changes, frozenset())
            for action, expected in alone(found, target, possible_changes, possible_changes).items():
                assert set(among(permissions, action, arn, NAMES)) == expected, (action, arn)
                for name in NAMES:
                    assert (arn in targets_of(permissions, action, name, frozenset())) == (name in bare[action])
                    assert (arn in targets_of(permissions, action, name)) == (name in expected)


def on(permissions: StepPermissions, action: str, arn: str, further: tuple[str, ...] = ()) -> DiagramNode:
    """What is allowed on one target: a set over callers, changes and `further` variables."""
    number = [str(target.resource) for target in permissions.targets].index(arn)
    return permissions.joint.diagrams.restrict(permissions.allowed(action, further), {TARGET: number})


def among(permissions: StepPermissions, action: str, arn: str, principals: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some callers who can do an action on a target, with all the changes there are."""
    found = permissions.joint.diagrams.values(on(permissions, action, arn), CALLER)
    return tuple(
        name for name in principals if (number := permissions.class_of(name)) is not None and found >> number & 1
    )


def targets_of(
    permissions: StepPermissions, action: str, principal: str, possible_changes: frozenset[PossibleChange] | None = None
) -> tuple[str, ...]:
    """The targets on which a caller can do an action, with some changes, or with all there are."""
    number, diagrams = permissions.class_of(principal), permissions.joint.diagrams
    arns = tuple(str(target.resource) for target in permissions.targets)
    if number is None:
        return ()
    held = permissions.possible_changes if possible_changes is None else possible_changes
    point = {CALLER: number} | {name: int(name in held) for name in permissions.possible_changes}
    own = diagrams.restrict(permissions.allowed(action), point)
    if TARGET not in diagrams.level:
        return arns if own != NOTHING else ()
    mask = diagrams.values(own, TARGET)
    return tuple(arn for at, arn in enumerate(arns) if mask >> at & 1)


def answers(found: Estate, *arns: str) -> StepPermissions:
    """The answer about targets of one kind."""
    (only,) = step_permissions(found, [step_target(found, arn) for arn in arns])
    return only


@pytest.mark.parametrize("pattern", ["*", f"arn:aws:iam::{HOME}:role/app/*"])
def test_who_may_pass_which_role(pattern: str) -> None:
    found = Estate(
        (),
        (
            Account(
                HOME,
                (identity(ALICE, own("iam:PassRole", pattern)), identity(BOB)),
                (Identity(ROLE), Identity(OTHER_ROLE)),
            ),
        ),
    )
    permissions = answers(found, ROLE, OTHER_ROLE)
    assert among(permissions, "iam:PassRole", ROLE, (ALICE, BOB)) == (ALICE,)
    assert targets_of(permissions, "iam:PassRole", ALICE) == ((ROLE, OTHER_ROLE) if pattern == "*" else (ROLE,))
    assert (
        targets_of(permissions, "iam:PassRole", BOB) == () and targets_of(permissions, "iam:PutRolePolicy", ALICE) == ()
    )


def test_groups_and_accounts() -> None:
    found = Estate((), (Account(HOME, (identity(ALICE, own("iam:AddUserToGroup", GROUP), own("lambda:*")),)),))
    assert targets_of(answers(found, GROUP, f"{GROUP}2"), "iam:AddUserToGroup", ALICE) == (GROUP,)
    assert among(answers(found, ROOT), "lambda:CreateFunction", ROOT, (ALICE, BOB)) == (ALICE,)
    assert among(answers(found, ROOT), "ecs:RunTask", ROOT, (ALICE, BOB)) == ()


def test_further_variables_and_readings_that_are_held() -> None:
    passing = own("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    found = Estate((), (Account(HOME, (identity(ALICE, passing),), (Identity(ROLE), Identity(OTHER_ROLE))),))
    key, service, other = "iam:passedtoservice", exactly("lambda.amazonaws.com"), exactly("ec2.amazonaws.com")
    (permissions,) = step_permissions(
        found, [step_target(found, arn) for arn in (ROLE, OTHER_ROLE)], tests={key: (service, other)}
    )
    number = permissions.class_of(ALICE)
    assert number is not None
    diagrams, table = permissions.joint.diagrams, permissions.joint.finite.tables[key]
    mine = diagrams.restrict(on(permissions, "iam:PassRole", ROLE, (key,)), {"principal": number})
    assert diagrams.values(mine, key) == table.mask(service) != table.mask(other)
    unknown = TrustFact("*")
    for value in (True, False):
        (permissions,) = step_permissions(found, [step_target(found, ROLE)], held={unknown: value})
        assert bool(among(permissions, "sts:AssumeRole", ROLE, (ALICE,))) is value
