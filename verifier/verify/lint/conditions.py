"""Rules about single conditions: those that do not restrict, and those that restrict otherwise than they seem to.

In: a subject that some request matches. Out: findings. Guarantee: *whenever* is proved over all requests; what a
condition lets through is shown by a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.model import lint_rules as rules
from verifier.model.edits import AddCondition, RemoveCondition
from verifier.model.operators import FOR_ALL, FOR_ANY
from verifier.model.policy import Condition, PolicyKind, Text
from verifier.model.readings import C2, C2_NEGATION, C2_NOT, F3_LAMBDA, F8, F8_ALIASES
from verifier.model.reference import condition_key
from verifier.model.request import Outcome
from verifier.model.results.lint import Finding, LintSeverity, Proof, RewriteClaim
from verifier.model.symbols import SymbolName
from verifier.problem.expression import Expression
from verifier.problem.semantics.conditions import unread
from verifier.verify.lint.meaning import has_key, is_absent
from verifier.verify.lint.rewrites import first_checked, proved_rewrite, with_operator
from verifier.verify.lint.statements import depends_on_target
from verifier.verify.lint.subjects import Decided, FindingOrUndecided, Seen, Subject
from verifier.verify.lint.words import AT_FIRST_CONDITION, condition_name, count_parts, does, part_name, quoted_name

_OF_EVERY_ARN = frozenset(
    {"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:principaltype", "aws:userid"}
)
"""Keys that every caller has but services that call for themselves (F1)."""


def condition_rules(subject: Subject) -> Iterator[FindingOrUndecided]:
    """Everything about the conditions of a statement. One that has no effect at all is reported as that alone."""
    idle: list[int] = []
    for at in reversed(range(len(subject.statement.conditions))):
        found = list(without_effect(subject, at, idle))
        if any(isinstance(one, Finding) for one in found):
            idle.append(at)
        yield from found
    for at, condition in enumerate(subject.statement.conditions):
        if at not in idle:
            yield from restricts_no_caller(subject, at, idle)
            yield from list(for_all_values(subject, condition)) or set_operator(subject, condition)
            yield from no_set_operator(subject, condition)
            yield from _if_exists(subject, condition)
            yield from unsupported_key(subject, condition)


def other_parts(seen: Seen, at: int, idle: list[int]) -> list[Expression]:
    """The parts of the statement but one condition, and those that are `idle` anyway."""
    gone = {AT_FIRST_CONDITION + index for index in (at, *idle)}
    return [part for position, part in enumerate(seen.meaning.parts) if position not in gone]


def without_effect(subject: Subject, at: int, idle: list[int]) -> Iterator[FindingOrUndecided]:
    """A condition that holds whenever the rest of the statement does."""
    condition = subject.statement.conditions[at]
    if not _is_decidable(subject, condition):
        return
    answer = subject.ask(lambda seen: [*other_parts(seen, at, idle), ~seen.meaning.elements.conditions[at]])
    tls = condition.key.value.lower() == "aws:securetransport"
    rule = rules.ALWAYS_TLS if tls else rules.WITHOUT_EFFECT
    if isinstance(answer, Unknown):
        yield subject.undecided(rule, answer, condition.span)
    if not isinstance(answer, Proved):
        return
    kept = [
        position
        for position in range(count_parts(subject.statement))
        if position - AT_FIRST_CONDITION not in (at, *idle)
    ]
    given = [part_name(subject.statement, kept[position]) for position in answer.blamed if position < len(kept)]
    always = f"every request that meets {' and '.join(given)}" if given else "every request that could be sent"
    rewrite = proved_rewrite(
        subject,
        RemoveCondition(subject.statement.index, condition.operator, condition.key.value),
        RewriteClaim.EQUIVALENT,
    )
    unreadable = [one for one, _ in unread(subject.policy, subject.statement)]
    if rewrite is None and (names_the_user(condition.values) or condition in unreadable):
        return  # it may make the statement match no request (C3-…), or none without a user name (L7-username)
    message = f"restricts nothing by {condition_name(condition)}: it holds for {always}"
    proof = Proof(f"no request meets {'them' if given else 'the rest'} and fails the condition")
    # That a condition follows from others is of less weight than that it holds of everyone.
    follows = any(kept[position] >= AT_FIRST_CONDITION for position in answer.blamed if position < len(kept))
    severity = LintSeverity.NOTE if follows else rule.severity
    yield subject.finding(rule, message, condition.span, proof=proof, rewrite=rewrite, severity=severity)


def names_the_user(values: Iterable[Text]) -> bool:
    """True iff one of the listed values has the variable `${aws:username}`."""
    return any("${aws:username" in value.value.lower() for value in values)


def _is_decidable(subject: Subject, condition: Condition) -> bool:
    """True iff what a condition does can be told from the input: always in a key policy; in one that follows callers or
    accounts, where no other service is asked and the condition does not depend on the key."""
    whatever_is_asked = subject.about_kms_alone and not depends_on_target(condition.key.value)
    return subject.policy.kind is PolicyKind.KEY or whatever_is_asked


def restricts_no_caller(subject: Subject, at: int, idle: list[int]) -> Iterator[FindingOrUndecided]:
    """F1: a condition on a key about the caller's ARN that every caller meets who has one."""
    condition = subject.statement.conditions[at]
    if not (
        subject.is_allow
        and condition.operator.row.is_text
        and condition.key.value.lower() in _OF_EVERY_ARN
        and not names_the_user(condition.values)
        and _is_decidable(subject, condition)
    ):
        return
    answer = subject.ask(
        lambda seen: [
            *other_parts(seen, at, idle),
            ~seen.meaning.elements.conditions[at],
            ~seen.space.is_service,
        ]
    )
    if isinstance(answer, Unknown):
        yield subject.undecided(rules.NO_CALLER_RESTRICTED, answer, condition.span)
    elif isinstance(answer, Proved):
        restricts = f"restricts no user, role or root user by {condition_name(condition)}"
        message = f"{restricts}: it keeps out AWS services that call for themselves"
        proof = Proof("no caller but a service principal meets the rest of the statement and fails the condition")
        yield subject.finding(rules.NO_CALLER_RESTRICTED, message, condition.span, proof=proof)


