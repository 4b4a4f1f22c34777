"""What an explanation says of a statement: that it applies, or which of its elements fails.

In: a policy, one of its statements, what was found of its elements. Out: a line of the trace. Guarantee: it holds as
far as `applies` does, which is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.evaluate.findings import RuleFinding
from verifier.evaluate.symbols import Truth
from verifier.model.policy import Policy, PolicyKind, Statement

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
