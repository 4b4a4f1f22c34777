"""What is installed: every room, the grammars, the data; and what importing costs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import verifier

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_room_is_packaged() -> None:
    rooms = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "verifier").glob("**/__init__.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == rooms | {"verifier.docs", "verifier.grammar"}


def test_every_file_that_is_not_python_is_packaged() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    rooms = [ROOT / "grammar", ROOT / "verifier", *(path.parent for path in (ROOT / "verifier").glob("**/__init__.py"))]
    packaged = {path for room in rooms for pattern in patterns for path in room.glob(pattern)}
    found = {path for folder in ("verifier", "grammar") for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert {path for path in found - packaged if path.suffix not in (".py", ".pyc")} == set()
    assert ROOT / "grammar" / "policy.lark" in packaged


def test_every_contract_names_every_module() -> None:
    modules = {
        f"verifier.{path.stem if path.is_file() else path.name}"
        for path in (ROOT / "verifier").iterdir()
        if _is_module(path)
    }
    solving = {"verifier.encode", "verifier.solve"}
    allowed = {
        "lark": {"verifier.syntax"},
        "boto3": {"verifier.collect"},
        "botocore": {"verifier.collect"},
        "z3": solving,
        "cvc5": solving,
        "pysat": solving,
    }
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        for forbidden in contract.get("forbidden_modules", ()):
            if forbidden in allowed and contract.get("allow_indirect_imports"):
                assert set(contract["source_modules"]) == modules - allowed[forbidden], contract["name"]


def _is_module(path: Path) -> bool:
    return (path.suffix == ".py" and not path.stem.startswith("__")) or (path / "__init__.py").is_file()


def test_importing_the_package_imports_nothing_of_it() -> None:
    code = (
        "import sys, verifier; print([name for name in sys.modules if name.startswith(('verifier.', 'z3', 'lark', "
        "'yaml', 'typer'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    for name in verifier.__all__:
        assert getattr(verifier, name) is not None
        assert name in dir(verifier)
    assert not hasattr(verifier, "no_such_name")


def test_a_function_stays_a_function_after_its_room_was_imported() -> None:
    """A submodule takes its name in the package: no public function may be called like a room."""
    rooms = {path.parent.name for path in (ROOT / "verifier").glob("*/__init__.py")} | {
        path.stem for path in (ROOT / "verifier").glob("*.py")
    }
    assert rooms & set(verifier.__all__) == set()


def test_the_coverage_gate_measures_the_rooms() -> None:
    # What stands behind `--cov` is taken for what is to be measured, in the place of [tool.coverage.run].
    (line,) = [line for line in (ROOT / "Makefile").read_text("utf-8").splitlines() if " --cov" in line]
    assert line.endswith(" --cov")
    rooms = ("ask", "encode", "evaluate", "language", "problem", "recheck", "witness")
    assert PROJECT["tool"]["coverage"]["run"]["source"] == [f"verifier/{room}" for room in rooms]
