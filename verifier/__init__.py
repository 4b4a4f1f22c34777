"""Proves or refutes who can use an AWS KMS key, over all requests.

    import verifier

    estate = verifier.load("examples/payments")
    report = verifier.prove(estate, verifier.invariants("examples/payments/payments.inv"))
    print(verifier.render(report))

In: files, texts, dictionaries. Out: immutable dataclasses. Guarantee: importing this module imports nothing else of the
package (no Lark, no Z3); each function imports what it needs when it is called. What cannot be read raises
`InputError`, which carries every error found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from verifier.checking import check
    from verifier.inputs.estate import loads
    from verifier.invariant_files import allowances, allowances_from, invariants, invariants_from
    from verifier.language.builtins.catalogue import builtin
    from verifier.language.invariants.files import suppose
    from verifier.model.choices import FailOn
    from verifier.model.engine import Engine
    from verifier.model.estate import Account, Estate, Identity, Key, Organization
    from verifier.model.invariant import Allowance, AnyInvariant, GrantInvariant, Invariant
    from verifier.model.request import Caller, CallerKind, Decision, Outcome, Request
    from verifier.model.results.access import Access, WhoCan
    from verifier.model.results.comparison import Comparison, Relation, TargetComparison
    from verifier.model.results.explanation import Explanation
    from verifier.model.results.external_access import ExternalAccess, FindingsReport
    from verifier.model.results.lint import Finding, LintReport
    from verifier.model.results.reach_report import ReachReport
    from verifier.model.results.suggestion import Suggestion, Suggestions
    from verifier.model.results.verdict import Counterexample, Report, Status, Verdict
    from verifier.report.exit_codes import exit_code
    from verifier.report.formats import render_comparison, render_text
    from verifier.report.plain import records, render, to_dict
    from verifier.report.schemas import SchemaName
    from verifier.report.wire.report import render_json
    from verifier.syntax.diagnostic import Diagnostic, InputError
    from verifier.verify.comparison.compare import compare
    from verifier.verify.lint.linting import lint
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
    "FailOn",
    "ExternalAccess",
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
    "verifier.checking": ("check",),
    "verifier.inputs.estate": ("loads",),
    "verifier.invariant_files": ("allowances", "allowances_from", "invariants", "invariants_from"),
    "verifier.report.plain": ("records", "render", "to_dict"),
    "verifier.model.results.comparison": ("Comparison", "Relation", "TargetComparison"),
    "verifier.model.choices": ("FailOn",),
    "verifier.model.results.access": ("Access", "WhoCan"),
    "verifier.model.results.explanation": ("Explanation",),
    "verifier.model.estate": ("Account", "Estate", "Identity", "Key", "Organization"),
    "verifier.model.results.external_access": ("ExternalAccess", "FindingsReport"),
    "verifier.model.invariant": ("Allowance", "GrantInvariant", "Invariant"),
    "verifier.language.builtins.catalogue": ("builtin",),
    "verifier.language.invariants.files": ("suppose",),
    "verifier.model.results.lint": ("Finding", "LintReport"),
    "verifier.model.results.reach_report": ("ReachReport",),
    "verifier.model.request": ("Caller", "CallerKind", "Decision", "Outcome", "Request"),
    "verifier.model.results.suggestion": ("Suggestion", "Suggestions"),
    "verifier.model.results.verdict": ("Counterexample", "Report", "Status", "Verdict"),
    "verifier.report.exit_codes": ("exit_code",),
    "verifier.report.formats": ("render_comparison", "render_text"),
    "verifier.report.wire.report": ("render_json",),
    "verifier.syntax.diagnostic": ("Diagnostic", "InputError"),
    "verifier.verify.comparison.compare": ("compare",),
    "verifier.verify.lint.linting": ("lint",),
    "verifier.verify.suggestion.suggest": ("suggest",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

FilePath = str | PathLike[str]


def __getattr__(name: str) -> Any:
    """The dataclasses, and functions that are as the rooms have them, imported when they are first asked for (PEP 562);
    the version."""
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


def load(
    *paths: FilePath,
    key_arn: str | None = None,
    account: str | None = None,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Estate:
    """Reads snapshots, folders, Terraform plans and states, CloudFormation templates and single policies.

    `key_arn` is the ARN of the key that a single policy belongs to. `account` and `region` say where a policy's key is,
    or where a plan or template makes things, if these do not tell; `parameters` are those of a template. Raises
    `InputError`.
    """
    from verifier.inputs import load_estate
    from verifier.inputs.supplied import Supplied

    supplied = Supplied(account, region, parameters or {})
    return load_estate(paths, key_arn=key_arn, supplied=supplied)


def prove(
    estate: Estate,
    invariants: Iterable[AnyInvariant],
    *,
    engine: Engine | str = "z3",
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    cross_check: bool = False,
    steps: int | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Report:
    """Proves or refutes each invariant for each key in its scope.

    `engine` decides: `z3`, `sat`, `z3-strings` or `cvc5-strings`. `timeout` is in seconds, for each query; a query that
    takes longer is Unknown. `readings` settles documented ambiguities (`verifier readings` lists them); those not given
    are tried both ways (S2). `cross_check` holds each verdict against a second engine. `steps` is how many steps
    callers may take where an invariant says `can eventually` (docs/reach.md); without it, any number. `progress` is
    called with (done, total, name).
    Raises `InputError` where there is nothing to check (S3).
    """
    from verifier.model.engine import Engine
    from verifier.verify import prove as prove_all

    return prove_all(
        estate,
        tuple(invariants),
        engine=Engine(engine),
        timeout=timeout,
        readings=readings,
        cross_check=cross_check,
        steps=steps,
        progress=progress,
    )


def decide(
    estate: Estate, request: Request | Mapping[str, Any], assignment: Mapping[str, bool] | None = None
) -> Decision:
    """Decides one concrete request, given as a `Request` or as the JSON object that `verifier evaluate` takes;
    `resource` may name a key.

    `assignment` settles readings and free facts; without it each is tried both ways (S2). A request that the policies
    do not refuse, but that cannot be sent, or is always refused (R3, R6), is answered `IMPOSSIBLE`. Raises
    `InputError`.
    """
    from verifier.evaluate import answer, evaluate
    from verifier.verify.named import request_named

    return answer(evaluate(estate, request_named(estate, request), assignment))


def explain(
    estate: Estate,
    request: Request | Mapping[str, Any],
    *,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
) -> Explanation:
    """Why a request, given as to `decide`, is allowed or refused, and the smallest changes of the request and of the
    key policy that decide it otherwise, each of them replayed.

    `readings` settles documented ambiguities; `timeout` is in seconds, for each query. Raises `InputError`.
    """
    from verifier.verify.explanation.explain import explain as find
    from verifier.verify.named import request_named

    return find(estate, request_named(estate, request), readings=readings, timeout=timeout)


def who_can(
    estate: Estate,
    *actions: str,
    keys: Iterable[str] = (),
    caller: str | None = None,
    excluding: Iterable[str] = (),
    readings: Mapping[str, bool] | None = None,
    witnesses: bool = False,
) -> WhoCan:
    """Everybody who can do some actions (all, if none is given) with some keys (every key, if none is named), with the
    conditions and the statements that let them; proved to be complete where it says so.

    `keys` are names, aliases, ARNs or key IDs. `caller` asks about some callers alone, `excluding` leaves some out:
    written as in invariants (`role/reports`, `callers in 444455556666`). With `witnesses` rows have a request each,
    replayed. Raises `InputError`.
    """
    from verifier.verify.access.who_can import who_can as ask

    return ask(
        estate,
        actions,
        keys=tuple(keys),
        caller=caller,
        excluding=tuple(excluding),
        readings=readings,
        witnesses=witnesses,
    )


def reach(
    estate: Estate,
    caller: str | None = None,
    *,
    to: Iterable[str] = (),
    keys: Iterable[str] = (),
    steps: int | None = None,
    readings: Mapping[str, bool] | None = None,
) -> ReachReport:
    """What `caller` can bring about on some keys (every key, if none is named) by up to `steps` steps, by any number
    without it; or who can come to do one of the actions `to`: one of the two is asked. `caller` is an ARN, or
    `role/NAME` or `user/NAME` of the keys' account.

    Every chain was replayed, and what is not listed was proved to be out of reach where it says so. Raises
    `InputError`.
    """
    from verifier.syntax.diagnostic import InputError
    from verifier.verify.named import caller_named, keys_named
    from verifier.verify.reach.reach import reach_from, reach_to

    actions, names = tuple(to), tuple(keys)
    if (caller is None) == (not actions):
        raise InputError.of("a question is about a caller or about actions, one of them")
    if caller is None:
        return reach_to(estate, actions, names, steps, readings)
    return reach_from(estate, caller_named(estate, caller, keys_named(estate, names)), names, steps, readings)


def findings(
    estate: Estate,
    *,
    keys: Iterable[str] = (),
    zone: Literal["account", "organization"] = "account",
    trusted: Iterable[str] = (),
    services: bool = False,
    readings: Mapping[str, bool] | None = None,
) -> FindingsReport:
    """The access from outside a zone of trust that some keys (every key, if none is named) allow, as a minimal set of
    findings.

    `trusted` are accounts and organizations in the zone besides. Access of service principals is listed apart, and
    counts with `services`. Raises `InputError`.
    """
    from verifier.model.choices import Zone
    from verifier.verify.access.findings import findings as find

    return find(
        estate, keys=tuple(keys), zone=Zone(zone), trusted=tuple(trusted), count_services=services, readings=readings
    )


def schema(name: SchemaName) -> dict[str, Any]:
    """The JSON Schema of an input (snapshot), of `verifier.toml` (configuration), or of what a command writes as JSON:
    `prove` a report, `check-…` a check, `evaluate` a decision for each line, `snapshot` a collection, others what they
    are named after."""
    match name:
        case "snapshot":
            from verifier.inputs import snapshot_schema

            return snapshot_schema()
        case "configuration":
            from verifier.configuration.reading import configuration_schema

            return configuration_schema()
    from verifier.report.schemas import output_schema

    return output_schema(name)
