"""Prove: an estate and invariants → a report.

In: an estate, invariants, limits. Out: `Report`, a verdict for each invariant and target.
Guarantee: an invariant whose scope is empty is an input error (S3), never a pass.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant, KeyAlias, KeyArn, KeySelector, KeyTag
from verifier.model.named_accounts import with_named_accounts
from verifier.model.readings import READINGS, is_reading
from verifier.model.reference import actions, data_version
from verifier.model.verdict import KeySummary, Reason, Report, Statistics, Status, Verdict
from verifier.problem.expression import Expression, Symbol, negation
from verifier.problem.predicates import like
from verifier.problem.question import Claim, Question, ask
from verifier.problem.targets import Target, TargetKind, consistent, key_target
from verifier.solve.z3_solver import Session, Unsat
from verifier.syntax.diagnostic import InputError
from verifier.verify.assumptions import assumptions
from verifier.verify.claims import Answer, Found, Proved, decide
from verifier.verify.preferences import preferences

Progress = Callable[[int, int, str], None]
"""Called with (done, all, what) after each verdict."""


def prove(
    estate: Estate,
    invariants: Sequence[Invariant],
    *,
    timeout: float | None = None,
    readings: Mapping[str, bool] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Proves or refutes each invariant on each of its targets.

    `timeout` is in seconds, for one call of the solver. `readings` fixes readings (label → value); the others are tried both ways.
    Raises `InputError` where nothing would be checked (S3) or a reading has an unknown label, and `InternalDisagreement` where a
    counterexample does not replay.
    """
    held = dict(readings or {})
    _check_readings(held)
    if not invariants:
        raise InputError.of("there are no invariants, so nothing was checked", rule="S3")
    by_target = _targets(estate, invariants)
    total = sum(len(found) for _, found in by_target)
    verdicts: dict[tuple[int, str], Verdict] = {}
    for target, numbers in by_target:
        chosen = [invariants[number] for number in numbers]
        for number, verdict in zip(numbers, _on_target(estate, target, chosen, timeout, held), strict=True):
            verdicts[number, verdict.target] = verdict
            if progress is not None:
                progress(len(verdicts), total, verdict.invariant.name)
    ordered = tuple(verdict for _, verdict in sorted(verdicts.items(), key=lambda item: item[0][0]))
    return Report(
        ordered,
        tuple(_summary(key) for key in estate.keys),
        tuple(account.id for account in estate.accounts),
        data_version(),
        estate.warnings,
        estate.inputs,
        tuple(reading.label for reading in READINGS if reading.label not in held),
    )


def _check_readings(readings: Mapping[str, bool]) -> None:
    for label in readings:
        if not is_reading(label):
            known = ", ".join(reading.label for reading in READINGS)
            raise InputError.of(f"there is no reading `{label}`; the readings are {known}", rule="S2")


def _summary(key: Key) -> KeySummary:
    policies = key.policies
    name = policies[0].name if policies else None
    return KeySummary(key.arn, key.name, name, sum(len(p.statements) for p in policies or ()), key.state)


# -- targets --


def _targets(estate: Estate, invariants: Sequence[Invariant]) -> list[tuple[Target, list[int]]]:
    """The targets of the invariants, each with the numbers of those that speak of it."""
    found: dict[str, tuple[Target, list[int]]] = {}
    for number, invariant in enumerate(invariants):
        targets = list(_targets_of(estate, invariant))
        if not targets:
            raise InputError.of(
                f"invariant {invariant.name!r} speaks of no key of the input, so it checks nothing", invariant.span, rule="S3"
            )
        for target in targets:
            found.setdefault(_name(target), (target, []))[1].append(number)
    return list(found.values())


def _targets_of(estate: Estate, invariant: Invariant) -> Iterator[Target]:
    on_keys, keyless = _kinds(invariant)
    if on_keys or invariant.keys is not None:
        keys = [key for key in estate.keys if invariant.keys is None or any(_selected(key, s) for s in invariant.keys)]
        _check_selectors(estate, invariant)
        yield from (key_target(key) for key in keys)
    elif keyless:
        partition = estate.keys[0].partition if estate.keys else "aws"
        yield Target(TargetKind.NONE, partition)


def _kinds(invariant: Invariant) -> tuple[bool, bool]:
    """Whether the actions need a key, and whether some need none."""
    matched = [
        a
        for a in actions()
        if any(like(p.value, fold=True).matches(a.name) for p in invariant.actions)
        and not any(like(p.value, fold=True).matches(a.name) for p in invariant.not_actions)
    ]
    return any("key" in a.resources for a in matched), any(not a.resources for a in matched)


