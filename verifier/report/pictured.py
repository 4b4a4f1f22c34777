"""Who can use the keys of a report, for its pictures.

In: a report; the estate. Out: the answer to who can for the keys that fail first. Guarantee: what would take too long
is left out.
"""

from __future__ import annotations

import time
from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.results.access import WhoCan
from verifier.model.results.verdict import Report, Status
from verifier.verify.access.who_can import who_can

MOST_PICTURES = 20
"""Keys that get a picture; those of which something is refuted or unknown come first."""
LONGEST = 20.0
"""Seconds after which no further picture is begun."""


def pictured(report: Report, estate: Estate) -> WhoCan | None:
    """Who can do anything with the keys of the report: as many as are answered within `LONGEST` seconds, and at least
    one."""
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
