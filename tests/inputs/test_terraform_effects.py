"""What the provider does to the real object, by resource (docs/terraform.md): each with what it proves and what it
refutes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import (
    ACCOUNT,
    Json,
    Planned,
    caller_identity,
    constant,
    new_key,
    new_role,
    plan,
    refers,
    state,
    write,
)
from tests.inputs.samples import KEY, KEY_ID, details, grant, key, role, user
from verifier.model.estate import Account
from verifier.model.results.verdict import Status

PROVED, REFUTED, UNKNOWN = Status.PROVED, Status.REFUTED, Status.UNKNOWN
PARTNER = "arn:aws:iam::444455556666:role/partner"
OTHER_ID = "99999999-12ab-34cd-56ef-1234567890ab"
ALIAS = {"name": "alias/pay", "target_key_id": KEY_ID, "id": "alias/pay"}
NOBODY_OUTSIDE = f'account prod = {ACCOUNT}\ninvariant "i": no caller outside prod can kms:Decrypt'


def policy(*principals: str, action: str = "kms:Decrypt") -> str:
    """A key policy that delegates to the account, and lets these principals decrypt."""
    listed = [(f"arn:aws:iam::{ACCOUNT}:root", "kms:*"), *((who, action) for who in principals)]
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": does, "Resource": "*"} for who, does in listed
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


CLOSED, OPEN = policy(), policy(PARTNER)
SPACED = json.dumps(json.loads(CLOSED), indent=1)
BY_NUMBER = CLOSED.replace(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)


def verdicts(
    folder: Path, resources: list[Planned], snapshot: Any = None, invariant: str = NOBODY_OUTSIDE, **members: Any
) -> list[Status]:
    """The verdicts on a plan of these resources, perhaps beside a snapshot."""
    (folder / "i.inv").write_text(invariant, encoding="utf-8")
    paths = [write(folder, plan(caller_identity(), *resources, **members))]
    if snapshot is not None:
        paths.append(write(folder, snapshot, "snapshot.json"))
    report = verifier.prove(verifier.load(*paths), verifier.invariants(folder / "i.inv"))
    return [found.status for found in report.verdicts]


def the_key(
    before: str | None = CLOSED, after: str | None = None, *, configured: bool = True, identifier: str = KEY_ID
) -> Planned:
    """A key that there is already, whose own block says a policy, or none."""
    values = new_key("k").after or {}
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{identifier}"
    values = {**values, "arn": arn, "key_id": identifier, "id": identifier, "multi_region": False, "tags_all": {}}
    old, new = (
        {**values, **({"policy": text} if text is not None else {})}
        for text in (before, after if after is not None else before)
    )
    return Planned("aws_kms_key", "k", new, {}, {"policy": constant(new.get("policy"))} if configured else {}, old)


def separate(before: str | None, after: str | None, name: str = "p", key_id: str = KEY_ID, **members: Any) -> Planned:
    """An `aws_kms_key_policy` before and after; `bypass` is for both."""
    bypass = members.pop("bypass", False)
    old, new = (
        None if text is None else {"key_id": key_id, "policy": text, "bypass_policy_lockout_safety_check": bypass}
        for text in (before, after)
    )
    expressions = {"key_id": members.pop("refers", refers("aws_kms_key.k.key_id")), "policy": constant(after)}
    return Planned("aws_kms_key_policy", name, new, {}, expressions, old, **members)


REPLACED = ["delete", "create"]
KEY_POLICIES: dict[str, tuple[list[Planned], Status]] = {
    "the key's own is written, the separate one is not touched": ([the_key(CLOSED, OPEN), separate(CLOSED, CLOSED)],
        REFUTED),
    "and closes it": ([the_key(OPEN, CLOSED), separate(OPEN, OPEN)], PROVED),
    "the separate one is written, the key's own is not touched": ([the_key(CLOSED), separate(CLOSED, OPEN)], REFUTED),
    "and closes what was open": ([the_key(OPEN), separate(OPEN, CLOSED)], PROVED),
    "both are written, the one that refers to the other last": ([the_key(CLOSED, OPEN), separate(OPEN, CLOSED)],
        PROVED),
    "and opens it": ([the_key(OPEN, CLOSED), separate(CLOSED, OPEN)], REFUTED),
    "both are written, and no reference orders them": (
        [the_key(CLOSED, OPEN), separate(OPEN, CLOSED, refers=constant(KEY_ID))],
        UNKNOWN,
    ),
    "both write the same": ([the_key(OPEN, CLOSED), separate(OPEN, CLOSED, refers=constant(KEY_ID))], PROVED),
    "they differ, and neither is written": ([the_key(CLOSED), separate(OPEN, OPEN)], UNKNOWN),
    "they say the same in another order": ([the_key(CLOSED), separate(SPACED, SPACED)], PROVED),
    "they say the same, the root user as the account": ([the_key(CLOSED), separate(BY_NUMBER, BY_NUMBER)], PROVED),
    "the separate one goes, and puts the default policy": ([the_key(OPEN), separate(OPEN, None)], PROVED),
    "also where the key's own block says another": ([the_key(OPEN, configured=False), separate(OPEN, None)], PROVED),
    "it goes past the safety check, and stays": ([the_key(OPEN), separate(OPEN, None, bypass=True)], REFUTED),
    "and stays closed": ([the_key(CLOSED), separate(CLOSED, None, bypass=True)], PROVED),
    "it goes while the key's own is written": ([the_key(CLOSED, OPEN), separate(CLOSED, None)], UNKNOWN),
    "it is replaced": ([the_key(OPEN), separate(OPEN, OPEN, does=REPLACED)], REFUTED),
    "it is made before it goes, so the default stays": ([the_key(OPEN),
        separate(OPEN, OPEN, does=["create", "delete"])], PROVED),
    "it is forgotten, and stays": ([the_key(None), separate(OPEN, None, does=["forget"])], REFUTED),
    "it is forgotten and made": ([the_key(OPEN), separate(OPEN, CLOSED, does=["forget", "create"])], PROVED),
    "two separate ones are written": ([the_key(CLOSED), separate(None, CLOSED), separate(None, OPEN, "q")], UNKNOWN),
    "of two separate ones one is written": ([the_key(CLOSED), separate(CLOSED, CLOSED), separate(CLOSED, OPEN, "q")],
        REFUTED),
    "one goes where another is made": ([the_key(OPEN), separate(OPEN, None), separate(None, OPEN, "q")], UNKNOWN),
    "a deposed one goes, and puts the default policy": (
        [the_key(OPEN), separate(OPEN, OPEN), separate(OPEN, None, entry={"deposed": "ab12cd34"})],
        PROVED,
    ),
    "-target leaves it": ([the_key(None), separate(OPEN, OPEN, left=True)], REFUTED),
    "-target leaves it closed": ([the_key(None), separate(CLOSED, CLOSED, left=True)], PROVED),
    "it moves": (
        [the_key(None), separate(OPEN, OPEN, "new", entry={"previous_address": "aws_kms_key_policy.old"})],
        REFUTED,
    ),
    "it is imported": ([the_key(CLOSED), separate(CLOSED, CLOSED, entry={"importing": {"id": KEY_ID}})], PROVED),
}  # fmt: skip


@pytest.mark.parametrize("case", KEY_POLICIES)
def test_the_policy_of_a_key(tmp_path: Path, case: str) -> None:
    resources, expected = KEY_POLICIES[case]
    assert verdicts(tmp_path, resources) == [expected]


ONLY_TOLD = ("it goes past the safety check, and stays", "it is forgotten, and stays", "-target leaves it", "it moves")


@pytest.mark.parametrize("case", KEY_POLICIES)
def test_the_policy_of_a_key_that_a_snapshot_has_too(tmp_path: Path, case: str) -> None:
    """What the plan does not tell is as in the snapshot; what it leaves open stays open. Where nothing is written the
    two must agree."""
    resources, expected = KEY_POLICIES[case]
    told = UNKNOWN if case in ONLY_TOLD else expected
    assert verdicts(tmp_path, resources, {"keys": [key(policy=json.loads(CLOSED))]}) == [told]
    assert case not in ONLY_TOLD or verdicts(tmp_path, resources, {"keys": [key(policy=json.loads(OPEN))]}) == [
        expected
    ]


@pytest.mark.parametrize("case", KEY_POLICIES)
def test_the_policy_of_a_key_with_the_tf_file_beside(tmp_path: Path, case: str) -> None:
    """The blocks are written as they are planned; what goes has none."""
    resources, expected = KEY_POLICIES[case]
    (tmp_path / "main.tf").write_text("".join(map(block_of, resources)), encoding="utf-8")
    assert verdicts(tmp_path, resources) == [expected]


def block_of(one: Planned) -> str:
    """A resource as it stands in a `.tf` file."""
    if one.after is None:
        return ""
    said = (
        [f"key_id = {one.expressions['key_id'].get('references', [json.dumps(KEY_ID)])[0]}"]
        if "key_id" in one.expressions
        else []
    )
    said += (
        [f"policy = {json.dumps(one.after['policy'])}"]
        if "policy" in one.expressions and one.after.get("policy")
        else []
    )
    return f'resource "{one.type}" "{one.name}" {{\n' + "".join(f"  {line}\n" for line in said) + "}\n"


def test_a_separate_policy_whose_key_changes_in_place(tmp_path: Path) -> None:
    """The provider writes the policy of the former key, and only where the policy changes: neither is known."""
    other = replace(the_key(CLOSED, identifier=OTHER_ID), name="other")
    moving = replace(separate(CLOSED, CLOSED), before={**(separate(CLOSED, CLOSED).before or {}), "key_id": OTHER_ID})
    assert verdicts(tmp_path, [the_key(CLOSED), other, moving]) == [UNKNOWN, UNKNOWN]
    snapshot = {
        "keys": [key(policy=json.loads(CLOSED), metadata={"KeyMetadata": {"Arn": KEY.replace(KEY_ID, OTHER_ID)}})]
    }
    assert verdicts(tmp_path, [the_key(CLOSED), moving], snapshot) == [UNKNOWN, UNKNOWN]
    same = replace(moving, before={**(moving.before or {}), "key_id": KEY})  # the ID was written as an ARN
    assert verdicts(tmp_path, [the_key(CLOSED), same]) == [PROVED]


@pytest.mark.parametrize(("text", "expected"), [(OPEN, REFUTED), (CLOSED, PROVED)])
def test_a_known_policy_of_a_new_key_is_no_default_where_the_configuration_does_not_show_it(
    tmp_path: Path, text: str, expected: Status
) -> None:
    """What is planned is what will be (Terraform, JSON Output Format: `after`)."""
    key_ = new_key("k", json.loads(text))
    del key_.expressions["policy"]
    assert verdicts(tmp_path, [key_]) == [expected]


def test_a_policy_of_an_alias_of_the_plan(tmp_path: Path) -> None:
    alias = Planned("aws_kms_alias", "a", ALIAS, {}, {"target_key_id": refers("aws_kms_key.k.key_id")}, ALIAS)
    by_alias = [
        the_key(CLOSED),
        alias,
        separate(CLOSED, OPEN, key_id="alias/pay", refers=refers("aws_kms_alias.a.name")),
    ]
    assert verdicts(tmp_path, by_alias) == [REFUTED]
    assert verdicts(tmp_path, [the_key(OPEN), alias, separate(OPEN, CLOSED, key_id="alias/pay")]) == [PROVED]


@pytest.mark.parametrize(("region", "expected"), [("us-west-2", UNKNOWN), ("eu-west-1", PROVED)])
def test_a_policy_of_a_key_that_is_not_known_may_be_that_of_a_snapshots_or_of_another_plans(
    tmp_path: Path, region: str, expected: Status
) -> None:
    """Of another Region it is certainly not."""
    loose = Planned(
        "aws_kms_key_policy",
        "p",
        {"policy": OPEN},
        {"key_id": True},
        {"key_id": refers("random_shuffle.x.result"), "policy": constant(OPEN)},
    )
    elsewhere = KEY.replace("us-west-2", region)
    snapshot = {"keys": [key(policy=json.loads(CLOSED), metadata={"KeyMetadata": {"Arn": elsewhere}})]}
    assert verdicts(tmp_path, [loose], snapshot) == [expected]
    other = plan(caller_identity(), new_key("other", json.loads(CLOSED)), region=region)
    assert verdicts(tmp_path, [loose], other) == [expected]


def test_a_key_that_goes_is_there_until_it_is_deleted(tmp_path: Path) -> None:
    """Its separate policy goes with it, and puts the default one."""
    gone = replace(the_key(OPEN), after=None)
    snapshot = {"keys": [key(policy=json.loads(OPEN))]}
    assert verdicts(tmp_path, [gone], snapshot) == [REFUTED]
    assert verdicts(tmp_path, [gone, separate(OPEN, None)], snapshot) == [PROVED]
    # of the plan alone it is not checked
    assert verdicts(tmp_path, [gone, new_key("other", json.loads(CLOSED))]) == [PROVED]


@pytest.mark.parametrize("type_", ["aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"])
def test_the_other_types_of_keys_are_written_alike(tmp_path: Path, type_: str) -> None:
    own = KEY_ID if "replica" not in type_ else f"mrk-{KEY_ID.replace('-', '')}"

    def alike(one: Planned) -> Planned:
        sides = [
            None if side is None else json.loads(json.dumps(side).replace(KEY_ID, own))
            for side in (one.before, one.after)
        ]
        return replace(one, type=type_ if one.type == "aws_kms_key" else one.type, before=sides[0], after=sides[1])

    refer = refers(f"{type_}.k.key_id")
    opened = [the_key(CLOSED, OPEN), separate(CLOSED, CLOSED, refers=refer)]
    closed = [the_key(OPEN), separate(OPEN, CLOSED, refers=refer)]
    gone = [replace(the_key(OPEN), after=None), separate(OPEN, None)]
    snapshot = json.loads(json.dumps({"keys": [key(policy=json.loads(OPEN))]}).replace(KEY_ID, own))
    assert verdicts(tmp_path, [alike(one) for one in opened]) == [REFUTED]
    assert verdicts(tmp_path, [alike(one) for one in closed]) == [PROVED]
    assert verdicts(tmp_path, [alike(one) for one in gone], snapshot) == [PROVED]


@pytest.mark.parametrize(("told", "expected"), [(CLOSED, PROVED), (OPEN, UNKNOWN), (SPACED, PROVED)])
def test_a_state_in_which_two_resources_differ(tmp_path: Path, told: str, expected: Status) -> None:
    """After a first apply the state has what the key was made with, until it is refreshed."""
    (tmp_path / "i.inv").write_text(NOBODY_OUTSIDE, encoding="utf-8")
    path = write(tmp_path, state(the_key(CLOSED), separate(told, told)))
    assert [
        v.status for v in verifier.prove(verifier.load(path), verifier.invariants(tmp_path / "i.inv")).verdicts
    ] == [expected]


# -- grants --


def granted(
    before: str | None, after: str | None, *, operations: str = "Decrypt", address: str = "g", **members: Any
) -> Planned:
    """A grant to the partner before and after, by its ID; a new one's is known after apply."""
    unknown = {"grant_id": True, "id": True} if members.get("does", ["create"]) != ["no-op"] and after == "new" else {}
    usual = {
        "name": None,
        "constraints": [],
        "retiring_principal": members.pop("retiring", None),
        "grantee_principal": PARTNER,
    }
    usual |= {"name": members.pop("label", None), "key_id": KEY_ID, "retire_on_delete": members.pop("retire", False)}
    old = None if before is None else {**usual, "operations": ["Decrypt"], "grant_id": before}
    new = None if after is None else {**usual, "operations": [operations], **({} if unknown else {"grant_id": after})}
    return Planned("aws_kms_grant", address, new, unknown, {"key_id": refers("aws_kms_key.k.key_id")}, old, **members)


