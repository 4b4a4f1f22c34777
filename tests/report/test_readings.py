"""The list of readings."""

from __future__ import annotations

import json

from verifier.model.readings import READINGS
from verifier.report.listings import readings_json, render_readings


def test_s2_every_reading_is_listed_with_its_source() -> None:
    text = " ".join(render_readings(colour=False).split())
    for reading in READINGS:
        assert f"{reading.label} {' '.join(reading.question.split())} yes {reading.yes} no {reading.no}" in text
        assert reading.source in text


def test_s2_the_json_list_is_the_same() -> None:
    assert [entry["label"] for entry in json.loads(readings_json())] == [reading.label for reading in READINGS]


def test_colour_changes_nothing_but_colour() -> None:
    import re

    assert re.sub(r"\x1b\[\d+m", "", render_readings(colour=True)) == render_readings(colour=False)
