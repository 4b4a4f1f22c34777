"""The types of the Python API, as a user's mypy sees them: from site-packages, by `py.typed`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).resolve().parents[2]
WRONG = {
    "verifier.load(3)": "arg-type",
    'verifier.prove(estate, "examples")': "arg-type",
    "report.passed": "attr-defined",
    "verifier.records(verifier.explain(estate, {}))": "arg-type",
    'verifier.findings(estate, zone="world")': "arg-type",
    "report.verdicts[0].status = verifier.Status.PROVED": "misc",
    'verifier.loads(Path("snapshot.yaml"))': "arg-type",
}
"""What mypy must refuse, with the code of its error."""


def installed(folder: Path) -> Path:
    """A Python that has the package in its site-packages, and msgspec, of whose structs its results are."""
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for source in (ROOT / "verifier", Path(msgspec.__file__).parent):
        shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "bin" / "python"


def checked(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "use.py").write_text(text, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary", "--hide-error-context"]
    command = [
        *mypy,
        "--python-executable",
        str(installed(tmp_path / "venv")),
        "--cache-dir",
        str(tmp_path / "cache"),
        "use.py",
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path / "user", check=False, timeout=300)
    assert result.stderr == ""
    return [line for line in result.stdout.splitlines() if ": note:" not in line]


@pytest.mark.skipif(sys.platform == "win32", reason="site-packages is elsewhere")
def test_the_types_are_those_that_a_user_relies_on_and_refuse_what_is_wrong(tmp_path: Path) -> None:
    use = (ROOT / "tests" / "project" / "typed_use.py").read_text(encoding="utf-8")
    right = use.count("\n")
    wrong = "\n".join(["from pathlib import Path", *WRONG])
    found = checked(tmp_path, f"{use}{wrong}\n")
    lines = [(int(line.split(":")[1]) - right - 2, line.rsplit("[", 1)[1].rstrip("]")) for line in found]
    assert lines == list(enumerate(WRONG.values())), found