GRANTS: dict[str, tuple[list[Planned], Status]] = {
    "it is made": ([granted(None, "new")], REFUTED),
    "it goes": ([granted("a", None)], PROVED),
    "it is retired": ([granted("a", None, retire=True)], PROVED),
    "it is replaced": ([granted("a", "new", operations="Encrypt", does=REPLACED)], PROVED),
    "it is replaced the other way round": (
        [granted("a", "new", operations="Encrypt", does=["create", "delete"])],
        PROVED,
    ),
    "it is made, and the former one is forgotten": (
        [granted("a", "new", operations="Encrypt", does=["create", "forget"])],
        REFUTED,
    ),
    "it is forgotten, and made anew": ([granted("a", "new", operations="Encrypt", does=["forget", "create"])], REFUTED),
    "it is forgotten": ([granted("a", None, does=["forget"])], REFUTED),
    "a deposed one stays": ([granted("b", None, left=True, address="d", entry={"deposed": "ab12cd34"})], REFUTED),
    "a deposed one goes": ([granted("b", None, entry={"deposed": "ab12cd34"})], PROVED),
    "-target leaves it": ([granted("a", "a", left=True)], REFUTED),
    "it moves": ([granted("a", "a", address="new", entry={"previous_address": "aws_kms_grant.old"})], REFUTED),
    "an empty retiring principal is none": ([granted(None, "new", retiring="", operations="Encrypt")], PROVED),
    "and the grant is there": ([granted(None, "new", retiring="")], REFUTED),
    "one of the same name is made before it is revoked": (
        [granted("a", "new", label="n", does=["create", "delete"])],
        UNKNOWN,
    ),
    "one of the same name is revoked before it is made": ([granted("a", "new", label="n", does=REPLACED)], REFUTED),
    "another name is another grant": (
        [granted("a", None, label="n"), granted(None, "new", label="m", address="h")],
        REFUTED,
    ),
}


