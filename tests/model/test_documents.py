"""What a document becomes: the model, its places, its size; and documents inside other documents."""

from __future__ import annotations

import json

import pytest

from verifier.language.policies.checks import key_policy_warnings
from verifier.language.policies.documents import read_policy
from verifier.model.policy import Effect, Operator, Policy, PolicyKind, PrincipalType, Statement
from verifier.syntax.diagnostic import InputError
from verifier.syntax.nested import nested_source
from verifier.syntax.source import Source, Span

KEY_ARN = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def read(text: str, kind: PolicyKind = PolicyKind.KEY, identity: str = "i") -> Policy:
    return read_policy(Source("policy.json", text), kind, identity=identity, name="n")


def statement(**elements: object) -> Statement:
    """The one statement of a key policy; `elements` replace or join the usual ones, `None` takes one away."""
    usual: dict[str, object] = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    given = {name: value for name, value in {**usual, **elements}.items() if value is not None}
    return read(json.dumps({"Version": "2012-10-17", "Statement": given})).statements[0]


def taken_at(text: str, span: Span) -> str:
    """The characters of a one-line text at a span."""
    assert span.line == span.end_line == 1
    return text[span.column - 1 : span.end_column - 1]


def test_every_node_knows_its_place() -> None:
    text = (
        '{"Version":"2012-10-17","Statement":{"Sid":"s","Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},'
        '"NotAction":"kms:Decrypt","NotResource":"*","Condition":{"ForAnyValue:StringLikeIfExists":{"aws:TagKeys":["a",1,true]}}}}'
    )
    policy = read(text)
    one = policy.statements[0]
    assert one.sid is not None and one.principals is not None and one.actions is not None and one.resources is not None
    condition = one.conditions[0]
    assert taken_at(text, policy.span) == text
    assert taken_at(text, one.span) == text[text.index('{"Sid"') : -1]
    assert taken_at(text, one.sid.span) == '"s"'
    assert taken_at(text, one.principals[0].span) == '"111122223333"'
    assert taken_at(text, one.actions[0].span) == '"kms:Decrypt"'
    assert taken_at(text, one.resources[0].span) == '"*"'
    assert taken_at(text, condition.operator.span) == '"ForAnyValue:StringLikeIfExists"'
    assert taken_at(text, condition.key.span) == '"aws:TagKeys"'
    assert taken_at(text, condition.span) == '"aws:TagKeys":["a",1,true]'
    assert [taken_at(text, value.span) for value in condition.values] == ['"a"', "1", "true"]


def test_the_model_of_a_statement() -> None:
    text = '{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":["kms:Decrypt"],"NotResource":"*"}}'
    policy = read(text)
    one = policy.statements[0]
    assert (one.effect, one.index, one.sid, one.conditions) == (Effect.DENY, 0, None, ())
    assert (one.not_principal, one.not_action, one.not_resource) == (True, True, True)
    assert not policy.variables


def test_C_every_condition_of_a_block_is_read() -> None:
    block = {"StringEquals": {"aws:username": "x", "kms:ViaService": ["y", "z"]}, "Bool": {"aws:ViaAWSService": "true"}}
    assert [
        (str(one.operator), one.key.value, [value.value for value in one.values])
        for one in statement(Condition=block).conditions
    ] == [
        ("StringEquals", "aws:username", ["x"]),
        ("StringEquals", "kms:ViaService", ["y", "z"]),
        ("Bool", "aws:ViaAWSService", ["true"]),
    ]


def test_L1_only_the_later_version_has_variables() -> None:
    rest = '"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    assert read('{"Version":"2012-10-17",' + rest, PolicyKind.SCP).variables
    assert not read('{"Version":"2008-10-17",' + rest, PolicyKind.SCP).variables
    assert not read("{" + rest, PolicyKind.SCP).variables


def test_L2_numbers_and_booleans_are_texts_as_written() -> None:
    values = statement(Condition={"StringEquals": {"aws:PrincipalTag/a": [True, 10, "x"]}}).conditions[0].values
    assert [value.value for value in values] == ["true", "10", "x"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Null", Operator("Null", None, False)),
        ("StringNotEqualsIgnoreCaseIfExists", Operator("StringNotEqualsIgnoreCase", None, True)),
        ("ForAllValues:ArnNotLike", Operator("ArnNotLike", "ForAllValues", False)),
        ("ForAnyValue:NumericLessThanEqualsIfExists", Operator("NumericLessThanEquals", "ForAnyValue", True)),
    ],
)
def test_C1_operators_are_taken_apart(name: str, expected: Operator) -> None:
    found = statement(Condition={name: {"aws:TagKeys": "true"}}).conditions[0].operator
    assert (found.base, found.set_operator, found.if_exists) == (
        expected.base,
        expected.set_operator,
        expected.if_exists,
    )
    assert str(found) == name


