"""Lists of what the program knows, in each format."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.conftest import Run
from verifier.model.steps.catalogue import catalogue_entries
from verifier.report.listings import render_actions
from verifier.report.style import Style, width_of


@pytest.mark.parametrize(
    "command",
    [
        ["builtins"],
        ["builtins", "no-public-access"],
        ["readings"],
        ["rule"],
        ["rule", "D4"],
        ["actions", "iam:Put*", "lambda:*"],
    ],
)
def test_a_list_as_json_and_as_a_table_has_the_same_rows(run: Run, command: list[str]) -> None:
    found = json.loads(run(*command, "--output", "json").out)
    listed = found if isinstance(found, list) else found.get("actions", [found])
    written = run(*command, "--output", "csv").out
    table = csv.DictReader(io.StringIO(written))
    rows = list(table)
    assert table.fieldnames == list(listed[0])
    first = next(iter(listed[0]))
    assert [row[first] for row in rows] == [one[first] for one in listed]
    for row, one in zip(rows, listed, strict=True):
        assert all(row[name] == " ".join(value.split()) for name, value in one.items() if isinstance(value, str))
    assert "{'" not in written, "of what has several members the text counts"


def test_a_table_of_nothing_is_empty(run: Run) -> None:
    assert run("actions", "iam:PutRolePolicy", "--head", "harmless", "--output", "csv").out.strip() == ""


def test_actions_are_as_wide_as_the_terminal_and_a_line_each_in_a_pipe() -> None:
    entries = list(catalogue_entries("lambda:*"))
    wrapped = render_actions(entries, Style(False, 80), wrapped=True)
    assert max(map(width_of, wrapped.splitlines())) <= 80
    piped = render_actions(entries, Style(False, 80), wrapped=False)
    assert len(piped.splitlines()) == len(entries) + 1 and piped.split() == wrapped.split()