@pytest.mark.parametrize("case", GRANTS)
@pytest.mark.parametrize("beside", [False, True])
def test_grants(tmp_path: Path, case: str, beside: bool) -> None:
    resources, expected = GRANTS[case]
    listed = {"a", *(r.before["grant_id"] for r in resources if r.before is not None)}
    gone = "a" not in {r.before["grant_id"] for r in resources if r.before is not None}
    entries = [grant(GrantId=name, GranteePrincipal=PARTNER) for name in listed if not (gone and name == "a")]
    snapshot = {"keys": [key(policy=json.loads(CLOSED), grants={"Grants": entries})]} if beside else None
    data = [the_key(CLOSED), *resources]
    if resources[0].left and resources[0].entry:
        found = plan(caller_identity(), *data)
        for entry in found["prior_state"]["values"]["root_module"]["resources"]:
            if entry["type"] == "aws_kms_grant":
                entry["deposed_key"] = "ab12cd34"
        (tmp_path / "i.inv").write_text(NOBODY_OUTSIDE, encoding="utf-8")
        paths = [write(tmp_path, found), *([write(tmp_path, snapshot, "snapshot.json")] if snapshot else [])]
        assert [
            v.status for v in verifier.prove(verifier.load(*paths), verifier.invariants(tmp_path / "i.inv")).verdicts
        ] == [expected]
        return
    assert verdicts(tmp_path, data, snapshot) == [expected]


