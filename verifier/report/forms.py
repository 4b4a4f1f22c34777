"""What a result can be written as.

In: functions that make a document, JSON, notices, rows of a result. Out: `Forms`. Guarantee: each is called when it is
asked for; `formats` writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.model.choices import FORMATS, OF_NOTICES

if TYPE_CHECKING:
    from verifier.report.document import Document
    from verifier.report.notices.notices import Notices
    from verifier.report.wire.values import Json
    from verifier.syntax.csv_text import CsvTable


class Forms(Frozen):
    """What a result can be written as, each made when it is asked for; `None` where there is nothing of the sort."""

    document: Callable[[], Document]
    json: Callable[[], Json]
    notices: Callable[[], Notices] | None = None
    table: Callable[[], CsvTable] | None = None
    junit: Callable[[], str] | None = None
    """Where JUnit says more than the notices do."""
    text: Callable[[bool, int | None], str] | None = None
    """Where text, in colour or not and as wide as the terminal is, says less than the document."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Those of `FORMATS` that there are."""
        lacking = (OF_NOTICES if self.notices is None else set()) | ({"csv"} if self.table is None else set())
        return tuple(name for name in FORMATS if name not in lacking)
