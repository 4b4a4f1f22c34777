"""examples/library.ipynb runs from top to bottom and prints what it shows. UPDATE_GOLDEN=1 writes what it prints into
it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "library.ipynb"


def outputs(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What the code cells print, run one after the other as in one kernel."""
    names: dict[str, Any] = {}
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec("".join(cell["source"]), names)
            lines = printed.getvalue().splitlines(keepends=True)
            found.append([{"name": "stdout", "output_type": "stream", "text": lines}] if lines else [])
    return found


def test_the_notebook_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    found = outputs(notebook)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if os.environ.get("UPDATE_GOLDEN"):
        for number, (cell, printed) in enumerate(zip(cells, found, strict=True), start=1):
            cell.update(outputs=printed, execution_count=number)
        NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == [cell["outputs"] for cell in cells]
    assert sum(map(bool, found)) >= 6