def _check_selectors(estate: Estate, invariant: Invariant) -> None:
    for selector in invariant.keys or ():
        if not any(_selected(key, selector) for key in estate.keys):
            raise InputError.of(
                f"invariant {invariant.name!r} speaks of a key that the input does not hold: {_described(selector)}",
                invariant.span,
                rule="S3",
            )


def _described(selector: KeySelector) -> str:
    match selector:
        case KeyArn(arn):
            return arn
        case KeyAlias(alias):
            return alias
        case KeyTag(key, value):
            return f"tag {key} = {value or '*'}"


def _selected(key: Key, selector: KeySelector) -> bool:
    match selector:
        case KeyArn(arn):
            return key.arn == arn
        case KeyAlias(alias):
            start = f"arn:{key.partition}:kms:{key.region}:{key.account}:"
            return any(alias in (name, start + name) for name in key.aliases or ())
        case KeyTag(name, value):
            return any(tag == name and (value is None or fnmatchcase(text, value.replace("[", "[[]"))) for tag, text in key.tags or ())


def _name(target: Target) -> str:
    return target.resource or target.kind.value


# -- verdicts --


def _on_target(
    estate: Estate, target: Target, invariants: list[Invariant], timeout: float | None, held: Mapping[str, bool]
) -> Iterator[Verdict]:
    started = time.perf_counter()
    reason = _not_known(target)
    if reason is not None:
        for invariant in invariants:
            yield Verdict(invariant, _name(target), Status.UNKNOWN, reason=reason)
        return
    settled = [with_named_accounts(i, target.key) if target.key is not None else i for i in invariants]
    question = ask(estate, target, settled)
    session = _session(question, timeout)
    fixed = [Symbol(label) if value else negation(Symbol(label)) for label, value in held.items()]
    for claim in question.claims:
        calls = session.calls
        _check_scope(question, claim, session)
        answer = decide(question, claim, session, fixed)
        now = time.perf_counter()
        yield _verdict(question, claim, answer, now - started, _statistics(question, session, calls), held)
        started = now


def _not_known(target: Target) -> Reason | None:
    """What the input lacks for any verdict about a target."""
    if target.key is None:
        return None
    if target.key.policies is None:
        return Reason("U3", f"the key policy of {target.resource} is not in the input", target.key.span)
    if not consistent(target.key):
        return Reason("U4", f"the reference data knows no key with the spec, usage and origin of {target.resource}", target.key.span)
    return None


def _session(question: Question, timeout: float | None) -> Session:
    queries: list[Expression] = [question.known_action, *preferences(question)]
    for claim in question.claims:
        queries += [claim.scope, claim.violation]
    return Session(question.finite, question.finite.facts, queries, timeout)


def _check_scope(question: Question, claim: Claim, session: Session) -> None:
    """S3: an invariant without a request in its scope is an input error."""
    if isinstance(session.check([claim.scope]), Unsat):
        raise InputError.of(
            f"invariant {claim.invariant.name!r} has no request in its scope on {_name(question.space.target)}, so it checks nothing",
            claim.invariant.span,
            rule="S3",
        )


def _verdict(question: Question, claim: Claim, answer: Answer, elapsed: float, statistics: Statistics, held: Mapping[str, bool]) -> Verdict:
    target = _name(question.space.target)
    rests = assumptions(question, claim, answer, held)
    match answer:
        case Proved(core):
            statements = tuple(dict.fromkeys(question.space.owners[owner] for owner in core if owner not in claim.bystanders))
            return Verdict(claim.invariant, target, Status.PROVED, statements, rests, None, None, elapsed, statistics)
        case Found(counterexample):
            return Verdict(claim.invariant, target, Status.REFUTED, (), rests, counterexample, None, elapsed, statistics)
        case Reason():
            return Verdict(claim.invariant, target, Status.UNKNOWN, (), rests, None, answer, elapsed, statistics)


def _statistics(question: Question, session: Session, calls: int) -> Statistics:
    finite = question.finite
    return Statistics(
        attributes=len(finite.tables) + len(finite.lazy),
        classes=sum(table.size for table in finite.tables.values()),
        tests=sum(len(asked) for asked in question.space.questions.values()),
        boxes=len(question.space.owners),
        terms=session.terms,
        solver_calls=session.calls - calls,
    )
