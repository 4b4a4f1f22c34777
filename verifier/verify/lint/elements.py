"""Rules about principals, actions and resources.

In: a subject. Out: findings. Guarantee: that nobody, no request or no key matches is proved over all requests; what
rests on the list of known actions says so (U4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import or_

from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.language.policies.condition_checks import known_action_hint
from verifier.model import lint_rules as rules
from verifier.model.policy import PolicyKind, Principal, PrincipalType, Text
from verifier.model.reference import Action, actions, data_version
from verifier.model.request import Outcome
from verifier.model.results.lint import LintRule, LintSeverity, Proof, RewriteClaim
from verifier.problem.classes.domains import action_names
from verifier.problem.classes.predicates import like
from verifier.problem.classes.tables import WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.expression import Expression
from verifier.problem.semantics.callers import covers
from verifier.problem.semantics.statements import actions_match, elements
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import acts
from verifier.verify.lint.rewrites import proved_rewrite, without_actions, without_principal, without_resources
from verifier.verify.lint.subjects import Decided, FindingOrUndecided, Seen, Subject
from verifier.verify.lint.words import AT_ACTION, AT_PRINCIPAL, AT_RESOURCE, few_names, quoted_name


def element_rules(subject: Subject) -> Iterator[FindingOrUndecided]:
    if subject.policy.kind is PolicyKind.KEY:
        yield from _principals(subject)
        yield from wildcard_for_outsiders(subject)
        yield from other_resources(subject)
    else:
        yield from alias_resources(subject)
    yield from action_rules(subject)


# --- principals -------------------------------------------------------------------------------------------------------


def _principals(subject: Subject) -> Iterator[FindingOrUndecided]:
    """L8, P6, R7: principals that match no caller. Of service principals there is no list (U4)."""
    for principal in subject.statement.principals or ():
        if principal.type is not PrincipalType.SERVICE and _matches_nobody(subject, principal):
            yield from _nobody(subject, principal)


def _matches_nobody(subject: Subject, principal: Principal) -> bool:
    return subject.impossible(lambda seen: [covers(seen.space, principal, subject.policy.kind)])


def _nobody(subject: Subject, principal: Principal) -> Iterator[FindingOrUndecided]:
    spares = "spares" if subject.statement.not_principal else "matches"
    rule, because = rules.MATCHES_NOBODY, f"a principal of the partition `{principal.partition}` {spares} nobody here"
    if principal.type is PrincipalType.UNIQUE_ID:
        rule, because = rules.DELETED_PRINCIPAL, f"AWS shows such an ID for a deleted user or role; it {spares} nobody"
    elif principal.type is PrincipalType.CANONICAL_USER:
        because = f"a `{principal.type.value}` principal {spares} no caller of AWS KMS"
    rewrite = proved_rewrite(subject, without_principal(subject, principal), RewriteClaim.EQUIVALENT)
    message = f"lists the principal {quoted_name(principal.value)}: {because}{_dead(subject, AT_PRINCIPAL)}"
    yield subject.finding(rule, message, principal.span, proof=Proof("no caller is named by it"), rewrite=rewrite)


def _dead(subject: Subject, position: int) -> str:
    """What to add where this element alone is why no request matches the statement."""
    life = subject.life
    return ", so the statement never matches" if isinstance(life, Proved) and life.blamed == (position,) else ""


def wildcard_for_outsiders(subject: Subject) -> Iterator[FindingOrUndecided]:
    """Every action, also those that AWS will add, for callers of another account or for everyone. [KMS:
    key-policy-modifying-external-accounts, least privilege; key-policy-default, on wildcards in actions]"""
    statement = subject.statement
    own = subject.key.account if subject.key is not None else None
    every = next((text for text in statement.actions if len(_known(text)) == len(actions())), None)
    if every is None or not subject.is_allow or statement.not_action or statement.not_principal:
        return
    for principal in statement.principals or ():
        anyone = principal.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS) and not statement.conditions
        if not anyone and principal.account in (None, own):
            continue
        request = partial(_shown_to, principal, subject.policy.kind)
        found = subject.example(request, subject.matched(Outcome.ALLOW))
        if isinstance(found, Refuted):
            whom = quoted_name(principal.value)
            message = f"allows {quoted_name(every.value)}, so every action that there is or will be, to {whom}"
            yield subject.finding(rules.OUTSIDERS_WILDCARD, message, every.span, witness=found.shown, shows="allowed")
        elif isinstance(found, Unknown):
            yield subject.undecided(rules.OUTSIDERS_WILDCARD, found, every.span)


def _shown_to(principal: Principal, kind: PolicyKind, seen: Decided) -> list[Expression]:
    """An allowed request of a caller that the principal covers."""
    return [seen.allowed, seen.shown, covers(seen.space, principal, kind)]


# --- actions ----------------------------------------------------------------------------------------------------------


def action_rules(subject: Subject) -> Iterator[FindingOrUndecided]:
    """U4, R3, L6: patterns of actions that match nothing, or nothing new. `NotAction` is left alone."""
    if subject.statement.not_action:
        return
    own = [text for text in subject.statement.actions if text.value.lower().startswith("kms:")]
    unknown = [text for text in own if not _known(text)]
    for text in unknown:
        hint = known_action_hint(text.value)
        message = f"has the action {quoted_name(text.value)}, which matches no action of AWS KMS that is known" + (
            f"; {hint}" if hint else ""
        )
        proof = Proof(f"no such action in {data_version()}")
        yield subject.finding(rules.UNKNOWN_ACTION, message + _dead(subject, AT_ACTION), text.span, proof=proof)
    useless: list[Text] = []
    if subject.policy.kind is PolicyKind.KEY:
        useless = [text for text in subject.statement.actions if text not in unknown and _never_on_key(subject, text)]
        yield from _useless_actions(subject, useless)
    yield from redundant_actions(subject, [text for text in own if text not in (*unknown, *useless)])


def _known(text: Text) -> list[Action]:
    pattern = like(text.value.lower())
    return [action for action in actions() if pattern.matches(action.name.lower())]


def _never_on_key(subject: Subject, text: Text) -> bool:
    """True iff no request on the key with a known action matches the pattern."""
    return subject.impossible(lambda seen: [actions_match([text]), acts(seen.space.known_actions)])


def _useless_actions(subject: Subject, useless: Sequence[Text]) -> Iterator[FindingOrUndecided]:
    """One finding for the actions that no key has, one for those that do not suit this key, one for other services'."""
    foreign = [text for text in useless if not _known(text)]
    known = [text for text in useless if text not in foreign]
    not_on_keys = [text for text in known if not any("key" in action.resources for action in _known(text))]
    unsuited = [text for text in useless if text not in foreign and text not in not_on_keys]
    facts = subject.key.spec if subject.key is not None and subject.key.spec is not None else "of this kind"
    groups: list[tuple[LintRule, list[Text], str]] = [
        (rules.NOT_ON_KEYS, foreign, "an action of another service"),
        (rules.NOT_ON_KEYS, not_on_keys, "not about a key, so that a key policy decides nothing about it"),
        (rules.UNSUITED_ACTION, unsuited, f"refused by a key {facts}"),
    ]
    for rule, texts, because in groups:
        if texts:
            severity = LintSeverity.WARNING if texts is foreign else rule.severity
            rewrite = proved_rewrite(subject, without_actions(subject, texts), RewriteClaim.EQUIVALENT)
            message = f"has {few_names(text.value for text in texts)}, {because}{_dead(subject, AT_ACTION)}"
            proof = Proof("no request on the key has such an action")
            yield subject.finding(rule, message, texts[0].span, proof=proof, rewrite=rewrite, severity=severity)