# -- endpoints --

ENDPOINT = "vpce-0123456789abcdef0"
THROUGH = (
    f'account prod = {ACCOUNT}\ninvariant "i": role/app in prod can kms:Decrypt only when aws:SourceVpce != '
    f'"{ENDPOINT}"'
)
FULL, NONE = (
    json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}]})
    for action in ("*", "kms:Encrypt")
)


def an_endpoint(before: str | None, after: str | None, *, configured: bool = True, **members: Any) -> Planned:
    """An endpoint of KMS whose own block says a policy."""
    values = {
        "id": ENDPOINT,
        "service_name": "com.amazonaws.us-west-2.kms",
        "vpc_id": "vpc-01234567",
        "owner_id": ACCOUNT,
    }
    old = None if before is None else {**values, "policy": before}
    new = None if after is None else {**values, "policy": after}
    return Planned("aws_vpc_endpoint", "e", new, {}, {"policy": constant(after)} if configured else {}, old, **members)


def its_policy(before: str | None, after: str | None, name: str = "p", **members: Any) -> Planned:
    """An `aws_vpc_endpoint_policy`."""
    old, new = (None if text is None else {"vpc_endpoint_id": ENDPOINT, "policy": text} for text in (before, after))
    expressions = {"vpc_endpoint_id": members.pop("refers", refers("aws_vpc_endpoint.e.id")), "policy": constant(after)}
    return Planned("aws_vpc_endpoint_policy", name, new, {}, expressions, old, **members)