def for_all_values(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """C1: `ForAllValues` is true of a request that does not have the key."""
    if condition.operator.set_operator != FOR_ALL:
        return
    key = condition.key
    outcome = Outcome.ALLOW if subject.is_allow else Outcome.DENY

    def build(seen: Decided) -> list[Expression]:
        allowed = seen.allowed if subject.is_allow else ~seen.allowed
        return [seen.shown, is_absent(seen.space, seen.policy, key), allowed]

    found = subject.example(build, subject.matched(outcome=outcome))
    if isinstance(found, Unknown):
        yield subject.undecided(rules.FOR_ALL_VALUES, found, condition.span)
    if not isinstance(found, Refuted):
        return
    verb = does(subject.statement, "allows", "denies")
    message = f"{verb} requests without {quoted_name(key.value)}: {condition_name(condition)} holds for them"
    plain = with_operator(subject, condition, set_operator=None)
    needs_key = AddCondition(subject.statement.index, has_key(key))
    edits = (needs_key,) if _is_multivalued(condition) else (plain, needs_key)
    candidates = [(edit, RewriteClaim.TIGHTER) for edit in edits]
    rewrite = first_checked(subject, candidates) if subject.is_allow else None
    severity = rules.FOR_ALL_VALUES.severity if subject.is_allow else LintSeverity.NOTE
    shows = f"without {quoted_name(key.value)}, and {does(subject.statement, 'allowed', 'denied')}"
    yield subject.finding(
        rules.FOR_ALL_VALUES,
        message,
        condition.span,
        witness=found.shown,
        shows=shows,
        rewrite=rewrite,
        severity=severity,
    )


def _is_multivalued(condition: Condition) -> bool | None:
    known = condition_key(condition.key.value)
    return None if known is None else known.multivalued


def set_operator(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """C2: a set operator on a key that has one value."""
    if condition.operator.set_operator is None or _is_multivalued(condition) is not False:
        return
    plain = with_operator(subject, condition, set_operator=None)
    lenient = with_operator(subject, condition, set_operator=None, if_exists=True)
    rewrite = first_checked(subject, [(plain, RewriteClaim.EQUIVALENT), (lenient, RewriteClaim.EQUIVALENT)])
    key = f"{condition_name(condition)}, a key that holds one value"
    message = f"has {key}: the set operator is for keys that hold several"
    proof = Proof("the same requests match without it" if rewrite else "a request has one value of the key, or none")
    yield subject.finding(rules.SET_OPERATOR, message, condition.span, proof=proof, rewrite=rewrite)


def no_set_operator(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """C2: a key that holds several values, without a set operator."""
    operator = condition.operator
    if operator.set_operator is not None or operator.row.type is None or not _is_multivalued(condition):
        return
    negated = operator.row.negated
    found = subject.turning_on(C2_NOT if negated else C2, True)
    if isinstance(found, Unknown):
        yield subject.undecided(rules.NO_SET_OPERATOR, found, condition.span)
    if not isinstance(found, Refuted):
        return
    any_counts: dict[SymbolName, bool] = {C2_NOT: True, C2_NEGATION: False} if negated else {C2: True}
    edit = with_operator(subject, condition, set_operator=FOR_ANY)
    rewrite = proved_rewrite(subject, edit, RewriteClaim.EQUIVALENT, any_counts)
    message = (
        f"has {condition_name(condition)}, a key that holds several values: what that means without a set operator "
        "AWS leaves open"
    )
    shows = "it matches this request if any of the values counts, and else it does not"
    yield subject.finding(
        rules.NO_SET_OPERATOR, message, condition.span, witness=found.shown, shows=shows, rewrite=rewrite
    )


def _if_exists(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """C1: an `IfExists` without which the same requests match."""
    if not condition.operator.if_exists or not _is_decidable(subject, condition):
        return
    rewrite = proved_rewrite(subject, with_operator(subject, condition, if_exists=False), RewriteClaim.EQUIVALENT)
    if rewrite is not None:
        because = "every request that meets the rest has the key"
        if condition.operator.row.negated:
            because = "a negated operator holds of an absent key anyway"
        message = f"has `IfExists` in {condition_name(condition)}, which changes nothing: {because}"
        yield subject.finding(
            rules.IF_EXISTS, message, condition.span, proof=Proof("the same requests match without it"), rewrite=rewrite
        )


_UNSUPPORTED = {
    "aws:resourcetag": (F8, "AWS KMS"),
    "kms:resourcealiases": (F8_ALIASES, "AWS KMS"),
    "lambda:sourcefunctionarn": (F3_LAMBDA, "AWS Lambda"),
}
"""What key policies do not support, by the guide of a service; and the reading by which they do."""


def unsupported_key(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """F8, F3: what key policies cannot read."""
    reading, guide = _UNSUPPORTED.get(condition.key.value.lower().partition("/")[0], (None, ""))
    if subject.policy.kind is not PolicyKind.KEY or reading is None:
        return
    found = subject.turning_on(reading, True)
    if not isinstance(found, Refuted):
        found = subject.turning_on(reading, False)
    key = quoted_name(condition.key.value)
    message = f"has a condition on {key}, which key policies do not support: it may read as absent"
    if isinstance(found, Refuted):
        shows = f"whether it matches this request turns on what AWS leaves open ({reading})"
        yield subject.finding(rules.UNSUPPORTED_KEY, message, condition.key.span, witness=found.shown, shows=shows)
    else:
        proof = Proof(f"{guide} documents it for identity policies only; on this key no request shows a difference")
        yield subject.finding(rules.UNSUPPORTED_KEY, message, condition.key.span, proof=proof)
