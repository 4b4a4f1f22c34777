"""What makes questions fast: passes, each from a question to one with less in it.

In: a question that is not compiled. Out: the same question, to be compiled by the rules alone from less.
Guarantee, the law of every pass: the invariants have the same verdicts. A proof rests on a minimal core, of which there
may be several: which one is found a pass may change. A pass changes what the decision is read from, and nothing else:
the facts, what is unmodelled and the replay of a counterexample are those of the whole input. No rule knows of passes,
nor does `recheck`, which formulates every question without them. `tests/verify/test_passes.py` leaves out each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import is_

from verifier.frozen import Frozen
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import Grant
from verifier.model.invariant import Expectation, Invariant
from verifier.model.organization import Controls, Level
from verifier.model.policy import Condition, Effect, Policy, Principal, PrincipalType, Statement, Text
from verifier.problem.expression import Expression
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.relevance import CallersInQuestion, RelevantActions, actions_of
from verifier.problem.semantics.grants import CREATE, RETIRE
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE
from verifier.problem.semantics.targets import Target
from verifier.problem.space import DecisionInput


class UncompiledQuestion(Frozen):
    """Invariants about one target, with their `callers` as expressions; `input` is what the decision is read from.
    `confined`: of other requests than those in some scope nothing has to be right."""

    invariants: tuple[Invariant, ...]
    callers: tuple[Expression, ...]
    target: Target
    input: DecisionInput
    confined: bool = False


Pass = Callable[[UncompiledQuestion], UncompiledQuestion]
Operations = tuple[str, ...]
"""The operations of a grant."""
_Pruned = tuple[Estate, frozenset[str]]
"""An estate with shorter policies, and the condition keys that these tested before."""
_by_actions, _by_callers = ObjectCache[_Pruned](4), ObjectCache[_Pruned](4)


# -- other statements --


def other_actions(question: UncompiledQuestion) -> UncompiledQuestion:
    """Leaves out each Deny that is about none of the actions in question, and makes each such Allow silent: it is about
    every action but those in question, has no conditions, and names one caller of each kind, the first in the policies.
    Silent statements of a policy that are then alike become one.

    Law: such a statement matches no request in a scope, whoever its callers are and whatever its conditions. What a
    Deny says that matches nothing, no proof needs. An Allow stays, since a proof by other statements must do without
    it; so do the conditions on the caller's ARN of one to everyone, which tell how strongly it names its callers
    (D4)."""
    about = actions_of(question.invariants)
    whole = question.input.estate
    estate, tested = _by_actions.of((whole,), about, find=lambda: _without_other_actions(whole, about))
    pruner = _Pruner(about.meet, patterns=tuple(map(Text, about.patterns)))
    organization = estate.organization
    if organization is not None:
        controls = tuple(
            pruner.resource(one) if one.account == question.target.account else one for one in organization.controls
        )
        estate = replace(estate, organization=replace(organization, controls=controls))
    return _with_input(question, estate, pruner.key(question.input.key), tested | pruner.tested_keys)


def _without_other_actions(estate: Estate, about: RelevantActions) -> _Pruned:
    """The estate with shorter policies of identities, organizations and endpoints, which many targets share."""
    pruner = _Pruner(about.meet, patterns=tuple(map(Text, about.patterns)))
    organization = estate.organization
    if organization is not None:
        organization = replace(organization, controls=tuple(map(pruner.service, organization.controls)))
    endpoints = estate.endpoints and tuple(
        replace(one, policy=one.policy and pruner.policy(one.policy)) for one in estate.endpoints
    )
    accounts = tuple(map(pruner.inventory, estate.accounts))
    pruned = replace(estate, accounts=accounts, organization=organization, endpoints=endpoints)
    return pruned, frozenset(pruner.tested_keys)


def other_callers(question: UncompiledQuestion) -> UncompiledQuestion:
    """The same of the statements of the key policy that are about no caller in question, and of those of users and
    roles of accounts of which no caller is.

    Law: such a statement matches no request in a scope. Where something must be allowed, each Deny stays too: a proof
    can rest on whom it spares."""
    whom = CallersInQuestion(question.callers)
    keeps = any(invariant.expectation is Expectation.ALLOWED for invariant in question.invariants)
    whole = question.input.estate
    others = frozenset(one.id for one in whole.accounts if not whom.account(one.id))
    estate, tested = _by_callers.of((whole,), others, keeps, find=lambda: _without_other_callers(whole, others, keeps))
    pruner = _Pruner(whom.names, keeps_denies=keeps)
    return _with_input(question, estate, pruner.key(question.input.key), tested | pruner.tested_keys)


def _without_other_callers(estate: Estate, others: frozenset[str], keeps: bool) -> _Pruned:
    """The estate where the users and roles of other accounts have silent policies."""
    if not others:
        return estate, frozenset()
    pruner = _Pruner(lambda _: False, keeps_denies=keeps)
    accounts = tuple(pruner.inventory(one) if one.id in others else one for one in estate.accounts)
    return replace(estate, accounts=accounts), frozenset(pruner.tested_keys)


def _with_input(
    question: UncompiledQuestion, estate: Estate, key: Key | None, tested: Iterable[str] = ()
) -> UncompiledQuestion:
    tested_keys = question.input.tested_keys.union(tested)
    return replace(question, input=replace(question.input, estate=estate, key=key, tested_keys=tested_keys))


class _Pruner:
    """Policies in which the statements that do not matter are silent, or left out, and the condition keys that these
    tested. `patterns` are those of all actions in question, where no statement that does not matter is about one."""

    def __init__(
        self, matters: Callable[[Statement], bool], *, patterns: tuple[Text, ...] = (), keeps_denies: bool = False
    ) -> None:
        self._matters, self._patterns = matters, patterns
        self._kept = (Effect.ALLOW, Effect.DENY) if keeps_denies else (Effect.ALLOW,)
        self._known: dict[int, tuple[Policy, Policy]] = {}
        self._callers: dict[tuple[PrincipalType, str | None], Principal] = {}
        self.tested_keys: set[str] = set()

    def policy(self, policy: Policy) -> Policy:
        """The policy itself where all of it matters."""
        found = self._known.get(id(policy))
        if found is None:
            found = self._known[id(policy)] = policy, self._shortened(policy)
        return found[1]

    def _shortened(self, policy: Policy) -> Policy:
        others = [statement for statement in policy.statements if not self._matters(statement)]
        if not others:
            return policy
        self.tested_keys.update(condition.key.value for statement in others for condition in statement.conditions)
        kept = [statement for statement in others if statement.effect in self._kept]
        groups = self._groups(policy, kept) if self._patterns else [[statement] for statement in kept]
        silent = {group[0].index: self._silent(group) for group in groups}
        gone = {statement.index for statement in others}.difference(silent)
        return replace(
            policy, statements=tuple(silent.get(s.index, s) for s in policy.statements if s.index not in gone)
        )

    def _groups(self, policy: Policy, others: Sequence[Statement]) -> Iterable[Sequence[Statement]]:
        """The statements that are read as one. No action in question is one of theirs, so that they may be about any
        callers that the policy names."""
        for statement in policy.statements:
            for principal in statement.principals or ():
                self._of_kind(principal)
        groups: dict[object, list[Statement]] = {}
        for statement in others:
            groups.setdefault(_alike(statement), []).append(statement)
        return groups.values()

    def _silent(self, group: Sequence[Statement]) -> Statement:
        first = group[0]
        actions, not_action = (self._patterns, True) if self._patterns else (first.actions, first.not_action)
        principals = first.principals
        if principals is not None and not first.not_principal:
            principals = tuple({self._of_kind(principal): None for one in group for principal in one.principals or ()})
        return replace(
            first, actions=actions, not_action=not_action, principals=principals, conditions=_on_callers(first)
        )

    def _of_kind(self, principal: Principal) -> Principal:
        """The first of its kind, for all of them."""
        return self._callers.setdefault((principal.type, principal.partition), principal)

    def key(self, key: Key | None) -> Key | None:
        """A key with such policies."""
        if key is None or key.policies is None:
            return key
        policies = tuple(map(self.policy, key.policies))
        return key if all(map(is_, policies, key.policies)) else replace(key, policies=policies)

    def inventory(self, account: Account) -> Account:
        """The users and roles of an account with such policies."""
        return replace(
            account, users=tuple(map(self._identity, account.users)), roles=tuple(map(self._identity, account.roles))
        )

    def _identity(self, identity: Identity) -> Identity:
        policies = tuple(map(self.policy, identity.policies))
        boundary = identity.boundary and self.policy(identity.boundary)
        same = boundary is identity.boundary and all(map(is_, policies, identity.policies))
        return identity if same else replace(identity, policies=policies, boundary=boundary)

    def service(self, controls: Controls) -> Controls:
        return replace(controls, service=controls.service and tuple(map(self._level, controls.service)))

    def resource(self, controls: Controls) -> Controls:
        return replace(controls, resource=controls.resource and tuple(map(self._level, controls.resource)))

    def _level(self, level: Level) -> Level:
        return replace(level, policies=tuple(map(self.policy, level.policies)))


def _on_callers(statement: Statement) -> tuple[Condition, ...]:
    """The conditions by which an Allow to everyone may count as one to callers by their ARNs (D4)."""
    listed = () if statement.not_principal else statement.principals or ()
    if not any(one.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS) for one in listed):
        return ()
    return tuple(one for one in statement.conditions if one.key.value.lower() == "aws:principalarn")


def _alike(statement: Statement) -> object:
    """What statements have in common that are read as one."""
    if statement.not_principal:
        return statement.index
    resources = tuple(text.value for text in statement.resources or ())
    whom = statement.principals is None, _on_callers(statement)
    return statement.only_if, statement.not_resource, resources, whom


# -- other grants --


def other_operations(question: UncompiledQuestion) -> UncompiledQuestion:
    """Of the grants of none of the operations in question one is read; and none makes other grants (G6), unless that is
    in question.

    Law: such a grant allows no request in a scope. One stays, as an Allow does. Where retiring one is in question, so
    is every grant."""
    about, key = actions_of(question.invariants), question.input.key
    if key is None or not key.grants or about.named((RETIRE,)):
        return question
    matters = {operations: about.named(operations) for operations in {grant.operations for grant in key.grants}}
    one = next((grant for grant in key.grants if not matters[grant.operations]), None)
    grants = tuple(grant for grant in key.grants if matters[grant.operations] or grant is one)
    if not about.named((CREATE,)):
        fewer = _making_no_others(question, grants)
        grants = tuple(_with_operations(grant, fewer[grant.operations]) for grant in grants)
    return _with_input(question, question.input.estate, replace(key, grants=grants))


def _making_no_others(question: UncompiledQuestion, grants: Iterable[Grant]) -> dict[Operations, Operations]:
    """What the operations of grants that make no others are read as: without CreateGrant, unless some invariant is
    about no other one of them. Of a key with many grants those of the same operations are named together, and stay."""
    about, key = actions_of(question.invariants), question.target.key
    found = {grant.operations: grant.operations for grant in grants}
    if key is not None and len(key.grants or ()) <= NAMED_ONE_BY_ONE:
        for operations in found:
            fewer = tuple(name for name in operations if name != CREATE)
            found[operations] = fewer if about.alike(fewer, operations) else operations
    return found


def _with_operations(grant: Grant, operations: Operations) -> Grant:
    return grant if operations == grant.operations else replace(grant, operations=operations)


def other_grantees(question: UncompiledQuestion) -> UncompiledQuestion:
    """The grants to callers of an account of which no caller is in question have no constraints, make no others, and
    have one grantee: two for each account, since callers whom a grant to the account itself reaches need the account's
    leave (G2).

    Law: such a grant allows no request in a scope, whichever callers of the account it names."""
    key, whom = question.input.key, CallersInQuestion(question.callers)
    if key is None or not key.grants:
        return question
    grantees: dict[tuple[str | None, bool], Principal] = {}
    fewer = _making_no_others(question, key.grants)

    def read(grant: Grant) -> Grant:
        if grant.grantee_hidden or whom.account(grant.grantee.account):
            return grant
        of_account = grant.grantee.type is PrincipalType.ACCOUNT
        grantee = grantees.setdefault((grant.grantee.account, of_account), grant.grantee)
        rest = fewer[grant.operations], grant.retiring, grant.issuing_account
        return Grant(grant.id, grantee, *rest, name=grant.name, span=grant.span)

    return _with_input(question, question.input.estate, replace(key, grants=tuple(map(read, key.grants))))


# -- what else need not be told apart --


def many_statements(question: UncompiledQuestion) -> UncompiledQuestion:
    """The Allow statements, or Deny statements, of users and roles are one where they are many: a list of thousands
    explains nothing, and that each of them is needed takes as many calls of a solver to tell.

    Law: the same verdict. A proof names the first and how many more there are, if it rests on any."""
    return replace(question, input=replace(question.input, many_as_one=True))


def other_requests(question: UncompiledQuestion) -> UncompiledQuestion:
    """Only the classes of values that the scopes admit are told apart (`Reduction.suppose`).

    Law: the same verdicts, for a violation is in a scope. A statement that says nothing of these requests stays in the
    formula if a proof can rest on it, so that one may name more of them than it does without the pass."""
    return replace(question, confined=True)


PASSES: tuple[Pass, ...] = (
    other_actions,
    other_callers,
    other_operations,
    other_grantees,
    many_statements,
    other_requests,
)
"""All passes, in the order in which they are made."""


def apply_passes(question: UncompiledQuestion) -> UncompiledQuestion:
    for one in PASSES:
        question = one(question)
    return question