ENDPOINTS: dict[str, tuple[list[Planned], Status]] = {
    "its own": ([an_endpoint(NONE, NONE)], PROVED),
    "its own is written": ([an_endpoint(NONE, FULL)], REFUTED),
    "its own is written, the separate one is not touched": ([an_endpoint(NONE, FULL), its_policy(NONE, NONE)], REFUTED),
    "the separate one is written": ([an_endpoint(FULL, FULL), its_policy(FULL, NONE)], PROVED),
    "a separate one that goes resets it to full access": ([an_endpoint(NONE, NONE), its_policy(NONE, None)], REFUTED),
    "one that is forgotten stays": ([an_endpoint(NONE, NONE), its_policy(NONE, None, does=["forget"])], PROVED),
    "two separate ones": ([an_endpoint(NONE, NONE), its_policy(None, NONE), its_policy(None, FULL, "q")], UNKNOWN),
    "two that say the same": ([an_endpoint(NONE, NONE), its_policy(None, NONE), its_policy(None, NONE, "q")], PROVED),
    "-target leaves the separate one": ([an_endpoint(NONE, NONE), its_policy(NONE, NONE, left=True)], PROVED),
    "they differ, and neither is written": ([an_endpoint(NONE, NONE), its_policy(FULL, FULL)], UNKNOWN),
}