@pytest.mark.parametrize(
    ("principal", "type_", "account", "partition"),
    [
        ("*", PrincipalType.ANYONE, None, None),
        ({"AWS": "*"}, PrincipalType.ANY_AWS, None, None),
        ({"AWS": "111122223333"}, PrincipalType.ACCOUNT, "111122223333", None),
        ({"AWS": "arn:aws-cn:iam::111122223333:root"}, PrincipalType.ACCOUNT, "111122223333", "aws-cn"),
        ({"AWS": "arn:aws:iam::111122223333:user/division/Alice"}, PrincipalType.USER, "111122223333", "aws"),
        (
            {"AWS": "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/R"},
            PrincipalType.ROLE,
            "111122223333",
            "aws",
        ),
        (
            {"AWS": "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1"},
            PrincipalType.SESSION,
            "111122223333",
            "aws",
        ),
        ({"AWS": "arn:aws:sts::111122223333:federated-user/Bob"}, PrincipalType.FEDERATED_USER, "111122223333", "aws"),
        ({"AWS": "AROADBQP57FF2AEXAMPLE"}, PrincipalType.UNIQUE_ID, None, None),
        ({"Service": ["logs.us-west-2.amazonaws.com"]}, PrincipalType.SERVICE, None, None),
        ({"Federated": "accounts.google.com"}, PrincipalType.FEDERATED, None, None),
        ({"CanonicalUser": "79a5"}, PrincipalType.CANONICAL_USER, None, None),
    ],
)
def test_P1_to_P6_principals(
    principal: object, type_: PrincipalType, account: str | None, partition: str | None
) -> None:
    principals = statement(Principal=principal).principals
    assert principals is not None
    assert [(p.type, p.account, p.partition) for p in principals] == [(type_, account, partition)]


def test_principals_of_all_types_are_listed_in_order() -> None:
    principals = statement(Principal={"Service": "a.amazonaws.com", "AWS": ["111122223333", "*"]}).principals
    assert principals is not None
    assert [p.value for p in principals] == ["a.amazonaws.com", "111122223333", "*"]


def test_L5_a_key_policy_may_lack_resource() -> None:
    assert statement(Resource=None).resources is None


def test_L5_resources_that_cannot_be_the_key_are_reported() -> None:
    other = KEY_ARN.replace("us-west-2", "us-east-1")
    resources = [
        "*",
        KEY_ARN,
        KEY_ARN[:-3] + "?" + "*",
        other,
        "arn:aws:kms:*",
        "arn:aws:kms:us-west-2:*",
        "arn:aws:kms:*:*:key/*",
        "arn:*",
        KEY_ARN.upper(),
    ]
    resources.append("arn:aws:kms:us-west-2:111122223333:key/${aws:PrincipalTag/key}")
    document = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": resources}
    policy = read(json.dumps({"Version": "2012-10-17", "Statement": document}))
    reported = [warning.message.split('"')[1] for warning in key_policy_warnings(policy, KEY_ARN)]
    # an asterisk at the end of a segment may run on (L6)
    assert reported == [resource[:80] for resource in (other, KEY_ARN.upper())]
    assert {warning.rule for warning in key_policy_warnings(policy, KEY_ARN)} == {"L5"}


def test_L5_many_wildcards_do_not_take_long() -> None:
    policy = read(
        json.dumps(
            {
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "kms:*",
                    "Resource": "arn:aws:kms:us-west-2:111122223333:" + "*1" * 200,
                }
            }
        )
    )
    assert key_policy_warnings(policy, KEY_ARN)


def test_L5_other_policies_get_no_key_policy_warnings() -> None:
    policy = read('{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:x"}}', PolicyKind.IDENTITY)
    assert key_policy_warnings(policy, KEY_ARN) == ()


@pytest.mark.parametrize(
    ("kind", "length", "warned"),
    [
        (PolicyKind.KEY, 32_768, False),
        (PolicyKind.KEY, 32_769, True),
        (PolicyKind.IDENTITY, 6_144, False),
        (PolicyKind.IDENTITY, 6_145, True),
        (PolicyKind.BOUNDARY, 6_145, True),
        (PolicyKind.SCP, 5_120, False),
        (PolicyKind.SCP, 5_121, True),
        (PolicyKind.RCP, 5_121, True),
    ],
)
def test_L4_limits_are_warnings(kind: PolicyKind, length: int, warned: bool) -> None:
    principal = '"Principal":"*",' if kind in (PolicyKind.KEY, PolicyKind.RCP) else ""
    head, tail = '{"Statement":{"Effect":"Deny",' + principal + '"Action":"*","Resource":"*","Sid":"', '"}}'
    policy = read(head + "x" * (length - len(head) - len(tail)) + tail, kind)
    assert policy.size == length
    assert [warning.rule for warning in policy.warnings] == (["L4"] if warned else [])


def test_L4_white_space_counts_in_key_policies_only() -> None:
    text = '{ "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"} }\n'
    assert read(text, PolicyKind.SCP).size == len("".join(text.split()))
    with_principal = text.replace('"Action"', '"Principal": "*", "Action"')
    assert read(with_principal).size == len(with_principal)


