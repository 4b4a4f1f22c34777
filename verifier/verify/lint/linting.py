"""Lint: what is provably wrong with the policies of an estate as they are written.

In: an estate. Out: `LintReport`. Guarantee: every finding has a proof, or a request that `evaluate` confirmed; what
could not be decided is listed, and is never silence. Key policies are examined statement by statement on their key; the
other policies of the estate on its keys, on an alias and on operations without a key.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from verifier.model.choices import Progress
from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy, PolicyKind
from verifier.model.reference import data_version
from verifier.model.results.lint import Finding, Linted, LintReport, UndecidedQuestion
from verifier.problem.semantics.targets import consistent
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import NOWHERE
from verifier.verify.assumptions import where_it_is
from verifier.verify.lint.conditions import condition_rules
from verifier.verify.lint.decisions import decision_rules, key_policy_case
from verifier.verify.lint.documents import document_rules, key_rules
from verifier.verify.lint.elements import element_rules
from verifier.verify.lint.others import other_policies, subjects
from verifier.verify.lint.statements import allow_not_principal, never_matches, not_resource
from verifier.verify.lint.subjects import FindingOrUndecided, Subject
from verifier.verify.lint.values import value_rules


def lint(estate: Estate, *, timeout: float | None = None, progress: Progress | None = None) -> LintReport:
    """Everything that is provably wrong with the policies of an estate.

    `timeout` is in seconds, for one question; what takes longer is undecided. `progress` is called before each key.
    Raises `InputError` where there is nothing to look at (S3), and `InternalDisagreement` where a request does not show
    what it should.
    """
    started = time.perf_counter()
    looked: list[Linted] = []
    skipped: list[str] = []
    found: list[FindingOrUndecided] = [*key_rules(estate)]
    about = {finding.key for finding in found if isinstance(finding, Finding)}
    for number, key in enumerate(estate.keys):
        if progress is not None:
            progress(number, len(estate.keys), key.name or key.arn)
        if key.manager == "AWS":
            skipped.append(f"{key.arn}: the policy of an AWS managed key is AWS's own")
        else:
            looked += [_linted(policy, key) for policy in key.policies or ()]
            if not key.policies and key.arn in about:
                looked.append(Linted(key.arn, "default", PolicyKind.KEY, 0, key.arn, key.name, key.span))
            found += _key(estate, key, timeout)
    others = other_policies(estate)
    looked += [_linted(policy, None) for policy in others]
    for policy in others:
        found += document_rules(policy, None)
    for subject in subjects(estate, others, timeout):
        found += _statement(subject)
    if not looked and not found:
        nothing = "the input holds no policy that its owner could change, so there is nothing to look at"
        raise InputError.of(nothing, rule="S3")
    findings = tuple(one for one in found if isinstance(one, Finding))
    undecided = tuple(one for one in found if isinstance(one, UndecidedQuestion))
    return LintReport(
        _in_order(findings, looked),
        undecided,
        tuple(looked),
        tuple(skipped),
        data_version(),
        _not_found_again(estate.warnings, findings),
        estate.inputs,
        time.perf_counter() - started,
        where_it_is(estate),
    )


def _key(estate: Estate, key: Key, timeout: float | None) -> Iterator[FindingOrUndecided]:
    if key.policies is None:
        yield UndecidedQuestion(None, key.arn, key.unread or "the key policy is not in the input", "U3", key.span)
        return
    written = [policy for policy in key.policies if policy.span != NOWHERE]
    for policy in written:
        yield from document_rules(policy, key.arn)
    if not consistent(key):
        why = "the reference data knows no key with this spec, usage and origin"
        yield UndecidedQuestion(None, key.arn, why, "U4", key.span)
        return
    if written:
        case = key_policy_case(estate, key, timeout)
        for subject in case.subjects.values():
            yield from _statement(subject)
        yield from decision_rules(case)


def _statement(subject: Subject) -> Iterator[FindingOrUndecided]:
    """Every rule about one statement. What restricts, and whom, is asked of those alone that some request matches. Of
    one with unknown parts nothing is said."""
    if subject.statement.only_if is not None:
        why, statement = "parts of the statement, or whether it stays, are not known", subject.statement
        yield UndecidedQuestion(None, subject.reference, why, "U3", statement.span)
        return
    if not subject.is_known:
        return
    yield from never_matches(subject)
    if subject.key is not None:
        yield from allow_not_principal(subject)
        yield from not_resource(subject)
    yield from element_rules(subject)
    yield from value_rules(subject)
    if subject.statement.conditions and subject.lives:
        yield from condition_rules(subject)


# -- the report --


def _linted(policy: Policy, key: Key | None) -> Linted:
    """A policy that was looked at; `key` is the one that a key policy governs."""
    arn, name = (key.arn, key.name) if key is not None else (None, None)
    return Linted(policy.identity, policy.name, policy.kind, len(policy.statements), arn, name, policy.span)


def _in_order(findings: Iterable[Finding], looked: Sequence[Linted]) -> tuple[Finding, ...]:
    """Policy by policy, worst first, then by place; each once."""
    order = {(one.policy, one.kind, one.key): number for number, one in enumerate(looked)}

    def place(finding: Finding) -> tuple[int, int, int, int, str]:
        policy = order[finding.policy, finding.policy_kind, finding.key]
        return policy, finding.severity.rank, finding.span.line, finding.span.column, finding.rule.id

    return tuple(sorted(dict.fromkeys(findings), key=place))


def _not_found_again(warnings: Sequence[Diagnostic], findings: Sequence[Finding]) -> tuple[Diagnostic, ...]:
    """The warnings of reading the input for which there is no finding at the same place."""
    places = {(finding.rule.label, finding.span.file, finding.span.line) for finding in findings}
    return tuple(w for w in warnings if w.span is None or (w.rule, w.span.file, w.span.line) not in places)
