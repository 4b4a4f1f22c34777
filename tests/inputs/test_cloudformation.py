"""CloudFormation templates: functions, parameters, conditions; keys, aliases, users, roles, policies; what stays
open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.samples import ACCOUNT
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate, Identity, Key
from verifier.model.own_place import check_region
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "kms-cfn"
APP = f"arn:aws:iam::{ACCOUNT}:role/app"

KEY = """\
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - Sid: Account
            Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: kms:*
            Resource: "*"
"""
ROLE = """\
  App:
    Type: AWS::IAM::Role
    Properties:
      RoleName: app
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}}
"""  # noqa: E501
READ = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: kms:Decrypt, Resource: '*'}}"


def text(resources: str, sections: str = "") -> str:
    """A template."""
    return f"AWSTemplateFormatVersion: '2010-09-09'\n{sections}Resources:\n{resources}"


def load(folder: Path, template: str, name: str = "template.yaml", **supplied: Any) -> Estate:
    """The estate of a template that is deployed in the usual account and Region."""
    path = folder / name
    path.write_text(template, encoding="utf-8")
    usual = {"account": ACCOUNT, "region": "us-west-2"}
    return load_estate([path], supplied=Supplied(**{**usual, **supplied}))


def refused(folder: Path, template: str, **supplied: Any) -> tuple[Diagnostic, ...]:
    """The errors of a template."""
    with pytest.raises(InputError) as caught:
        load(folder, template, **supplied)
    return caught.value.diagnostics


def key(principal: str, **elements: str) -> str:
    """A key with a second statement, whose principal is a YAML text."""
    more = "".join(
        f"            {name}: {value}\n"
        for name, value in {"Action": "kms:Decrypt", "Resource": '"*"', **elements}.items()
    )
    return f"{KEY}          - Sid: Other\n            Effect: Allow\n            Principal: {principal}\n{more}"


def only_key(estate: Estate) -> Key:
    """The key of an estate that has one."""
    (found,) = estate.keys
    return found


def named(estate: Estate) -> list[tuple[list[str], bool]]:
    """For each statement of the key policy but the first its principals, and whether it is in doubt."""
    found = only_key(estate)
    assert found.policies is not None, found.unread
    return [([p.value for p in s.principals or ()], s.only_if is not None) for s in found.policies[0].statements[1:]]


def identity(estate: Estate, name: str) -> Identity:
    """A user or role by the end of its ARN."""
    (account,) = estate.accounts
    return next(found for found in (*account.users, *account.roles) if found.arn.endswith(name))


# -- functions --

PARAMETERS = """\
Parameters:
  Partner: {Type: String, Default: "444455556666"}
  Open: {Type: String}
  Roles: {Type: CommaDelimitedList, Default: "arn:aws:iam::111122223333:role/a, arn:aws:iam::111122223333:role/b"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /org/partner}
  Tagged: {Type: !Foo String, Default: "444455556666"}
Mappings:
  Accounts: {prod: {partner: "999988887777"}, "999988887777": {x: y}}
Conditions:
  HasPartner: !Not [!Equals [!Ref Partner, ""]]
  IsOpen: !Equals [!Ref Open, x]
  Both: !And [!Condition HasPartner, !Condition IsOpen]
  Either: !Or [!Condition HasPartner, !Condition IsOpen]
