"""What an explanation says of a statement (that it applies, or which of its elements fails) and of a condition (the
rule that decides it, and what the request had).

In: a policy, one of its statements, what was found of its elements; a condition, its variables, what the policy reads
for each key. Out: a line of the trace; texts.
Guarantee: no truth is made of them; a line holds as far as `applies` does, which is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verifier.evaluate.context import Entry, Free, is_multivalued
from verifier.evaluate.findings import RuleFinding
from verifier.evaluate.statements.patterns import Variable
from verifier.evaluate.symbols import Truth
from verifier.model.operators import FOR_ALL, FOR_ANY
from verifier.model.policy import Condition, Operator, Policy, PolicyKind, Statement
from verifier.model.reference import ValueType

_RULES = {
    PolicyKind.KEY: "L5",
    PolicyKind.TRUST: "E2",
    PolicyKind.BOUNDARY: "D4",
    PolicyKind.SESSION: "D4",
    PolicyKind.SCP: "D7",
    PolicyKind.RCP: "D7",
    PolicyKind.ENDPOINT: "V",
}
"""The rule by which a kind of policy applies; P7 for identity policies."""


def statement_summary(
    policy: Policy, statement: Statement, elements: Sequence[RuleFinding], applies: Truth
) -> RuleFinding:
    """Holds iff the statement applies; in words that name the first element that fails."""
    name = f'"{statement.sid.value}"' if statement.sid else f"statement {statement.index + 1}"
    place = f" ({statement.span})" if statement.span.file else ""
    head = f"{statement.effect.value} {name} of {policy.kind.value} {policy.name}{place}"
    rule = _RULES.get(policy.kind, "P7")
    if applies is not False:
        return RuleFinding(rule, f"{head} applies", applies)
    failed = next((element for element in elements if element.holds is False), None)
    rule, why = (failed.rule, failed.text) if failed else (rule, "")
    return RuleFinding(rule, f"{head} does not apply: {why}", False)


def deciding_rule(condition: Condition, entries: Mapping[str, Entry]) -> str:
    """The label of the rule that decides it."""
    entry = entries[condition.key.value.lower()]
    if condition.operator.set_operator or condition.operator.row.type is None:
        return "C1"
    if isinstance(entry, Free):
        return "U3"
    if isinstance(entry, tuple) and is_multivalued(condition.key.value, entry):
        return "C2"
    if condition.operator.row.type is ValueType.ARN:
        return "C4"
    return "C" if condition.operator.row.is_text else "C3"


def sentence(condition: Condition, variables: Sequence[Variable], entries: Mapping[str, Entry]) -> str:
    """What it lists, and what the request had."""
    key = condition.key.value
    listed = ", ".join(value.value for value in condition.values)
    entry = entries[key.lower()]
    had = _had(condition.operator, entry) + ("" if entry is None or entry == () else _of_variables(variables, entries))
    return f"{condition.operator} {key} [{listed}]: {had}"


def _of_variables(variables: Sequence[Variable], entries: Mapping[str, Entry]) -> str:
    """What stands for each policy variable (L7), as the end of a sentence; empty where there is none."""
    sentences = dict.fromkeys(_of_variable(variable, entries[variable.key.lower()]) for variable in variables)
    return "".join(f", {sentence}" for sentence in sentences)


def _of_variable(variable: Variable, entry: Entry) -> str:
    name = f"${{{variable.key}}}"
    if isinstance(entry, str):
        return f"and {name} is {entry}"
    if isinstance(entry, Free):
        return f"and what {name} is, is not given"
    if variable.default is not None and entry is None:
        return f"and {name} is {variable.default} by default"
    if entry is None or isinstance(entry, tuple):
        return f"but {name} has no value" + (
            ", since only IAM users have one" if variable.key.lower() == "aws:username" else ""
        )
    return f"and what {name} is, is open"


def _had(operator: Operator, entry: Entry) -> str:
    if entry is None or entry == ():
        return f"the key is absent{_consequence(operator)}"
    if isinstance(entry, Free):
        return "the key's value is not given"
    if isinstance(entry, str):
        return f"the request has {entry}"
    return f"the request has [{', '.join(entry)}]" if isinstance(entry, tuple) else "what the request has is open"


def _consequence(operator: Operator) -> str:
    if operator.row.type is None:
        return ""
    if operator.set_operator == FOR_ALL:
        return ", so ForAllValues holds"
    if operator.set_operator == FOR_ANY:
        return "" if operator.if_exists else ", so ForAnyValue does not hold"
    if operator.if_exists:
        return ", so IfExists holds"
    return ", so the negated operator holds" if operator.row.negated else ", so the operator does not hold"
