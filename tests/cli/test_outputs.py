"""`--output`, repeated and with files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Rooms, Run, verdicts
from tests.cli.test_prove import INVARIANTS
from tests.project.shown import ROOT
from tests.report.samples import PROVED, REFUTED, UNKNOWN, report
from verifier.cli.outputs import Sink, sinks
from verifier.model.choices import FORMATS
from verifier.model.results.verdict import Assumption
from verifier.syntax.diagnostic import InputError


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
        (("sarf=x",), "did you mean `sarif`?"),
        (("sarif=",), "a file is missing"),
        (("sarif=missing/a.sarif",), "there is no folder missing"),
        (("sarif=a.x", "json=./a.x"), "two outputs go to"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    run: Run, rooms: Rooms, folder: Path, values: tuple[str, ...], told: str
) -> None:
    result = run("prove", str(folder), *(word for value in values for word in ("--output", value)))
    assert result.code == 2 and told in result.err and result.out == ""
    assert rooms.asked is None


def test_no_output_overwrites_an_input(run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms.answer = report(PROVED)
    monkeypatch.chdir(folder)
    Path("link.json").symlink_to("snapshot.json")
    rules = ("--invariants", str(folder / "rules.inv"))
    outputs = (("json=snapshot.json",), ("json=link.json",), ("text", "--output", "html=./rules.inv"))
    certificates = (("text", "--certificate", name) for name in ("snapshot.json", "rules.inv"))
    for words in (*outputs, *certificates):
        result = run("prove", str(folder / "snapshot.json"), *rules, "--output", *words)
        assert result.code == 2 and "would be overwritten, and is an input" in result.err and result.out == ""
    assert rooms.asked is None and Path("snapshot.json").read_text() == "{}"
    for _ in range(2):  # that of the last run is no input
        assert run("prove", "snapshot.json", *rules, "--output", "json=a.json").code == 0


SNAPSHOT = {"keys/k/policy.json": "{}", "accounts/a/regions.json": "{}", "x.inv": ""}
TEXTS = {"a.json": '{"Statement": []}', "b.yaml": "Resources: {a: {Type: AWS::KMS::Key}}", "c.inv": ""}
PLAN = {"plan.json": '{"format_version": "1.2", "planned_values": {}}'}
CONFIGURED = {"main.tf": "", "prod.tfvars": "", "policy.json": '{"Statement": []}'}


@pytest.mark.parametrize("files", [SNAPSHOT, TEXTS, PLAN, CONFIGURED])
@pytest.mark.parametrize("given", ["in", "link"])
def test_no_output_overwrites_what_is_read_with_a_folder(
    run: Run, rooms: Rooms, folder: Path, files: dict[str, str], given: str
) -> None:
    rooms.answer = report(PROVED)
    (folder / "in").mkdir()
    (folder / "link").symlink_to("in")
    rules = ("--invariants", str(folder / "rules.inv"))
    for name, text in files.items():
        (folder / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "in" / name).write_text(text)
    for name, text in files.items():
        result = run("prove", str(folder / given), *rules, "--output", f"json={folder / 'in' / name}")
        assert result.code == 2 and "is an input" in result.err and (folder / "in" / name).read_text() == text
    assert rooms.asked is None
    (folder / "in" / "keys").mkdir(exist_ok=True)
    beside = ("json=../a.json", "json=a-report.json", "sarif=sarif.json", "sarif=keys.sarif", "text=x.txt")
    for name in (*beside, *(["json=keys/report.json"] if files is CONFIGURED else [])):
        for _ in range(2):
            words = name.replace("=", f"={folder / 'in'}/")
            assert run("prove", str(folder / given), *rules, "--output", words).code == 0


def test_a_file_that_cannot_be_written_is_named(
    run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *arguments: object, **options: object) -> int:
        raise OSError(28, "No space left on device")

    rooms.answer = verdicts(PROVED)
    monkeypatch.setattr(Path, "write_text", refuse)
    result = run("prove", str(folder), "--output", f"junit={folder / 'a.html'}")
    assert result.code == 2 and "a.html" in result.err and "No space left" in result.err


def test_files_are_from_a_folder(tmp_path: Path) -> None:
    assert sinks(["json", "junit=a.html"], FORMATS, tmp_path) == (Sink("json"), Sink("junit", tmp_path / "a.html"))
    assert sinks([], FORMATS) == (Sink("text"),)


def test_quiet_is_the_summary_alone_of_text_on_stdout(run: Run, rooms: Rooms, folder: Path) -> None:
    concluded = replace(REFUTED, assumptions=(Assumption("S4", "the key is in us-west-2"),))
    rooms.answer = verdicts(PROVED, concluded)
    page, data = folder / "a.txt", folder / "a.json"
    result = run(
        "prove", str(folder), "--quiet", "--output", "text", "--output", f"json={data}", "--output", f"markdown={page}"
    )
    assert result.code == 1
    assert (
        result.out
        == "2 invariants: 1 proved, 1 refuted      supposing 1 thing that the input does not say [S4]      exit 1\n"
    )
    assert page.read_text().count("\n") > 20 and len(json.loads(data.read_text())["verdicts"]) == 2
    assert run("prove", str(folder), "-q", "--output", f"text={page}").out == "" and page.read_text().count("\n") > 20
    assert run("prove", str(folder), "--quiet", "--output", "json").out == data.read_text()
    rooms.load_error = InputError.of("cannot be read")
    result = run("prove", str(folder), "--quiet")
    assert result.code == 2 and result.out == "" and "cannot be read" in result.err


@pytest.mark.parametrize("name", ["text", "markdown", "html", "json"])
def test_only_says_which_verdicts_are_listed_and_all_count(run: Run, rooms: Rooms, folder: Path, name: str) -> None:
    rooms.answer = verdicts(PROVED, UNKNOWN, REFUTED)
    result = run("prove", str(folder), "--only", "unknown,proved", "--output", name)
    told = [verdict.invariant.name in result.out for verdict in (PROVED, UNKNOWN, REFUTED)]
    assert result.code == 1 and told == [True, True, False]
    if name == "json":
        assert json.loads(result.out)["summary"] == {
            "proved": 1,
            "refuted": 1,
            "unknown": 1,
            "not_listed": 1,
            "exit_code": 1,
        }
    else:
        assert "not listed (--only): 1 refuted" in result.out.replace("&#45;", "-")


def test_what_other_programs_judge_holds_everything(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = verdicts(PROVED, UNKNOWN, REFUTED)
    for name in ("sarif", "junit", "github"):
        assert (
            run("prove", str(folder), "--only", "proved", "--output", name).out
            == run("prove", str(folder), "--output", name).out
        )


@pytest.mark.parametrize("words", ["refuted,unknwn", "", "refuted,"])
def test_a_status_that_no_verdict_has_is_a_usage_error(run: Run, rooms: Rooms, folder: Path, words: str) -> None:
    result = run("prove", str(folder), "--only", words)
    assert result.code == 2 and "no verdict is" in result.err and rooms.asked is None
    assert "did you mean `unknown`?" in run("check", "--only", "unknwn").err


def test_color_goes_before_the_environment(
    run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms.answer = verdicts(PROVED)
    monkeypatch.setenv("NO_COLOR", "1")
    assert (
        "\x1b[32m" in run("prove", str(folder), "--color", "always").out and "\x1b" not in run("prove", str(folder)).out
    )
    rooms.load_error = InputError.of("cannot be read")
    assert "\x1b[31m" in run("prove", str(folder), "--color", "always").err
    rooms.load_error = None
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" in run("prove", str(folder)).out and "\x1b" not in run("prove", str(folder), "--color", "never").out


POLICY = str(ROOT / "examples" / "eight-policies" / "6-other-account.json")
CALLER = "arn:aws:iam::444455556666:role/example"


@pytest.mark.parametrize(
    "words",
    [
        ("who-can", "kms:Decrypt", POLICY),
        ("suggest", POLICY, "--builtin", "no-external-access"),
        ("explain", POLICY, "--principal", CALLER, "--action", "kms:Decrypt"),
        ("reach", "--to", "kms:Decrypt", POLICY, "--steps", "1"),
        ("findings", POLICY),
        ("lint", POLICY),
    ],
)
def test_every_answer_goes_to_any_number_of_files(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    page, data = tmp_path / "a.md", tmp_path / "a.json"
    whole = run(*words)
    quiet = [] if words[0] == "explain" else ["--quiet"]
    result = run(*words, *quiet, "--output", "text", "--output", f"markdown={page}", "--output", f"json={data}")
    assert result.code == whole.code
    assert (
        result.out == whole.out
        if not quiet
        else result.out.endswith(f"exit {whole.code}\n") and result.out.count("\n") == 1
    )
    assert page.read_text().startswith("#") and isinstance(json.loads(data.read_text()), dict)
    assert "is no format" in run(*words, "--output", "pdf").err