@pytest.mark.parametrize(("owner", "limit"), [("user/u", 2_048), ("role/r", 10_240), ("group/g", 5_120)])
def test_L4_inline_policies_have_limits_of_their_own(owner: str, limit: int) -> None:
    head, tail = '{"Statement":{"Effect":"Deny","Action":"*","Resource":"', '"}}'
    for length, warned in ((limit, False), (limit + 1, True)):
        text = head + "x" * (length - len(head) - len(tail)) + tail
        policy = read(text, PolicyKind.IDENTITY, f"arn:aws:iam::111122223333:{owner}#inline")
        assert bool(policy.warnings) == warned


def test_L4_policies_of_aws_itself_may_be_larger() -> None:
    text = '{"Statement":{"Effect":"Deny","Action":"*","Resource":"' + "x" * 7_000 + '"}}'
    assert read(text, PolicyKind.IDENTITY, "arn:aws:iam::aws:policy/ReadOnlyAccess").warnings == ()


def test_a_policy_over_one_mebibyte_is_refused_unparsed() -> None:
    with pytest.raises(InputError) as raised:
        read("[" * ((1 << 20) + 1))
    assert "bytes" in raised.value.diagnostics[0].message
    assert raised.value.diagnostics[0].line_text is None


def test_many_errors_are_counted_past_the_first_hundred() -> None:
    with pytest.raises(InputError) as raised:
        read('{"Statement":[' + ",".join(["1"] * 5_000) + "]}")
    diagnostics = raised.value.diagnostics
    assert len(diagnostics) == 101
    assert diagnostics[-1].message == "4,900 more errors in policy.json"


def test_long_names_and_values_are_cut_in_messages() -> None:
    long = "x" * 100_000
    text = json.dumps(
        {long: 1, "Statement": {"Effect": long, "Action": long, "Resource": "*", "Condition": {long: {}}}}
    )
    with pytest.raises(InputError) as raised:
        read(text, PolicyKind.SCP)
    assert len(raised.value.diagnostics) == 5
    assert all(len(diagnostic.message) < 400 for diagnostic in raised.value.diagnostics)


@pytest.mark.parametrize(
    "key",
    [
        "kms:EncryptionContextKeys",
        "kms:GrantOperations",
        "kms:ResourceAliases",
        "aws:TagKeys",
        "AWS:calledvia",
        "aws:PrincipalOrgPaths",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:VpceOrgPaths",
        "aws:PrincipalServiceNamesList",
    ],
)
def test_C2_and_L7_know_the_keys_with_several_values(key: str) -> None:
    text = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {key: "x"}}}
    warnings = read(json.dumps({"Version": "2012-10-17", "Statement": text}), PolicyKind.SCP).warnings
    assert [warning.rule for warning in warnings] == ["C2"]
    text["Condition"] = {"StringEquals": {"aws:username": f"${{{key}}}"}}
    with pytest.raises(InputError) as raised:
        read(json.dumps({"Version": "2012-10-17", "Statement": text}), PolicyKind.SCP)
    assert [diagnostic.rule for diagnostic in raised.value.diagnostics] == ["L7"]


def test_equal_texts_in_two_files_have_their_own_places() -> None:
    text = '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}'
    outer = Source("outer.json", '{"a":\n ' + json.dumps(text) + "}")
    inner = nested_source(outer, outer.text.index('"{'), len(outer.text) - 1)
    first = read(text, PolicyKind.SCP)
    second = read_policy(inner, PolicyKind.SCP, identity="i", name="n")
    assert first.statements[0].span == Span("policy.json", 1, 14, 1, len(text))
    assert second.statements[0].span.file == "outer.json"
    assert second.statements[0].span.line == 2
    assert first.statements[0].effect is second.statements[0].effect is Effect.DENY


def test_errors_point_through_the_escapes_of_a_nested_document() -> None:
    text = '{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}'
    outer = Source("outer.json", "\n" + json.dumps(text))
    with pytest.raises(InputError) as raised:
        read_policy(nested_source(outer, 1, len(outer.text)), PolicyKind.SCP, identity="i", name="n")
    diagnostic = raised.value.diagnostics[0]
    assert diagnostic.span is not None and diagnostic.line_text is not None
    assert diagnostic.line_text[diagnostic.span.column - 1 : diagnostic.span.end_column - 1] == '\\"Maybe\\"'


def test_L7_one_string_is_one_error_however_many_variables_are_malformed() -> None:
    # Each opening used to be told, and to copy the rest of the text: the square of its length.
    text = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:username": "${" * 100_000}},
    }
    with pytest.raises(InputError) as raised:
        read(json.dumps({"Version": "2012-10-17", "Statement": text}), PolicyKind.SCP)
    assert [diagnostic.rule for diagnostic in raised.value.diagnostics] == ["L7"]
