"""The list of readings."""

from __future__ import annotations

import json

from verifier.language.builtins.catalogue import BUILTINS
from verifier.model.readings import READINGS
from verifier.model.rules import rules
from verifier.report.listings import readings_json, render_builtins, render_readings, render_rule, render_rules
from verifier.report.style import Style


def test_s2_every_reading_is_listed_with_its_source() -> None:
    text = " ".join(render_readings(Style(False)).split())
    for reading in READINGS:
        assert f"{reading.label} {' '.join(reading.question.split())} yes {reading.yes} no {reading.no}" in text
        assert reading.source in text


def test_s2_the_json_list_is_the_same() -> None:
    assert [entry["label"] for entry in json.loads(readings_json())] == [reading.label for reading in READINGS]


def test_lists_take_the_width_that_there_is() -> None:
    style = Style(False, width=80)
    texts = (
        render_readings(style),
        render_rules(style),
        render_builtins(BUILTINS, style),
        render_rule(rules()["D4"], style),
    )
    for text in texts:
        assert [line for line in text.splitlines() if len(line) > 80 and " " in line.strip()] == []


def test_colour_changes_nothing_but_colour() -> None:
    import re

    assert re.sub(r"\x1b\[\d+m", "", render_readings(Style(True))) == render_readings(Style(False))
