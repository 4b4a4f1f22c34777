"""Two engines that contradict each other: exit code 4, no verdict, and a folder that reproduces it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Rooms, Run
from tests.report.samples import PAYMENTS, invariant
from verifier.verify import Contradiction

CONTRADICTION = Contradiction(
    invariant("x\x1b[31m", text="no caller can kms:Decrypt"),
    PAYMENTS,
    "(check-sat)\n",
    (("the engine on classes", "unsat"), ("cvc5-strings", "sat")),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules.inv").write_text(
        'account prod = 111122223333\ninvariant "x":\n  no caller outside prod can kms:Decrypt\n'
    )
    (tmp_path / "snapshot.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_contradiction_is_exit_4_and_leaves_what_reproduces_it(run: Run, rooms: Rooms, folder: Path) -> None:
    rooms.answer = CONTRADICTION
    for _ in range(2):  # the second time the folder is there already
        result = run("prove", str(folder), "--cross-check")
        assert result.code == 4 and result.out == "" and "\x1b" not in result.err
    assert rooms.asked is not None and rooms.asked["cross_check"] is True
    (written,) = folder.glob("kms-verifier-contradiction-*")
    assert str(written) in result.err
    told = json.loads((written / "contradiction.json").read_text())
    assert told["answers"] == {"the engine on classes": "unsat", "cvc5-strings": "sat"} and told["target"] == PAYMENTS
    assert told["invariant"] == {"name": "x\x1b[31m", "text": "no caller can kms:Decrypt"}
    assert [entry["file"].endswith("rules.inv") and len(entry["sha256"]) for entry in told["inputs"]] == [64]
    assert (written / told["formula"]).read_text() == "(check-sat)\n"


def test_where_the_working_directory_cannot_be_written_to_another_is_taken(
    run: Run, rooms: Rooms, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms.answer = CONTRADICTION
    mkdir = Path.mkdir

    def refused(self: Path, *arguments: object, **options: object) -> None:
        if not self.is_absolute():
            raise PermissionError(13, "Permission denied")
        mkdir(self, exist_ok=True)

    monkeypatch.setattr(Path, "mkdir", refused)
    result = run("prove", str(folder))
    assert result.code == 4 and not list(folder.glob("kms-verifier-*"))
    place = Path(result.err.split(" is in ")[1].splitlines()[0])
    assert (place / "contradiction.json").is_file()
