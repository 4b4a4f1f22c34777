"""Rules about the keys and listed values of conditions: unknown names, values that match nothing, variables that are
none.

In: a subject. Out: findings. Guarantee: that no request has a value is proved over all requests; the rest follows from
the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.ask.answers import Proved, Unknown
from verifier.model import lint_rules as rules
from verifier.model.policy import Condition, PolicyKind, Text
from verifier.model.reference import ValueType, condition_key, condition_keys, data_version
from verifier.model.results.lint import LintSeverity, Proof, RewriteClaim
from verifier.problem.semantics.values import Fixed, arn_predicate, running_on, typed_predicate
from verifier.syntax.text import did_you_mean
from verifier.verify.lint.conditions import names_the_user, other_parts
from verifier.verify.lint.meaning import has_value
from verifier.verify.lint.rewrites import proved_rewrite, without_value
from verifier.verify.lint.statements import depends_on_target
from verifier.verify.lint.subjects import FindingOrUndecided, Subject
from verifier.verify.lint.words import condition_name, quoted_name

_REGIONAL = ("kms:viaservice", "aws:requestedregion")
"""Keys whose values name the key's Region, so that a policy for related multi-Region keys may list several (L9)."""


def value_rules(subject: Subject) -> Iterator[FindingOrUndecided]:
    """What can be said of the keys and the values, whether or not the statement ever matches."""
    for at, condition in enumerate(subject.statement.conditions):
        yield from unknown_key(subject, condition)
        for value in condition.values if condition.operator.row.type is not None else ():
            if not _parses(subject, condition, value):
                yield from _does_not_parse(subject, condition, value)
            elif subject.lives:
                yield from _never_matches(subject, at, condition, value)
            yield from literal_variable(subject, value, str(condition.operator), condition.operator.row.is_text)
    for resource in subject.statement.resources or ():
        before = resource.value[: resource.value.find("${")]
        yield from literal_variable(subject, resource, "Resource", before.count(":") >= 5)


def unknown_key(subject: Subject, condition: Condition) -> Iterator[FindingOrUndecided]:
    """U4: a key of AWS KMS, or a global one, that the data does not know."""
    name = condition.key.value
    if not name.lower().startswith(("aws:", "kms:")) or condition_key(name) is not None:
        return
    hint = did_you_mean(name, (key.prefix or key.name for key in condition_keys()))
    message = f"has a condition on {quoted_name(name)}, which no documented request has" + (f"; {hint}" if hint else "")
    proof = Proof(f"no such condition key in {data_version()}")
    yield subject.finding(rules.UNKNOWN_KEY, message, condition.key.span, proof=proof)


def _parses(subject: Subject, condition: Condition, value: Text) -> bool:
    """True iff the operator can read the value (C3, L6), or may, as policy variables stand for something."""
    row = condition.operator.row
    if row.type is ValueType.STRING or (subject.policy.variables and row.is_text and "${" in value.value):
        return True
    if row.type is ValueType.ARN:
        return arn_predicate((Fixed(value.value, True),)) is not None or bool(running_on(value.value, 5))
    return typed_predicate(row, value.value) is not None


def _does_not_parse(subject: Subject, condition: Condition, value: Text) -> Iterator[FindingOrUndecided]:
    rewrite = proved_rewrite(subject, without_value(subject, condition, value), RewriteClaim.EQUIVALENT)
    lists = f"lists {quoted_name(value.value)} under {condition_name(condition)}"
    sure = rewrite is not None or condition.operator.row.type is ValueType.ARN
    does = "it matches nothing" if sure else "it matches nothing, or its statement matches no request"
    message = f"{lists}, which that operator cannot read: {does}"
    proof = Proof("the same requests match without the value" if rewrite else f"the value does not parse: {does} (C3)")
    yield subject.finding(rules.VALUE_DOES_NOT_PARSE, message, value.span, proof=proof, rewrite=rewrite)


def _never_matches(subject: Subject, at: int, condition: Condition, value: Text) -> Iterator[FindingOrUndecided]:
    """C5: a listed value that no request has which the statement is about."""
    key = condition.key.value
    if subject.policy.kind is not PolicyKind.KEY and (depends_on_target(key) or not subject.about_kms_alone):
        return
    answer = subject.ask(lambda one: [*other_parts(one, at, []), has_value(one.space, one.policy, condition, value)])
    if isinstance(answer, Unknown):
        yield subject.undecided(rules.VALUE_NEVER_MATCHES, answer, value.span)
    if not isinstance(answer, Proved):
        return
    several = len(condition.values) > 1
    edit = without_value(subject, condition, value)
    rewrite = proved_rewrite(subject, edit, RewriteClaim.EQUIVALENT) if several else None
    whose = "no request has" if len(answer.blamed) == 1 else "no request that meets the rest of the statement has"
    message = f"lists {quoted_name(value.value)} under {condition_name(condition)}, which {whose}"
    if rewrite is None and names_the_user((value,)):
        message += "; whether the statement matches a request without a user name at all is open (L7-username)"
    # It may be there for a related multi-Region key, whose policy may be the same text.
    for_replica = subject.key is not None and ":key/mrk-" in subject.key.arn and key.lower() in _REGIONAL
    severity = LintSeverity.NOTE if for_replica else rules.VALUE_NEVER_MATCHES.severity
    proof = Proof("no request that could be sent has such a value")
    yield subject.finding(
        rules.VALUE_NEVER_MATCHES, message, value.span, proof=proof, rewrite=rewrite, severity=severity
    )


def literal_variable(subject: Subject, text: Text, place: str, works: bool) -> Iterator[FindingOrUndecided]:
    """L1, L7: `${…}` where it is no policy variable."""
    if "${" not in text.value or (subject.policy.variables and works):
        return
    if not subject.policy.variables:
        because = "policy variables need `Version` 2012-10-17"
    elif place == "Resource":
        because = "policy variables work after the fifth colon only"
    else:
        because = f"`{place}` takes no policy variables"
    message = f"has {quoted_name(text.value)}, which is literal text: {because}"
    yield subject.finding(rules.LITERAL_VARIABLE, message, text.span, proof=Proof("compared as it is written"))
