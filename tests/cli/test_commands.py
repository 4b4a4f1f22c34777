"""The small commands, the help, and what every command has in common."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import verifier
from tests.cli.conftest import Run
from verifier.cli import COMMANDS, app
from verifier.model.readings import READINGS
from verifier.model.rules import rules

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verifier", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_version(run: Run) -> None:
    result = run("--version")
    assert (result.code, result.out) == (0, f"verifier {verifier.__version__}\n")


def test_what_fails_before_a_command_begins_is_a_fault_and_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("verifier.cli.import_module", fault)
    result = run("prove", "x")
    assert (
        (result.code, result.out) == (4, "")
        and "internal error: ImportError" in result.err
        and "Traceback" not in result.err
    )


def test_schema_report(run: Run) -> None:
    result = run("schema", "report")
    assert result.code == 0 and json.loads(result.out) == verifier.schema("report")


def test_schema_snapshot(run: Run) -> None:
    from jsonschema import Draft202012Validator

    result = run("schema", "snapshot")
    assert result.code == 0
    Draft202012Validator.check_schema(json.loads(result.out))


def test_readings(run: Run) -> None:
    assert all(reading.label in run("readings").out for reading in READINGS)
    assert len(json.loads(run("readings", "--output", "json").out)) == len(READINGS)


def test_rule(run: Run) -> None:
    shown = run("rule", "D4")
    assert shown.code == 0 and "aws:PrincipalArn" in shown.out and "https://docs.aws.amazon.com/" in shown.out
    assert (
        "tests/cases/d4-boundaries-sessions.yaml" in shown.out
        and "open question" in shown.out
        and "**" not in shown.out
    )
    listed = [line.split()[0] for line in run("rule").out.splitlines()]
    assert listed == [one["label"] for one in json.loads(run("rule", "--output", "json").out)] == list(rules())
    assert json.loads(run("rule", "P5-allow", "--output", "json").out)["readings"][:2] == ["P5", "P5-account"]
    mistyped = run("rule", "F3-lamda")
    assert mistyped.code == 2 and "did you mean F3-lambda" in mistyped.err
    assert run("rule", "U1:deny").out.startswith("U1 ")
    refused = run("rule", "d44")
    assert refused.code == 2 and "D4" in refused.err and refused.out == ""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("verifier rule L5", ["L5", "L5a"]),
        ("verifier findings examples/payments --key alias/", ["alias/logs", "alias/payments"]),
        ("verifier who-can kms:Decrypt examples/payments --key pay", ["payments"]),
        ("verifier explain examples/payments --key 1", ["1234abcd-12ab-34cd-56ef-1234567890ab"]),
        ("verifier findings --key pay", []),
        ("verifier findings README.md --key pay", []),
    ],
)
def test_names_are_completed(words: str, found: list[str]) -> None:
    asked = {"_VERIFIER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "import sys; sys.argv = ['verifier']; from verifier.cli import app; app(prog_name='verifier')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env={**os.environ, **asked}, check=False
    )
    assert done.stdout.split() == found and done.stderr == ""


def test_actions(run: Run) -> None:
    shown = run("actions", "lambda:update*", "--head", "doubt")
    assert shown.code == 0
    assert "lambda:UpdateFunctionCode" in shown.out and "lambda:UpdateFunctionUrlConfig" not in shown.out
    rows = json.loads(run("actions", "ssm:SendCommand", "--output", "json").out)["actions"]
    assert [(row["head"], row["effect"]) for row in rows] == [("doubt", "run")] and "ec2" in rows[0]["services"]
    refused = run("actions", "lamda:*")
    assert refused.code == 2 and "lamda:*" in refused.err


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_teaches_with_examples_of_it(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.code == 0 and re.search(rf"^ +verifier {name}", result.out, re.MULTILINE)
    assert run(name, "-h").out == result.out


def test_the_help_names_every_command_in_a_whole_sentence(run: Run) -> None:
    result = run("--help")
    rows = dict(line.split(None, 1) for line in result.out.split("Commands:\n")[1].split("\n\n")[0].splitlines())
    assert result.code == 0 and list(rows) == list(COMMANDS)
    assert [says for says in rows.values() if not says.endswith(".") or says.endswith("...")] == []


def test_no_command_shows_the_help(run: Run) -> None:
    result = run()
    assert result.code == 2 and "prove" in result.out + result.err


def test_the_marks_do_not_need_a_locale_that_has_them() -> None:
    result = command("readings", PYTHONIOENCODING="ascii")
    assert result.returncode == 0 and result.stderr == ""


def test_a_full_disk_is_no_verdict() -> None:
    if not Path("/dev/full").exists():
        pytest.fail("this test needs /dev/full")
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "verifier", "readings"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )
    assert result.returncode == 2
    assert (
        "No space left" in result.stderr
        and "Traceback" not in result.stderr
        and "Exception ignored" not in result.stderr
    )


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_without_standard_output_there_is_no_verdict(closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m verifier readings {closed}'], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "internal" not in done.stderr


def test_without_standard_input_there_are_no_requests() -> None:
    program = f'"{sys.executable}" -m verifier evaluate examples/payments --requests - <&-'
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "no standard input" in done.stderr


LIGHT = frozenset(
    {
        "engine",
        "choices",
        "records",
        "forms",
        "step_limits",
        "exit_codes",
        "evidence",
        "formats",
        "diagnostic",
        "text",
        "source",
        "garbage_collection",
    }
)
"""The modules of the package, beside those of the command line, that are quick to import."""


def imported(arguments: list[str], environment: dict[str, str]) -> set[str]:
    """The modules that a command has imported at its end."""
    code = f"import atexit, sys; sys.argv = ['verifier', *{arguments}]\n"
    code += "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\nfrom verifier.cli import main; main()"
    variables = {**os.environ, **environment}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=variables, check=False
    )
    assert result.stdout, "the command has said something"
    return set(result.stderr.split())


def test_a_snapshot_is_read_without_the_readers_of_templates_and_plans() -> None:
    loaded = imported(["prove", "examples/payments", "--no-cache"], {})
    assert "verifier.inputs.snapshot.folder" in loaded
    readers = ("verifier.inputs.terraform.reading", "verifier.inputs.cloudformation.reading")
    assert loaded.isdisjoint((*readers, "verifier.inputs.resources.reader", "hcl2", "yaml")), loaded


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--version"], {}),
        (["--help"], {}),  # imports every command's module, for its first line
        (["prove", "--help"], {}),
        ([], {"_VERIFIER_COMPLETE": "complete_bash", "COMP_WORDS": "verifier prove --eng", "COMP_CWORD": "2"}),
    ],
)
def test_what_a_command_does_not_need_is_not_imported(arguments: list[str], environment: dict[str, str]) -> None:
    loaded = imported(arguments, environment)
    assert loaded.isdisjoint(("z3", "pysat", "cvc5", "lark", "yaml", "sqlite3", "multiprocessing"))
    own = {name for name in loaded if name.startswith("verifier.") and not name.startswith("verifier.cli")}
    assert {name.rpartition(".")[2] for name in own if name.count(".") > 1} <= LIGHT, own


def test_evaluate_says_how_to_give_session_policies(run: Run) -> None:
    text = run("evaluate", "--help").out
    assert "session_policy" in text and "list of them" in text


@pytest.mark.parametrize("answer", ["yes", "no"])
@pytest.mark.parametrize("label", [reading.label for reading in READINGS])
def test_s2_every_reading_can_be_settled(run: Run, tmp_path: Path, label: str, answer: str) -> None:
    result = run(
        "prove", str(tmp_path / "none.json"), "--builtin", "no-external-access", "--reading", f"{label}={answer}"
    )
    assert result.code == 2 and "is no reading" not in result.err and "none.json" in result.err


def test_builtins_are_listed(run: Run) -> None:
    from verifier.language.builtins.catalogue import BUILTINS

    listed = json.loads(run("builtins", "--output", "json").out)
    assert [one["name"] for one in listed] == [one.name for one in BUILTINS] and all(one["demands"] for one in listed)
    assert run("builtins", "only-via-service").out.startswith("only-via-service:SERVICE,")
    assert run("builtins").out.count("\n\n") == len(BUILTINS) - 1
    result = run("builtins", "no-extern-access")
    assert result.code == 2 and "`no-external-access`" in result.err and result.out == ""


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("prove p.json --builtin only", "only-via-service"),
        ("prove p.json --reading P5=", "P5=no"),
        ("lint p.json --output sar", "sarif="),
        ("who-can kms:Decr", "kms:Decrypt"),
        ("explain p.json --action kms:Sig", "kms:Sign"),
        ("rule D4", "D4"),
        ("builtins no-conf", "no-confused-deputy"),
    ],
)
def test_shells_complete_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, value: str
) -> None:
    monkeypatch.setenv("_VERIFIER_COMPLETE", "complete_fish")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", f"verifier {typed}")
    with pytest.raises(SystemExit):
        app([], prog_name="verifier")
    assert value in [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()]
