"""The query sets by name: families, the examples, the corpus, and the sets that docs/performance.md quotes.

In: names and folders. Out: queries, and what was left out. Raises `InputError` for a name that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from verifier.bench.corpus import Collected, corpus, examples
from verifier.bench.families import (
    FAMILIES,
    callers,
    condition_keys,
    grants,
    if_exists,
    overlapping,
    patterns,
    scp_levels,
    set_operators,
    statements,
    variables,
)
from verifier.syntax.diagnostic import InputError


@dataclass(frozen=True)
class Folders:
    """Where the examples and the corpus are looked for."""

    examples: Path = Path("examples")
    corpus: Path = Path("../shared/corpus")


def _generated(names: Sequence[str]) -> Collected:
    return Collected([query for name in names for query in FAMILIES[name]()])


def _of_family(name: str, folders: Folders) -> Collected:
    return _generated([name])


def _hundred() -> Collected:
    """A fixed hundred queries, for solvers that answer few."""
    found = _generated([name for name in FAMILIES if name not in ("grants", "callers")])
    return Collected([*found.queries, *statements(sizes=(4, 6, 12, 16), seeds=6)][:100])


def _many() -> Collected:
    """Over 2,000 queries, all small, of every family that grows: for contradictions between engines."""
    found = [*statements(sizes=(2, 4, 6, 8, 12, 16, 24, 32), seeds=125), *overlapping(sizes=tuple(range(2, 26)))]
    some = (2, 3, 4, 5, 6, 7, 8, 9)
    for family in (condition_keys, if_exists, set_operators, variables, grants, scp_levels):
        found += family(some)
    return Collected([*found, *patterns(some[:4]), *callers(some[:4])])


SETS: dict[str, Callable[[Folders], Collected]] = {
    **{name: partial(_of_family, name) for name in FAMILIES},
    "families": lambda folders: _generated(list(FAMILIES)),
    "hundred": lambda folders: _hundred(),
    "many": lambda folders: _many(),
    "examples": lambda folders: examples(folders.examples),
    "corpus": lambda folders: corpus(folders.corpus),
}
"""The sets, each made when it is asked for."""
ALL = ("families", "examples", "corpus")


def collect(names: Sequence[str], folders: Folders) -> Collected:
    """The queries of some sets; `all` is the families, the examples and the corpus. Each query once."""
    found = Collected()
    for name in dict.fromkeys(part for given in names for part in (ALL if given == "all" else (given,))):
        if name not in SETS:
            raise InputError.of(f"there is no query set `{name}`; the sets are all, {', '.join(SETS)}")
        own = SETS[name](folders)
        found.queries += own.queries
        found.skipped += own.skipped
    found.queries = list({query.name: query for query in found.queries}.values())
    if not found.queries:
        raise InputError.of(f"there is nothing to ask: {'; '.join(found.skipped) or 'the sets are empty'}", rule="S3")
    return found
