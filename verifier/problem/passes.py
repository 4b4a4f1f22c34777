"""What makes questions fast: passes, each from a question to one with less in it.

In: a question as it is asked. Out: the same question, to be compiled by the rules alone from less.
Guarantee, the law of every pass: the invariants have the same verdicts, and proofs rest on the same statements, but
where a pass says otherwise. A pass changes what the decision is read from, and nothing else: the facts, what is
unmodelled and the replay of a counterexample are those of the whole input. No rule knows of passes, nor does `recheck`,
which formulates every question without them. `tests/verify/test_passes.py` leaves out each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from verifier.model.estate import Account, Controls, Estate, Identity, Key, Level
from verifier.model.grant import Grant
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect, Policy, Principal, PrincipalType, Statement
from verifier.problem.expression import Expression
from verifier.problem.facts.names import Same
from verifier.problem.relevance import Actions, Reached, actions_of
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.space import Read


@dataclass(frozen=True)
class Asked:
    """Invariants about one target, with their `callers` as expressions; what the decision is read from. `confined`: of
    other requests than those in some scope nothing has to be right."""

    invariants: tuple[Invariant, ...]
    callers: tuple[Expression, ...]
    account: str | None
    read: Read
    confined: bool = False


Pass = Callable[[Asked], Asked]


# -- other statements --


def other_actions(asked: Asked) -> Asked:
    """Of the statements that are about none of the actions in question, each Deny is left out, and each Allow is
    silent: it has no conditions, and one caller of each kind that it names. Those of a policy that differ in nothing
    else are one.

    Law: such a statement matches no request in a scope, whoever its callers are and whatever its conditions. What a
    Deny says that matches nothing, no proof needs. An Allow stays, since a proof by other statements must do without
    it; so do its conditions on the caller's ARN, which tell how strongly it names its callers (D4)."""
    about = actions_of(asked.invariants)
    estate, tested = _without_other_actions(Same(asked.read.estate), about)
    shorter = _Shorter(about.meet, merges=True)
    organization = estate.organization
    if organization is not None:
        controls = tuple(
            shorter.resource(one) if one.account == asked.account else one for one in organization.controls
        )
        estate = replace(estate, organization=replace(organization, controls=controls))
    return _read(asked, estate, shorter.key(asked.read.key), tested | shorter.tested)


@lru_cache(4)
def _without_other_actions(estate: Same, about: Actions) -> tuple[Estate, frozenset[str]]:
    """The estate with shorter policies of identities, organizations and endpoints, which many targets share, and what
    was tested."""
    shorter, found = _Shorter(about.meet, merges=True), estate.estate
    organization = found.organization
    if organization is not None:
        organization = replace(organization, controls=tuple(map(shorter.service, organization.controls)))
    endpoints = found.endpoints and tuple(
        replace(one, policy=one.policy and shorter.policy(one.policy)) for one in found.endpoints
    )
    accounts = tuple(map(shorter.inventory, found.accounts))
    return replace(found, accounts=accounts, organization=organization, endpoints=endpoints), frozenset(shorter.tested)


def other_callers(asked: Asked) -> Asked:
    """The same of the statements of the key policy, and of the policies of users and roles, that are about callers of
    accounts of which no caller is in question.

    Law: such a statement matches no request in a scope. Where something must be allowed, each Deny stays too: a proof
    can rest on whom it spares."""
    reached = Reached(asked.callers)
    keeps = any(invariant.expectation is Expectation.ALLOWED for invariant in asked.invariants)
    others = frozenset(one.id for one in asked.read.estate.accounts if not reached.of(one.id))
    estate, tested = (
        _without_other_callers(Same(asked.read.estate), others, keeps)
        if others
        else (asked.read.estate, frozenset[str]())
    )
    shorter = _Shorter(reached.names, keeps_denies=keeps)
    return _read(asked, estate, shorter.key(asked.read.key), tested | shorter.tested)


@lru_cache(4)
def _without_other_callers(estate: Same, others: frozenset[str], keeps: bool) -> tuple[Estate, frozenset[str]]:
    """The estate where the users and roles of other accounts have silent policies."""
    shorter = _Shorter(lambda _: False, keeps_denies=keeps)
    accounts = tuple(shorter.inventory(one) if one.id in others else one for one in estate.estate.accounts)
    return replace(estate.estate, accounts=accounts), frozenset(shorter.tested)


def _read(asked: Asked, estate: Estate, key: Key | None, tested: Iterable[str]) -> Asked:
    return replace(asked, read=replace(asked.read, estate=estate, key=key, tested=asked.read.tested.union(tested)))


