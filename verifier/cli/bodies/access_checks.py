"""The three checks by the names of the hosted analyzer: pass, fail or unknown, with what stands behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from verifier.cli.bodies.compare import SidesOptions, compared, remarks
from verifier.cli.outputs import Sink, write
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.callers import read_caller_text
from verifier.model.invariant import AnyCaller, CallersOr, Expectation, Invariant, KeyAlias, KeyArn, KeySelector
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Text
from verifier.model.reference import matching
from verifier.report.checks import Check, check_forms, check_of_comparison, check_of_report
from verifier.syntax.diagnostic import Diagnostic, InputError, collected
from verifier.syntax.source import Source
from verifier.syntax.text import printable


def no_new_access(
    options: SidesOptions, readings: Mapping[str, bool], timeout: float | None, outputs: Sequence[Sink]
) -> int:
    """The exit code: 0 iff it is proved that NEW allows nothing that OLD does not."""
    comparison = compared(options, readings, timeout=timeout)
    return _answer(check_of_comparison(comparison), outputs, remarks(comparison))


def access_check(
    name: str,
    invariant: AnyInvariant,
    paths: Sequence[Path],
    key_arn: str | None,
    given: Supplied,
    readings: Mapping[str, bool],
    timeout: float | None,
    outputs: Sequence[Sink],
) -> int:
    """The exit code: 0 iff the invariant is proved of every key that it is about."""
    from verifier.inputs import load_estate
    from verifier.problem.subjects import is_keyless

    estate = load_estate(paths, key_arn=key_arn, supplied=given, steps=False, tags=False, empty=is_keyless(invariant))
    from verifier.cli.deciders import CALLED_LATE
    from verifier.runs import Where, prove_many

    report, _ = prove_many(estate, (invariant,), Where(), CALLED_LATE, readings=readings, timeout=timeout)
    return _answer(check_of_report(name, report), outputs, report.warnings)


def _answer(check: Check, outputs: Sequence[Sink], warnings: Sequence[Diagnostic]) -> int:
    write(outputs, check_forms(check), warnings)
    return check.exit_code


def not_granted(actions: Sequence[str], principals: Sequence[str], resources: Sequence[str]) -> Invariant:
    """The invariant that none of some callers (none given: anyone) can do one of some actions (any) on one of some keys
    (every one). Raises `InputError` where no access is named."""
    if not (actions or resources):
        hint = "name an action with --action, or a key with --resource"
        raise InputError.of("no access is named, so nothing would be checked", hint=hint, rule="S3")
    errors: list[Diagnostic] = []
    callers = []
    for text in principals:
        with collected(errors):
            callers.append(read_caller_text(Source("--principal", text)))
    for pattern in actions:
        if not matching(pattern):
            errors += InputError.of(f"--action: KMS has no action that `{printable(pattern)}` matches").diagnostics
    selectors = []
    for key in resources:
        with collected(errors):
            selectors.append(_selector(key))
    if errors:
        raise InputError(errors)
    wanted = tuple(actions) or ("kms:*",)
    whom = " or ".join(principals) or "caller"
    text = f"no {whom} can {', '.join(wanted)}" + (f" on {', '.join(resources)}" if selectors else "")
    return Invariant(
        "access not granted",
        Expectation.REFUSED,
        CallersOr(tuple(callers)) if callers else AnyCaller(),
        tuple(map(Text, wanted)),
        tuple(selectors) or None,
        text=text,
    )


def _selector(key: str) -> KeySelector:
    if key.startswith("arn:") and ":key/" in key:
        return KeyArn(key)
    if key.startswith("alias/") or (key.startswith("arn:") and ":alias/" in key):
        return KeyAlias(key)
    raise InputError.of(
        f"--resource: `{printable(key)}` is neither the ARN nor an alias of a key", hint="for example alias/payments"
    )
