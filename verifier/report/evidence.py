"""What a report is shown with beside its verdicts: the meanings of statements, and the texts of files.

In: plain data (`verifier.report.meanings` makes meanings), what a report read. Out: `Evidence`; texts by file name.
Guarantee: a text is that of the file as it was checked (same SHA-256), or is not there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import field

from verifier.frozen import Frozen
from verifier.syntax.text import printable

if TYPE_CHECKING:
    from verifier.model.policy import Policy
    from verifier.model.results.access import WhoCan

_LARGEST = 4 << 20


class Evidence(Frozen):
    """`meanings` gives a digest of what each statement and grant means, by policy and number; `texts` the text of each
    file that was read; `policies` the policies by their identity; `who_can` who can do something with the keys, for a
    picture."""

    meanings: Mapping[tuple[str, int], bytes] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    who_can: WhoCan | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)


NO_EVIDENCE = Evidence()
NEEDING_EVIDENCE = frozenset(("sarif", "github", "html"))
"""The formats that need anything beside the report."""


def file_texts(inputs: Iterable[tuple[str, str]]) -> dict[str, str]:
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
