"""Certificates of a whole set of queries: each proof gets one, which is written, read back and checked again.

In: query sets of `verifier bench`. Out: rows: how many proofs there are, how many of their certificates recheck, and
how long it takes.
Guarantee: a certificate that the checker rejects ends the run (`Rejected`); a proof without one is counted, with the
reason printed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any, TypeVar

from benchmarks.clock import now
from benchmarks.whole_runs import Row
from verifier.bench.queries import Query
from verifier.bench.sets import QueryFolders, collect_queries, examples
from verifier.model.results.verdict import Status
from verifier.problem.semantics.targets import key_target
from verifier.recheck.check import check_entry, formula_of
from verifier.recheck.eventually import check_eventual
from verifier.verify.certificate import certificate
from verifier.verify.proving import prove

T = TypeVar("T")
STEPS = "steps"
"""What the examples say of steps."""


def certificates(sets: Sequence[str] = ("many", "families", "examples", STEPS), most: int | None = None) -> list[Row]:
    """The certificates of each set; of no more than so many queries."""
    return [_of_set(name, _queries(name)[:most]) for name in sets]


def _queries(name: str) -> Sequence[Query]:
    folders = QueryFolders()
    return (examples(folders.examples, eventually=True) if name == STEPS else collect_queries([name], folders)).queries


def _of_set(name: str, queries: Sequence[Query]) -> Row:
    told: Counter[str] = Counter()
    making, checking, sizes = [], [], []
    for query in queries:
        report = prove(query.estate, [query.invariant], timeout=20)
        verdict = next(v for v in report.verdicts if v.target == query.estate.keys[query.key].arn)
        told[verdict.status.value] += 1
        if verdict.status is not Status.PROVED:
            continue
        ms, made = _timed(lambda query=query, report=report: certificate(query.estate, [query.invariant], report, {}))  # type: ignore[misc]
        entry = next((proof for proof in made["proofs"] if proof["target"] == verdict.target), None)
        if entry is None:
            told["without a certificate"] += 1
            print(f"{query.name}: no certificate: {made['without_proof'][0]['reason']}", file=sys.stderr)
            continue
        making.append(ms)
        text = json.dumps(entry)
        sizes.append(len(text) / 1024)
        checking.append(_timed(lambda query=query, text=text: _recheck(query, json.loads(text)))[0])  # type: ignore[misc]
    rechecked = f"{len(checking)}/{told['proved']}"
    figures = {"ms": median(making or [0]), "recheck ms": median(checking or [0]), "KiB": median(sizes or [0])}
    return {
        "what": f"certificates, {name}",
        "engine": "verifier",
        "answered": rechecked,
        **figures,
        "verdicts": told.total(),
    }


def _recheck(query: Query, entry: Any) -> None:
    asked = query.estate, key_target(query.estate.keys[query.key]), query.invariant
    if query.invariant.eventually:
        check_eventual(entry, *asked, {})
    else:
        check_entry(entry, formula_of(*asked), {})


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    started = now()
    result = action()
    return now() - started, result
