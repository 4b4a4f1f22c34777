"""`verifier lsp` as a process, spoken to by a real client (pygls) over its standard streams."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import Editor, Running

ROOT = Path(__file__).resolve().parents[2]
PATIENT = ("--seconds", "300")
"""A busy machine is no reason for another verdict."""
PARTLY_USELESS = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
      "Action": ["kms:*", "kms:Decrypt"],
      "Resource": "*"
    }
  ]
}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests: what one of them does to it the others notice. Of the folder open, each uses one of its
    own."""
    folder = tmp_path_factory.mktemp("open")
    shutil.copytree(ROOT / "examples" / "payments", folder / "payments")
    running = Running(folder, *PATIENT)
    yield running
    running.end()


def test_verdicts_are_shown_and_a_refuted_invariant_is_mended(running: Running) -> None:
    async def session(editor: Editor) -> None:
        inv = editor.open("payments/payments.inv")
        policy = editor.open("payments/keys/payments/policy.json")
        name = "decrypting takes the tenant's own context"
        told = await editor.remarks(inv, lambda messages: any(name in message for message in messages))
        refuted = next(one for one in told if name in one.message)
        assert refuted.message.startswith("refuted: ") and refuted.severity is types.DiagnosticSeverity.Error
        assert refuted.range.start == editor.at(inv, f'invariant "{name}"')
        assert refuted.related_information and refuted.related_information[0].location.uri == policy
        assert not [one for one in told if "no external account can decrypt" in one.message]  # it is proved

        assert "✔ **proved** (payments)" in await editor.hover(inv, '"no external account can decrypt"')
        assert "✘ **refuted** (payments)" in await editor.hover(inv, f'"{name}"')
        assert "an action of AWS KMS" in await editor.hover(inv, "kms:ReEncryptFrom")

        at_policy = await editor.remarks(policy, lambda messages: any(name in message for message in messages))
        statement = next(one for one in at_policy if name in one.message)
        mend = next(one for one in await editor.actions(policy, statement.range) if name in one.title)
        assert mend.edit is None  # it is looked for when it is chosen
        text = editor.with_edit(await editor.resolved(mend), policy)
        assert json.loads(text) != json.loads(editor.text(policy))
        editor.change(policy, text)
        editor.save(policy)
        await editor.remarks(policy, lambda messages: not any(name in message for message in messages))
        await editor.remarks(inv, lambda messages: not any(name in message for message in messages))
        # of the text in the editor, not of the file
        assert "✔ **proved** (payments)" in await editor.hover(inv, f'"{name}"')
        assert (
            "IfExists"
            in (editor.folder / "payments/keys/payments/policy.json").read_text("utf-8").partition("Reports")[2]
        )

        where = await editor.definition(inv, "outside prod", len("outside "))
        assert where is not None and where.uri == inv and where.range.start == editor.at(inv, "prod = ")
        where = await editor.definition(inv, "on payments", len("on "))
        assert where is not None and where.uri == inv and where.range.start == editor.at(inv, "payments = ")
        where = await editor.definition(inv, "alias/logs")
        assert where is not None and where.uri.endswith("/keys/logs/policy.json")

    running.session(session)


def test_what_another_program_writes_is_heeded(running: Running) -> None:
    async def session(editor: Editor) -> None:
        policy = editor.folder / "disk" / "key.json"
        policy.parent.mkdir()
        text = PARTLY_USELESS.replace("arn:aws:iam::111122223333:root", "111122223333").replace(
            '["kms:*", "kms:Decrypt"]', '"kms:*"'
        )
        policy.write_text(text, "utf-8")
        (policy.parent / "verifier.toml").write_text(
            'inputs = ["key.json"]\naccount = "111122223333"\ninvariants = ["own.inv"]\n', "utf-8"
        )
        inv = editor.open("disk/own.inv", 'invariant "own": no caller outside 111122223333 can kms:Decrypt')
        assert "✔ **proved**" in await editor.hover(inv, '"own"')
        policy.write_text(text.replace("111122223333", "444455556666"), "utf-8")
        assert "✘ **refuted**" in await editor.hover(inv, '"own"')

    running.session(session)


def test_errors_while_typing_and_the_edits_of_the_linter(running: Running) -> None:
    async def session(editor: Editor) -> None:
        inv = editor.open("typed/new.inv", 'invariant "a": no caller outside 1111')
        told = await editor.remarks(inv, bool)
        assert told[0].severity is types.DiagnosticSeverity.Error
        editor.change(inv, '# 🔑 \ninvariant "a": no caller outside 111122223333 can kms:Decypt')
        told = await editor.remarks(inv, lambda messages: any("Decypt" in message for message in messages))
        assert told[0].range == types.Range(
            editor.at(inv, "kms:Decypt"), editor.at(inv, "kms:Decypt", len("kms:Decypt"))
        )
        assert "kms:Decrypt" in told[0].message and told[0].code == "R3" and told[0].code_description is not None
        editor.change(inv, 'invariant "a": no caller outside 111122223333 can kms:Decr')
        assert await editor.completions(inv, "kms:Decr", len("kms:Decr")) == ["kms:Decrypt"]
        editor.change(inv, 'invariant "a": no caller outside 111122223333 can kms:Decrypt')
        await editor.remarks(inv, lambda messages: not messages)

        policy = editor.open("typed/key.json", PARTLY_USELESS)
        told = await editor.remarks(policy, lambda messages: any("kms:Decrypt" in message for message in messages))
        action = next(one for one in await editor.actions(policy, told[0].range) if one.edit is not None)
        assert "equivalent" in action.title
        assert editor.with_edit(action, policy) == PARTLY_USELESS.replace(', "kms:Decrypt"', "")

        toml = editor.open("typed/verifier.toml", 'inputs = ["key.json"]\nbuiltins = ["no-external-acces"]\n')
        told = await editor.remarks(toml, bool)
        assert told[0].range.start == editor.at(toml, "builtins") and "no-external-access" in told[0].message
        assert "no-external-access" in await editor.completions(toml, "no-external-acces", 5)
        assert "What is checked" in await editor.hover(toml, "inputs")

    running.session(session)


def test_what_takes_too_long_or_is_no_document_leaves_the_server_alive(running: Running) -> None:
    async def session(editor: Editor) -> None:
        nested = '{"Version": "2012-10-17", "Statement": [' + '{"a":' * 5_000
        for number, text in enumerate(("[" * 100_000, nested, "\0\U0010ffff", "{" * 9)):
            await editor.remarks(editor.open(f"hostile/{number}.json", text), lambda _: True)
        await editor.remarks(
            editor.open("hostile/a.yaml", "Resources:\n  A: {Type: AWS::KMS::Key, P: *a, &a : !Sub [[[}"), bool
        )
        await editor.remarks(editor.open("hostile/deep.inv", 'invariant "a": no ' + "(" * 50_000), bool)
        long = editor.open("hostile/long.inv", "# " + "x" * (5 << 20))
        assert "over 4 MiB" in (await editor.remarks(long, bool))[0].message
        assert await editor.hover(long, "x") == ""
        beyond = types.HoverParams(types.TextDocumentIdentifier(long), types.Position(10_000, 10_000))
        assert await editor.client.text_document_hover_async(beyond) is None
        inv = editor.open("hostile/after.inv", "kms:PutKeyPolicy")
        assert "an action of AWS KMS" in await editor.hover(inv, "kms:PutKeyPolicy")

    running.session(session)


def test_without_the_extra_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pygls'] = None; sys.argv = ['verifier', 'lsp']; from verifier.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2 and result.stdout == "" and "pip install 'kms-verifier[lsp]'" in result.stderr
