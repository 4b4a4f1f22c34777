"""The open questions of AWS's documentation (◇, S2) → text or JSON, for `verifier readings`."""

from __future__ import annotations

import json
from dataclasses import asdict

from verifier.model.readings import READINGS
from verifier.report.style import Style, pad, sentence


def render_readings(colour: bool) -> str:
    """Every reading: its label, the question, what yes and no mean, and the page that leaves it open."""
    style = Style(colour)
    lines = []
    for reading in READINGS:
        lines += sentence(reading.question, pad(style.bold(reading.label), 14))
        lines += sentence(reading.yes, " " * 14 + "yes  ")
        lines += sentence(reading.no, " " * 14 + "no   ")
        lines += [style.dim(line) for line in sentence(f"rule {reading.rule}; {reading.source}", " " * 14)]
        lines.append("")
    lines.append("Each is tried both ways unless `--reading LABEL=yes` or `--reading LABEL=no` settles it.")
    return "\n".join(lines) + "\n"


def readings_json() -> str:
    """The same as a JSON list."""
    return json.dumps([{"label": reading.label, "rule": reading.rule, **asdict(reading)} for reading in READINGS], indent=2)
