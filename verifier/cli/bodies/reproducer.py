"""What reproduces a contradiction between two engines, written to a folder. In: the contradiction, the inputs. Out: the
folder's path.

Guarantee: the folder is new or holds the same contradiction; where the working directory cannot be written to, it is a
temporary one.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from verifier import __version__
from verifier.model.reference import data_version
from verifier.verify import Contradiction

FORMULA = "formula.smt2"


def write_reproducer(contradiction: Contradiction, inputs: Sequence[tuple[str, str]]) -> Path:
    """Writes `contradiction.json` and the formula. `inputs` are files with their SHA-256. Raises `OSError`."""
    name = f"kms-verifier-contradiction-{hashlib.sha256(contradiction.formula.encode()).hexdigest()[:12]}"
    try:
        return _write(Path(name), contradiction, inputs)
    except OSError:
        return _write(Path(tempfile.mkdtemp(prefix="kms-verifier-")) / name, contradiction, inputs)


def _write(folder: Path, contradiction: Contradiction, inputs: Sequence[tuple[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    invariant = contradiction.invariant
    document = {
        "verifier": __version__,
        "data_version": data_version(),
        "inputs": [{"file": file, "sha256": digest} for file, digest in inputs],
        "invariant": {"name": invariant.name, "text": invariant.text},
        "target": contradiction.target,
        "answers": dict(contradiction.answers),
        "formula": FORMULA,
    }
    (folder / "contradiction.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    (folder / FORMULA).write_text(contradiction.formula, encoding="utf-8")
    return folder.resolve()
