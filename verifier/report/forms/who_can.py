"""The forms of who can use keys.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from functools import partial

from verifier.model.results.access import WhoCan
from verifier.report.formats import Forms
from verifier.report.notices.answers import notices_of_who_can
from verifier.report.pages.who_can import who_can_document
from verifier.report.tables import who_can_table
from verifier.report.wire.answers import who_can_to_json


def who_can_forms(answer: WhoCan, *, in_full: bool) -> Forms:
    """Those of `verifier who-can`."""
    return Forms(
        partial(who_can_document, answer, in_full=in_full),
        partial(who_can_to_json, answer),
        partial(notices_of_who_can, answer),
        partial(who_can_table, answer),
    )
