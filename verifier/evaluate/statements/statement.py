"""Whether one statement of a policy applies to a request (L1–L9, P1–P7, C).

In: a policy, one of its statements, the request. Out: the truth of the whole for each way of naming the caller, and the
finding for the trace. Guarantee: action, resource and principal are all examined, so the trace never depends on the
order of evaluation; the conditions of a statement that fails by one of them are not, since no trace shows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import Context
from verifier.evaluate.findings import RuleFinding, StatementFinding
from verifier.evaluate.statements.conditions import Mode, condition_finding, replaced_under_bool
from verifier.evaluate.statements.patterns import text_matches, variables_of
from verifier.evaluate.statements.principals import NamedBy, Ways, ways_named
from verifier.evaluate.statements.targets import Target, resource_covers
from verifier.evaluate.statements.values import parses, zone_reading
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of, negation
from verifier.evaluate.words.statements import statement_summary
from verifier.frozen import Frozen
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement, reference_to
from verifier.model.readings import C3, C3_BOOL, F8_QUOTA, L4, L4_LIST, L4_LIST_DENY, L7_USERNAME, V_ACCOUNT
from verifier.model.reference import ALIAS_QUOTA
from verifier.model.request import CallerKind
from verifier.model.symbols import NotResourceStatement, Reading

NAMING_CALLERS = frozenset({PolicyKind.KEY, PolicyKind.TRUST, PolicyKind.ENDPOINT})
"""The policies whose `Principal` may tell callers apart; that of an RCP is `*` (P7)."""

_OF_RESOURCES = frozenset({PolicyKind.KEY, PolicyKind.TRUST})
"""The resource-based policies: naming a caller in one gives it access, naming an account delegates (D4, E2)."""


class RequestToMatch(Frozen):
    """One request, as statements are matched with it."""

    standing: Standing
    action: str
    target: Target
    context: Context
    symbols: Symbols


class StatementMatch(Frozen):
    """A statement matched with a request: whether it applies, by each way in which it names the caller. One of a policy
    in which `Principal` tells no callers apart (P7) counts as naming whom the policy binds, by `NamedBy.NAME`."""

    ways: Ways
    finding: StatementFinding

    @property
    def applies(self) -> Truth:
        """True iff the statement applies, in some way."""
        return any_of(self.ways.values())


def match_statement(policy: Policy, statement: Statement, question: RequestToMatch) -> StatementMatch:
    """Holds a statement against a request. One that is about other actions is looked at no further."""
    action = _action(statement, question.action)
    if action.holds is False:
        return _match(policy, statement, {}, [action], explain=False)
    reader = Mode(policy.kind, policy.variables, question.context, question.symbols)
    ways, resource = _ways(policy, statement, question), _resource(policy, statement, question.target, reader)
    elements = [action, resource]
    if policy.kind in NAMING_CALLERS:
        elements.append(_principal(statement, ways, question))
    explain = all_of([element.holds for element in elements]) is not False
    conditions = [_condition(statement, one, reader) for one in statement.conditions] if explain else []
    ways = _narrowed(ways, [action, resource, *conditions])
    elements += conditions
    for further in (_heeded, _readable, _valid_without_user_name, _within_quota, _certain):
        finding = None if any_of(ways.values()) is False else further(policy, statement, question)
        if finding is not None:
            ways = _narrowed(ways, [finding])
            elements.append(finding)
    return _match(policy, statement, ways, elements, explain)


def _narrowed(ways: Ways, findings: Sequence[RuleFinding]) -> Ways:
    """The ways in which a statement applies, where the findings hold besides."""
    return {way: all_of([holds, *(finding.holds for finding in findings)]) for way, holds in ways.items()}


def _match(policy: Policy, statement: Statement, ways: Ways, found: list[RuleFinding], explain: bool) -> StatementMatch:
    summary = statement_summary(policy, statement, found, any_of(ways.values()))
    return StatementMatch(ways, StatementFinding(reference_to(policy, statement), summary, tuple(found), explain))


def _ways(policy: Policy, statement: Statement, question: RequestToMatch) -> Ways:
    if policy.kind not in NAMING_CALLERS:
        return {NamedBy.NAME: True}
    ways = ways_named(statement, question.standing, question.target.partition, question.symbols, policy.kind)
    named = not statement.not_principal and (statement.only_if is not None or _by_principal_arn(statement))
    if policy.kind in _OF_RESOURCES and statement.effect is Effect.ALLOW and named:
        return {**ways, NamedBy.NAME: any_of([ways.get(NamedBy.NAME, False), ways.get(NamedBy.ANYONE, False)])}
    if policy.kind in _OF_RESOURCES or statement.effect is Effect.DENY or NamedBy.ACCOUNT not in ways:
        return ways
    # In an endpoint policy there is nothing to delegate: whether an account stands for all of its callers is open
    # (V-account).
    stands_for_all = ways.get(NamedBy.NAME) is True or question.symbols.value(V_ACCOUNT)
    return {**ways, NamedBy.ACCOUNT: all_of([ways[NamedBy.ACCOUNT], stands_for_all])}


def _condition(statement: Statement, condition: Condition, reader: Mode) -> RuleFinding:
    """Holds iff a condition does. Whether a plain one with an empty list does is open (L4). [IAM User Guide,
    access-analyzer-reference-policy-checks, Empty array condition]"""
    if condition.values or not condition.operator.is_plain:
        return condition_finding(condition, reader)
    text = f"{condition.operator} {condition.key.value} []: AWS says both that this holds and that it does not"
    return RuleFinding("L4", text, reader.symbols.value(L4_LIST if statement.effect is Effect.ALLOW else L4_LIST_DENY))


def _heeded(policy: Policy, statement: Statement, question: RequestToMatch) -> RuleFinding | None:
    """Holds iff a Deny with an empty `Condition` has an effect (L4). [IAM User Guide,
    access-analyzer-reference-policy-checks, Empty object condition]"""
    if not statement.empty_condition:
        return None
    return RuleFinding("L4", "pages differ on what an empty Condition does to a Deny", question.symbols.value(L4))


def _certain(policy: Policy, statement: Statement, question: RequestToMatch) -> RuleFinding | None:
    """Holds iff a statement that stands for one with unknown parts applies (U3)."""
    if statement.only_if is None:
        return None
    text = "parts of the statement are not known, so whether it applies is not"
    return RuleFinding("U3", text, question.symbols.value(statement.only_if))


def _valid_without_user_name(policy: Policy, statement: Statement, question: RequestToMatch) -> RuleFinding | None:
    """Holds iff `${aws:username}` does not void the statement, which is open where the caller has no user name (L7)."""
    of_text = (text for one in statement.conditions if one.operator.row.is_text for text in one.values)
    texts = (*of_text, *(statement.resources or ()))
    variables = (one for text in texts for one in variables_of(text.value, policy.variables))
    used = any(one.key.lower() == "aws:username" and one.default is None for one in variables)
    if not used or question.context.entries.get("aws:username") is not None:
        return None
    return RuleFinding("L7", "the caller has no `aws:username`", negation(question.symbols.value(L7_USERNAME)))


def _within_quota(policy: Policy, statement: Statement, question: RequestToMatch) -> RuleFinding | None:
    """Holds iff the key has no more aliases than the quota: one with more refuses whoever is let in by a condition on
    them (F8). [KMS Developer Guide, abac]"""
    key = question.target.key
    by_alias = any(condition.key.value.lower() == "kms:resourcealiases" for condition in statement.conditions)
    within = key is None or (key.aliases is not None and len(key.aliases) <= ALIAS_QUOTA)
    over = statement.effect is Effect.ALLOW and by_alias and not within and question.symbols.value(F8_QUOTA)
    if over is False:
        return None
    has = "may have" if key is not None and key.aliases is None else "has"
    text = f"the key {has} more than {ALIAS_QUOTA} aliases, so a condition on them lets nobody in"
    return RuleFinding("F8", text, negation(over))


def _by_principal_arn(statement: Statement) -> bool:
    """True iff a statement for everyone is narrowed by `aws:PrincipalArn`: neither boundary nor session policy limits
    what it gives, as if it named the caller itself. [IAM User Guide, reference_policies_elements_principal, IAM role
    principals]"""
    operators = [one.operator for one in statement.conditions if one.key.value.lower() == "aws:principalarn"]
    return any(one.is_plain and one.row.is_text and not one.row.negated for one in operators)


def _action(statement: Statement, action: str) -> RuleFinding:
    """Holds iff `Action` or `NotAction` matches (L3, L6)."""
    name = "NotAction" if statement.not_action else "Action"
    pattern = next((text.value for text in statement.actions if text_matches(text.value.lower(), action.lower())), None)
    found = f"{pattern} matches {action}" if pattern is not None else f"nothing listed matches {action}"
    return RuleFinding("L6", f"{name}: {found}", (pattern is None) == statement.not_action)


def _resource(policy: Policy, statement: Statement, target: Target, reader: Mode) -> RuleFinding:
    """Holds iff `Resource` or `NotResource` matches (L5, L6, L9). A trust policy has none: it is about its own role."""
    if policy.kind is PolicyKind.TRUST:
        return RuleFinding("E2", "Resource: a trust policy is about its own role", True)
    if statement.resources is None:
        return RuleFinding("L5", "Resource is missing, so the statement has no effect", False)
    rule = "L5" if policy.kind is PolicyKind.KEY else "L9" if target.key else "L6"
    if statement.not_resource and policy.kind is PolicyKind.KEY:
        applies = reader.symbols.value(NotResourceStatement(policy.identity, policy.listed(statement)))
        return RuleFinding("L5", "NotResource in a key policy: what it means is not documented", applies)
    covered = any_of([resource_covers(text.value, target, reader) for text in statement.resources])
    listed = ", ".join(text.value for text in statement.resources)
    if statement.not_resource:
        return RuleFinding(rule, f"NotResource [{listed}] against {target.described}", negation(covered))
    return RuleFinding(rule, f"Resource [{listed}] against {target.described}", covered)


def _principal(statement: Statement, ways: Ways, question: RequestToMatch) -> RuleFinding:
    """Holds iff `Principal` or `NotPrincipal` matches (P1–P6)."""
    named = any_of(ways.values())
    caller = question.standing.caller
    by = [way for way, truth in ways.items() if truth is True]
    if statement.not_principal:
        return RuleFinding("P5", f"NotPrincipal {'does not spare' if named else 'spares'} {caller.arn}", named)
    own_rule = {CallerKind.SERVICE: "P4", CallerKind.ROOT: "P2"}.get(caller.kind, "P3")
    if not by:
        does = "does not name" if named is False else "may name"
        return RuleFinding(own_rule, f"Principal {does} {caller.arn}", named)
    rule = {NamedBy.ANYONE: "P1", NamedBy.ACCOUNT: "P2"}.get(by[0], own_rule)
    return RuleFinding(rule, f"Principal names {caller.arn} {by[0].value}", named)


def _readable(policy: Policy, statement: Statement, question: RequestToMatch) -> RuleFinding | None:
    """Holds iff no listed value that does not parse voids the statement (open: C3); `None` where that is certain."""
    symbols = question.symbols

    def stands(void: Reading, readable: Reading | None) -> Truth:
        stands_unread = partial(symbols.choose, void, lambda: False, lambda: True)
        return stands_unread() if readable is None else symbols.choose(readable, lambda: True, stands_unread)

    read = all_of([stands(*found) for found in dict.fromkeys(_unread(statement, policy.variables))])
    return None if read is True else RuleFinding("C3", "a listed value cannot be read", read)


def _unread(statement: Statement, variables: bool) -> Iterator[tuple[Reading, Reading | None]]:
    """Of each listed value that may not parse: the reading that voids its statement, and one that still reads it."""
    for condition in statement.conditions:
        row = condition.operator.row
        for value in condition.values:
            if not parses(row, value.value):
                yield C3[row.type], C3_BOOL if variables and replaced_under_bool(row, value.value) else None
            elif reading := zone_reading(row, value.value):
                yield C3[row.type], reading
