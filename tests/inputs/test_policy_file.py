"""A single policy file is one key of which nothing else is known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, KEY, MULTI_REGION_KEY, POLICY, assert_only, place
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.syntax.diagnostic import InputError

ASSUMED = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"


def statement(principal: Any, **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"} | elements


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def write(folder: Path, document: Any, name: str = "key-policy.json") -> Path:
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def refused(*paths: Path, **options: Any) -> InputError:
    with pytest.raises(InputError) as error:
        load_estate(paths, **options)
    return error.value


def test_u3_facts_are_free(tmp_path: Path) -> None:
    estate = load_estate([write(tmp_path, POLICY)], key_arn=KEY)
    (key,) = estate.keys
    assert (key.arn, key.name) == (KEY, "key-policy")
    assert (key.spec, key.usage, key.origin, key.aliases, key.tags) == (None, None, None, None, None)
    assert key.policies is not None
    assert [found.identity for found in key.policies] == [f"{KEY}#default"]
    assert estate.warnings == ()


@pytest.mark.parametrize(
    ("arn", "multi_region"), [(KEY, False), (MULTI_REGION_KEY, True), (KEY.replace("1234abcd-12ab", "payments"), None)]
)
def test_u3_the_key_id_tells_multi_region_keys(tmp_path: Path, arn: str, multi_region: bool | None) -> None:
    (key,) = load_estate([write(tmp_path, POLICY)], key_arn=arn).keys
    assert key.multi_region is multi_region


@pytest.mark.parametrize(
    "document",
    [
        POLICY,
        json.dumps(json.dumps(POLICY)),  # `--query Policy`
        {"Policy": json.dumps(POLICY)},
        {"Policy": json.dumps(POLICY, indent=2), "PolicyName": "default"},
        {"Policy": POLICY},
    ],
)
def test_a_policy_and_get_key_policy_output_mean_the_same(tmp_path: Path, document: Any) -> None:
    (key,) = load_estate([write(tmp_path, document)], key_arn=KEY).keys
    assert key.policies is not None
    assert [action.value for action in key.policies[0].statements[0].actions or ()] == ["kms:*"]


def test_a_policy_in_yaml(tmp_path: Path) -> None:
    text = (
        f"Version: 2012-10-17\nStatement:\n  - Effect: Allow\n    Principal: {{AWS: {ACCOUNT}}}\n    Action: "
        "kms:*\n    Resource: '*'\n"
    )
    (key,) = load_estate([write(tmp_path, text, "policy.yaml")], key_arn=KEY).keys
    assert key.policies is not None
    span = key.policies[0].statements[0].span
    assert span.line == 3


def without_principal(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "kms:*", "Resource": "*"} | elements


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ([without_principal()], "names no principal"),
        ([without_principal(Effect="Deny", Resource="<key-arn>"), without_principal()], "names no principal"),
        ([statement("*", Action="s3:GetObject", Resource="arn:aws:s3:::${BUCKET}/*")], "is about no action of KMS"),
        ([{"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole"]}], "is about no action of KMS"),
        ([statement("*", Effect="Deny")], "allows nothing"),
        ([statement({"AWS": ACCOUNT}, Effect="Deny")], "allows nothing"),
    ],
)
def test_s3_a_policy_that_is_none_of_a_key(tmp_path: Path, statements: list[dict[str, Any]], why: str) -> None:
    """Nothing is asked about it; that there is no key to check is told."""
    path = write(tmp_path, policy(*statements))
    error = refused(path)
    assert error.nothing and "holds no key" in error.diagnostics[0].message
    assert f"{path} {why}" in error.diagnostics[0].message
    estate = load_estate([path], empty=True)
    assert [why in warning.message for warning in estate.warnings] == [True]
    key = write(tmp_path, POLICY, "key.json")
    assert len(load_estate([key, path]).keys) == 1
    if why == "allows nothing":
        assert load_estate([path], key_arn=KEY).keys
    if why == "names no principal":
        refused(path, key_arn=KEY)


@pytest.mark.parametrize(
    "statements",
    [
        [statement({"AWS": ACCOUNT}, Action=["s3:*", "*"])],
        [statement({"AWS": ACCOUNT}), statement({"AWS": ACCOUNT}, Effect="Deny", Action="kms:Decrypt")],
        [statement({"AWS": ACCOUNT}, Action="k?s:*")],
    ],
)
def test_a_policy_that_may_be_of_a_key(tmp_path: Path, statements: list[dict[str, Any]]) -> None:
    assert load_estate([write(tmp_path, policy(*statements))]).keys
    refused(write(tmp_path, policy(statements[0], without_principal())))


def test_a_deny_of_a_key_whose_account_is_said(tmp_path: Path) -> None:
    """The lockout safety check may have been bypassed."""
    assert load_estate([write(tmp_path, policy(statement("*", Effect="Deny")))], supplied=Supplied(ACCOUNT)).keys


def test_what_is_concluded_of_several_files_is_one_sentence(tmp_path: Path) -> None:
    accounts = {"a.json": ACCOUNT, "b.json": PARTNER, "c.json": ACCOUNT}
    paths = [write(tmp_path, policy(statement({"AWS": account})), name) for name, account in accounts.items()]
    ours, theirs, region = load_estate(paths).concluded
    assert f"the keys of {paths[0]}, {paths[2]} are of account {ACCOUNT}" in ours
    assert f"the key of {paths[1]} is of account {PARTNER}" in theirs
    assert f"the Region of the keys of {', '.join(map(str, paths))} is not given" in region


PARTNER = "444455556666"
OF_PROD = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}


@pytest.mark.parametrize(
    "statements",
    [
        [statement({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})],
        [statement({"AWS": ACCOUNT}), statement({"AWS": PARTNER}, Action="kms:Decrypt")],
        [
            statement({"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}, Action="kms:Put*"),
            statement("*", Action=["kms:Decrypt", "kms:Get*"]),
        ],
        [statement({"AWS": "*"}, Condition=OF_PROD)],
        [statement({"AWS": ACCOUNT, "Service": "s3.amazonaws.com"})],
        [statement({"AWS": ACCOUNT}), statement({"AWS": PARTNER}, Effect="Deny")],
        [statement({"AWS": ACCOUNT}), {**statement({"AWS": PARTNER}, NotAction="kms:P*"), "Action": None}],
    ],
)
def test_s4_the_account_that_could_put_the_key_policy_alone(tmp_path: Path, statements: list[dict[str, Any]]) -> None:
    document = policy(*({name: value for name, value in each.items() if value is not None} for each in statements))
    estate = load_estate([write(tmp_path, document)])
    assert [key.arn for key in estate.keys] == [ASSUMED]
    assert not [warning for warning in estate.warnings if "account" in warning.message]
    account, region = estate.concluded
    assert f"of account {ACCOUNT}" in account and "kms:PutKeyPolicy" in account
    assert "us-east-1" in region


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        ([statement("*")], "callers of any account"),
        ([statement({"AWS": [ACCOUNT, PARTNER]})], f"callers of {ACCOUNT} and {PARTNER}"),
        (
            [statement({"AWS": ACCOUNT}), statement({"AWS": f"arn:aws:iam::{PARTNER}:role/x"})],
            f"callers of {ACCOUNT} and {PARTNER}",
        ),
        ([statement({"AWS": PARTNER}, Action="kms:Decrypt")], "callers of no account"),
        (
            [
                statement({"AWS": ACCOUNT}),
                statement({"AWS": "*"}, Condition={"StringNotEquals": {"kms:CallerAccount": PARTNER}}),
            ],
            "any account",
        ),
        ([statement({"AWS": "*"}, Condition={"StringEqualsIfExists": {"kms:CallerAccount": ACCOUNT}})], "any account"),
        ([statement({"AWS": ACCOUNT}, Resource=KEY)], "names the resource"),
        # Nobody of the account is left who can put a policy: this one was put past the check, and tells nothing.
        (
            [statement({"AWS": PARTNER}), statement("*", Effect="Deny", Action="kms:PutKeyPolicy")],
            f"callers of {PARTNER}",
        ),
        (
            [statement({"AWS": PARTNER}), statement({"AWS": PARTNER}, Effect="Deny", Action="kms:Put*")],
            f"callers of {PARTNER}",
        ),
        (
            [statement({"AWS": PARTNER}, Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})],
            f"callers of {PARTNER}",
        ),
        (
            [statement({"AWS": PARTNER}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})],
            f"callers of {PARTNER}",
        ),
    ],
)
def test_s4_otherwise_the_arn_must_be_given(tmp_path: Path, statements: list[dict[str, Any]], says: str) -> None:
    path = write(tmp_path, policy(*statements))
    found = assert_only(refused(path).diagnostics, says)
    assert "--key-arn" in (found.hint or "")
    assert place(found) == (1, 1)
    load_estate([path], key_arn=KEY)


def test_s4_the_account_that_is_supplied(tmp_path: Path) -> None:
    path = write(tmp_path, policy(statement("*")))
    estate = load_estate([path], supplied=Supplied(PARTNER, "eu-west-1"))
    assert (estate.keys[0].account, estate.keys[0].region, estate.concluded) == (PARTNER, "eu-west-1", ())


def test_s4_a_key_that_the_invariants_declare_is_said(tmp_path: Path) -> None:
    estate = load_estate([write(tmp_path, policy(statement("*")))], declared_key_arn=KEY)
    assert estate.keys[0].arn == KEY and "the only one that the invariants declare" in estate.concluded[0]


OPEN = {
    "StringEquals": {"kms:CallerAccount": "{{ partner }}", "aws:username": "${aws:username}"},
    "StringLike": {"aws:PrincipalTag/a": "${*}"},
}
TEXT = json.dumps(
    policy(
        statement({"AWS": "arn:aws:iam::${ACCOUNT_ID}:root"}),
        statement("*", Action="kms:Decrypt", Condition=OPEN),
        statement({"AWS": "<account>"}, Action="kms:Decrypt"),
    )
)
VALUES = {"ACCOUNT_ID": ACCOUNT, "partner": PARTNER, "account": PARTNER}


@pytest.mark.parametrize(
    "document", [TEXT, TEXT.replace("<", "\\u003c"), json.dumps({"Policy": TEXT}), f"# in YAML\n{TEXT}"]
)
def test_placeholders_stand_for_what_is_given(tmp_path: Path, document: str) -> None:
    path = write(tmp_path, document, "policy.yaml" if document.startswith("#") else "policy.json")
    found = load_estate([path], supplied=Supplied(parameters=VALUES))
    plain = TEXT.replace("${ACCOUNT_ID}", ACCOUNT).replace("{{ partner }}", PARTNER).replace("<account>", PARTNER)
    expected = load_estate([write(tmp_path, plain, path.name)])
    statements = [
        [(s.principals, s.conditions) for key in estate.keys for p in key.policies or () for s in p.statements]
        for estate in (found, expected)
    ]
    assert meant(statements[0]) == meant(statements[1]) and found.keys[0].account == ACCOUNT


def meant(value: object) -> str:
    return re.sub(r"Span\([^)]*\)", "", repr(value))


def test_a_placeholder_without_a_value_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT)
    found = refused(path, supplied=Supplied(account=ACCOUNT, parameters={"ACCOUNT_ID": ACCOUNT})).diagnostics
    assert [(one.message, place(one)) for one in found] == [
        (f"the placeholder `{name}` has no value", (1, TEXT.index(text) + 1))
        for name, text in (("partner", "{{ p"), ("account", "<acc"))
    ]
    assert "--parameter partner=VALUE" in (found[0].hint or "") and "--parameter 'account=<account>'" in (
        found[1].hint or ""
    )
    load_estate([path], supplied=Supplied(parameters={**VALUES, "partner": "{{ partner }}"}))  # as it stands
    assert (
        "no parameter `partnr`"
        in refused(path, supplied=Supplied(parameters={**VALUES, "partnr": ""})).diagnostics[0].message
    )


def test_r7_the_partition_is_that_of_the_account(tmp_path: Path) -> None:
    (key,) = load_estate([write(tmp_path, policy(statement({"AWS": f"arn:aws-cn:iam::{ACCOUNT}:root"})))]).keys
    assert key.arn.startswith(f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/")


def test_several_policy_files(tmp_path: Path) -> None:
    paths = [write(tmp_path, POLICY), write(tmp_path, POLICY, "other.json")]
    assert any("a second policy file" in found.message for found in refused(*paths, key_arn=KEY).diagnostics)
    assert [key.name for key in load_estate(paths).keys] == [str(path).removesuffix(".json") for path in paths]


def test_an_arn_without_a_policy_file(tmp_path: Path) -> None:
    snapshot = write(tmp_path, {"keys": [{"arn": KEY, "policy": "default"}]}, "snapshot.json")
    assert_only(refused(snapshot, key_arn=MULTI_REGION_KEY).diagnostics, "--key-arn goes with a policy file")


@pytest.mark.parametrize(
    "arn",
    ["payments", KEY.replace(":kms:", ":s3:"), KEY.replace("aws", "aws-moon"), KEY.replace(ACCOUNT, "1"), KEY + " "],
)
def test_the_arn_must_be_that_of_a_key(tmp_path: Path, arn: str) -> None:
    assert_only(refused(write(tmp_path, POLICY), key_arn=arn).diagnostics, "is not the ARN of a KMS key")


@pytest.mark.parametrize("text", ["{}", "[]", "3", '{"Resources": {}}', '{"Policy": "KMS"}', "just words"])
def test_other_documents_are_neither_policy_nor_snapshot(tmp_path: Path, text: str) -> None:
    assert_only(
        refused(write(tmp_path, text, "x.yaml")).diagnostics, "expected a policy, a snapshot, a plan or a template"
    )


def test_l4_a_policy_without_statement_is_told_by_the_policy_reader(tmp_path: Path) -> None:
    assert_only(refused(write(tmp_path, '{"Version": "2012-10-17"}'), key_arn=KEY).diagnostics, "`Statement`")


def test_l5_resources_that_are_not_the_key_are_warned_about(tmp_path: Path) -> None:
    document = policy(statement({"AWS": ACCOUNT}, Resource=MULTI_REGION_KEY), statement({"AWS": ACCOUNT}, Resource=KEY))
    estate = load_estate([write(tmp_path, document)], key_arn=KEY)
    assert [warning.rule for warning in estate.warnings] == ["L5"]


def test_l5a_a_policy_of_resource_sharing_is_not_the_key_policy(tmp_path: Path) -> None:
    path = write(tmp_path, {"Policy": json.dumps(POLICY), "PolicyName": "AWS_RAM"})
    assert_only(refused(path, key_arn=KEY).diagnostics, "this is the key policy `AWS_RAM`")


def test_a_declared_arn_that_is_not_one_of_a_key_is_not_taken(tmp_path: Path) -> None:
    (key,) = load_estate([write(tmp_path, POLICY)], declared_key_arn="payments").keys
    assert key.arn == ASSUMED
