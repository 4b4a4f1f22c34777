"""`verifier prove`: exit codes, streams, options."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Rooms, Run, verdicts
from tests.report.samples import PAYMENTS, PROVED, REFUTED, UNKNOWN, report
from verifier.model.choices import Engine
from verifier.model.results.verdict import Verdict
from verifier.report.pages.verdicts import render_text
from verifier.report.wire.report import render_json
from verifier.syntax.diagnostic import InputError

INVARIANTS = (
    f'account prod = 111122223333\nkey payments = {PAYMENTS}\ninvariant "x":\n  no caller outside prod can '
    "kms:Decrypt\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.inv").write_text(INVARIANTS)
    (tmp_path / "snapshot.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("found", "code"),
    [((PROVED,), 0), ((PROVED, REFUTED, UNKNOWN), 1), ((PROVED, UNKNOWN), 3), ((UNKNOWN,), 3), ((), 2)],
)
def test_the_exit_code_is_that_of_the_verdicts(
    run: Run, rooms: Rooms, folder: Path, found: tuple[Verdict, ...], code: int
) -> None:
    rooms.answer = verdicts(*found)
    result = run("prove", str(folder))
    assert result.code == code
    assert result.err == ""
    assert f"exit {code}" in result.out


def test_text_and_json_are_the_reports(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED, REFUTED)
    assert run("prove", str(folder)).out == render_text(verdicts(PROVED, REFUTED), colour=False)
    document = json.loads(run("prove", str(folder), "--output", "json").out)
    expected = json.loads(render_json(verdicts(PROVED, REFUTED)))
    assert document["verdicts"] == expected["verdicts"]
    assert [entry["file"] for entry in document["inputs"]] == ["key-policy.json", str(folder / "rules.inv")]


def test_warnings_go_to_stderr_and_into_the_json(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = report(PROVED)
    text = run("prove", str(folder))
    assert "warning: a principal that is deleted" in text.err and "deleted" not in text.out
    document = run("prove", str(folder), "--output", "json")
    assert document.err == "" and json.loads(document.out)["warnings"][0]["rule"] == "L8"


def test_options_reach_the_rooms(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED)
    result = run(
        "prove",
        str(folder),
        "--key-arn",
        "ARN",
        "--timeout",
        "2.5",
        "--engine",
        "sat",
        "--reading",
        "P5=no",
        "--reading",
        "C1=yes",
    )
    assert result.code == 0
    assert rooms.asked and rooms.loaded
    assert rooms.asked["timeout"] == 2.5 and rooms.asked["engine"] is Engine.SAT
    assert rooms.asked["readings"] == {"P5": False, "C1": True}
    assert [invariant.name for invariant in rooms.asked["invariants"]] == ["x"]
    assert rooms.loaded["key_arn"] == "ARN"


def test_the_invariants_may_tell_the_key(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED)
    run("prove", str(folder / "snapshot.json"))
    assert rooms.loaded and rooms.loaded["declared_key_arn"] == PAYMENTS and rooms.loaded["key_arn"] is None


def test_the_invariants_beside_a_file_are_found(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED)
    assert run("prove", str(folder / "snapshot.json")).code == 0
    assert rooms.asked and len(rooms.asked["invariants"]) == 1


def test_those_given_replace_those_found(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED)
    other = folder / "other"
    other.mkdir()
    (other / "a.inv").write_text(INVARIANTS.replace('"x"', '"y"'))
    run("prove", str(folder), "--invariants", str(other / "a.inv"))
    assert rooms.asked and [invariant.name for invariant in rooms.asked["invariants"]] == ["y"]
    run("prove", str(folder), "--builtin", "no-public-access")
    assert [invariant.name for invariant in rooms.asked["invariants"]] != ["x"]


def test_s3_no_invariants_is_an_input_error(run: Run, rooms: Rooms, tmp_path: Path) -> None:
    result = run("prove", str(tmp_path))
    assert result.code == 2 and result.out == ""
    assert "no invariants" in result.err and "--builtin" in result.err and "exit 2" in result.err
    assert rooms.asked is None


def test_all_input_errors_are_told_together(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.load_error = InputError.of("the snapshot is broken")
    (folder / "rules.inv").write_text("nonsense here")
    result = run("prove", str(folder), "--invariants", str(folder / "rules.inv"), "--builtin", "no-such-builtin")
    assert result.code == 2 and result.out == ""
    for part in ("the snapshot is broken", "rules.inv:1:", "no-such-builtin", "nothing was checked"):
        assert part in result.err
    assert "Traceback" not in result.err


def test_a_missing_file_of_invariants(run: Run, rooms: Rooms, folder: Path) -> None:
    result = run("prove", str(folder), "--invariants", str(folder / "missing.inv"))
    assert result.code == 2 and "missing.inv" in result.err and "Traceback" not in result.err


@pytest.mark.parametrize(
    "failure", [RuntimeError("odd\x1b[2J"), AssertionError(), RecursionError("deep"), MemoryError(), KeyError("k")]
)
def test_anything_unexpected_is_4_without_a_traceback(
    run: Run, rooms: Rooms, folder: Path, failure: BaseException
) -> None:
    rooms.answer = failure
    result = run("prove", str(folder))
    assert result.code == 4 and result.out == ""
    assert type(failure).__name__ in result.err and "report" in result.err
    assert "Traceback" not in result.err and "\x1b" not in result.err


def test_debug_shows_the_traceback(run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms.answer = RuntimeError("odd")
    monkeypatch.setenv("VERIFIER_DEBUG", "1")
    assert "Traceback" in run("prove", str(folder)).err
    monkeypatch.setenv("VERIFIER_DEBUG", "0")
    assert "Traceback" not in run("prove", str(folder)).err
    assert "Traceback" in run("--debug", "prove", str(folder)).err


def test_an_interrupt_is_130(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = KeyboardInterrupt()
    result = run("prove", str(folder))
    assert result.code == 130 and result.out == "" and "Traceback" not in result.err


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "soon", ""])
def test_a_timeout_that_is_no_time_is_a_usage_error(run: Run, rooms: Rooms, folder: Path, value: str) -> None:
    result = run("prove", str(folder), f"--timeout={value}")
    assert result.code == 2 and "--timeout" in result.err
    assert rooms.asked is None


@pytest.mark.parametrize("value", ["P5", "P5=maybe", "P9=yes", "=yes", "p5=yes"])
def test_a_reading_that_does_not_exist_is_a_usage_error(run: Run, rooms: Rooms, folder: Path, value: str) -> None:
    result = run("prove", str(folder), "--reading", value)
    assert result.code == 2 and "--reading" in result.err
    assert rooms.asked is None


def test_a_reading_cannot_be_settled_both_ways(run: Run, rooms: Rooms, folder: Path) -> None:
    assert run("prove", str(folder), "--reading", "P5=yes", "--reading", "P5=no").code == 2


def test_a_typing_error_is_answered_with_a_suggestion(run: Run, rooms: Rooms, folder: Path) -> None:
    assert "did you mean `P5`?" in run("prove", str(folder), "--reading", "P55=yes").err


@pytest.mark.parametrize(
    "arguments",
    [
        ("prove",),
        ("prove", "x", "--output", "xml"),
        ("prove", "x", "--nonsense"),
        ("proove",),
        ("schema", "x"),
        ("schema",),
    ],
)
def test_usage_errors_are_2(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.code == 2 and result.out == "" and "Usage" in result.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_on_a_terminal_only(run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.cli.run import colours

    monkeypatch.setenv("TERM", "xterm")
    assert colours(Terminal()) and not colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(Terminal())
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not colours(Terminal())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colours(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours(Terminal())
    monkeypatch.delenv("FORCE_COLOR")
    rooms.answer = verdicts(PROVED)
    assert "\x1b" not in run("prove", str(folder)).out


def test_progress_is_shown_late_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.cli.run import ProgressLine

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    moments = iter([0.0, 0.1, 0.6, 0.7])
    clock: Any = lambda: next(moments)  # noqa: E731
    monkeypatch.setattr("verifier.cli.run.time.monotonic", clock)
    progress = ProgressLine()
    progress(1, 9, "early")
    assert terminal.getvalue() == ""
    progress(2, 9, "late\x1b[2J")
    assert "2/9  late\\x1b[2J" in terminal.getvalue()
    progress.clear()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_the_declared_key_is_that_of_one_policy_file_and_of_nothing_else(folder: Path) -> None:
    from verifier.inputs import load_estate

    other = PAYMENTS.replace("1234abcd", "99999999")
    policy = folder / "policy.json"
    policy.write_text(
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", '
        '"Resource": "*"}}'
    )
    assert load_estate([policy], declared_key_arn=PAYMENTS).keys[0].arn == PAYMENTS
    assert load_estate([policy], declared_key_arn=PAYMENTS, key_arn=other).keys[0].arn == other
    snapshot = folder / "snapshot.json"
    snapshot.write_text(json.dumps({"keys": [{"arn": other, "policy": "policy.json"}]}))
    assert load_estate([snapshot], declared_key_arn=PAYMENTS).keys[0].arn == other
