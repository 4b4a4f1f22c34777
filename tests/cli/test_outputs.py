"""`--output`, repeated and with files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Rooms, Run, verdicts
from tests.cli.test_prove import INVARIANTS
from tests.project.shown import ROOT
from tests.report.samples import PROVED, REFUTED, report
from verifier.cli.outputs import Sink, sinks
from verifier.report.formats import FORMATS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.inv").write_text(INVARIANTS)
    (tmp_path / "snapshot.json").write_text("{}")
    return tmp_path


def test_one_goes_to_stdout_the_others_to_files(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED, REFUTED)
    sarif, junit = folder / "a.sarif", folder / "a.xml"
    result = run("prove", str(folder), "--output", "text", "--output", f"sarif={sarif}", "--output", f"junit={junit}")
    assert result.code == 1 and "1 proved, 1 refuted" in result.out
    assert json.loads(sarif.read_text())["version"] == "2.1.0" and junit.read_text().startswith("<?xml")
    assert sorted(path.name for path in folder.iterdir()) == ["a.sarif", "a.xml", "rules.inv", "snapshot.json"]


def test_stdout_is_empty_where_all_go_to_files(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = report(PROVED)
    result = run("prove", str(folder), "--output", f"markdown={folder / 'a.md'}")
    assert result.code == 0 and result.out == "" and "warning" in result.err
    assert run("prove", str(folder), "--output", f"json={folder / 'a.json'}").err == ""


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (("text", "json"), "only one output can go to stdout"),
        (("text", "json=-"), "only one output can go to stdout"),
        (("sarf=x",), "did you mean sarif?"),
        (("sarif=",), "a file is missing"),
        (("sarif=missing/a.sarif",), "there is no folder missing"),
        (("sarif=a.x", "json=./a.x"), "two outputs go to"),
    ],
)
def test_what_cannot_be_is_a_usage_error(run: Run, rooms: Rooms, folder: Path, values: tuple[str, ...], told: str) -> None:
    result = run("prove", str(folder), *(word for value in values for word in ("--output", value)))
    assert result.code == 2 and told in result.err and result.out == ""
    assert rooms.asked is None


def test_a_file_that_cannot_be_written_is_named(run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *arguments: object, **options: object) -> int:
        raise OSError(28, "No space left on device")

    rooms.answer = verdicts(PROVED)
    monkeypatch.setattr(Path, "write_text", refuse)
    result = run("prove", str(folder), "--output", f"junit={folder / 'a.html'}")
    assert result.code == 2 and "a.html" in result.err and "No space left" in result.err


def test_files_are_from_a_folder(tmp_path: Path) -> None:
    assert sinks(["json", "junit=a.html"], FORMATS, tmp_path) == (Sink("json"), Sink("junit", tmp_path / "a.html"))
    assert sinks([], FORMATS) == (Sink("text"),)


POLICY = str(ROOT / "examples" / "eight-policies" / "6-other-account.json")
CALLER = "arn:aws:iam::444455556666:role/example"


@pytest.mark.parametrize(
    "words",
    [
        ("who-can", "kms:Decrypt", POLICY),
        ("suggest", POLICY, "--builtin", "no-external-access"),
        ("explain", POLICY, "--principal", CALLER, "--action", "kms:Decrypt"),
        ("reach", "--to", "kms:Decrypt", POLICY),
        ("findings", POLICY),
        ("lint", POLICY),
    ],
)
def test_every_answer_goes_to_any_number_of_files(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    page, data = tmp_path / "a.md", tmp_path / "a.json"
    whole = run(*words)
    result = run(*words, "--output", "text", "--output", f"markdown={page}", "--output", f"json={data}")
    assert result.code == whole.code and result.out.split()[:5] == whole.out.split()[:5]
    assert page.read_text().startswith("#") and isinstance(json.loads(data.read_text()), dict)
    assert "is no format" in run(*words, "--output", "pdf").err