def redundant_actions(subject: Subject, texts: Sequence[Text]) -> Iterator[FindingOrUndecided]:
    """Patterns that others of the list cover, whatever the key. Of two that cover each other the first stays."""
    left = list(subject.statement.actions)
    gone: list[Text] = []
    for text in reversed(texts):
        rest = [other for other in left if other is not text]
        if _covered(text, rest):
            gone.append(text)
            left = rest
    if gone:
        gone.reverse()
        rewrite = proved_rewrite(subject, without_actions(subject, gone), RewriteClaim.EQUIVALENT)
        message = f"has {few_names(text.value for text in gone)}, which other patterns of the list cover"
        proof = Proof("every action that they match another one matches")
        yield subject.finding(rules.REDUNDANT_ACTION, message, gone[0].span, proof=proof, rewrite=rewrite)


def _covered(text: Text, rest: Sequence[Text]) -> bool:
    """True iff every name of an action that the pattern matches, known or not, one of the others matches: first each by
    itself, for a long list takes long to compare."""
    wanted, others = text.value.lower(), list(dict.fromkeys(other.value.lower() for other in rest))
    sample = wanted.replace("*", "").replace("?", "a")
    near = [other for other in others if like(other).matches(sample)]
    return (
        wanted in near
        or any(_within(wanted, [other]) for other in near)
        or (bool(near) and len(others) > 1 and _within(wanted, others))
    )


