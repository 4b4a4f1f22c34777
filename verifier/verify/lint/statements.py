"""Rules about whole statements: what can never match, and what AWS does not document.

In: a subject. Out: findings. Guarantee: *never* is proved over all requests, of actions that the data does not know as
well (U4).
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.model import lint_rules as rules
from verifier.model.policy import Condition, PolicyKind
from verifier.model.readings import P5_ALLOW
from verifier.model.results.lint import Proof
from verifier.verify.lint import words
from verifier.verify.lint.subjects import FindingOrUndecided, Subject

_ABOUT_THE_TARGET = ("aws:resourceaccount", "aws:resourceorg", "aws:requestedregion", "kms:viaservice")
"""How the keys begin that say something of the account or Region of the key."""


def depends_on_target(key: str) -> bool:
    """True iff a condition key may have other values on keys of accounts and Regions that were not asked about."""
    return key.lower().startswith(_ABOUT_THE_TARGET)


def never_matches(subject: Subject) -> Iterator[FindingOrUndecided]:
    """A statement that no request can match. What is wrong with one element alone, other rules tell."""
    if subject.key is None and not subject.statement.conditions:
        return  # nothing but its resource could keep requests away
    life = subject.life
    if isinstance(life, Unknown):
        yield subject.undecided(rules.NEVER_MATCHES, life)
    if not isinstance(life, Proved) or not _of_this_policy(subject, life.blamed):
        return
    statement, blamed = subject.statement, life.blamed
    if words.AT_RESOURCE in blamed:
        yield from _ineffective(subject)
        return
    if blamed in ((words.AT_PRINCIPAL,), (words.AT_ACTION,)):
        return
    keys = [condition.key.value.lower() for condition in _conditions(subject, blamed)]
    # That only a plain-HTTP request would match is what a guard against them is for.
    tls = len(blamed) == 1 and keys == ["aws:securetransport"]
    rule = rules.ALWAYS_TLS if tls else rules.NEVER_MATCHES
    what = words.does(statement, "allows nothing", "denies nothing")
    message = f"never matches, so it {what}: no request meets {words.parts_together(statement, blamed)}"
    proof = Proof(f"no request that could be sent meets {'them' if len(blamed) > 1 else 'it'}")
    yield subject.finding(rule, message, words.last_place(statement, blamed), proof=proof)


def _conditions(subject: Subject, blamed: tuple[int, ...]) -> list[Condition]:
    """The conditions among the parts that are blamed."""
    conditions = subject.statement.conditions
    return [
        conditions[at - words.AT_FIRST_CONDITION]
        for at in blamed
        if 0 <= at - words.AT_FIRST_CONDITION < len(conditions)
    ]


def _of_this_policy(subject: Subject, blamed: tuple[int, ...]) -> bool:
    """True iff what is blamed stands in the statement for good: of other policies than key policies, it is no condition
    on the account or Region of the key, which the input may not hold, and no action of another service."""
    if subject.key is not None:
        return True
    keys = [condition.key.value for condition in _conditions(subject, blamed)]
    return subject.about_kms_alone and bool(keys) and not any(map(depends_on_target, keys))


def _ineffective(subject: Subject) -> Iterator[FindingOrUndecided]:
    """L5: a statement that is about another resource, or has none."""
    statement = subject.statement
    if statement.resources is None:
        yield subject.finding(
            rules.INEFFECTIVE, "has no `Resource`, so it has no effect", proof=Proof("without `Resource`, no effect")
        )
        return
    what = words.does(statement, "allows nothing", "denies nothing")
    proof = Proof("a key policy governs its own key alone, and no listed resource is that key")
    span = statement.resources[0].span
    yield subject.finding(rules.INEFFECTIVE, f"is about another resource than its key, so it {what}", span, proof=proof)


def allow_not_principal(subject: Subject) -> Iterator[FindingOrUndecided]:
    """P5: an Allow with `NotPrincipal` matches everyone that it does not name, or nothing."""
    if not (subject.is_allow and subject.statement.not_principal):
        return
    found = subject.turning_on(P5_ALLOW, True)
    message = (
        "has `NotPrincipal` with Allow, which AWS does not support: it matches everyone whom it does not name, or "
        "nobody"
    )
    if isinstance(found, Refuted):
        yield subject.finding(
            rules.ALLOW_NOT_PRINCIPAL, message, witness=found.shown, shows="it matches this request, or it does not"
        )
    elif isinstance(found, Unknown):
        yield subject.undecided(rules.ALLOW_NOT_PRINCIPAL, found)


def not_resource(subject: Subject) -> Iterator[FindingOrUndecided]:
    """L5: nobody knows what `NotResource` does in a key policy."""
    if subject.policy.kind is PolicyKind.KEY and subject.statement.not_resource and subject.statement.resources:
        message = "has `NotResource`, of which AWS does not say what it does in a key policy"
        proof = Proof("no page of AWS documents it; what it could change is unknown")
        yield subject.finding(rules.NOT_RESOURCE, message, subject.statement.resources[0].span, proof=proof)
