"""The YAML that tests are written in.

In: a file. Out: its documents. Guarantee: as `yaml.safe_load_all` has them. libyaml reads them, ten times as fast,
where PyYAML has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(path: Path) -> Iterator[Any]:
    """What each document of a file holds."""
    return iter(yaml.load_all(path.read_text(encoding="utf-8"), _LOADER))


def document(path: Path) -> Any:
    """What the only document of a file holds."""
    return yaml.load(path.read_text(encoding="utf-8"), _LOADER)
