"""The forms of why a request is decided as it is.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from functools import partial

from verifier.model.results.explanation import Explanation
from verifier.report.formats import Forms
from verifier.report.notices.answers import notices_of_explanation
from verifier.report.pages.explanation import explanation_document
from verifier.report.wire.edits import explanation_to_json


def explanation_forms(found: Explanation, *, in_full: bool) -> Forms:
    """Those of `verifier explain`."""
    document = partial(explanation_document, found, in_full=in_full)
    return Forms(document, partial(explanation_to_json, found), partial(notices_of_explanation, found))
