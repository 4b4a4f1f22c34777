"""What reports show beside their verdicts: the texts of the files that were read, and who can.

In: what a report read; the estate. Out: `Evidence`: texts by file name, the answer to who can for the keys that fail
first.
Guarantee: a text is that of the file as it was checked (same SHA-256), or is not there; a picture that would take too
long is left out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from verifier.model.estate import Estate
from verifier.model.results.access import WhoCan
from verifier.model.results.verdict import Report, Status
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.syntax.text import printable

NEEDING = frozenset(("sarif", "github", "html"))
"""The formats that need anything beside the report."""
MOST_PICTURES = 20
"""Keys that get a picture; those of which something is refuted or unknown come first."""
LONGEST = 20.0
"""Seconds after which no further picture is begun."""
_LARGEST = 4 << 20


def evidence_for(formats: Collection[str], report: Report, estate: Estate) -> Evidence:
    """What some formats need beside the report, and nothing that they do not."""
    if NEEDING.isdisjoint(formats):
        return NO_EVIDENCE
    from verifier.report.meanings import meanings_of, policies_of

    if "html" in formats:
        return Evidence(meanings_of(estate), texts_of(report.inputs), pictured(report, estate), policies_of(estate))
    return Evidence(meanings_of(estate))


def texts_of(inputs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The texts of files, by the names that spans call them."""
    found: dict[str, str] = {}
    for file, digest in inputs:
        path = Path(file)
        try:
            data = path.read_bytes() if path.is_file() and path.stat().st_size <= _LARGEST else b""
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() == digest:
            found[printable(file)] = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return found


def pictured(report: Report, estate: Estate) -> WhoCan | None:
    """Who can do anything with the keys of the report: as many as are answered within `LONGEST` seconds, and at least
    one."""
    from verifier.verify.access.who_can import who_can

    known = {key.arn for key in estate.keys}
    targets = [verdict.target for verdict in report.verdicts if verdict.status is not Status.PROVED]
    targets += [verdict.target for verdict in report.verdicts]
    started = time.monotonic()
    found: WhoCan | None = None
    for target in [target for target in dict.fromkeys(targets) if target in known][:MOST_PICTURES]:
        if found is not None and time.monotonic() - started > LONGEST:
            break
        answer = who_can(estate, keys=(target,))
        found = answer if found is None else replace(found, keys=(*found.keys, *answer.keys))
    return found