"""


@pytest.mark.parametrize(
    ("value", "principals"),
    [
        ("!Ref Partner", ["444455556666"]),
        ('!Sub "arn:aws:iam::${Partner}:root"', ["arn:aws:iam::444455556666:root"]),
        ('!Sub ["arn:aws:iam::${A}:${B}", {A: !Ref Partner, B: root}]', ["arn:aws:iam::444455556666:root"]),
        ('!Join [":", ["arn:aws:iam:", !Ref Partner, root]]', ["arn:aws:iam::444455556666:root"]),
        (
            '{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}, ":root"]]}',
            [f"arn:aws:iam::{ACCOUNT}:root"],
        ),
        ("!Ref Roles", [f"arn:aws:iam::{ACCOUNT}:role/a", f"arn:aws:iam::{ACCOUNT}:role/b"]),
        ("!Select [1, !Ref Roles]", [f"arn:aws:iam::{ACCOUNT}:role/b"]),
        ('!Select ["0", !Split [",", "111122223333,444455556666"]]', ["111122223333"]),
        ('!Split [",", "111122223333,444455556666"]', ["111122223333", "444455556666"]),
        ("!FindInMap [Accounts, prod, partner]", ["999988887777"]),
        (
            "!FindInMap [Accounts, !FindInMap [Accounts, prod, partner], z, {DefaultValue: !Ref Partner}]",
            ["444455556666"],
        ),
        ("!If [HasPartner, !Ref Partner, !Ref AWS::NoValue]", ["444455556666"]),
        ("!If [Either, !Ref Partner, x]", ["444455556666"]),
        ("[!GetAtt App.Arn, !If [HasPartner, !Ref AWS::NoValue, x]]", [APP]),
        ("{'Fn::GetAtt': [App, Arn]}", [APP]),
        ('!Sub "${App.Arn}"', [APP]),
        ('!Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${App}"', [APP]),
        ("!Select [!Length [a], !Ref Roles]", [f"arn:aws:iam::{ACCOUNT}:role/b"]),
        (
            '!Sub ["arn:aws:iam::${AWS::AccountId}:role/r${N}", {N: !Length [!Ref Open, !Ref Open]}]',
            [f"arn:aws:iam::{ACCOUNT}:role/r2"],
        ),
    ],
)
def test_functions(tmp_path: Path, value: str, principals: list[str]) -> None:
    estate = load(tmp_path, text(ROLE + key(f"{{AWS: {value}}}"), PARAMETERS))
    assert named(estate) == [(principals, False)]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("!Ref Open", "parameter `Open` (no value: give --parameter Open=…)"),
        ('!Sub "arn:aws:iam::${Open}:root"', "parameter `Open` (no value: give --parameter Open=…)"),
        ("!Ref Stored", "the value in Systems Manager that parameter `Stored` names"),
        ("!Ref Tagged", "the value in Systems Manager that parameter `Tagged` names"),
        ("!If [IsOpen, !Ref Partner, x]", "condition `IsOpen`, which turns on values that are not given"),
        ("!If [Both, !Ref Partner, x]", "condition `Both`, which turns on values that are not given"),
        ("!ImportValue partner", "the export `partner` of another stack"),
        ("!Select [!Ref Open, !Ref Roles]", "parameter `Open` (no value: give --parameter Open=…)"),
        ('!Split [",", !Ref Open]', "parameter `Open` (no value: give --parameter Open=…)"),
        ('!Join [",", !Split [",", !Ref Open]]', "parameter `Open` (no value: give --parameter Open=…)"),
        ("!FindInMap [Accounts, !Ref Open, partner]", "parameter `Open` (no value: give --parameter Open=…)"),
        ("!Ref AWS::StackId", "`AWS::StackId`"),
        ("!GetAtt App.RoleId", "`App.RoleId`"),
        ("!Ref Bucket", "what CloudFormation calls `Bucket`"),
        ("'{{resolve:ssm:/org/partner}}'", "a value in ssm"),
        (
            "!Select [!Length [!If [IsOpen, a, !Ref AWS::NoValue]], !Ref Roles]",
            "condition `IsOpen`, which turns on values that are not given",
        ),
        (
            "!Select [!Length {'Fn::Split': [',', !Ref Open]}, !Ref Roles]",
            "parameter `Open` (no value: give --parameter Open=…)",
        ),
    ],
)
def test_u3_what_stays_open_is_in_doubt_and_named(tmp_path: Path, value: str, name: str) -> None:
    resources = ROLE + "  Bucket: {Type: AWS::S3::Bucket}\n" + key(f"{{AWS: {value}}}")
    estate = load(tmp_path, text(resources, PARAMETERS))
    assert [doubt for _, doubt in named(estate)] == [True]
    (thing,) = estate.unmodelled
    assert thing.of_statement and name in thing.description
    assert str(thing.span).split("template.yaml")[1].startswith(":")


def test_given_parameters(tmp_path: Path) -> None:
    template = text(key("{AWS: !Ref Open}"), PARAMETERS)
    assert named(load(tmp_path, template, parameters={"Open": "444455556666"})) == [(["444455556666"], False)]
    limited = template.replace("Open: {Type: String}", "Open: {Type: String, AllowedValues: ['444455556666', b]}")
    assert load(tmp_path, limited, parameters={"Open": "444455556666"}).keys
    (error,) = refused(tmp_path, limited, parameters={"Open": "c"})
    assert "parameter `Open` cannot be `c`" in error.message and error.span is not None and error.span.line > 1
    roles = template.replace(
        "Roles: {Type: CommaDelimitedList", "Roles: {Type: CommaDelimitedList, AllowedValues: [a, b]"
    )
    assert load(tmp_path, roles, parameters={"Roles": "a, b"}).keys
    assert "cannot be `c`" in refused(tmp_path, roles, parameters={"Roles": "a, c"})[0].message
    (error,) = refused(tmp_path, template, parameters={"Opne": "x"})
    assert "no parameter `Opne`" in error.message and error.hint is not None and "`Open`" in error.hint


def test_a_statement_under_a_condition(tmp_path: Path) -> None:
    statement = "{Effect: Allow, Principal: {AWS: '444455556666'}, Action: kms:Decrypt, Resource: '*'}"
    template = text(f"{KEY}          - !If [IsOpen, {statement}, !Ref AWS::NoValue]\n", PARAMETERS)
    assert named(load(tmp_path, template, parameters={"Open": "x"})) == [(["444455556666"], False)]
    assert named(load(tmp_path, template, parameters={"Open": "y"})) == []
    assert named(load(tmp_path, template)) == [(["444455556666"], True)]


def test_a_partly_known_arn_keeps_its_account(tmp_path: Path) -> None:
    estate = load(tmp_path, text(key('{AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/${Open}"}'), PARAMETERS))
    (condition,) = (only_key(estate).policies or ())[0].statements[1].conditions
    assert (condition.key.value, condition.values[0].value) == ("aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*")


def test_literal_variables_stay(tmp_path: Path) -> None:
    estate = load(
        tmp_path,
        text(
            key(
                "{AWS: '*'}",
                Condition='{StringEquals: {"aws:PrincipalTag/team": !Sub "${!aws:username}-${AWS::Region}"}}',
            )
        ),
    )
    (condition,) = (only_key(estate).policies or ())[0].statements[1].conditions
    assert condition.values[0].value == "${aws:username}-us-west-2"


def test_json_templates_and_their_places(tmp_path: Path) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    data = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}}
    estate = load(tmp_path, json.dumps(data, indent=1), "template.json")
    (found,) = (only_key(estate).policies or ())[0].statements
    assert (found.span.line, found.span.column) == (9, 7)
    assert [p.value for p in found.principals or ()] == [f"arn:aws:iam::{ACCOUNT}:root"]


def test_l4_errors_are_at_their_place_in_the_template(tmp_path: Path) -> None:
    (error,) = refused(
        tmp_path, text(key("{AWS: '444455556666'}", Condition="{StringEqual: {kms:ViaService: !Ref AWS::Region}}"))
    )
    assert error.rule == "L4" and error.span is not None and (error.span.line, error.span.column) == (19, 25)


# -- what CloudFormation would refuse --


@pytest.mark.parametrize(
    ("resources", "sections", "says"),
    [
        (key("{AWS: !Ref Nobody}"), "", "`Nobody` is neither a parameter nor a resource"),
        (key("{AWS: !GetAtt Nobody.Arn}"), "", "`Nobody` is no resource"),
        (key("{AWS: !If [Nobody, a, b]}"), "", "no condition `Nobody`"),
        (key("{AWS: !FindInMap [Nobody, a, b]}"), "", "mapping `Nobody` has no entry"),
        (key("{AWS: !Select [5, [a]]}"), "", "entry 5 of a list of 1"),
        (key("{AWS: !Join [a]}"), "", "`Fn::Join` must have"),
        (key("{AWS: !Sub [a]}"), "", "`Fn::Sub` must have"),
        (key("{AWS: !Ref [a]}"), "", "`Ref` must name"),
        (key("{AWS: !Length a}"), "", "`Fn::Length` must have a list"),
        (key("{AWS: !ToJsonString a}"), "", "`Fn::ToJsonString` must have"),
        (key("{AWS: !GetAtt [a]}"), "", "`Fn::GetAtt` must have"),
        (key("{AWS: !!binary a}"), "", "YAML tag `!!binary` is not accepted"),
        (KEY + "  Other: {Properties: {}}\n", "", "resource `Other` has no `Type`"),
        (KEY + "  Other: {Type: 'AWS::KMS'}\n", "", "`AWS::KMS` cannot be the type of a resource"),
        (KEY + "  Other: {Type: 'AWS:: KMS::Key'}\n", "", "`AWS:: KMS::Key` cannot be the type of a resource"),
        (KEY + "  Other: {Type: 'Custom::a_b@c-d'}\n", "", ""),
        (KEY + "  Other: {Type: Short}\n", "Transform: [Mine]\n", ""),
        (KEY + "  Key: {Type: AWS::KMS::Key}\n", "", "duplicate member `Key`"),
        (KEY, "Conditions: {A: !Condition B, B: !Not [!Condition A]}\n", ""),
        (
            KEY + "    Condition: A\n",
            "Conditions: {A: !Condition B, B: !Not [!Condition A]}\n",
            "conditions depend on each other in a circle: A → B → A",
        ),
        (KEY + "    Condition: A\n", "Conditions: {A: !Sub x}\n", "is no condition"),
        (KEY, "Nonsense: {}\n", "unknown member `Nonsense`"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, resources: str, sections: str, says: str) -> None:
    template = text(resources, sections)
    if not says:
        assert load(tmp_path, template).keys
        return
    errors = refused(tmp_path, template)
    assert any(says in error.message for error in errors), errors
    assert all(error.span is not None and error.span.line > 0 for error in errors)


@pytest.mark.parametrize("called", ["!Rain::Embed x", "!Nonsense {a: b}", '{"Fn::Nonsense": [x]}'])
def test_u3_what_another_tool_writes_into_the_template_is_not_known(tmp_path: Path, called: str) -> None:
    """Rain, of AWS, has short forms of its own (`!Rain::Embed`). Elsewhere they are no doubt about the key."""
    elsewhere = f"  Bucket: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {called}}}}}\n"
    sure = load(tmp_path, text(KEY + elsewhere))
    unsure = load(tmp_path, text(key(f"{{AWS: {called}}}") + elsewhere))
    found = [verifier.prove(estate, [builtin("no-external-access")]).verdicts[0] for estate in (sure, unsure)]
    assert [verdict.status.value for verdict in found] == ["proved", "unknown"]


@pytest.mark.parametrize("version", ["2099-01-01", "2", "[]"])
def test_versions_that_are_not_known(tmp_path: Path, version: str) -> None:
    (error,) = refused(tmp_path, text(KEY).replace("'2010-09-09'", version))
    assert "only 2010-09-09 is known" in error.message and error.span is not None and error.span.line == 1


def test_resources_in_a_circle(tmp_path: Path) -> None:
    role = (
        ROLE + "      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 'kms:*', "
        "Resource: !GetAtt Key.Arn}}}]\n"
    )
    (error,) = refused(tmp_path, text(role + key("{AWS: !GetAtt App.Arn}")))
    assert "in a circle: App → Key → App" in error.message and error.span is not None and error.span.line > 0
    (error,) = refused(tmp_path, text(KEY + "    DependsOn: [Key]\n"))
    assert "Key → Key" in error.message


def test_what_aws_sam_makes_of_one_resource_is_no_circle(tmp_path: Path) -> None:
    """A deployment of the function is stopped by an alarm about the function."""
    function = (
        "  F: {Type: 'AWS::Serverless::Function', Properties: {Role: !GetAtt App.Arn, DeploymentPreference: {Alarms: "
        "[!Ref Alarm]}}}\n"
    )
    alarm = (
        "  Alarm: {Type: 'AWS::CloudWatch::Alarm', Properties: {Dimensions: [{Name: FunctionName, Value: !Ref F}]}}\n"
    )
    circle = "  G: {Type: 'AWS::Serverless::Function', Properties: {Role: !GetAtt G.Arn, FunctionName: !Ref H}}\n"
    circle += "  H: {Type: 'AWS::Serverless::Function', Properties: {FunctionName: !Ref G, Role: !Ref G}}\n"
    transform = "Transform: AWS::Serverless-2016-10-31\n"
    for more in (function + alarm, function + alarm + circle):
        assert load(
            tmp_path, text(ROLE + key("{AWS: !GetAtt App.Arn}") + more).replace("Resources:", f"{transform}Resources:")
        ).keys


def test_a_long_way_is_no_circle_and_no_crash(tmp_path: Path) -> None:
    chain = (
        "".join(f"  T{n}: {{Type: AWS::SNS::Topic, DependsOn: T{n + 1}}}\n" for n in range(3000))
        + "  T3000: {Type: AWS::SNS::Topic}\n"
    )
    assert load(tmp_path, text(chain + KEY)).keys


def test_functions_inside_each_other(tmp_path: Path) -> None:
    deep = "!Join ['', [" * 45 + "x" + "]]" * 45
    assert load(tmp_path, text(KEY + f"  Topic: {{Type: AWS::SNS::Topic, Properties: {{Name: {deep}}}}}\n")).keys
    deeper = "!Join ['', [" * 60 + "x" + "]]" * 60
    assert "nested too deeply" in refused(tmp_path, text(key(f"{{AWS: {deeper}}}")))[0].message


def doubled(times: int) -> str:
    """A text that says itself twice, so many times."""
    found = "x"
    for _ in range(times):
        found = f'!Sub ["${{A}}${{A}}", {{A: {found}}}]'
    return found


def named_by_each_other(count: int) -> str:
    """Roles whose names have that of the next one twice."""
    roles = "".join(
        f'  R{n}: {{Type: AWS::IAM::Role, Properties: {{RoleName: !Sub "${{R{n + 1}}}${{R{n + 1}}}"}}}}\n'
        for n in range(count)
    )
    return f"{roles}  R{count}: {{Type: AWS::IAM::Role, Properties: {{RoleName: x}}}}\n{KEY}"


@pytest.mark.parametrize("resources", [KEY.replace("Sid: Account", f"Sid: {doubled(40)}"), named_by_each_other(25)])
def test_texts_that_double_are_an_error_and_not_a_hang(tmp_path: Path, resources: str) -> None:
    assert "a text of more than 1048576 characters" in refused(tmp_path, text(resources))[0].message


def chained(count: int, link: str, last: str = "!Equals [a, a]") -> str:
    """Conditions, each of which asks for the next one."""
    conditions = "".join(f"  C{n}: {link.replace('NEXT', f'C{n + 1}')}\n" for n in range(count))
    return f"Conditions:\n{conditions}  C{count}: {last}\n"


@pytest.mark.parametrize("link", ["!Condition NEXT", "!Not [!Not [!Condition NEXT]]", "!Equals [!If [NEXT, a, b], a]"])
def test_conditions_of_each_other_are_an_error_and_not_a_crash(tmp_path: Path, link: str) -> None:
    assert load(tmp_path, text(KEY + "    Condition: C0\n", chained(8, link))).keys
    errors = refused(tmp_path, text(KEY + "    Condition: C0\n", chained(2000, link)))
    assert "nested too deeply" in errors[0].message


def test_deep_values_of_names_are_an_error_and_not_a_crash(tmp_path: Path) -> None:
    roles = "".join(
        f"  R{n}: {{Type: AWS::IAM::Role, Properties: {{RoleName: {'!Join [-, [' * 20}!Ref R{n + 1}{']]' * 20}}}}}\n"
        for n in range(29)
    )
    errors = refused(tmp_path, text(f"{roles}  R29: {{Type: AWS::IAM::Role, Properties: {{RoleName: x}}}}\n{KEY}"))
    assert "nested too deeply" in errors[0].message


def test_names_of_each_other_are_an_error_and_not_a_crash(tmp_path: Path) -> None:
    assert "made of each other more than 30 deep" in refused(tmp_path, text(named_by_each_other(500)))[0].message


def test_texts_that_double_a_little_are_carried_out(tmp_path: Path) -> None:
    found = only_key(load(tmp_path, text(KEY.replace("Sid: Account", f"Sid: {doubled(6)}"))))
    assert sid(found) == "x" * 64


def sid(found: Key) -> str | None:
    """The `Sid` of the first statement."""
    first = (found.policies or ())[0].statements[0].sid
    return None if first is None else first.value


def test_json_texts(tmp_path: Path) -> None:
    """`Fn::ToJsonString` of a policy is the policy; with a part that is not known it is not known."""
    statement = "{Sid: 'a\"b', Effect: Allow, Principal: {AWS: !Ref PARTNER}, Action: 'kms:*', Resource: '*'}"
    document = f"{{Version: '2012-10-17', Statement: [{statement}]}}"
    key = f"  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: !ToJsonString {document}}}}}\n"
    found = only_key(load(tmp_path, text(key.replace("PARTNER", "Partner"), PARAMETERS)))
    assert sid(found) == 'a"b'
    assert [p.value for p in (found.policies or ())[0].statements[0].principals or ()] == ["444455556666"]
    unknown = only_key(load(tmp_path, text(key.replace("PARTNER", "Open"), PARAMETERS)))
    assert unknown.policies is None and unknown.unread is not None and "parameter `Open`" in unknown.unread


def test_s1_stacks_inside_a_stack_are_named(tmp_path: Path) -> None:
    for type_ in ("AWS::CloudFormation::Stack", "AWS::Serverless::Application", "My::Own::Bucket::MODULE"):
        nested = f"  Nested: {{Type: {type_}, Properties: {{TemplateURL: ./nested.yaml}}}}\n"
        estate = load(tmp_path, text(KEY + nested))
        (thing,) = estate.unmodelled
        assert (thing.label, thing.influence.value, thing.account) == ("U3", "may allow or refuse", ACCOUNT)
        assert "`Nested`" in thing.description and thing.span.line > 0
        assert "no key in it is checked" in estate.warnings[-1].message
    assert (
        load(
            tmp_path,
            text(
                KEY + "  N: {Type: AWS::CloudFormation::Stack, Condition: No}\n", "Conditions: {No: !Equals [a, b]}\n"
            ),
        ).unmodelled
        == ()
    )


def test_s3_a_template_without_a_key(tmp_path: Path) -> None:
    assert "holds no key" in refused(tmp_path, text(ROLE))[-1].message


@pytest.mark.parametrize(
    ("key", "key_is_open", "role_is_open"),
    [
        ("aws:ResourceTag/aws:cloudformation:stack-name", True, True),
        ("aws:ResourceTag/team", True, False),
        ("aws:PrincipalTag/aws:cloudformation:stack-id", False, True),
        ("aws:PrincipalTag/team", False, False),
        ("aws:ResourceTag/own", False, False),
        ("aws:PrincipalTag/Own", False, False),
    ],
)
def test_u3_what_tests_a_tag_of_the_stack_finds_it_not_known(
    tmp_path: Path, key: str, key_is_open: bool, role_is_open: bool
) -> None:
    """CloudFormation puts `aws:cloudformation:stack-name` on what it makes, and the tags of `create-stack --tags`,
    whatever the template says [API: CreateStack, Tags]."""
    own = "      Tags: [{Key: own, Value: x}]\n"
    tested = (
        KEY.replace("Properties:\n", f"Properties:\n{own}")
        + f"            Condition: {{StringLike: {{'{key}': '*'}}}}\n"
    )
    estate = load(tmp_path, text(tested + ROLE + own))
    assert (
        only_key(estate).tags == (None if key_is_open else (("own", "x"),))
        and bool(only_key(estate).unknown_facts) is key_is_open
    )
    assert [role.arn for account in estate.accounts for role in account.roles] == ([] if role_is_open else [APP])
    assert [thing.principal for thing in estate.unmodelled] == ([APP] if role_is_open else [])


# -- where it is deployed --


def literal(*accounts: str, action: str = "kms:*") -> str:
    """A key that delegates to accounts by their numbers."""
    return KEY.replace("${AWS::AccountId}", accounts[0]) + "".join(
        f"          - {{Effect: Allow, Principal: {{AWS: '{account}'}}, Action: '{action}', Resource: '*'}}\n"
        for account in accounts[1:]
    )


def test_s4_the_own_account_that_nothing_tells_is_unlike_any_literal(tmp_path: Path) -> None:
    for template in (
        KEY,
        key("{AWS: '444455556666'}"),
        literal("${AWS::AccountId}", "444455556666"),
        "  K:\n    Type: AWS::KMS::Key\n",
    ):
        estate = load(tmp_path, text(template), account=None)
        assert only_key(estate).account == "000000000000"
        assert [sentence for sentence in estate.concluded if "unlike every account" in sentence]
    assert load(tmp_path, text(KEY)).concluded == ()


@pytest.mark.parametrize(
    ("conditions", "apart"),
    [
        ("StringLike: {'aws:PrincipalAccount': '9*'}", True),
        ("StringNotLike: {'aws:PrincipalAccount': '0*'}", True),
        ("ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::1*:role/x'}", True),
        ("StringLike: {'aws:PrincipalArn': 'arn:aws:iam::?1*'}", True),
        ("StringLike: {'aws:PrincipalArn': '*1:role/x'}", True),
        ("NumericGreaterThan: {'aws:PrincipalAccount': '5'}", True),
        ("StringLike: {'aws:PrincipalAccount': '${aws:PrincipalTag/a}*'}", True),
        ("StringLike: {'aws:PrincipalAccount': ['*', '????????????', '444455556666']}", False),
        (
            "StringLike: {'aws:PrincipalArn': ['arn:aws:iam::*:role/1*', "
            "'arn:*:iam::${aws:PrincipalAccount}:role/1*', '*:role/x1*']}",
            False,
        ),
        ("StringLike: {'aws:PrincipalTag/a': '9*', 'kms:EncryptionContext:a': '9*'}", False),
    ],
)
def test_s4_a_pattern_that_tells_accounts_apart_asks_for_the_own_one(
    tmp_path: Path, conditions: str, apart: bool
) -> None:
    template = text(
        f"{KEY}          - {{Effect: Allow, Principal: '*', Action: 'kms:*', Resource: '*', Condition: "
        f"{{{conditions}}}}}\n"
    )
    load(tmp_path, template)
    if apart:
        with pytest.raises(InputError, match="depends on the own account"):
            load(tmp_path, template, account=None)
    else:
        assert load(tmp_path, template, account=None).open_account


@pytest.mark.parametrize("when", ["", 'when aws:PrincipalAccount like "9*"'])
def test_s4_an_invariant_that_tells_accounts_apart_asks_for_the_own_one(tmp_path: Path, when: str) -> None:
    estate = load(tmp_path, text(KEY), account=None)
    invariants = read_invariants(Source("a.inv", f'invariant "a":\n  no caller can kms:Decrypt {when}\n')).invariants
    if when:
        with pytest.raises(InputError, match="depends on the own account"):
            check_region(estate, invariants)
    else:
        check_region(estate, invariants)


def test_s4_the_account_that_could_put_the_key_policy_alone(tmp_path: Path) -> None:
    for template in (
        literal(ACCOUNT),
        literal(ACCOUNT, "444455556666", action="kms:Decrypt"),
        literal(ACCOUNT) + KEY.replace("Key:", "Other:"),
    ):
        estate = load(tmp_path, text(template), account=None, region=None)
        assert {key.account for key in estate.keys} == {ACCOUNT}
        assert any(
            "lockout" in sentence or "leaves nobody of the key's own account" in sentence
            for sentence in estate.concluded
        )
        assert any("us-east-1" in sentence for sentence in estate.concluded) and not estate.warnings


@pytest.mark.parametrize(
    "template",
    [literal(ACCOUNT, "444455556666"), literal(ACCOUNT, action="kms:Decrypt").replace("kms:*", "kms:Decrypt")],
)
def test_s4_otherwise_the_account_is_asked_for(tmp_path: Path, template: str) -> None:
    (error,) = refused(tmp_path, text(template), account=None)
    assert error.hint is not None and "--account" in error.hint and error.span is not None and error.span.line == 4


def test_s4_a_template_beside_what_may_be_of_its_account_does_not_stand_alone(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(text(KEY), encoding="utf-8")
    (tmp_path / "template.yaml").write_text(text(KEY.replace("Key:", "Second:")), encoding="utf-8")
    with pytest.raises(InputError, match="which account"):
        load_estate([tmp_path / "other.yaml", tmp_path / "template.yaml"], supplied=Supplied(region="us-west-2"))


def test_partitions(tmp_path: Path) -> None:
    assert only_key(load(tmp_path, text(KEY), region="cn-north-1")).partition == "aws-cn"


# -- keys --


def test_u3_a_key_without_a_policy_has_the_default_one(tmp_path: Path) -> None:
    for properties in ("", ", Properties: {KeyPolicy: !Ref AWS::NoValue}", ", Properties: {KeyPolicy: {}}"):
        found = only_key(load(tmp_path, text(f"  Key: {{Type: AWS::KMS::Key{properties}}}\n")))
        assert found.policies is not None and found.policies[0].statements[0].sid is not None


def test_u3_a_policy_that_is_not_known(tmp_path: Path) -> None:
    template = text("  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: !If [IsOpen, {}, {}]}}\n", PARAMETERS)
    found = only_key(load(tmp_path, template))
    assert found.policies is None and found.unread is not None and "condition `IsOpen`" in found.unread


def test_facts_tags_and_aliases(tmp_path: Path) -> None:
    alias = "  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/pay, TargetKeyId: !Ref Key}}\n"
    properties = "      KeySpec: RSA_2048\n      KeyUsage: SIGN_VERIFY\n      MultiRegion: true\n"
    properties += "      Tags: [{Key: team, Value: !Ref AWS::Region}]\n"
    found = only_key(load(tmp_path, text(KEY + properties + alias)))
    assert (found.name, found.spec, found.usage, found.multi_region_type) == (
        "Key",
        "RSA_2048",
        "SIGN_VERIFY",
        "PRIMARY",
    )
    assert (found.tags, found.aliases, found.grants, found.arn.split("/")[1][:4]) == (
        (("team", "us-west-2"),),
        ("alias/pay",),
        (),
        "mrk-",
    )


def test_u3_facts_that_are_not_known_are_free(tmp_path: Path) -> None:
    alias = (
        "  Alias: {Type: AWS::KMS::Alias, Condition: IsOpen, Properties: {AliasName: alias/pay, TargetKeyId: "
        "!GetAtt Key.Arn}}\n"
    )
    properties = "      KeySpec: !Ref Open\n      MultiRegion: !Ref Open\n      Tags: [{Key: team, Value: !Ref Open}]\n"
    found = only_key(load(tmp_path, text(KEY + properties + alias, PARAMETERS)))
    assert (found.spec, found.multi_region, found.tags, found.aliases) == (None, None, None, None)


def test_l9_a_replica_key(tmp_path: Path) -> None:
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    replica = (
        "  Replica:\n    Type: AWS::KMS::ReplicaKey\n    Properties:\n      PrimaryKeyArn: !Ref Primary\n"
        + KEY.split("Properties:\n")[1]
    )
    sections = "Parameters: {Primary: {Type: String}}\n"
    found = only_key(load(tmp_path, text(replica, sections), parameters={"Primary": arn}))
    assert (found.arn, found.multi_region_type) == (arn.replace("us-east-1", "us-west-2"), "REPLICA")
    unknown = only_key(load(tmp_path, text(replica, sections)))
    assert ":key/mrk-unknown-" in unknown.arn and (unknown.multi_region_type, unknown.spec) == ("REPLICA", None)


def test_conditions_of_resources(tmp_path: Path) -> None:
    template = text(KEY + "    Condition: IsOpen\n" + KEY.replace("  Key:", "  Second:"), PARAMETERS)
    assert [k.name for k in load(tmp_path, template).keys] == ["Key", "Second"]
    assert [k.name for k in load(tmp_path, template, parameters={"Open": "y"}).keys] == ["Second"]


# -- users, roles, policies --


def test_u1_roles_and_their_policies(tmp_path: Path) -> None:
    resources = f"""\
      Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]
      ManagedPolicyArns: [!Ref Shared, !Sub "arn:${{AWS::Partition}}:iam::aws:policy/ReadOnlyAccess"]
      Tags: [{{Key: team, Value: pay}}]
  Shared: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: shared, PolicyDocument: {READ}}}}}
  Attached: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: attached, PolicyDocument: {READ}, Roles: [!Ref App]}}}}
  One: {{Type: AWS::IAM::RolePolicy, Properties: {{PolicyName: one, PolicyDocument: {READ}, RoleName: !Ref App}}}}
  Other: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: other, PolicyDocument: {READ}, Roles: [!Ref App]}}}}
