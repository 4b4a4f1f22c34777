"""The forms of a comparison.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from verifier.model.choices import FailOn
from verifier.model.results.comparison import Comparison
from verifier.report.formats import Forms, render
from verifier.report.notices.comparison import notices_of_comparison
from verifier.report.pages.comparison import comparison_document
from verifier.report.tables import comparison_table
from verifier.report.wire.comparison import comparison_to_json


def comparison_forms(found: Comparison, fail_on: FailOn, texts: Mapping[str, str], *, in_full: bool) -> Forms:
    """Those of `verifier compare`; `texts` are those of the files, by the names that spans call them."""
    return Forms(
        partial(comparison_document, found, fail_on, texts, in_full=in_full),
        partial(comparison_to_json, found, fail_on),
        partial(notices_of_comparison, found, fail_on),
        partial(comparison_table, found),
    )


def render_comparison(
    comparison: Comparison, fail_on: FailOn | None = None, *, colour: bool = False, in_full: bool = False
) -> str:
    """The comparison as text for a terminal; without `fail_on` it fails where something was gained."""
    return render(comparison_document(comparison, fail_on or FailOn.MORE, in_full=in_full), colour=colour)
