"""docs/mechanisms: every page asks what its example asks, and shows what the program says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.shown import EXAMPLES, PAGES, ROOT, UPDATE, Shown, headlines, output, report, shown, update

ENTRIES = [
    pytest.param(page, entry, id=f"{page.stem}-{entry.command}-{entry.example}")
    for page in PAGES
    for entry in shown(page)
]


@pytest.fixture(scope="module", autouse=True)
def _updated() -> None:
    if UPDATE:
        for page in PAGES:
            update(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_an_example_and_says_what_is_not_modelled(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert shown(page)
    parts = ["**In AWS", "n the verifier.**", "**Input.**", "**Ask.**", "**Not modelled.**"]
    assert [part for part in parts if part not in text] == []
    assert re.search(r"\[(AWS|IAM)\s[^]]+\]", text), "the pages of AWS that it rests on"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_invariants_of_a_page_are_those_of_its_example(page: Path) -> None:
    asked = "".join(
        (ROOT / "examples" / entry.example / f"{entry.example}.inv").read_text(encoding="utf-8")
        for entry in shown(page)
    )
    for block in re.findall(r"```invariants\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for invariant in block.strip("\n").split("\n\n"):
            assert f"{invariant}\n" in asked


@pytest.mark.parametrize(("page", "entry"), ENTRIES)
def test_a_page_shows_what_the_program_says(page: Path, entry: Shown) -> None:
    if UPDATE:
        pytest.skip("written anew")
    expected = output(entry)
    if entry.command == "evaluate":
        assert entry.block == expected
        return
    assert set(entry.what) <= {verdict.invariant.name for verdict in report(entry.example).verdicts}
    assert headlines(entry.block) == headlines(expected)
    assert entry.block.splitlines()[0] == expected.splitlines()[0]
    assert entry.block.split("\n\n")[-1] == expected.split("\n\n")[-1]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_on_a_page(example: str) -> None:
    assert example in {entry.example for page in PAGES for entry in shown(page)}


def test_the_coverage_table_links_every_page() -> None:
    text = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\(mechanisms/([\w-]+)\.md\)", text)) == {page.stem for page in PAGES}