"""  # noqa: E501
    estate = load(tmp_path, text(ROLE + resources + KEY))
    found = identity(estate, "/app")
    assert sorted(policy.name for policy in found.policies) == ["attached", "one", "other", "own", "shared"]
    assert found.tags == (("team", "pay"),) and not estate.accounts[0].complete
    assert [thing.description.split(" is ")[0] for thing in estate.unmodelled] == [
        "policy arn:aws:iam::aws:policy/ReadOnlyAccess"
    ]


def test_users_groups_and_additions(tmp_path: Path) -> None:
    resources = f"""\
  Alice: {{Type: AWS::IAM::User, Properties: {{UserName: alice, Groups: [!Ref Dev]}}}}
  Bob: {{Type: AWS::IAM::User, Properties: {{UserName: bob, PermissionsBoundary: !Ref Limit}}}}
  Dev: {{Type: AWS::IAM::Group, Properties: {{GroupName: dev, Policies: [{{PolicyName: g, PolicyDocument: {READ}}}]}}}}
  Limit: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: limit, PolicyDocument: {READ}}}}}
  Addition: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: !Ref Dev, Users: [!Ref Bob, elsewhere]}}}}
"""
    estate = load(tmp_path, text(resources + KEY))
    assert [[p.name for p in identity(estate, who).policies] for who in ("/alice", "/bob")] == [["g"], ["g"]]
    assert identity(estate, "/bob").boundary is not None


def test_names_that_are_made_up_have_a_placeholder_and_it_is_told(tmp_path: Path) -> None:
    template = text(ROLE.replace("      RoleName: app\n", "") + key("{AWS: !GetAtt App.Arn}"))
    estate = load(tmp_path, template)
    (((arn,), doubt),) = named(estate)
    assert arn == identity(estate, arn).arn and arn.startswith(f"arn:aws:iam::{ACCOUNT}:role/stack-App-") and not doubt
    assert any("names that CloudFormation makes up (of `App`)" in sentence for sentence in only_key(estate).supposed)
    estate = load(tmp_path, template, parameters={"AWS::StackName": "prod"})
    assert named(estate)[0][0][0].startswith(f"arn:aws:iam::{ACCOUNT}:role/prod-App-")
    assert not any("makes up" in sentence for sentence in only_key(estate).supposed)


def test_what_is_not_known_of_a_role(tmp_path: Path) -> None:
    policy = f"{{PolicyName: !Ref Open, PolicyDocument: {READ.replace('kms:Decrypt', '!Ref Open')}}}"
    estate = load(
        tmp_path,
        text(ROLE + f"      Policies: [{policy}, !If [IsOpen, {policy}, !Ref AWS::NoValue]]\n" + KEY, PARAMETERS),
    )
    assert [s.only_if is not None for p in identity(estate, "/app").policies for s in p.statements] == [True]
    assert sorted((thing.label, thing.of_statement) for thing in estate.unmodelled) == [("U3", False), ("U3", True)]


def test_roles_that_may_not_be_there_are_left_out(tmp_path: Path) -> None:
    for more in ("    Condition: IsOpen\n", "      Path: !Ref Open\n", "      Tags: [{Key: a, Value: !Ref Open}]\n"):
        estate = load(tmp_path, text(ROLE + more + KEY, PARAMETERS))
        assert estate.accounts == () and [thing.principal for thing in estate.unmodelled] == (
            [APP] if "Tags" in more else []
        )


def test_policies_that_may_not_be_there_or_whose_owner_is_not_known(tmp_path: Path) -> None:
    def attached(role: str, condition: str = "") -> Estate:
        properties = f"Properties: {{PolicyName: p, PolicyDocument: {READ}, Roles: [!Ref {role}]}}"
        return load(
            tmp_path, text(f"{ROLE}  P: {{Type: AWS::IAM::Policy, {condition}{properties}}}\n{KEY}", PARAMETERS)
        )

    (thing,) = attached("App", "Condition: IsOpen, ").unmodelled
    assert (thing.influence.value, thing.principal) == ("may allow or refuse", APP)
    (thing,) = attached("Open").unmodelled
    assert (thing.influence.value, thing.principal, thing.account) == ("may allow or refuse", None, ACCOUNT)


def test_a_template_beside_a_snapshot_of_the_account(tmp_path: Path) -> None:
    roles = [
        {"RoleName": name, "RoleId": f"AROA{name.upper()}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
        for name in ("app", "old")
    ]
    snapshot = tmp_path / "snapshot.json"
    details = {"UserDetailList": [], "RoleDetailList": roles}
    snapshot.write_text(json.dumps({"accounts": {ACCOUNT: {"authorization_details": details}}}), encoding="utf-8")
    template = tmp_path / "template.yaml"
    template.write_text(
        text(ROLE + f"      Policies: [{{PolicyName: own, PolicyDocument: {READ}}}]\n" + KEY), encoding="utf-8"
    )
    for paths in ([snapshot, template], [template, snapshot]):
        (account,) = load_estate(paths, supplied=Supplied(ACCOUNT, "us-west-2")).accounts
        assert account.complete and sorted(
            (role.arn.rsplit("/", 1)[1], len(role.policies)) for role in account.roles
        ) == [
            ("app", 1),
            ("old", 0),
        ]


# -- the rest --


def test_v_endpoints(tmp_path: Path) -> None:
    endpoint = (
        "  E: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: !Sub 'com.amazonaws.${AWS::Region}.kms', "
        "VpcId: !Ref Vpc%s}}\n"
    )
    vpc = "  Vpc: {Type: AWS::EC2::VPC}\n"
    estate = load(tmp_path, text(vpc + endpoint % "" + KEY))
    (found,) = estate.endpoints or ()
    assert (
        found.policy is not None
        and (found.region, found.account) == ("us-west-2", ACCOUNT)
        and found.id.startswith("vpce-")
    )
    estate = load(tmp_path, text(vpc + endpoint % ", PolicyDocument: !If [IsOpen, {}, {}]" + KEY, PARAMETERS))
    assert [(thing.label, thing.influence.value) for thing in estate.unmodelled] == [("V", "may refuse")]


def test_s1_macros_and_control_policies_are_not_dropped(tmp_path: Path) -> None:
    estate = load(
        tmp_path,
        text(
            KEY + "  Scp: {Type: AWS::Organizations::Policy, Properties: {}}\n",
            "Transform: [AWS::Serverless-2016-10-31, Mine]\n",
        ),
    )
    assert {(thing.label, thing.influence.value) for thing in estate.unmodelled} == {
        ("D7", "may refuse"),
        ("U3", "may allow or refuse"),
    }


def test_other_yaml_keeps_to_its_tags(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.yaml"
    path.write_text("keys: [!Ref a]\n", encoding="utf-8")
    with pytest.raises(InputError, match="YAML tag `!Ref` is not accepted"):
        load_estate([path])


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_templates_of_others(tmp_path: Path) -> None:
    """Real templates are read, or refused with a place; most of their keys have a policy that is known."""
    keys: list[Key] = []
    for path in sorted(path for path in CORPUS.rglob("*") if path.is_file()):
        try:
            keys += load_estate([path], supplied=Supplied(ACCOUNT, "us-east-1")).keys
        except InputError as error:
            assert all(d.span is not None or "no key" in d.message for d in error.diagnostics), path
    assert len(keys) >= 20 and all(key.policies for key in keys)


@pytest.mark.parametrize("policy", ["''", '""', "{}", "!Ref AWS::NoValue", "null"])
def test_u3_a_key_with_an_empty_policy_has_the_default_one(tmp_path: Path, policy: str) -> None:
    """AWS's handler of the resource takes an empty text for none."""
    (key,) = load(tmp_path, text(f"  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {policy}}}}}\n")).keys
    assert key.policies is not None and [s.sid.value for s in key.policies[0].statements if s.sid] == [
        "Enable IAM User Permissions"
    ]


