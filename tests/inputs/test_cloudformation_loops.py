"""`Fn::ForEach`: loops are what they would be written out; what CloudFormation refuses is an error; they cannot blow
up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.samples import ACCOUNT
from tests.inputs.test_cloudformation import KEY, PARAMETERS, ROLE, identity, key, load, named, refused, text
from verifier.inputs.cloudformation import loops
from verifier.model.estate import Estate

EXTENSIONS = "Transform: AWS::LanguageExtensions\n"


def looped(resources: str, sections: str = PARAMETERS) -> str:
    """A template with the transform."""
    return text(resources, EXTENSIONS + sections)


def meaning(estate: Estate) -> list[tuple[str | None, str, list[str]]]:
    """Each key: its name, its ARN, and the principals of its second statement."""
    return sorted(
        (k.name, k.arn, [p.value for p in (k.policies or ())[0].statements[1].principals or ()]) for k in estate.keys
    )


BODY = """\
Type: AWS::KMS::Key
          Properties:
            KeyPolicy:
              Version: 2012-10-17
              Statement:
                - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: "kms:*", Resource: "*"}
                - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/NAME"}, Action: kms:Decrypt, Resource: "*"}
"""  # noqa: E501


def loop(collection: str, made: str = "Key${Name}", body: str = BODY, loop_name: str = "Keys") -> str:
    """A loop over keys, whose second statement is about the role that the identifier names."""
    return (
        f"  Fn::ForEach::{loop_name}:\n    - Name\n    - {collection}\n    - {made}:\n          "
        f"{body.replace('NAME', '${Name}')}"
    )


def plain(*names: str) -> str:
    """The same, written out."""
    return "".join(f"  Key{name}:\n          {BODY.replace('NAME', name)}" for name in names)


@pytest.mark.parametrize(
    ("collection", "names"),
    [
        ("[Pay, Log]", ("Pay", "Log")),
        ("!Ref Names", ("A", "B")),
        ('!Split ["-", "X-Y"]', ("X", "Y")),
        ("!FindInMap [Accounts, prod, names]", ("M", "O")),
        ("!FindInMap [Accounts, none, names, {DefaultValue: [D]}]", ("D",)),
        ("[!Ref One, !Ref AWS::NoValue, Log]", ("Uno", "Log")),
    ],
)
def test_a_loop_is_what_it_would_be_written_out(tmp_path: Path, collection: str, names: tuple[str, ...]) -> None:
    sections = (
        'Parameters: {Names: {Type: CommaDelimitedList, Default: "A, B"}, One: {Type: String, Default: Uno}}\n'
        "Mappings: {Accounts: {prod: {names: [M, O]}}}\n"
    )
    found = load(tmp_path, looped(loop(collection), sections))
    assert meaning(found) == meaning(load(tmp_path, text(plain(*names)))) and len(found.keys) == len(names)


def test_given_parameters_decide_what_there_is(tmp_path: Path) -> None:
    sections = "Parameters: {Names: {Type: CommaDelimitedList}}\n"
    found = load(tmp_path, looped(loop("!Ref Names"), sections), parameters={"Names": "A,B,C"})
    assert [one.name for one in found.keys] == ["KeyA", "KeyB", "KeyC"]
    (error,) = refused(tmp_path, looped(loop("!Ref Names"), sections))
    assert (
        "the collection of the loop `Keys`, which depends on parameter `Names` (no value: give --parameter Names=…), "
        "is not known" in error.message
    )
    assert error.hint is not None and "--parameter" in error.hint and error.span is not None and error.span.line > 3


def test_loops_inside_each_other(tmp_path: Path) -> None:
    inner = BODY.replace("role/NAME", "role/${Stage}-${Name}").replace("\n", "\n          ")
    nested = (
        "  Fn::ForEach::Stages:\n    - Stage\n    - [Dev, Prod]\n    - Fn::ForEach::Keys:\n          - Name\n        "
        "  - [Pay, Log]\n"
        f"          - Key${{Stage}}${{Name}}:\n                    {inner.replace('NAME', '${Name}').rstrip()}\n"
    )
    found = load(tmp_path, looped(nested))
    roles = [
        (one.name, [p.value.rsplit("/", 1)[1] for p in (one.policies or ())[0].statements[1].principals or ()])
        for one in found.keys
    ]
    assert roles == [(f"Key{stage}{name}", [f"{stage}-{name}"]) for stage in ("Dev", "Prod") for name in ("Pay", "Log")]


def test_an_inner_loop_can_go_over_what_the_outer_one_names(tmp_path: Path) -> None:
    sections = "Mappings: {Teams: {pay: {names: [A, B]}, log: {names: [C]}}}\n"
    inner = BODY.replace("NAME", "${Team}-${Name}").replace("\n", "\n          ").rstrip()
    nested = (
        "  Fn::ForEach::Teams:\n    - Team\n    - [pay, log]\n    - Fn::ForEach::Keys:\n          - Name\n"
        "          - !FindInMap [Teams, !Ref Team, names]\n          - Key${Team}${Name}:\n                    "
        f"{inner}\n"
    )
    assert [one.name for one in load(tmp_path, looped(nested, sections)).keys] == ["KeypayA", "KeypayB", "KeylogC"]


def test_the_mark_with_letters_and_digits_alone(tmp_path: Path) -> None:
    found = load(tmp_path, looped(loop('["a-b", "10.0.0.1"]', "Key&{Name}")))
    roles = [(name, principals) for name, _, principals in meaning(found)]
    assert roles == [
        ("Key10001", [f"arn:aws:iam::{ACCOUNT}:role/10.0.0.1"]),
        ("Keyab", [f"arn:aws:iam::{ACCOUNT}:role/a-b"]),
    ]


def test_what_a_loop_makes_can_be_referred_to(tmp_path: Path) -> None:
    """`Ref`, `Fn::GetAtt` and `Condition` of the identifier, and of what it is a part of."""
    roles = (
        ROLE.replace("  App:", "    - Role${Name}:")
        .replace("\n    ", "\n          ")
        .replace("RoleName: app", "RoleName: !Ref Name")
    )
    roles = (
        f"  Fn::ForEach::Roles:\n    - Name\n    - [red, blue]\n{roles.rstrip()}\n          Condition: Is${{Name}}\n"
    )
    sections = (
        PARAMETERS.split("Conditions")[0]
        + "Conditions:\n  Fn::ForEach::All: [Name, [red, blue], {'Is${Name}': !Equals [!Ref Name, red]}]\n"
    )
    estate = load(tmp_path, looped(roles + key("{AWS: !GetAtt Rolered.Arn}"), sections))
    assert named(estate) == [([f"arn:aws:iam::{ACCOUNT}:role/red"], False)]
    assert identity(estate, "/red").arn.endswith("/red") and len(estate.accounts[0].roles) == 1, (
        "the other one is not made"
    )


def test_a_loop_over_properties_and_inside_a_policy(tmp_path: Path) -> None:
    properties = (
        "      Fn::ForEach::Facts: [Fact, [KeySpec, KeyUsage], {'${Fact}': !FindInMap [Facts, rsa, !Ref Fact]}]\n"
    )
    sections = "Mappings: {Facts: {rsa: {KeySpec: RSA_2048, KeyUsage: SIGN_VERIFY}}}\n"
    condition = "{StringEquals: {'Fn::ForEach::Tags': [Tag, [team, cost], {'aws:PrincipalTag/${Tag}': '${Tag}-1'}]}}"
    statement = (
        f"          - {{Effect: Allow, Principal: '*', Action: kms:Sign, Resource: '*', Condition: {condition}}}\n"
    )
    estate = load(tmp_path, looped(KEY + statement + properties, sections))
    (found,) = estate.keys
    assert (found.spec, found.usage) == ("RSA_2048", "SIGN_VERIFY")
    conditions = (found.policies or ())[0].statements[1].conditions
    assert [(c.key.value, c.values[0].value) for c in conditions] == [
        ("aws:PrincipalTag/team", "team-1"),
        ("aws:PrincipalTag/cost", "cost-1"),
    ]


def test_u3_a_loop_inside_a_value_that_is_not_known_is_named(tmp_path: Path) -> None:
    condition = "{StringEquals: {'Fn::ForEach::Tags': [Tag, !Ref Open, {'aws:PrincipalTag/${Tag}': x}]}}"
    sections = "Parameters: {Open: {Type: CommaDelimitedList}}\n"
    estate = load(tmp_path, looped(key("{AWS: '444455556666'}", Condition=condition), sections))
    assert [doubt for _, doubt in named(estate)] == [True]
    assert "the loop `Tags`, which depends on parameter `Open`" in estate.unmodelled[0].description


def test_the_identifier_is_not_taken_for_other_variables(tmp_path: Path) -> None:
    tested = "{StringEquals: {'kms:EncryptionContext:a': '${aws:username}-${Names}'}}"
    body = BODY.replace("kms:Decrypt, Resource", f"kms:Decrypt, Condition: {tested}, Resource")
    (found,) = load(tmp_path, looped(loop("[Pay]", body=body))).keys
    (condition,) = (found.policies or ())[0].statements[1].conditions
    assert condition.values[0].value == "${aws:username}-${Names}"


@pytest.mark.parametrize(
    ("resources", "says"),
    [
        ("  Fn::ForEach::Keys: x\n", "the loop `Keys` must have an identifier, a collection"),
        ("  Fn::ForEach::Keys: [Name, [a]]\n", "must have an identifier"),
        ("  Fn::ForEach::Keys: [[Name], [a], {}]\n", "must have an identifier"),
        ("  Fn::ForEach::Keys: [Name, [a], []]\n", "must have an identifier"),
        (loop("x"), "the loop `Keys` must go over a list of texts, found `x`"),
        (loop("[[a]]"), "must go over a list of texts"),
        (loop("[a, b]", "Key"), "what the loop `Keys` makes must have `${Name}` in its name"),
        (loop("[a, a]"), "duplicate member `Keya`"),
        (loop("[a-b]"), "`Keya-b` cannot be the name of a resource"),
        (loop("!Ref Nobody"), "`Nobody` is neither a parameter nor a resource"),
        (loop("!GetAtt Key.Arn"), "`Key` is no resource"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, resources: str, says: str) -> None:
    errors = refused(tmp_path, looped(resources))
    assert any(says in error.message for error in errors), errors
    assert all(error.span is not None and error.span.line > 0 for error in errors if "no key" not in error.message)


def test_without_the_transform_there_are_no_loops(tmp_path: Path) -> None:
    (error, *_) = refused(tmp_path, text(loop("[a]")))
    assert "needs the transform AWS::LanguageExtensions" in error.message
    assert load(tmp_path, text(loop("[a]"), "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n")).keys


def nest(depth: int, collection: str = "[a]") -> str:
    """So many loops inside each other, on one line."""
    made = "{'K" + "".join(f"${{I{n}}}" for n in range(depth)) + "': {Type: AWS::KMS::Key}}"
    for number in reversed(range(depth)):
        made = f"{{'Fn::ForEach::L{number}': [I{number}, {collection}, {made}]}}"
    return f"  {made[1:-1]}\n"


def test_loops_go_as_deep_as_cloudformation_takes_them(tmp_path: Path) -> None:
    assert [found.name for found in load(tmp_path, looped(nest(5))).keys] == ["Kaaaaa"]
    errors = refused(tmp_path, looped(nest(6)))
    assert "loops are inside each other more than 5 deep" in errors[0].message


@pytest.mark.parametrize(
    "resources",
    [
        nest(5, f"[{', '.join(f'a{n}' for n in range(40))}]"),
        nest(2, f"[{', '.join(f'a{n}' for n in range(3000))}]"),
        f"  Fn::ForEach::L: [N, [{'x' * 100_000}], {{'K${{N}}': {{Type: AWS::KMS::Key, Description: "
        f"'{'${N}' * 100_000}'}}}}]\n",
    ],
)
def test_loops_that_make_too_much_are_an_error(tmp_path: Path, resources: str) -> None:
    errors = refused(tmp_path, looped(resources))
    assert "make more than CloudFormation takes" in errors[-1].message


def test_the_count_is_of_the_whole_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "_MOST", 300)
    one = loop("[a, b]", loop_name="One")
    two = loop("[c, d]", loop_name="Two")
    assert load(tmp_path, looped(one)).keys and load(tmp_path, looped(two)).keys
    assert "more than CloudFormation takes" in refused(tmp_path, looped(one + two))[-1].message