def alone(principal: str = f"arn:aws:iam::{ACCOUNT}:role/app") -> Planned:
    """A key whose policy lets one role decrypt."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:Decrypt", "Resource": "*"}
    return the_key(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize("case", ENDPOINTS)
def test_the_policy_of_an_endpoint(tmp_path: Path, case: str) -> None:
    resources, expected = ENDPOINTS[case]
    assert verdicts(tmp_path, [alone(), *resources], invariant=THROUGH) == [expected]


def an_endpoint_listed(document: str) -> Json:
    """The output of describe-vpc-endpoints."""
    found = {
        "VpcEndpointId": ENDPOINT,
        "ServiceName": "com.amazonaws.us-west-2.kms",
        "VpcId": "vpc-01234567",
        "OwnerId": ACCOUNT,
    }
    return {"VpcEndpoints": [{**found, "PolicyDocument": document}]}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ([], PROVED),
        ([its_policy(NONE, None)], REFUTED),
        ([its_policy(None, FULL)], REFUTED),
        ([its_policy(NONE, None, does=["forget"])], PROVED),
        ([its_policy(None, NONE), its_policy(None, FULL, "q")], UNKNOWN),
        (
            [
                replace(
                    its_policy(None, FULL), after={"policy": FULL}, unknown={"vpc_endpoint_id": True}, expressions={}
                )
            ],
            UNKNOWN,
        ),
    ],
)
def test_the_policy_of_an_endpoint_of_a_snapshot(tmp_path: Path, resources: list[Planned], expected: Status) -> None:
    assert verdicts(tmp_path, [alone(), *resources], {"vpc_endpoints": an_endpoint_listed(NONE)}, THROUGH) == [expected]


# -- identities --

READS, WRITES = (
    json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    for action in ("kms:Encrypt", "kms:Decrypt")
)
SHARED = f"arn:aws:iam::{ACCOUNT}:policy/shared"
APP = f'account prod = {ACCOUNT}\ninvariant "i": no role/app in prod can kms:Decrypt'


def app(before: Json | None = None, after: Json | None = None, *, new: bool = False, **expressions: Any) -> Planned:
    """The role `app`, which there is already unless it is `new`."""
    values = {
        **(new_role("app").after or {}),
        "arn": f"arn:aws:iam::{ACCOUNT}:role/app",
        "tags_all": {},
        "unique_id": "AROAEXAMPLE",
    }
    values |= {"inline_policy": [], "managed_policy_arns": []}
    found = {"name": constant("app"), "assume_role_policy": constant("{}"), **expressions}
    old, new_ = {**values, **(before or {})}, {**values, **(after if after is not None else before or {})}
    if new:
        old = None  # type: ignore[assignment]
    return Planned("aws_iam_role", "app", new_, {}, found, old)


def inline(before: str | None, after: str | None, name: str = "x", label: str = "own", **members: Any) -> Planned:
    """An `aws_iam_role_policy` of the role."""
    old, new = (None if text is None else {"name": label, "role": "app", "policy": text} for text in (before, after))
    return Planned(
        "aws_iam_role_policy",
        name,
        new,
        {},
        {"role": refers("aws_iam_role.app.name"), "policy": constant(after)},
        old,
        **members,
    )


def attached(before: bool, after: bool, name: str = "x", **members: Any) -> Planned:
    """An `aws_iam_role_policy_attachment` of the shared policy to the role."""
    values = {"role": "app", "policy_arn": SHARED}
    expressions = {"role": refers("aws_iam_role.app.name"), "policy_arn": constant(SHARED)}
    return Planned(
        "aws_iam_role_policy_attachment",
        name,
        values if after else None,
        {},
        expressions,
        values if before else None,
        **members,
    )


def only(kind: str, listed: list[str], *, before: list[str] | None = None) -> Planned:
    """An exclusive resource of the role."""
    name = "policy_names" if kind == "policies" else "policy_arns"
    old = None if before is None else {"role_name": "app", name: before}
    expressions = {"role_name": refers("aws_iam_role.app.name"), name: constant(listed)}
    return Planned(f"aws_iam_role_{kind}_exclusive", "only", {"role_name": "app", name: listed}, {}, expressions, old)


def shared(document: str = WRITES) -> Planned:
    """The managed policy."""
    values = {"name": "shared", "path": "/", "policy": document, "arn": SHARED, "id": SHARED, "tags_all": {}}
    return Planned("aws_iam_policy", "shared", values, {}, {"name": constant("shared")}, values)


def block(document: str, name: str = "own") -> Json:
    """What `inline_policy` has."""
    return {"inline_policy": [{"name": name, "policy": document}]}


HAS = {"managed_policy_arns": [SHARED]}
IDENTITIES: dict[str, tuple[list[Planned], Status]] = {
    "an inline policy": ([app(), inline(None, WRITES)], REFUTED),
    "another one": ([app(), inline(None, READS)], PROVED),
    "two of one name": ([app(), inline(None, READS), inline(None, WRITES, "y")], UNKNOWN),
    "two of one name that say the same": ([app(), inline(None, READS), inline(None, READS, "y")], PROVED),
    "one of them is written": ([app(), inline(READS, READS), inline(READS, WRITES, "y")], REFUTED),
    "one of them goes": ([app(block(WRITES)), inline(WRITES, None), inline(WRITES, WRITES, "y")], PROVED),
    "the block of the role says it, and is not written": (
        [app(block(READS), inline_policy=[{}]), inline(READS, WRITES)],
        REFUTED,
    ),
    "the block of the role is written": (
        [app(block(READS), block(WRITES), inline_policy=[{}]), inline(READS, READS)],
        REFUTED,
    ),
    "the block of the role loses it": (
        [app(block(WRITES), block(READS, "z"), inline_policy=[{}]), inline(WRITES, WRITES)],
        PROVED,
    ),
    "the block loses it while it is written": (
        [app(block(READS), block(READS, "z"), inline_policy=[{}]), inline(READS, WRITES)],
        REFUTED,
    ),
    "it goes and is made elsewhere": ([app(), inline(WRITES, None), inline(None, WRITES, "y")], UNKNOWN),
    "-target leaves it": ([app(), inline(WRITES, WRITES, left=True)], REFUTED),
    "it is forgotten": ([app(), inline(WRITES, None, does=["forget"])], REFUTED),
    "it is replaced, the former one forgotten": ([app(), inline(READS, WRITES, does=["create", "forget"])], REFUTED),
    "a role that is replaced loses what is not made anew": ([app(new=True), inline(WRITES, WRITES)], UNKNOWN),
    "an attachment": ([shared(), app(), attached(False, True)], REFUTED),
    "an attachment goes": ([shared(), app(HAS), attached(True, False)], PROVED),
    "an attachment goes, another stays": (
        [shared(), app(HAS), attached(True, False), attached(True, True, "y")],
        PROVED,
    ),
    "an attachment goes, another is made": (
        [shared(), app(HAS), attached(True, False), attached(False, True, "y")],
        UNKNOWN,
    ),
    "the role's list loses it": (
        [shared(), app(HAS, {"managed_policy_arns": []}, managed_policy_arns=constant([])), attached(True, True)],
        PROVED,
    ),
    "the role's list has it": ([shared(), app({}, HAS, managed_policy_arns=constant([SHARED]))], REFUTED),
    "-target leaves an attachment": ([shared(), app(), attached(True, True, left=True)], REFUTED),
    "exclusive, newly made": ([shared(), app(HAS), attached(True, True), only("policy_attachments", [])], PROVED),
    "exclusive, and attached anew": ([shared(), app(), attached(False, True), only("policy_attachments", [])], UNKNOWN),
    "exclusive from before, and attached anew": (
        [shared(), app(), attached(False, True), only("policy_attachments", [], before=[])],
        REFUTED,
    ),
    "exclusive attaches what it lists": ([shared(), app(), only("policy_attachments", [SHARED])], REFUTED),
    "exclusive takes an inline policy": ([app(block(WRITES)), inline(WRITES, WRITES), only("policies", ["z"])], PROVED),
    "exclusive leaves an inline policy": (
        [app(block(WRITES)), inline(WRITES, WRITES), only("policies", ["own"])],
        REFUTED,
    ),
    "exclusive, and an inline policy is made": ([app(), inline(None, WRITES), only("policies", [])], UNKNOWN),
}


@pytest.mark.parametrize("case", IDENTITIES)
@pytest.mark.parametrize("beside", [False, True])
def test_the_policies_of_a_role(tmp_path: Path, case: str, beside: bool) -> None:
    resources, expected = IDENTITIES[case]
    listed = details(RoleDetailList=[role("app", RolePolicyList=[], AttachedManagedPolicies=[])])
    snapshot = {"accounts": {ACCOUNT: {"authorization_details": listed}}} if beside else None
    only_told = (
        "-target leaves it",
        "it is forgotten",
        "-target leaves an attachment",
        "exclusive leaves an inline policy",
    )
    # the snapshot does not have it, and nothing writes it
    expected = UNKNOWN if beside and case in only_told else expected
    assert verdicts(tmp_path, [the_key(CLOSED), *resources], snapshot, APP) == [expected]


@pytest.mark.parametrize(
    ("extra", "flags", "expected"),
    [
        ({"inline_policy": []}, {}, PROVED),
        ({"inline_policy": [{"name": "own", "policy": WRITES}]}, {}, REFUTED),
        ({}, {"inline_policy": True}, UNKNOWN),
    ],
)
def test_inline_policies_of_dynamic_blocks_are_not_in_the_configuration(
    tmp_path: Path, extra: Json, flags: Json, expected: Status
) -> None:
    fresh = new_role("app", unknown=flags)
    fresh.after = {name: value for name, value in (fresh.after or {}).items() if name != "inline_policy"} | extra
    assert verdicts(tmp_path, [the_key(CLOSED), fresh], invariant=APP) == [expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", PROVED),
        (
            'dynamic "inline_policy" {\n  for_each = local.x\n  content {\n  name = "own"\n  policy = local.p\n  }\n '
            " }",
            UNKNOWN,
        ),
    ],
)
def test_the_tf_file_tells_whether_there_are_dynamic_blocks(tmp_path: Path, written: str, expected: Status) -> None:
    text = f'resource "aws_iam_role" "app" {{\n  name = "app"\n  assume_role_policy = "{{}}"\n  {written}\n}}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    fresh = new_role("app", unknown={"inline_policy": True})
    fresh.after = {name: value for name, value in (fresh.after or {}).items() if name != "inline_policy"}
    assert verdicts(tmp_path, [the_key(CLOSED), fresh], invariant=APP) == [expected]


# -- what a plan deletes, and a snapshot lists --


def test_a_role_that_goes_is_not_listed_any_more(tmp_path: Path) -> None:
    attached_to = [{"PolicyName": "own", "PolicyDocument": json.loads(WRITES)}]
    listed = details(
        RoleDetailList=[role("app", RolePolicyList=attached_to), role("b", RolePolicyList=[])],
        UserDetailList=[user("u", UserPolicyList=[], GroupList=["g"])],
        GroupDetailList=[
            {
                "GroupName": "g",
                "GroupId": "AGPA",
                "Arn": f"arn:aws:iam::{ACCOUNT}:group/g",
                "GroupPolicyList": attached_to,
            }
        ],
    )
    snapshot = {"accounts": {ACCOUNT: {"authorization_details": listed}}}
    the_role, the_group = (
        replace(app(), after=None),
        Planned("aws_iam_group", "g", None, before={"name": "g", "path": "/"}),
    )
    path = write(tmp_path, snapshot, "snapshot.json")

    def account(*resources: Planned) -> Account:
        (found,) = verifier.load(write(tmp_path, plan(caller_identity(), the_key(CLOSED), *resources)), path).accounts
        return found

    found = account(the_role, the_group)
    assert ([r.arn for r in found.roles], found.groups, found.complete) == (
        [f"arn:aws:iam::{ACCOUNT}:role/b"],
        (),
        True,
    )
    assert [(u.groups, u.policies) for u in found.users] == [((), ())]
    found = account(replace(the_role, does=["forget"]))
    assert ([r.arn for r in found.roles], len(found.groups)) == (
        [f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/b"],
        1,
    )


def test_an_alias_that_goes_or_changes_its_key(tmp_path: Path) -> None:
    by_alias = {
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}, "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/pay"}},
    }  # fmt: skip
    document = {
        "Version": "2012-10-17",
        "Statement": [{name: value for name, value in by_alias.items() if name != "Principal"}],
    }
    listed = details(RoleDetailList=[role("app", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": document}])])
    snapshot = {
        "keys": [key(policy=json.loads(CLOSED), aliases=["alias/pay"])],
        "accounts": {ACCOUNT: {"authorization_details": listed}},
    }
    goes = Planned("aws_kms_alias", "a", None, {}, {}, ALIAS)
    changes = Planned(
        "aws_kms_alias", "a", {**ALIAS, "target_key_id": OTHER_ID}, {}, {"target_key_id": constant(OTHER_ID)}, ALIAS
    )
    stays = Planned("aws_kms_alias", "a", ALIAS, {}, {"target_key_id": constant(KEY_ID)}, ALIAS)
    for resource, expected in ((goes, PROVED), (changes, PROVED), (stays, REFUTED)):
        assert verdicts(tmp_path, [resource], snapshot, APP) == [expected]
    loose = Planned(
        "aws_kms_alias", "b", {"name": "alias/b"}, {"target_key_id": True}, {"target_key_id": refers("local.x")}
    )
    assert verdicts(tmp_path, [stays, loose], snapshot, APP) == [UNKNOWN]  # which aliases the key has then is not known


@pytest.mark.parametrize(
    ("after", "condition", "expected"),
    [
        (None, {"kms:ResourceAliases": "alias/pay"}, UNKNOWN),
        ({**ALIAS, "target_key_id": OTHER_ID}, {"kms:ResourceAliases": "alias/pay"}, UNKNOWN),
        (ALIAS, {"kms:ResourceAliases": "alias/pay"}, REFUTED),
        (None, {"kms:EncryptionContextKeys": "team"}, REFUTED),
    ],
)
def test_an_alias_that_goes_is_not_supposed(
    tmp_path: Path, after: Json | None, condition: Json, expected: Status
) -> None:
    """Of a key whose aliases nobody lists: it has none of that name then, for "an alias name is unique in the account
    and Region", but maybe others [KMS Developer Guide: About aliases, Each alias has two formats]."""
    document = json.loads(OPEN)
    document["Statement"][1]["Condition"] = {"ForAnyValue:StringEquals": condition}
    alias = Planned(
        "aws_kms_alias", "a", after, {}, {"target_key_id": constant((after or ALIAS)["target_key_id"])}, ALIAS
    )
    assert verdicts(tmp_path, [the_key(json.dumps(document)), alias]) == [expected]


def test_an_endpoint_that_goes_is_not_listed_any_more(tmp_path: Path) -> None:
    paths = [write(tmp_path, plan(caller_identity(), alone(), an_endpoint(FULL, None)))]
    paths.append(write(tmp_path, {"vpc_endpoints": an_endpoint_listed(FULL)}, "snapshot.json"))
    assert verifier.load(*paths).endpoints == ()