# -- trust and identity providers (E2, E2w) --


def trusting(principal: str) -> str:
    """A role that trusts a principal, a YAML text."""
    statement = f"{{Effect: Allow, Principal: {principal}, Action: 'sts:*'}}"
    return ROLE.replace("{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: sts:AssumeRole}", statement)


def trust(estate: Estate) -> list[tuple[list[str], bool]]:
    """For each statement of the role's trust policy its principals, and whether it is in doubt."""
    found = estate.accounts[0].roles[0].trust
    assert found is not None
    return [([p.value for p in s.principals or ()], s.only_if is not None) for s in found.statements]


OIDC = "  Hub: {Type: AWS::IAM::OIDCProvider, Properties: {Url: 'https://oidc.example/id/A'}}\n"
SAML = "  Sso: {Type: AWS::IAM::SAMLProvider, Properties: {Name: sso, SamlMetadataDocument: x}}\n"


@pytest.mark.parametrize(
    ("principal", "more", "expected"),
    [
        ("{Service: ec2.amazonaws.com}", "", ("ec2.amazonaws.com", False)),
        ("{Federated: !Ref Hub}", OIDC, (f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example/id/A", False)),
        ("{Federated: !GetAtt Hub.Arn}", OIDC, (f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example/id/A", False)),
        ("{Federated: !Ref Sso}", SAML, (f"arn:aws:iam::{ACCOUNT}:saml-provider/sso", False)),
        ("{Federated: !ImportValue hub}", "", ("*", True)),
        ("{AWS: !ImportValue role}", "", ("*", True)),
    ],
)
def test_e2_the_trust_policy_of_a_role(tmp_path: Path, principal: str, more: str, expected: tuple[str, bool]) -> None:
    estate = load(tmp_path, text(KEY + trusting(principal) + more))
    assert trust(estate) == [([expected[0]], expected[1])]
    assert [(thing.label, thing.only_of_steps) for thing in estate.unmodelled] == [("E2", True)] * expected[1]


def test_e2_a_trust_policy_of_which_nothing_is_known_is_named(tmp_path: Path) -> None:
    role = "  App: {Type: AWS::IAM::Role, Properties: {RoleName: app, AssumeRolePolicyDocument: !ImportValue trust}}\n"
    estate = load(tmp_path, text(KEY + role))
    assert estate.accounts[0].roles[0].trust is None
    (thing,) = estate.unmodelled
    assert (thing.label, thing.principal, thing.only_of_steps) == ("E2", f"arn:aws:iam::{ACCOUNT}:role/app", True)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("", ()),
        (
            OIDC + SAML,
            (f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.example/id/A", f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"),
        ),
        ("  Hub: {Type: AWS::IAM::OIDCProvider, Properties: {Url: !ImportValue url}}\n", None),
        ("  Sso: {Type: AWS::IAM::SAMLProvider, Properties: {SamlMetadataDocument: x}}\n", None),
    ],
)
def test_e2w_providers_of_the_template_join_those_of_the_snapshot(tmp_path: Path, made: str, expected: Any) -> None:
    given = {
        "authorization_details": {"UserDetailList": [], "RoleDetailList": []},
        "open_id_connect_providers": [],
        "saml_providers": [],
    }
    (tmp_path / "accounts.json").write_text(json.dumps({"accounts": {ACCOUNT: given}}))
    (tmp_path / "template.yaml").write_text(text(KEY + made))
    supplied = Supplied(account=ACCOUNT, region="us-west-2")
    estate = load_estate([tmp_path / "template.yaml", tmp_path / "accounts.json"], supplied=supplied)
    assert estate.accounts[0].providers == expected
    assert tuple(arn for arn, _ in estate.accounts[0].provider_contents) == (expected or ())


def test_f6_what_providers_of_a_template_are_is_known_by_their_arns(tmp_path: Path) -> None:
    """[IAM User Guide: id_roles_providers_create_oidc, id_roles_providers_create_saml]"""

    def contents(made: str) -> tuple[tuple[str, str], ...]:
        return load(tmp_path, text(KEY + ROLE + made)).accounts[0].provider_contents

    clients = (OIDC.replace("Url:", f"ClientIdList: [{ids}], Url:") for ids in ("a, b", "b, a", "a, c"))
    first, turned, other = map(contents, clients)
    assert first == turned != other and len(first) == 1
    assert contents(SAML) != contents(SAML.replace("Document: x", "Document: y"))


def test_u3_a_managed_policy_of_a_template_may_have_earlier_versions(tmp_path: Path) -> None:
    made = f"  Own: {{Type: AWS::IAM::ManagedPolicy, Properties: {{ManagedPolicyName: own, PolicyDocument: {READ}}}}}\n"
    (policy,) = load(tmp_path, text(KEY + ROLE + made)).accounts[0].managed
    assert ([version for version, _ in policy.versions], policy.default, policy.complete) == (["v1"], "v1", False)


# -- what `cdk synth` writes --


def assembly(folder: Path, **artifacts: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    (folder / "tree.json").write_text("{}")
    return folder


def stack(template: str, environment: str, **properties: Any) -> Any:
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": template, **properties},
    }


def test_stacks_of_an_assembly_that_tell_no_account_are_in_one(tmp_path: Path) -> None:
    """As the CDK deploys them. Templates that are given one by one may be of several accounts (S4)."""
    root = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}, "Action": "kms:*", "Resource": "*"}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [root]}}}
    bodies = {"Keys": {"Resources": {"Key": key}}, "Empty": {"Resources": {}}, "More": {"Resources": {"Key": key}}}
    folder, agnostic = tmp_path / "cdk.out", "aws://unknown-account/unknown-region"
    assembly(folder, **{name: stack(f"{name}.json", agnostic) for name in bodies})
    for name, body in bodies.items():
        (folder / f"{name}.json").write_text(json.dumps(body))
    estate = load_estate([folder])
    assert [key.account for key in estate.keys] == ["000000000000"] * 2 and estate.open_account
    assert len([said for said in estate.concluded if "do not tell their account are in one" in said]) == 1
    with pytest.raises(InputError, match="does not tell which account"):
        load_estate([folder / "Keys.json", folder / "More.json"])
    assembly(folder, Keys=stack("Keys.json", agnostic), More=stack("More.json", "aws://444455556666/us-west-2"))
    with pytest.raises(InputError, match="does not tell which account"):
        load_estate([folder])
    assembly(folder, Keys=stack("Keys.json", agnostic))
    assert not [said for said in load_estate([folder]).concluded if "are in one" in said]


