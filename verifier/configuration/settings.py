"""What a configuration says.

In: nothing (plain data). Out: `Configuration`. Guarantee: paths are from the folder of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.results.verdict import Waiver


class CheckFailOn(StrEnum):
    """What a check fails for, besides what is unknown: REFUTED, what is refuted and not excused; STALE, also a waiver
    that is expired or not needed, and a baseline that could shrink."""

    REFUTED = "refuted"
    STALE = "stale"


class Configuration(Frozen):
    """What is checked and how; `timeout` is in seconds, for each question. `digest` is the (name, SHA-256) of the
    file."""

    path: Path
    inputs: tuple[Path, ...]
    invariants: tuple[Path, ...] = ()
    builtins: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    readings: Mapping[str, bool] = field(default_factory=dict)
    timeout: float | None = None
    key_arn: str | None = None
    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    fail_on: CheckFailOn = CheckFailOn.REFUTED
    baseline: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    digest: tuple[tuple[str, str], ...] = ()
    steps: int | None = None
    suppose: tuple[str, ...] = ()
    allow_empty: bool = False
    of_inputs: Mapping[Path, tuple[str | None, str | None]] = field(default_factory=dict)
    """The account and the Region of inputs that have their own, by absolute path."""
    harmless: tuple[str, ...] = ()
    """Patterns of the addresses of what is not read, and changes nobody's access."""
