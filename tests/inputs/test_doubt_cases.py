"""Each element of a statement with an unknown value: for every value that it might have, and every request, the
decision is left open or is the same (U3). What must be certain is certain."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, KEY
from tests.inputs.test_doubt import node_of, read
from verifier.evaluate import RequestDecider, evaluate, request_from_json
from verifier.inputs.terraform.documents import rebased
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.policy import Policy, PolicyKind
from verifier.model.readings import READINGS
from verifier.model.request import Outcome, Request
from verifier.model.symbol_texts import read_values

HOLE = "\u2205"
"""Stands for the unknown part of a text in these cases."""

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"
PARTNER = "arn:aws:iam::444455556666:role/partner"
CALLERS = (
    ALICE,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
    f"arn:aws:iam::{ACCOUNT}:root",
    "arn:aws:sts::444455556666:assumed-role/partner/session",
    "arn:aws:iam::444455556666:user/bob",
    "logs.us-west-2.amazonaws.com",
)
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/alice"
EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def with_unknown(node: Node) -> Node:
    """The node with `UnknownNode` for every text that has the hole in it."""
    if isinstance(node, Members):
        return Members(node.source, node.start, node.end, [(key, with_unknown(value)) for key, value in node.pairs])
    if isinstance(node, Items):
        return Items(node.source, node.start, node.end, [with_unknown(item) for item in node.items])
    assert isinstance(node, Scalar)
    if HOLE not in node.text:
        return node
    pieces = tuple(piece for part in node.text.split(HOLE) for piece in ((part, None) if part else (None,)))[:-1]
    return UnknownNode(node, ["x"], pieces)


def estate_of(policy: Policy, things: Any = (), kind: PolicyKind = PolicyKind.KEY) -> Estate:
    """A key with this policy, or an account with a user that has it, and a boundary that allows nothing on the role."""
    nothing = read(
        node_of('{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'),
        PolicyKind.BOUNDARY,
        "b#boundary",
    )[0]
    own = (policy,) if kind is PolicyKind.IDENTITY else ()
    account = Account(ACCOUNT, (Identity(ALICE, own),), (Identity(APP, bounded=True, boundary=nothing),))
    key_policy = (
        policy
        if kind is PolicyKind.KEY
        else read(node_of(json.dumps({"Statement": {**EVERYONE, "Principal": {"AWS": ACCOUNT}}})))[0]
    )
    return Estate((Key(KEY, policies=(key_policy,)),), (account,), unmodelled=tuple(things))


def requests(
    estate: Estate,
    contexts: list[dict[str, Any]],
    actions: tuple[str, ...] = ("kms:Decrypt",),
    callers: tuple[str, ...] = CALLERS,
) -> Iterator[Request]:
    """Every caller with every context."""
    for caller, context, action in product(callers, contexts, actions):
        issuer = {"issuer": ALICE} if caller == FEDERATED else {}
        yield request_from_json(
            estate, {"principal": caller, **issuer, "action": action, "resource": KEY, "context": context}
        )


def settings() -> list[dict[str, bool]]:
    """All readings one way, and the other."""
    labels = [reading.label for reading in READINGS]
    labels += [f"F6:provider:{provider}" for provider in ("accounts.google.com", "*")]
    return [
        {**dict.fromkeys(labels, value), "U1:allow": True, "U1:deny": False, "U2:session": True}
        for value in (False, True)
    ]


def holds(
    document: dict[str, Any], values: list[Any], contexts: list[dict[str, Any]], **more: Any
) -> set[tuple[Outcome, Outcome]]:
    """Checks the law for every value of the hole, and that nothing is warned of that none of the values is warned of.
    Returns which decisions were left open, with what they were: (full, with the hole)."""
    kind = more.pop("kind", PolicyKind.KEY)
    text = json.dumps(document, ensure_ascii=False)
    policy, remarks = read(with_unknown(node_of(text)), kind)
    less = estate_of(policy, remarks.unknown_statements.values(), kind)
    asked = list(requests(less, contexts, **more))
    left_open = [outcomes(RequestDecider(less, request), settings()) for request in asked]
    seen: set[tuple[Outcome, Outcome]] = set()
    unwarned = {warning.message for warning in policy.warnings}
    for value in values:
        filled = read(
            node_of(text.replace(json.dumps(HOLE, ensure_ascii=False), json.dumps(value)).replace(HOLE, str(value))),
            kind,
        )[0]
        unwarned -= {warning.message for warning in filled.warnings}
        full = estate_of(filled, kind=kind)
        for request, found in zip(asked, left_open, strict=True):
            seen |= set(among(RequestDecider(full, request), found, (value, request)))
    assert not unwarned
    return seen


Possible = tuple[dict[str, bool], Outcome, set[Outcome]]
"""A decision under an assignment, and what it is under every way of what it leaves open."""


def outcomes(decider: RequestDecider, assignments: Iterable[dict[str, bool]]) -> list[Possible]:
    """What may be decided, under each of some assignments."""
    return [_under(decider, fixed) for fixed in assignments]


def _under(decider: RequestDecider, fixed: dict[str, bool]) -> Possible:
    decision = decider.decide(read_values(fixed), traced=False)
    if decision.outcome is not Outcome.DEPENDS:
        return fixed, decision.outcome, {decision.outcome}
    flips = product((False, True), repeat=len(decision.depends_on))
    ways = (fixed | dict(zip(decision.depends_on, flip, strict=True)) for flip in flips)
    return fixed, decision.outcome, {decider.outcome(read_values(way)) for way in ways}


def among(decider: RequestDecider, possible: Iterable[Possible], about: object) -> Iterator[tuple[Outcome, Outcome]]:
    """Checks that what is decided is among what may be; gives both."""
    for fixed, found, outcomes in possible:
        expected = decider.outcome(read_values(fixed))
        assert expected in outcomes, (about, fixed, expected, found)
        yield expected, found


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A document."""
    return {"Version": version, "Statement": list(statements)}