def test_a_cloud_assembly(tmp_path: Path) -> None:
    """Each stack is deployed where the manifest says, those of stages too; what it leaves open, options say."""
    folder, stage = (
        tmp_path / "cdk.out",
        {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}},
    )
    assembly(
        folder,
        Dev=stack("Dev.template.json", "aws://444455556666/eu-west-1", stackName="dev"),
        Prod=stage,
        Tree={"type": "cdk:tree"},
    )
    assembly(folder / "assembly-Prod", Keys=stack("Keys.template.json", "aws://unknown-account/unknown-region"))
    body = {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"Description": "x"}}}}
    for name in ("Dev", "assembly-Prod/Keys"):
        (folder / f"{name}.template.json").write_text(json.dumps(body))
    estate = load_estate([folder], supplied=Supplied(ACCOUNT, "us-west-2"))
    assert sorted((key.account, key.region) for key in estate.keys) == [
        (ACCOUNT, "us-west-2"),
        ("444455556666", "eu-west-1"),
    ]
    assert any(name.endswith("manifest.json") for name, _ in estate.inputs)
    (folder / "loop").symlink_to("loop")
    for wrong, message in (
        (stack("../Dev.template.json", "aws://unknown-account/unknown-region"), "leads out of"),
        (stack("loop", "aws://unknown-account/unknown-region"), "leads out of|symbolic links"),
        (stack("Absent.template.json", "aws://unknown-account/unknown-region"), "cannot read"),
        (stack("Dev.template.json", "aws://moon"), "is no environment"),
        ({"type": "aws:cloudformation:stack"}, "no `templateFile`"),
        (stack("Dev.template.json", f"aws://{ACCOUNT}/us-west-2", parameters={"P": None}), "`P` must be a text"),
        (
            {**stack("Dev.template.json", "aws://moon"), "type": "aws:cloudformation:new"},
            "not read: aws:cloudformation:new",
        ),
    ):
        with pytest.raises(InputError, match=message):
            load_estate([assembly(folder, Dev=wrong)])
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {}, "missing": [{"key": "vpc"}]}))
    with pytest.raises(InputError, match="made up"):
        load_estate([folder])


@pytest.mark.parametrize(("given", "said"), [({}, ["`A`, `B`"]), ({"A": "x"}, ["`B`"]), ({"A": "x", "B": "y"}, [])])
def test_that_a_stack_has_the_defaults_of_its_parameters_is_supposed(
    tmp_path: Path, given: dict[str, str], said: list[str]
) -> None:
    text = "Parameters: {A: {Type: String, Default: a}, B: {Type: String, Default: b}, C: {Type: String}}\n"
    (tmp_path / "t.yaml").write_text(f"{text}Resources: {{K: {{Type: AWS::KMS::Key}}}}\n", encoding="utf-8")
    supplied = Supplied(account="111122223333", region="us-west-2", parameters=given)
    (found,) = load_estate([tmp_path / "t.yaml"], supplied=supplied).keys
    begins = "the stack is made with the defaults of its parameters "
    assert [one.removeprefix(begins) for one in found.supposed if one.startswith(begins)] == said
