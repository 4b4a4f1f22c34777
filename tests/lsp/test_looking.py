"""What is known of the thing at a place: kinds of documents, hovers, completions, definitions, places."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol.types import Position

from verifier.lsp.completing import completions
from verifier.lsp.defining import definition
from verifier.lsp.documents import DocumentKind, OpenDocument, document_kind
from verifier.lsp.proofs import linted
from verifier.lsp.remarks import edit_to, remarks_on
from verifier.lsp.wire import TextPositions
from verifier.lsp.words import hover
from verifier.report.notices.notices import NoticeLevel
from verifier.syntax.source import Span

POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": '
    '"kms:Dec'
)
TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Tenant: {Type: String}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/${Tenant}"}, Action: "kms:*", Resource: "*"}
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: alias/a, TargetKeyId: !Ref Key}
"""  # noqa: E501
BUCKET = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", '
    '"Resource": "x"}]}'
)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.inv", "", DocumentKind.INVARIANTS),
        ("verifier.toml", "", DocumentKind.CONFIGURATION),
        ("pyproject.toml", "[tool.verifier]\n", DocumentKind.CONFIGURATION),
        ("pyproject.toml", "[tool.other]\n", DocumentKind.OTHER),
        ("a.json", POLICY, DocumentKind.POLICY),
        ("a.yaml", TEMPLATE, DocumentKind.TEMPLATE),
        ("a.yaml", TEMPLATE[:-20] + "\n  - [", DocumentKind.TEMPLATE),
        ("a.json", '{"keys": []}', DocumentKind.SNAPSHOT),
        ("package.json", '{"name": "x", "Version": "2"}', DocumentKind.OTHER),
        ("package.json", '{"name": "x", ', DocumentKind.OTHER),
        ("a.md", POLICY, DocumentKind.OTHER),
    ],
)
def test_a_document_is_told_by_its_name_and_text(name: str, text: str, kind: DocumentKind) -> None:
    assert document_kind(Path("/w") / name, text) is kind


def offers(name: str, text: str) -> list[str]:
    return [offer.text for offer in completions(OpenDocument(Path("/w") / name, text), len(text))]


def test_completions_fit_the_place() -> None:
    assert offers("a.json", POLICY) == ["kms:Decapsulate", "kms:Decrypt"]
    assert offers("a.json", POLICY.partition('"Allow"')[0] + '"') == ["Allow", "Deny"]
    condition = POLICY.partition('"Action"')[0] + '"Condition": {"'
    assert "StringEquals" in offers("a.json", condition) and "kms:ViaService" in offers(
        "a.json", condition + 'Bool": {"kms:Via'
    )
    assert "kms:EncryptionContext:" in offers("a.inv", 'invariant "a": no caller can kms:Decrypt unless kms:Enc')
    assert offers("a.inv", 'account prod = 111122223333\ninvariant "a": no caller outside pro') == ["prod"]
    assert "no-external-access" in offers("a.inv", 'invariant "a": builtin ')
    assert offers("a.inv", "# kms:Dec") == []
    assert offers("verifier.toml", "inp") == ["inputs"]
    assert offers("verifier.toml", 'inputs = ["a"]\noutputs = ["sar') == ["sarif"]
    assert "P5-allow" in offers("verifier.toml", "[readings]\nP5") and "owner" in offers(
        "verifier.toml", "[[waivers]]\n"
    )
    assert offers("verifier.toml", 'builtins = ["no-external-access"]\nfail') == ["fail-on"]


def told(name: str, text: str, words: str) -> str:
    found = hover(OpenDocument(Path("/w") / name, text), text.index(words) + 1)
    return found.text if found is not None else ""


def test_hovers_tell_what_the_program_knows() -> None:
    assert "on: key" in told("a.json", POLICY.replace("kms:Dec", 'kms:Decrypt"'), "kms:Decrypt")
    assert "`kms:ReEncryptFrom`, `kms:ReEncryptTo`" in told("a.inv", "x kms:ReEncrypt*", "kms:Re")
    assert "type: String" in told("a.inv", "x when kms:ViaService = y", "kms:ViaService")
    assert "**doubt**" in told("a.inv", "x lambda:UpdateFunctionCode", "lambda:U")
    assert "key policy" in told("a.inv", "# by D2\n", "D2")
    assert "yes:" in told("verifier.toml", '[readings]\nP5-allow = "no"\n', "P5-allow")
    assert "Seconds for each question" in told("verifier.toml", "timeout = 1\n", "timeout")
    assert told("a.md", "kms:Decrypt", "kms:Decrypt") == ""


