"""Texts compared with golden files: `UPDATE_GOLDEN=1 pytest` writes them anew, for the difference to be read."""

from __future__ import annotations

import os
from pathlib import Path

import verifier


def assert_golden(path: Path, text: str) -> None:
    """The text is what the file says, but for the version of the verifier."""
    text = text.replace(f'"version": "{verifier.__version__}"', '"version": "VERSION"')
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
