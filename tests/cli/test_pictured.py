"""What the HTML report shows beside its verdicts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import verifier
from tests.project.shown import ROOT
from tests.project.shown import report as report_on
from verifier.report import pictured as room
from verifier.report.evidence import file_texts
from verifier.report.pictured import pictured


def test_a_text_is_the_one_that_was_checked(tmp_path: Path) -> None:
    same, changed = tmp_path / "a.json", tmp_path / "b.json"
    same.write_bytes(b"\xef\xbb\xbf{}")
    changed.write_text("[]")
    digest = hashlib.sha256(same.read_bytes()).hexdigest()
    assert file_texts([(str(same), digest), (str(changed), digest), (str(tmp_path / "none"), digest)]) == {
        str(same): "{}"
    }


def test_keys_that_fail_come_first_and_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    report, estate = report_on("payments"), verifier.load(ROOT / "examples" / "payments")
    both = pictured(report, estate)
    assert both is not None and len(both.keys) == 2 and all(key.rows for key in both.keys)
    monkeypatch.setattr(room, "_LONGEST", -1.0)
    first = pictured(report, estate)
    assert first is not None and [key.key.name for key in first.keys] == ["payments"]