def with_condition(effect: str, operator: str, key: str, *values: Any) -> dict[str, Any]:
    return {**EVERYONE, "Effect": effect, "Condition": {operator: {key: list(values)}}}


# -- conditions --

TEXTS = ["a", "b", "a*", "${aws:PrincipalTag/team}"]
OPERATORS: dict[str, tuple[list[str], list[str], list[Any]]] = {
    "aws:PrincipalTag/team": (
        [
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        TEXTS,
        ["a", "ab", None],
    ),
    "aws:TagKeys": (
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"],
        TEXTS,
        [["a"], ["a", "b"], None],
    ),
    "aws:SourceArn": (
        ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        ["arn:aws:s3:::a", "arn:aws:s3:::*", "arn:aws:s3:*:1:a", "a"],
        ["arn:aws:s3:::a", "arn:aws:s3:::b:c", None],
    ),
    "aws:MultiFactorAuthAge": (
        ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
        ["1", "2", "x"],
        ["1", "3", None],
    ),
    "aws:SourceIp": (["IpAddress", "NotIpAddress"], ["10.0.0.0/8", "1.2.3.4", "x"], ["10.1.1.1", "1.2.3.4", None]),
    "aws:MultiFactorAuthPresent": (["Bool", "Null"], ["true", "false"], ["true", "false", None]),
}


def shapes() -> Iterator[Any]:
    for key, (operators, _, _) in OPERATORS.items():
        for operator in operators:
            prefixes = ["ForAllValues:", "ForAnyValue:"] if key == "aws:TagKeys" else [""]
            suffixes = [""] if operator == "Null" else ["", "IfExists"]
            yield from (
                pytest.param(key, f"{p}{operator}{s}", id=f"{p}{operator}{s}") for p in prefixes for s in suffixes
            )


@pytest.mark.parametrize(("key", "operator"), list(shapes()))
def test_u3_a_condition_with_an_unknown_value(key: str, operator: str) -> None:
    _, values, given = OPERATORS[key]
    actions = ("kms:TagResource",) if key == "aws:TagKeys" else ("kms:Decrypt",)
    contexts = [{} if value is None else {key: value} for value in given]
    for effect, version in product(("Allow", "Deny"), ("2012-10-17", "2008-10-17")):
        beside = [EVERYONE] if effect == "Deny" else []
        for listed in ([HOLE], [values[0], HOLE]):
            document = policy(*beside, with_condition(effect, operator, key, *listed), version=version)
            assert holds(document, values, contexts, actions=actions, callers=(ALICE,))


@pytest.mark.parametrize("text", [f"a{HOLE}", f"{HOLE}b", f"a{HOLE}c", f"${HOLE}", f"a*{HOLE}"])
@pytest.mark.parametrize("operator", OPERATORS["aws:PrincipalTag/team"][0])
def test_u3_a_condition_with_a_text_that_is_known_in_part(operator: str, text: str) -> None:
    contexts: list[dict[str, Any]] = [{"aws:PrincipalTag/team": value} for value in ("a", "ab", "abc", "*")] + [{}]
    for effect, version in product(("Allow", "Deny"), ("2012-10-17", "2008-10-17")):
        beside = [EVERYONE] if effect == "Deny" else []
        document = policy(*beside, with_condition(effect, operator, "aws:PrincipalTag/team", text), version=version)
        assert holds(document, ["", "b", "{*}", "*"], contexts, callers=(ALICE,))


@pytest.mark.parametrize("operator", OPERATORS["aws:TagKeys"][0])
def test_c2_several_values_and_a_text_that_is_known_in_part(operator: str) -> None:
    contexts: list[dict[str, Any]] = [{"aws:TagKeys": value} for value in (["a"], ["ab", "b"])]
    document = policy(with_condition("Allow", operator, "aws:TagKeys", f"a{HOLE}"))
    assert holds(document, ["", "b"], contexts, actions=("kms:TagResource",), callers=(ALICE,))


def test_what_is_not_known_in_part_still_excludes() -> None:
    """`StringLike "team-?"`: other teams are certainly not meant."""
    contexts = [{"aws:PrincipalTag/team": "sales"}]
    seen = holds(
        policy(with_condition("Allow", "StringLike", "aws:PrincipalTag/team", f"team-{HOLE}")), ["a"], contexts
    )
    assert {found for _, found in seen} == {Outcome.DENY}
    seen = holds(policy(with_condition("Allow", "StringEquals", "aws:PrincipalTag/team", HOLE)), ["sales"], contexts)
    assert Outcome.DEPENDS in {found for _, found in seen}


def test_a_listed_value_that_is_known_is_certain_where_no_variable_can_be() -> None:
    document = policy(with_condition("Allow", "StringEquals", "aws:PrincipalTag/team", "a", HOLE), version="2008-10-17")
    seen = holds(document, ["b"], [{"aws:PrincipalTag/team": "a"}])
    assert (Outcome.ALLOW, Outcome.ALLOW) in seen and (Outcome.ALLOW, Outcome.DEPENDS) not in seen


# -- principals --

PRINCIPALS = [
    "*",
    ACCOUNT,
    f"arn:aws:iam::{ACCOUNT}:root",
    ALICE,
    APP,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
    PARTNER,
    "444455556666",
]


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("known", [[], [ALICE], [PARTNER]])
def test_u3_a_principal_that_is_not_known(element: str, effect: str, known: list[str]) -> None:
    statement = {k: v for k, v in EVERYONE.items() if k != "Principal"} | {
        "Effect": effect,
        element: {"AWS": [*known, HOLE]},
    }
    assert holds(policy(*([EVERYONE] if effect == "Deny" else []), statement), PRINCIPALS, [{}])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/{HOLE}", ["app", "x/app"]),
        (f"arn:aws:iam::{ACCOUNT}:user/{HOLE}", ["alice"]),
        (f"arn:aws:iam::{ACCOUNT}:{HOLE}", ["root", "user/alice", "role/app"]),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{HOLE}", ["session"]),
        (f"arn:aws:iam::{HOLE}:root", [ACCOUNT, "444455556666"]),
        (f"{HOLE}:iam::{ACCOUNT}:role/app", ["arn:aws"]),
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_u3_a_principal_that_is_known_in_part(effect: str, text: str, values: list[str]) -> None:
    statement = {**EVERYONE, "Effect": effect, "Principal": {"AWS": text}}
    beside = [EVERYONE] if effect == "Deny" else []
    seen = holds(policy(*beside, statement), values, [{}], callers=(*CALLERS, FEDERATED))
    assert any(found is Outcome.DEPENDS for _, found in seen)
    taken = {
        **statement,
        "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*"}, "StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    }
    assert holds(policy(*beside, taken), values, [{}])


def test_the_account_of_a_principal_may_be_all_that_is_known() -> None:
    seen = holds(policy({**EVERYONE, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{HOLE}"}}), ["app"], [{}])
    assert (Outcome.DENY, Outcome.DENY) in seen  # callers of other accounts, and users
    policy_, _ = read(
        with_unknown(
            node_of(json.dumps(policy({**EVERYONE, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{HOLE}"}})))
        )
    )
    estate = estate_of(policy_)
    outside = request_from_json(
        estate, {"principal": CALLERS[4], "action": "kms:Decrypt", "resource": KEY, "context": {}}
    )
    assert evaluate(estate, outside, settings()[0]).outcome is Outcome.DENY


def test_u3_other_kinds_of_principals() -> None:
    services = ["logs.us-west-2.amazonaws.com", "s3.amazonaws.com"]
    seen = holds(policy({**EVERYONE, "Principal": {"Service": HOLE}}), services, [{}])
    assert (Outcome.DENY, Outcome.DENY) in seen and (Outcome.ALLOW, Outcome.DEPENDS) in seen
    seen = holds(policy({**EVERYONE, "Principal": {"Federated": HOLE}}), ["accounts.google.com"], [{}])
    assert seen == {(Outcome.DENY, Outcome.DENY), (Outcome.ALLOW, Outcome.ALLOW)}  # as P6 is read
    assert holds(policy({**EVERYONE, "Principal": {"Federated": HOLE, "AWS": ALICE}}), ["accounts.google.com"], [{}])


# -- actions, resources, effects --


@pytest.mark.parametrize("element", ["Action", "NotAction"])
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("listed", [[HOLE], ["kms:Encrypt", HOLE], [f"kms:{HOLE}"], [f"kms:De{HOLE}"]])
def test_u3_an_action_that_is_not_known(element: str, effect: str, listed: list[str]) -> None:
    statement = {k: v for k, v in EVERYONE.items() if k != "Action"} | {"Effect": effect, element: listed}
    values = (
        ["crypt", "*", "scribeKey"]
        if listed[0] != HOLE and listed[-1] != HOLE
        else ["kms:Decrypt", "*", "kms:*", "s3:Get*"]
    )
    assert holds(
        policy(*([EVERYONE] if effect == "Deny" else []), statement),
        values,
        [{}],
        actions=("kms:Decrypt", "kms:Encrypt", "kms:DescribeKey"),
    )


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    ("listed", "values"),
    [
        (
            [HOLE],
            [
                "*",
                KEY,
                "arn:aws:kms:us-west-2:111122223333:key/x",
                "arn:aws:s3:::a",
                "arn:aws:kms:*:*:key/${aws:PrincipalTag/none}",
            ],
        ),
        (["arn:aws:s3:::a", HOLE], ["*", KEY, "arn:aws:s3:::b"]),
        ([KEY, HOLE], ["arn:aws:s3:::b", "arn:aws:kms:*:*:key/${aws:PrincipalTag/none}"]),
        ([f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{HOLE}"], [KEY.rsplit("/", 1)[1], "*", "x"]),
        ([f"arn:aws:kms:{HOLE}:{ACCOUNT}:key/*"], ["us-west-2", "*", "eu-west-1"]),
    ],
)
def test_u3_a_resource_that_is_not_known(element: str, effect: str, listed: list[str], values: list[str]) -> None:
    statement = {"Effect": effect, "Action": "kms:*", element: listed}
    beside = [{"Effect": "Allow", "Action": "*", "Resource": "*"}] if effect == "Deny" else []
    assert holds(policy(*beside, statement), values, [{}], kind=PolicyKind.IDENTITY, callers=(ALICE, CALLERS[1]))


def test_u3_an_effect_that_is_not_known() -> None:
    for beside in ([], [EVERYONE]):
        seen = holds(
            policy(*beside, {**EVERYONE, "Effect": HOLE, "Principal": {"AWS": ALICE}}), ["Allow", "Deny"], [{}]
        )
        assert any(found is Outcome.DEPENDS for _, found in seen)


def test_a_sid_that_is_not_known_changes_nothing() -> None:
    found, remarks = read(with_unknown(node_of(json.dumps(policy({**EVERYONE, "Sid": HOLE})))))
    assert not remarks.unknown_statements and found.statements[0].only_if is None


def test_indices_and_sids_stay() -> None:
    statements = [
        {**EVERYONE, "Sid": f"S{n}", "Principal": {"AWS": [ALICE, HOLE] if n == 1 else [HOLE] if n == 0 else ALICE}}
        for n in range(3)
    ]
    found, remarks = read(with_unknown(node_of(json.dumps(policy(*statements), ensure_ascii=False))))
    told = [(s.index, s.sid.value if s.sid else None, s.only_if is not None) for s in found.statements]
    assert told == [(0, "S0", True), (1, "S1", False), (2, "S2", False), (3, "S1", True)]
    assert [thing.name.rpartition(" ")[0] for thing in remarks.unknown_statements.values()] == [
        "Allow of statement 1 of k#default",
        "Allow of statement 2 of k#default",
    ]


def test_u3_a_statement_that_is_one_of_a_few_or_none() -> None:
    """What none of them says is not in doubt; what one says is."""
    allow, deny = (
        {"Effect": effect, "Principal": {"AWS": ALICE}, "Action": "kms:Decrypt", "Resource": "*"}
        for effect in ("Allow", "Deny")
    )
    node = node_of(json.dumps(policy({**EVERYONE, "Action": "kms:Encrypt"})))
    assert isinstance(node, Members)
    (_, statements) = node.pairs[1]
    assert isinstance(statements, Items)
    options = [node_of(json.dumps(one)) for one in (allow, deny)]
    unknown = UnknownNode(statements, ["x"], options=[rebased(o, statements) for o in options])
    statements.items.append(unknown)
    found, remarks = read(node)
    assert [(s.effect.value, s.only_if is not None) for s in found.statements] == [
        ("Allow", False),
        ("Allow", True),
        ("Deny", True),
    ]
    less = estate_of(found, remarks.unknown_statements.values())
    for document in (policy({**EVERYONE, "Action": "kms:Encrypt"}, *extra) for extra in ([], [allow], [deny])):
        full = estate_of(read(node_of(json.dumps(document)))[0])
        for request, fixed in product(requests(full, [{}], ("kms:Decrypt", "kms:PutKeyPolicy")), settings()):
            assert evaluate(less, request, fixed).outcome in (evaluate(full, request, fixed).outcome, Outcome.DEPENDS)
