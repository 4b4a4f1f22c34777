"""The forms of suggested edits.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from functools import partial

from verifier.model.results.suggestion import Suggestions
from verifier.report.formats import Forms
from verifier.report.notices.answers import notices_of_suggestions
from verifier.report.pages.suggestions import suggestions_document
from verifier.report.tables import suggestions_table
from verifier.report.wire.edits import suggestions_to_json


def suggestions_forms(found: Suggestions) -> Forms:
    """Those of `verifier suggest`."""
    return Forms(
        partial(suggestions_document, found),
        partial(suggestions_to_json, found),
        partial(notices_of_suggestions, found),
        partial(suggestions_table, found),
    )
