"""What a report is shown with beside its verdicts: the meanings of statements, and the texts of files.

In: nothing (plain data; `verifier.report.meanings` makes meanings). Out: `Evidence`. Guarantee: a text is the one that
was checked, or is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.model.policy import Policy
    from verifier.model.results.access import WhoCan


@dataclass(frozen=True)
class Evidence:
    """`meanings` gives a digest of what each statement and grant means, by policy and number; `texts` the text of each
    file that was read; `policies` the policies by their identity; `who_can` who can do something with the keys, for a
    picture."""

    meanings: Mapping[tuple[str, int], bytes] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    who_can: WhoCan | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)


NO_EVIDENCE = Evidence()