def test_a_hover_is_code_and_no_markup() -> None:
    text = 'invariant "[x](command:evil) `a`": no caller outside 111122223333 can kms:Decrypt'
    found = hover(OpenDocument(Path("/w/a.inv"), text), 3)
    assert found is not None and found.invariant == "[x](command:evil) `a`"
    assert found.text == "**invariant** `[x](command:evil) ˋaˋ`"


def test_definitions_in_templates_and_configurations(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    for words, line in (("${Tenant", 3), ("!Ref Key", 5)):
        found = definition(OpenDocument(path, TEMPLATE, (tmp_path,)), TEMPLATE.index(words) + len(words) - 1)
        assert found is not None and found.span.line == line
    (tmp_path / "a.inv").write_text('# one\ninvariant "kept": no caller outside 111122223333 can kms:Decrypt\n')
    toml = 'inputs = ["a.yaml"]\ninvariants = ["a.inv"]\n[[waivers]]\ninvariant = "kept"\n'
    config = tmp_path / "verifier.toml"
    found = definition(OpenDocument(config, toml, (tmp_path,)), toml.index("a.inv"))
    assert found is not None and found.path == tmp_path / "a.inv"
    found = definition(OpenDocument(config, toml, (tmp_path,)), toml.index("kept"))
    assert found is not None and (found.path, found.span.line) == (tmp_path / "a.inv", 2)


def test_remarks_are_about_the_document_alone(tmp_path: Path) -> None:
    def remarks(name: str, text: str) -> list[tuple[NoticeLevel, str | None]]:
        return [(one.level, one.code) for one in remarks_on(OpenDocument(tmp_path / name, text, (tmp_path,)))]

    assert remarks("bucket.json", BUCKET) == []
    trust = BUCKET.replace("s3:GetObject", "sts:AssumeRole").replace(', "Resource": "x"', "")
    assert remarks("trust.json", trust) == [(NoticeLevel.WARNING, "P1")]
    assert remarks("key.json", POLICY)[0][0] is NoticeLevel.ERROR
    assert [
        level
        for level, _ in remarks("key.json", BUCKET.replace("s3:GetObject", "kms:Decrypt").replace("Effect", "Efect"))
    ] == [
        NoticeLevel.ERROR,
        NoticeLevel.ERROR,
    ]
    assert remarks("key.json", POLICY.replace("kms:Dec", 'kms:*", "Resource": "${NAME}"}]}')) == []
    assert not [level for level, _ in remarks("a.yaml", TEMPLATE) if level is NoticeLevel.ERROR]
    assert (NoticeLevel.ERROR, None) in remarks("a.yaml", TEMPLATE.replace("!Ref Key", "!Ref Keys"))


def test_a_document_is_of_the_account_that_its_folder_has(tmp_path: Path) -> None:
    (tmp_path / "verifier.toml").write_text(
        'account = "444455556666"\ninputs = ["a.json", { path = "dev", account = "111122223333" }]\n'
    )
    text = POLICY.replace("kms:Dec", 'kms:*", "Resource": "*"}]}')
    for name, codes in (("a.json", ["wildcard-for-outsiders"]), ("dev/a.json", [])):
        assert [one.code for one in linted(OpenDocument(tmp_path / name, text, (tmp_path,)))] == codes


def test_places_count_the_units_of_the_protocol() -> None:
    places = TextPositions("a🔑b\r\nc", lambda text: len(text.encode("utf-16-le")) // 2)
    assert places.range(Span("", 1, 3, 2, 2)).start == Position(0, 3)
    assert places.range(Span("", 1, 3, 2, 2)).end == Position(1, 1)
    assert [places.offset(Position(0, 3)), places.offset(Position(0, 99)), places.offset(Position(99, 0))] == [2, 3, 5]


@pytest.mark.parametrize(
    ("old", "new"), [("abc", "abc"), ("aab", "ab"), ("ab", "aab"), ("one two", "one, two"), ("", "a"), ("a", "")]
)
def test_an_edit_is_no_larger_than_what_differs(old: str, new: str) -> None:
    edit = edit_to("", old, new)
    assert old[: edit.start] + edit.text + old[edit.end :] == new
    assert len(edit.text) + edit.end - edit.start <= abs(len(old) - len(new))