class _Shorter:
    """Policies in which the statements that do not matter are silent, or left out, and the condition keys that these
    tested."""

    def __init__(
        self, matters: Callable[[Statement], bool], *, merges: bool = False, keeps_denies: bool = False
    ) -> None:
        self._matters, self._merges = matters, merges
        self._kept = (Effect.ALLOW, Effect.DENY) if keeps_denies else (Effect.ALLOW,)
        self._known: dict[int, tuple[Policy, Policy]] = {}
        self._callers: dict[tuple[PrincipalType, str | None], Principal] = {}
        self.tested: set[str] = set()

    def policy(self, policy: Policy) -> Policy:
        """The policy itself where all of it matters."""
        found = self._known.get(id(policy))
        if found is None:
            found = self._known[id(policy)] = policy, self._shortened(policy)
        return found[1]

    def _shortened(self, policy: Policy) -> Policy:
        if all(map(self._matters, policy.statements)):
            return policy
        kept: dict[object, Statement] = {}
        for statement in policy.statements:
            if self._matters(statement):
                kept[statement.index] = statement
                continue
            self.tested.update(condition.key.value for condition in statement.conditions)
            if statement.effect in self._kept:
                silent = self._silent(statement)
                alike = _alike(silent) if self._merges else statement.index
                kept[alike] = _merged(kept[alike], silent) if alike in kept else silent
        return replace(policy, statements=tuple(kept.values()))

    def _silent(self, statement: Statement) -> Statement:
        conditions = tuple(one for one in statement.conditions if one.key.value.lower() == "aws:principalarn")
        principals = statement.principals
        if principals is not None:
            principals = tuple({self._callers.setdefault((one.type, one.partition), one): None for one in principals})
        return replace(statement, conditions=conditions, principals=principals)

    def key(self, key: Key | None) -> Key | None:
        """A key with such policies."""
        if key is None or key.policies is None:
            return key
        policies = tuple(map(self.policy, key.policies))
        return key if all(map(_is, policies, key.policies)) else replace(key, policies=policies)

    def inventory(self, account: Account) -> Account:
        """The users and roles of an account with such policies."""
        return replace(
            account, users=tuple(map(self._identity, account.users)), roles=tuple(map(self._identity, account.roles))
        )

    def _identity(self, identity: Identity) -> Identity:
        policies = tuple(map(self.policy, identity.policies))
        boundary = identity.boundary and self.policy(identity.boundary)
        same = boundary is identity.boundary and all(map(_is, policies, identity.policies))
        return identity if same else replace(identity, policies=policies, boundary=boundary)

    def service(self, controls: Controls) -> Controls:
        """The SCPs over an account."""
        return replace(controls, service=controls.service and tuple(map(self._level, controls.service)))

    def resource(self, controls: Controls) -> Controls:
        """The RCPs over an account."""
        return replace(controls, resource=controls.resource and tuple(map(self._level, controls.resource)))

    def _level(self, level: Level) -> Level:
        return replace(level, policies=tuple(map(self.policy, level.policies)))


def _alike(silent: Statement) -> object:
    """What silent statements have in common that are read as one."""
    resources = tuple(text.value for text in silent.resources or ())
    if silent.not_principal or silent.not_action:
        return silent.index
    return silent.effect, silent.doubt, silent.not_resource, resources, silent.conditions


def _merged(one: Statement, other: Statement) -> Statement:
    principals = None if one.principals is None else tuple(dict.fromkeys((*one.principals, *(other.principals or ()))))
    return replace(one, actions=(*one.actions, *other.actions), principals=principals)


def _is(one: object, other: object) -> bool:
    return one is other


# -- other grants --


def other_operations(asked: Asked) -> Asked:
    """Of the grants of none of the operations in question one is read.

    Law: such a grant allows no request in a scope. One stays, as an Allow does. Where retiring one is in question, so
    is every grant."""
    about, key = actions_of(asked.invariants), asked.read.key
    if key is None or not key.grants or about.named((RETIRE,)):
        return asked
    matters = {operations: about.named(operations) for operations in {grant.operations for grant in key.grants}}
    one = next((grant for grant in key.grants if not matters[grant.operations]), None)
    grants = tuple(grant for grant in key.grants if matters[grant.operations] or grant is one)
    return _read(asked, asked.read.estate, replace(key, grants=grants), ())


def other_grantees(asked: Asked) -> Asked:
    """The grants to callers of an account of which no caller is in question have no constraints, and one grantee: two
    for each account, since callers whom a grant to the account itself reaches need the account's leave (G2).

    Law: such a grant allows no request in a scope, whichever callers of the account it names."""
    key, reached = asked.read.key, Reached(asked.callers)
    if key is None or not key.grants:
        return asked
    grantees: dict[tuple[str | None, bool], Principal] = {}

    def read(grant: Grant) -> Grant:
        if grant.grantee_hidden or reached.of(grant.grantee.account):
            return grant
        grantee = grantees.setdefault(
            (grant.grantee.account, grant.grantee.type is PrincipalType.ACCOUNT), grant.grantee
        )
        return Grant(
            grant.id, grantee, grant.operations, grant.retiring, grant.issuing_account, name=grant.name, span=grant.span
        )

    return _read(asked, asked.read.estate, replace(key, grants=tuple(map(read, key.grants))), ())


# -- what else need not be told apart --


def many_statements(asked: Asked) -> Asked:
    """The Allow statements, or Deny statements, of users and roles are one where they are many: a list of thousands
    explains nothing, and that each of them is needed takes as many calls of a solver to tell.

    Law: the same verdict. A proof names the first and how many more there are, if it rests on any."""
    return replace(asked, read=replace(asked.read, many_as_one=True))


def other_requests(asked: Asked) -> Asked:
    """Only the classes of values that the scopes admit are told apart (`Reduction.suppose`).

    Law: the same verdicts, for a violation is in a scope. A statement that says nothing of these requests stays in the
    formula if a proof can rest on it, so that one may name more of them than it does without the pass, never fewer."""
    return replace(asked, confined=True)


PASSES: tuple[Pass, ...] = (
    other_actions,
    other_callers,
    other_operations,
    other_grantees,
    many_statements,
    other_requests,
)
"""All passes, in the order in which they are made."""


def passed(asked: Asked) -> Asked:
    """The question after all passes."""
    for one in PASSES:
        asked = one(asked)
    return asked