def _within(pattern: str, others: Sequence[str]) -> bool:
    domain = action_names(()).domain
    assert domain is not None
    tokens = [like(other) for other in others]
    table = WordTable(domain, [like(pattern), *tokens])
    return table.mask(like(pattern)) & ~reduce(or_, map(table.mask, tokens), 0) == 0


# --- resources --------------------------------------------------------------------------------------------------------


def other_resources(subject: Subject) -> Iterator[FindingOrUndecided]:
    """L5: of several resources of a key policy those that are not its key. (If none is, it has no effect.)"""
    statement = subject.statement
    if statement.not_resource or (isinstance(subject.life, Proved) and AT_RESOURCE in subject.life.blamed):
        return

    def alone(resource: Text, seen: Seen) -> list[Expression]:
        return [elements(seen.space, seen.policy, replace(statement, resources=(resource,))).resource]

    others = [text for text in statement.resources or () if subject.impossible(partial(alone, text))]
    if others:
        rewrite = proved_rewrite(subject, without_resources(subject, others), RewriteClaim.EQUIVALENT)
        message = f"lists {few_names(text.value for text in others)}, which is not its key"
        related = all(_is_relative(subject, text) for text in others)
        severity = LintSeverity.NOTE if related else rules.OTHER_RESOURCE.severity
        proof = Proof("a key policy governs its own key alone")
        yield subject.finding(
            rules.OTHER_RESOURCE, message, others[0].span, proof=proof, rewrite=rewrite, severity=severity
        )


def _is_relative(subject: Subject, text: Text) -> bool:
    """True iff it is a related multi-Region key, whose policy may be the same text (L9)."""
    own = subject.key.arn.split(":", 5) if subject.key is not None else []
    other = text.value.split(":", 5)
    return len(own) == len(other) and own[5].startswith("key/mrk-") and (own[4], own[5]) == (other[4], other[5])


_KEY_ID = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z", re.IGNORECASE)
_ANY_KEY = Domain("key ARN", tuple(filter(None, [arn_predicate((Fixed("arn:*:kms:*:*:key/?*", True),))])))


def alias_resources(subject: Subject) -> Iterator[FindingOrUndecided]:
    """L9: aliases and bare key IDs, in a statement about operations on keys alone."""
    statement = subject.statement
    known = [action for text in statement.actions for action in _known(text)]
    on_keys = bool(known) and all(action.resources == {"key"} for action in known)
    if statement.not_resource or statement.not_action or not subject.about_kms_alone or not on_keys:
        return
    named = (text for text in statement.resources or () if _names_a_key_otherwise(text.value))
    wrong = [text for text in named if not _may_be_a_key(text.value)]
    if wrong:
        rest = "" if len(wrong) < len(statement.resources or ()) else ", so the statement matches no request on a key"
        message = f"lists {few_names(text.value for text in wrong)}: a key matches by its key ARN alone{rest}"
        proof = Proof("no key ARN matches the pattern")
        yield subject.finding(rules.ALIAS_RESOURCE, message, wrong[0].span, proof=proof)


def _names_a_key_otherwise(text: str) -> bool:
    """True iff a resource, or the last field of its ARN, is an alias or a key ID."""
    last = text.split(":", 5)[-1] if text.count(":") >= 5 else text
    return last.startswith("alias/") or _KEY_ID.match(last.removeprefix("key/")) is not None


def _may_be_a_key(text: str) -> bool:
    if "${" in text:
        return True
    pattern = arn_predicate((Fixed(text, True),))
    return pattern is not None and WordTable(_ANY_KEY, [pattern]).mask(pattern) != 0
