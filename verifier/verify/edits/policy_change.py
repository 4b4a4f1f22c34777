"""The smallest change of the key policy that decides one request otherwise.

In: an estate, a request with its decision. Out: edits, fewest first; or why no edit of the key policy does it.
Guarantee: with fewer edits, out of the documented set, the request is not decided as wanted: each Deny that matches
must itself be changed, and where nothing allows, one edit is needed and a new statement is enough. Each change was
decided by `evaluate`, under every reading; what no key policy could settle (what the decision depends on if a policy
allows, or denies, everything) may stay open. Edits are shown each about the policy that those before it left: a
sentence, the place, the statement before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from verifier.ask.replay import leading_away, matched_statements
from verifier.evaluate import evaluate, values_read
from verifier.model.edits import (
    AddStatement,
    Edit,
    EditError,
    RemoveStatement,
    StatementEdit,
    renumbered,
    with_key_policy,
)
from verifier.model.estate import Estate, Key
from verifier.model.policy import Effect, Policy, Principal, PrincipalType, Statement, principal_named
from verifier.model.policy_text import policy_text, statement_document
from verifier.model.request import Caller, Decision, Outcome, Request
from verifier.model.results.explanation import EditShown, NotFound, PolicyChange
from verifier.model.symbols import SymbolValues
from verifier.syntax.source import NOWHERE
from verifier.verify.edits.candidate_edits import (
    RequestWithValues,
    allowing_edits,
    caller_principals,
    new_statement,
    sparing,
)

MOST_EDITS = 3
"""Edits that are tried together."""
MOST_SHOWN = 3
"""Changes of equal size that are shown."""
_OTHER = {Outcome.ALLOW: Outcome.DENY, Outcome.DENY: Outcome.ALLOW}
ANY_PRINCIPAL = Principal(PrincipalType.ANYONE, "*")


def policy_changes(
    estate: Estate, request: Request, wanted: Outcome, held: SymbolValues
) -> Iterator[PolicyChange | NotFound]:
    """The smallest changes that decide the request as `wanted`, at most `MOST_SHOWN`; or why there is none."""
    key = estate.key(request.resource)
    if key is None:
        yield NotFound(wanted, "D9", "no key policy decides it")
        return
    if key.manager == "AWS":
        yield NotFound(wanted, "D8", "nobody can change the policy of an AWS managed key")
        return
    policy = editable_policy(key)
    if policy is None:
        yield NotFound(wanted, "U3", "the key policy, or a part of it, is not known")
        return
    yield from _Search(estate, request, key, policy, wanted, held).found()


def editable_policy(key: Key) -> Policy | None:
    """The key policy that its owner writes, where all of it is known; resource sharing alone writes the other (L5a)."""
    first = next(iter(key.policies or ()), None)
    policy = next((policy for policy in key.policies or () if policy.name == "default"), first)
    return None if policy is None or any(statement.only_if is not None for statement in policy.statements) else policy


@dataclass
class _Search:
    """Looks for edits of one policy that decide one request as wanted. `held` fixes symbols."""

    estate: Estate
    request: Request
    key: Key
    policy: Policy
    wanted: Outcome
    held: SymbolValues
    _subject: RequestWithValues = field(init=False)

    def __post_init__(self) -> None:
        self._subject = RequestWithValues(self.request, values_read(self.estate, self.request), self.key)

    def found(self) -> Iterator[PolicyChange | NotFound]:
        """The smallest changes, or the reason that there is none."""
        utmost = self._decide(self._utmost(), self.held)
        if utmost.outcome is _OTHER[self.wanted]:
            yield NotFound(self.wanted, *what_decides(utmost, self.wanted))
            return
        if utmost.outcome is Outcome.DEPENDS:
            symbols = dict(self.held)
            self.held = leading_away(self._with(self._utmost()), self.request, self.held, _OTHER[self.wanted])
            if self._decide(self.policy, self.held).outcome is self.wanted:
                yield NotFound(self.wanted, "S2", "what it depends on is nothing that a key policy settles")
                return
            yield from self._smallest(symbols)
            return
        yield from self._smallest(self.held)

    def _smallest(self, symbols: SymbolValues) -> Iterator[PolicyChange | NotFound]:
        for size in range(1, MOST_EDITS + 1):
            seen: dict[str, PolicyChange] = {}
            for edits, after in self._within(self.policy, (), size):
                text = policy_text(after)
                if text not in seen:
                    shown, decision = tuple(edits_shown(self.policy, edits)), self._decide(after, symbols)
                    seen[text] = PolicyChange(self.wanted, shown, decision)
                if len(seen) == MOST_SHOWN:
                    break
            if seen:
                yield from seen.values()
                return
        none = f"no change of up to {MOST_EDITS} edits does it"
        yield NotFound(self.wanted, "bound", f"{none}: each Deny that matches takes one")

    def _within(self, policy: Policy, edits: tuple[Edit, ...], left: int) -> Iterator[tuple[tuple[Edit, ...], Policy]]:
        """The ways to get there with exactly `left` more edits."""
        decision = self._decide(policy, self.held)
        if decision.outcome is self.wanted:
            if left == 0:
                yield edits, policy
            return
        if left == 0:
            return
        against = leading_away(self._with(policy), self.request, self.held, self.wanted)
        before = self._decide(policy, against)
        for edit in self._candidates(policy, before):
            try:
                after = edit.apply(policy)
            except EditError:
                continue
            if self._progress(before, self._decide(after, against)):
                yield from self._within(after, (*edits, edit), left - 1)

    def _candidates(self, policy: Policy, decision: Decision) -> Iterator[Edit]:
        if self.wanted is Outcome.ALLOW:
            denying = next(matched(policy, decision, Effect.DENY), None)
            yield from (
                sparing(policy, denying, self._subject)
                if denying is not None
                else allowing_edits(policy, self._subject)
            )
            return
        for statement in matched(policy, decision, Effect.ALLOW):
            yield from sparing(policy, statement, self._subject)
        principals = caller_principals(self._subject.caller)[:1]
        yield AddStatement(new_statement(Effect.DENY, principals, (self.request.action,)))

    def _progress(self, before: Decision, after: Decision) -> bool:
        """True iff an edit brings the decision nearer: it is as wanted, or one Deny fewer matches."""
        if after.outcome is self.wanted:
            return True
        deny = self.policy.identity, Effect.DENY
        found = ([(one.policy, one.effect) for one in matched_statements(decision)] for decision in (after, before))
        left, denied = (one.count(deny) for one in found)
        return self.wanted is Outcome.ALLOW and left < denied

    # -- deciding --

    def _with(self, policy: Policy) -> Estate:
        return with_key_policy(self.estate, self.key.arn, policy)

    def _decide(self, policy: Policy, held: SymbolValues) -> Decision:
        return evaluate(self._with(policy), self.request, held)

    def _utmost(self) -> Policy:
        return utmost(self.policy, self._subject.caller, self.key.account, self.wanted)


def utmost(policy: Policy, caller: Caller, key_account: str, wanted: Outcome) -> Policy:
    """The policy that allows, or denies, every request of a caller if any key policy does."""
    effect = Effect.ALLOW if wanted is Outcome.ALLOW else Effect.DENY
    account = principal_named(caller.account or key_account)
    named = (*caller_principals(caller), *((account,) if isinstance(account, Principal) else ()))
    statements = (new_statement(effect, named, ("*",)), new_statement(effect, (ANY_PRINCIPAL,), ("*",)))
    return renumbered(policy, statements)


def matched(policy: Policy, decision: Decision, effect: Effect) -> Iterator[Statement]:
    """The statements of a policy that matched, by the trace."""
    for named in matched_statements(decision):
        if (named.policy, named.effect) == (policy.identity, effect):
            yield policy.statements[named.index]


def what_decides(utmost: Decision, wanted: Outcome) -> tuple[str, str]:
    """The rule and the sentence of what decides a request though a key policy says all that it can for `wanted`."""
    last = utmost.trace[-1]
    if wanted is Outcome.DENY:
        return last.rule, f"no key policy stops the request: {last.text}"
    # That no grant allows is no obstacle, and what is not needed is marked so.
    closed = (step for step in utmost.trace if step.depth == 0 and not step.holds and not step.rule.startswith("G"))
    step = next((step for step in closed if not step.text.endswith("(not needed)")), last)
    return step.rule, f"no key policy allows the request: {step.text}"


def edits_shown(policy: Policy, edits: Iterable[Edit]) -> Iterator[EditShown]:
    """Each edit with its statement. Raises `EditError` for one that does not fit."""
    for edit in edits:
        text, after = edit.describe(policy), edit.apply(policy)
        match edit:
            case AddStatement():
                yield EditShown(text, None, _json(after.statements[-1]))
            case RemoveStatement(index):
                yield EditShown(text, _json(policy.statements[index]), None, policy.statements[index].span)
            case StatementEdit(index):
                old, new = policy.statements[index], after.statements[index]
                yield EditShown(text, _json(old), _json(new), old.span)
            case _:
                yield EditShown(text, None, None, NOWHERE)
        policy = after


def _json(statement: Statement) -> str:
    return json.dumps(statement_document(statement), indent=2, ensure_ascii=False)
