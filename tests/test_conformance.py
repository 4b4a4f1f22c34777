"""AWS's pages, sentence by sentence: what each says is asked of the program (tests/conformance)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.asking import disagreements
from tests.conformance.pages import Entry, load_pages

pytestmark = pytest.mark.usefixtures("asked_twice")

ENTRIES = [entry for page in load_pages() for entry in page.entries]


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in ENTRIES if entry.cases])
def test_page(entry: Entry, tmp_path: Path) -> None:
    found = disagreements(entry, tmp_path)
    if entry.differs is not None:
        assert found, f"{entry.name} agrees: take `differs` away"
        pytest.xfail(entry.differs)
    assert not found, f"{entry.heading}, {entry.sentence}: {entry.claim}\n" + "\n".join(found)


def test_entries_say_what_they_claim() -> None:
    assert all(entry.claim.strip() and entry.heading.strip() for entry in ENTRIES)
