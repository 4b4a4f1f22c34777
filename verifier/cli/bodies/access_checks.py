"""The three checks by the names of the hosted analyzer: pass, fail or unknown, with the comparison or the report behind
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from verifier.cli.bodies.compare import compared, remarks
from verifier.cli.bodies.sides import SidesOptions
from verifier.cli.outputs import Sink, write
from verifier.frozen import Frozen
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.caller_text import read_caller_text
from verifier.model.invariant import AnyCaller, CallersOr, Expectation, Invariant, KeyAlias, KeyArn, KeySelector
from verifier.model.policy import Text
from verifier.model.reference import matching
from verifier.report.checks import Check, check_forms, check_of_comparison, check_of_report
from verifier.syntax.diagnostic import Diagnostic, InputError, collected
from verifier.syntax.source import Source
from verifier.syntax.text import printable


class ForbiddenAccess(Frozen):
    """What must not be granted: to some callers (none given: anyone) some actions (any) on some keys (every one)."""

    actions: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


def no_new_access(
    options: SidesOptions, readings: Mapping[str, bool], timeout: float | None, outputs: Sequence[Sink]
) -> int:
    """The exit code: 0 iff it is proved that NEW allows nothing that OLD does not."""
    comparison = compared(options, readings, timeout=timeout)
    return _answer(check_of_comparison(comparison), outputs, remarks(comparison))


def access_not_granted(
    paths: tuple[Path, ...],
    access: ForbiddenAccess,
    key_arn: str | None,
    given: Supplied,
    readings: Mapping[str, bool],
    timeout: float | None,
    outputs: Sequence[Sink],
) -> int:
    """The exit code: 0 iff an access is proved to be granted to nobody. Raises `InputError` where none is named."""
    return _proved("access-not-granted", paths, _not_granted(access), key_arn, given, readings, timeout, outputs)


def no_public_access(
    paths: tuple[Path, ...],
    key_arn: str | None,
    given: Supplied,
    readings: Mapping[str, bool],
    timeout: float | None,
    outputs: Sequence[Sink],
) -> int:
    """The exit code: 0 iff it is proved that no arbitrary account can use a key."""
    found = builtin("no-public-access")
    assert isinstance(found, Invariant)
    return _proved("no-public-access", paths, found, key_arn, given, readings, timeout, outputs)


def _proved(
    name: str,
    paths: tuple[Path, ...],
    invariant: Invariant,
    key_arn: str | None,
    given: Supplied,
    readings: Mapping[str, bool],
    timeout: float | None,
    outputs: Sequence[Sink],
) -> int:
    from verifier.inputs import load_estate
    from verifier.problem.subjects import is_keyless

    estate = load_estate(paths, key_arn=key_arn, supplied=given, steps=False, tags=False, empty=is_keyless(invariant))
    from verifier.verify import prove

    report = prove(estate, (invariant,), readings=readings, timeout=timeout)
    return _answer(check_of_report(name, report), outputs, report.warnings)


def _answer(check: Check, outputs: Sequence[Sink], warnings: Sequence[Diagnostic]) -> int:
    write(outputs, check_forms(check), warnings)
    return check.exit_code


# -- the access in question --


def _not_granted(access: ForbiddenAccess) -> Invariant:
    """The invariant that nobody among the callers can do any of it."""
    if not (access.actions or access.resources):
        hint = "name an action with --action, or a key with --resource"
        raise InputError.of("no access is named, so nothing would be checked", hint=hint, rule="S3")
    errors: list[Diagnostic] = []
    callers = []
    for text in access.principals:
        with collected(errors):
            callers.append(read_caller_text(Source("--principal", text)))
    for pattern in access.actions:
        if not matching(pattern):
            errors += InputError.of(f"--action: KMS has no action that `{printable(pattern)}` matches").diagnostics
    selectors = []
    for key in access.resources:
        with collected(errors):
            selectors.append(_selector(key))
    if errors:
        raise InputError(errors)
    actions = access.actions or ("kms:*",)
    whom = " or ".join(access.principals) or "caller"
    text = f"no {whom} can {', '.join(actions)}" + (f" on {', '.join(access.resources)}" if selectors else "")
    return Invariant(
        "access not granted",
        Expectation.REFUSED,
        CallersOr(tuple(callers)) if callers else AnyCaller(),
        tuple(map(Text, actions)),
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
