"""Who can, as text, Markdown and JSON: golden files on the examples (`UPDATE_GOLDEN=1` writes them anew: read the
difference)."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from tests.golden import assert_golden
from tests.project.shown import ROOT
from tests.report.rendered import render_who_can, render_who_can_markdown
from tests.report.test_text import GOLDEN
from verifier.model.reference import data_version
from verifier.model.results.access import Callers, Region, WhoCan
from verifier.model.results.verdict import Reason
from verifier.report.formats import render_document
from verifier.report.pages.who_can import who_can_document
from verifier.report.wire.answers import who_can_to_json
from verifier.report.wire.values import json_text

ASKED: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "payments-decrypt": ("payments", ("kms:Decrypt",), {}),
    "payments-everything": ("payments", ("kms:*",), {"keys": ["payments"]}),
    "cross-account": ("cross-account", ("kms:Decrypt", "kms:DescribeKey"), {}),
    "organization": ("organization", ("kms:Decrypt",), {"keys": ["toys", "ledger"]}),
    "grants": ("grants", ("kms:Decrypt", "kms:CreateGrant"), {}),
    "transposed": ("payments", ("kms:*",), {"caller": "role/KeyAdmin"}),
    "nobody": ("payments", ("kms:Sign",), {"keys": ["payments"]}),
}


@cache
def answer(name: str) -> WhoCan:
    folder, actions, options = ASKED[name]
    with chdir(ROOT):  # so that the length of the checkout's path does not decide where lines are broken
        return verifier.who_can(verifier.load(Path("examples") / folder), *actions, **options)


def assert_told(name: str, text: str, folder: str = "who-can") -> None:
    """The report is the golden one, wherever the project is and whatever the data's version."""
    assert_golden(GOLDEN / folder / name, text.replace(f"{ROOT}/", "").replace(data_version(), "DATA"))


@pytest.mark.parametrize("name", ASKED)
def test_golden_text(name: str) -> None:
    assert_told(f"{name}.txt", render_who_can(answer(name)))


def test_golden_in_full_and_in_markdown() -> None:
    assert_told("payments-decrypt.full.txt", render_who_can(answer("payments-decrypt"), in_full=True))
    assert_told("payments-decrypt.md", render_who_can_markdown(answer("payments-decrypt")))
    assert_told("payments-everything.md", render_who_can_markdown(answer("payments-everything")))


@pytest.mark.parametrize("width", [80, 150])
def test_text_takes_the_width_of_the_terminal(width: int) -> None:
    lines = render_document(who_can_document(answer("organization")), width=width).splitlines()
    assert [line for line in lines if len(line) > width and "arn:" not in line and ".json" not in line] == []
    assert max(map(len, lines)) > 120 or width < 120


@pytest.mark.parametrize("name", ASKED)
def test_the_json_is_valid_and_says_all_of_it(name: str) -> None:
    found = answer(name)
    document = json.loads(json_text(who_can_to_json(found)))
    Draft202012Validator(verifier.schema("who-can")).validate(document)
    assert [len(key["rows"]) for key in document["keys"]] == [len(key.rows) for key in found.keys]
    assert document["summary"]["complete"] and document["summary"]["exit_code"] == 0


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(verifier.schema("who-can"))


@pytest.mark.parametrize("name", ASKED)
def test_colour_adds_escapes_and_nothing_else(name: str) -> None:
    plain, coloured = render_who_can(answer(name)), render_who_can(answer(name), colour=True)
    assert "\x1b" not in plain and coloured != plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain


def test_s1_an_incomplete_list_is_never_called_complete() -> None:
    found = answer("payments-decrypt")
    doubt = replace(
        found, keys=tuple(replace(key, reasons=(Reason("U3", "a policy is missing"),)) for key in found.keys)
    )
    for text in (render_who_can(doubt), render_who_can_markdown(doubt)):
        assert "is complete" not in text and "✔" not in text and "✅" not in text and "a policy is missing" in text
    assert render_who_can(doubt).rstrip().endswith("exit 3")
    coarse = replace(found, keys=tuple(replace(key, exact=False) for key in found.keys))
    assert "is complete" not in render_who_can(coarse) and "too many to list" in render_who_can(coarse)


def test_texts_of_the_input_cannot_act() -> None:
    found = answer("payments-decrypt")
    row = found.keys[0].rows[0]
    evil = Callers("role/\x1b[31m<b>|x", ("role/\x1b[31m<b>|x",))
    shown = replace(
        found, keys=(replace(found.keys[0], rows=(replace(row, region=replace(row.region, callers=evil)),)),)
    )
    assert "\x1b" not in render_who_can(shown)
    markdown = render_who_can_markdown(shown)
    assert "\x1b" not in markdown and "<b>" not in markdown
    table = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert {line.count("|") for line in table} == {4}
    assert isinstance(row.region, Region)
