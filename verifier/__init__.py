"""Proves or refutes who can use an AWS KMS key, over all requests.

    import verifier

    estate = verifier.load("examples/payments")
    report = verifier.prove(estate, verifier.invariants("examples/payments/payments.inv"))
    print(verifier.render(report))

In: files, texts, dictionaries. Out: frozen structs. Guarantee: importing this module imports nothing else of the
package (no Lark, no Z3); a name is imported when it is first used. What cannot be read raises `InputError`, which
carries every error found.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.api.checks import check
    from verifier.api.questions import decide, explain, findings, reach, who_can
    from verifier.api.schemas import schema
    from verifier.inputs.estate import load, loads
    from verifier.invariant_files import allowances, allowances_from, invariants, invariants_from
    from verifier.language.builtins.catalogue import builtin
    from verifier.language.invariants.files import suppose
    from verifier.model.choices import FailOn
    from verifier.model.estate import Account, Estate, Identity, Key
    from verifier.model.invariant import Invariant
    from verifier.model.invariant_file import Allowance, GrantInvariant
    from verifier.model.organization import Organization
    from verifier.model.request import Caller, CallerKind, Decision, Outcome, Request
    from verifier.model.results.access import Access, ExternalAccess, FindingsReport, WhoCan
    from verifier.model.results.comparison import Comparison, Relation, TargetComparison
    from verifier.model.results.explanation import Explanation, Suggestion, Suggestions
    from verifier.model.results.lint import Finding, LintReport
    from verifier.model.results.reach_report import ReachReport
    from verifier.model.results.verdict import Counterexample, Report, Status, Verdict
    from verifier.report.pages.comparison import render_comparison
    from verifier.report.pages.verdicts import render_text
    from verifier.report.plain import records, render, to_dict
    from verifier.report.wire.report import render_json
    from verifier.report.words.verdicts import exit_code
    from verifier.syntax.diagnostic import Diagnostic, InputError
    from verifier.verify.comparison.compare import compare
    from verifier.verify.lint.linting import lint
    from verifier.verify.proving import prove
    from verifier.verify.suggestion.suggest import suggest

    __version__: str

__all__ = [
    "Access",
    "Account",
    "Allowance",
    "Caller",
    "CallerKind",
    "Comparison",
    "Counterexample",
    "Decision",
    "Diagnostic",
    "Estate",
    "Explanation",
    "ExternalAccess",
    "FailOn",
    "Finding",
    "FindingsReport",
    "GrantInvariant",
    "Identity",
    "InputError",
    "Invariant",
    "Key",
    "LintReport",
    "Organization",
    "Outcome",
    "ReachReport",
    "Relation",
    "Report",
    "Request",
    "Status",
    "Suggestion",
    "Suggestions",
    "TargetComparison",
    "Verdict",
    "WhoCan",
    "__version__",
    "allowances",
    "allowances_from",
    "builtin",
    "check",
    "compare",
    "decide",
    "exit_code",
    "explain",
    "findings",
    "invariants",
    "invariants_from",
    "lint",
    "load",
    "loads",
    "prove",
    "reach",
    "records",
    "render",
    "render_comparison",
    "render_json",
    "render_text",
    "schema",
    "suggest",
    "suppose",
    "to_dict",
    "who_can",
]

_HOMES = {
    "verifier.api.checks": ("check",),
    "verifier.api.questions": ("decide", "explain", "findings", "reach", "who_can"),
    "verifier.api.schemas": ("schema",),
    "verifier.inputs.estate": ("load", "loads"),
    "verifier.invariant_files": ("allowances", "allowances_from", "invariants", "invariants_from"),
    "verifier.report.plain": ("records", "render", "to_dict"),
    "verifier.model.results.comparison": ("Comparison", "Relation", "TargetComparison"),
    "verifier.model.choices": ("FailOn",),
    "verifier.model.results.access": ("Access", "ExternalAccess", "FindingsReport", "WhoCan"),
    "verifier.model.results.explanation": ("Explanation", "Suggestion", "Suggestions"),
    "verifier.model.estate": ("Account", "Estate", "Identity", "Key", "Organization"),
    "verifier.model.invariant": ("Invariant",),
    "verifier.model.invariant_file": ("Allowance", "GrantInvariant"),
    "verifier.language.builtins.catalogue": ("builtin",),
    "verifier.language.invariants.files": ("suppose",),
    "verifier.model.results.lint": ("Finding", "LintReport"),
    "verifier.model.results.reach_report": ("ReachReport",),
    "verifier.model.request": ("Caller", "CallerKind", "Decision", "Outcome", "Request"),
    "verifier.model.results.verdict": ("Counterexample", "Report", "Status", "Verdict"),
    "verifier.report.words.verdicts": ("exit_code",),
    "verifier.report.pages.comparison": ("render_comparison",),
    "verifier.report.pages.verdicts": ("render_text",),
    "verifier.report.wire.report": ("render_json",),
    "verifier.syntax.diagnostic": ("Diagnostic", "InputError"),
    "verifier.verify.comparison.compare": ("compare",),
    "verifier.verify.lint.linting": ("lint",),
    "verifier.verify.proving": ("prove",),
    "verifier.verify.suggestion.suggest": ("suggest",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """The names of `__all__`, imported when they are first asked for (PEP 562); the version."""
    if name == "__version__":
        built = Path(__file__).with_name("VERSION.txt")  # of a tag in git
        return built.read_text(encoding="utf-8").strip() if built.is_file() else "0.0"
    if name not in _HOME_OF:
        raise AttributeError(f"module 'verifier' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
