"""What formats need beside a report: what its statements mean, the files, and pictures of who can use its keys.

In: a report; the estate. Out: `Evidence`; the answer to who can for the keys that fail first. Guarantee: what a format
does not need is not made; pictures that would take too long are left out.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.results.access import WhoCan
from verifier.model.results.verdict import Report, Status
from verifier.report.evidence import NEEDING_EVIDENCE, NO_EVIDENCE, Evidence, file_texts
from verifier.report.meanings import meanings_of, policies_by_identity
from verifier.verify.access.who_can import list_who_can

MOST_PICTURES = 20
"""Keys that get a picture; those of which something is refuted or unknown come first."""
_LONGEST = 20.0
"""Seconds after which no further picture is begun."""


def pictured(report: Report, estate: Estate) -> WhoCan | None:
    """Who can do anything with the keys of the report: as many as are answered within `_LONGEST` seconds, and at least
    one."""
    known = {key.arn for key in estate.keys}
    targets = [verdict.target for verdict in report.verdicts if verdict.status is not Status.PROVED]
    targets += [verdict.target for verdict in report.verdicts]
    started = time.monotonic()
    found: WhoCan | None = None
    for target in [target for target in dict.fromkeys(targets) if target in known][:MOST_PICTURES]:
        if found is not None and time.monotonic() - started > _LONGEST:
            break
        answer = list_who_can(estate, keys=(target,))
        found = answer if found is None else replace(found, keys=(*found.keys, *answer.keys))
    return found


def evidence_for(formats: Collection[str], report: Report, estate: Estate) -> Evidence:
    """What some formats need beside the report, and nothing that they do not."""
    if "html" in formats:
        return Evidence(
            meanings_of(estate), file_texts(report.inputs), pictured(report, estate), policies_by_identity(estate)
        )
    return NO_EVIDENCE if NEEDING_EVIDENCE.isdisjoint(formats) else Evidence(meanings_of(estate))
