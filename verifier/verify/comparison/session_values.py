"""Values that sessions have by conditions on the calls that make them, where no rule checks these: if the trust
policies or other policies about such calls differ, the values may.

In: two estates, the condition keys that the policies of a target read, and in sessions of which roles. Out: reasons why
the answer is unknown.
Guarantee: none only if these keys have the same values on both sides, in all sessions of roles that both list. Who may
assume a role is not asked here: the rules tell that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.policy import Policy, PrincipalType, Statement, short_arn
from verifier.model.reference import ValueType, condition_key
from verifier.model.results.verdict import Reason
from verifier.model.trust_keys import (
    CERTIFICATE,
    FOR_WHOM,
    KEYS_WITHOUT_RULE,
    MFA,
    PROVIDER_KEYS,
    is_claim,
    may_decide,
    rule_of_unchecked_key,
    service_of_key,
)
from verifier.problem.sessions.session_tags import FEDERATED_PROVIDER, SOURCE_IDENTITY
from verifier.problem.sessions.trusting import Trusting
from verifier.syntax.source import NOWHERE, Span
from verifier.verify.comparison.session_calls import SessionCalls, meanings_of_parts
from verifier.verify.comparison.session_facts import trusted_providers
from verifier.verify.reach.narrowed import keys_of_statement

_NOBODY = frozenset[str]()

USED_BY_SERVICES = (*FOR_WHOM, "aws:viaawsservice", "aws:sourceip")
"""Keys that have some values only in sessions of roles that a service may come to use (F4, F5)."""


KeyRead = tuple[str, str | None]
"""A condition key (lower case) that policies read, and the role of whose sessions they may do so; `None` for any."""


class SessionValues(Frozen, dict=True):
    """Both sides of a comparison."""

    old: SessionCalls
    new: SessionCalls

    @property
    def _sides(self) -> tuple[SessionCalls, SessionCalls]:
        return self.old, self.new

    @cached_property
    def _all_alike(self) -> bool:
        return self.old.everything == self.new.everything

    def may_differ(self, read: Iterable[KeyRead]) -> Iterator[Reason]:
        """Why sessions may have other values of condition keys on one side."""
        roles: dict[str, set[str | None]] = {}
        for key, role in read:
            if _kept_from(key) is not None:
                roles.setdefault(key, set()).add(role)
        for key in sorted(roles) if not self._all_alike else ():
            question = key, frozenset(roles[key])
            if question not in self._reasons:
                self._reasons[question] = self._why(*question)
            yield from filter(None, [self._reasons[question]])

    @cached_property
    def _reasons(self) -> dict[tuple[str, frozenset[str | None]], Reason | None]:
        return {}

    def _why(self, key: str, roles: frozenset[str | None]) -> Reason | None:
        read = any(_reads(one.statement, key) for side in self._sides for one in side.parts)
        bearing = self._bearing(key, roles)
        decided = frozenset(role for role in bearing if self._is_decided(key, role, read=read))
        if any(side.tells_callers_apart(role, key) for role in decided for side in self._sides):
            decided = bearing  # what the sessions have that make these sessions
        reasons = (self._differing(key, role, decided=role in decided) for role in sorted(bearing))
        return next(filter(None, reasons), None)

    def _is_decided(self, key: str, role: str, *, read: bool) -> bool:
        """False only if whoever may call decides nothing about the key; `read`: a policy about such calls reads it."""
        return (read and any(_decides(side, key, role) for side in self._sides)) or self._may_end(key, role)

    def _bearing(self, key: str, roles: frozenset[str | None]) -> frozenset[str]:
        """The roles whose sessions may have the key, on both sides; and those from which it may come on to them."""
        kept_from = _kept_from(key)
        assert kept_from is not None
        first, second = (
            frozenset(one.arn for one in side.estate.roles) - kept_from(side.trusting) for side in self._sides
        )
        both = first & second
        bearing = first | second if both and any(map(self._admits_roles, both)) else both
        named = frozenset(role for role in roles if role is not None)
        leading = [side.coming_to(named) for side in self._sides] if None not in roles else [None]
        return bearing if None in leading else bearing & frozenset(chain.from_iterable(one or () for one in leading))

    def _admits_roles(self, arn: str) -> bool:
        """True iff sessions of other roles may assume a role: what these have may come on to its own."""
        admitted = [side.trusting.admitted.get(arn) for side in self._sides]
        return any(whom is None or whom.roles or whom.accounts or whom.others for whom in admitted)

    def _differing(self, key: str, role: str, *, decided: bool) -> Reason | None:
        """Why its sessions may have other values of the key."""
        before, after = ((_may_lack(one, key, role), _of_role(one, key, role, decided=decided)) for one in self._sides)
        if before != after:
            spans = {one.arn: one.span for side in self._sides for one in side.estate.roles}
            return _reason(key, f"the trust policy of {short_arn(role)}{_beside(key)}", spans[role])
        if key == SOURCE_IDENTITY or not decided:
            return None
        old, new = (
            {owner: meanings_of_parts(parts) for owner, parts in side.of_others(role, _by_strangers(key)).items()}
            for side in self._sides
        )
        owners = sorted(owner for owner in old.keys() | new.keys() if old.get(owner) != new.get(owner))
        if owners:
            return _reason(key, f"what {owners[0]} say about such calls")
        first, second = (side.facts(role, key, strangers=_by_strangers(key)) for side in self._sides)
        changed = sorted(fact for fact in first.keys() & second.keys() if first[fact] != second[fact])
        return _reason(key, changed[0]) if changed else None

    def _may_end(self, key: str, role: str) -> bool:
        """False only if sessions that have the key are there on both sides or on neither, where no policy about the
        calls reads it and somebody can assume the role."""
        if key.startswith(MFA):
            return not all(side.surely_admits_a_user(role) for side in self._sides)
        return _by_strangers(key) or key.startswith((*KEYS_WITHOUT_RULE, *USED_BY_SERVICES))


def _of_role(side: SessionCalls, key: str, role: str, *, decided: bool) -> Hashable:
    """What decides on the values of a key in what a trust policy says; without that where any value is possible."""
    identity = side.estate.identity(role)
    named, contents = trusted_providers(side.estate, identity) if identity is not None else ((), ())
    made = frozenset(arn for arn, _ in contents)
    if key.startswith(PROVIDER_KEYS):  # a session by a certificate has its common name as source identity
        parts = side.parts_about(role, key, strangers=True)
        return named, made, meanings_of_parts(one for one in parts if _reads(one.statement, CERTIFICATE))
    if role in side.trusting.unknown:
        return True
    code = side.code(role) if service_of_key(key) is not None else None
    return (named, contents if is_claim(key) else made, side.trust(role, key), code) if decided else None


def _may_lack(side: SessionCalls, key: str, role: str) -> bool:
    """True iff others than identities of providers may assume a role, for a key that these alone give."""
    if not is_claim(key) and not key.startswith(FEDERATED_PROVIDER):
        return False
    whom = side.trusting.admitted.get(role)
    if whom is None or whom.users or whom.others or whom.everybody:
        return True
    return bool(whom.roles or whom.accounts or whom.services)


def _decides(side: SessionCalls, key: str, role: str) -> bool:
    """False only if nothing that is said about the calls which make sessions of a role decides on values of a key."""
    parts = side.parts_about(role, key, strangers=_by_strangers(key))
    return any(_reads(one.statement, key) for one in parts)


def _by_strangers(key: str) -> bool:
    """True iff services or providers alone make sessions with a key."""
    return is_claim(key) or service_of_key(key) is not None or key.startswith(FEDERATED_PROVIDER)


def _reads(statement: Statement, key: str) -> bool:
    return any(may_decide(one, key) for one in keys_of_statement(statement))


def read_of_sessions(policy: Policy) -> Iterator[KeyRead]:
    """What a policy reads in statements that may be about sessions."""
    for statement in policy.statements:
        if not _about_services(statement):
            roles = tuple(_roles(statement))
            yield from ((key, role) for key in keys_of_statement(statement) for role in roles)


def read_by_other_policies(estate: Estate) -> Iterator[KeyRead]:
    """What policies other than key policies read of sessions: those of a role, of its own; those of a user, of none."""
    for role in estate.roles:
        yield from ((key, role.arn) for policy in role.documents for key, _ in read_of_sessions(policy))
    yield from chain.from_iterable(map(read_of_sessions, estate.surrounding_policies()))


def _roles(statement: Statement) -> Iterator[str | None]:
    """The roles that a statement names, if it names nobody else; else `None`."""
    named = () if statement.not_principal else statement.principals or ()
    whole = bool(named) and all(who.type in (PrincipalType.ROLE, PrincipalType.USER) for who in named)
    yield from (who.value for who in named if who.type is PrincipalType.ROLE) if whole else (None,)


def _about_services(statement: Statement) -> bool:
    """True only if a statement is about no caller but service principals."""
    named = not statement.not_principal and statement.principals
    if named and all(principal.type is PrincipalType.SERVICE for principal in named):
        return True
    return any(
        one.key.value.lower() == "aws:principalisawsservice"
        and one.operator.row.type is ValueType.BOOL
        and one.operator.is_plain
        and {text.value.lower() for text in one.values} == {"true"}
        for one in statement.conditions
    )


def _beside(key: str) -> str:
    """What besides a trust policy decides on the values of a key."""
    if is_claim(key) or key.startswith(PROVIDER_KEYS):
        return ", or a provider in it,"
    return ", or the code that runs as the role," if service_of_key(key) is not None else ""


def _reason(key: str, what: str, span: Span = NOWHERE) -> Reason:
    rule = "F5" if key.startswith(USED_BY_SERVICES) else rule_of_unchecked_key(key) or "F3"
    known = condition_key(key)
    name = key if known is None or known.prefix is not None else known.name
    text = f"policies test {name}, whose value the call that makes a session decides"
    return Reason(rule, f"{text}, and {what} is not the same on both sides", span)


def _kept_from(key: str) -> Callable[[Trusting], frozenset[str]] | None:
    """Which roles have no session with a key; `None` for a key that no condition of a trust policy decides on, or of
    which the rules follow what it does."""
    if key == SOURCE_IDENTITY:
        return lambda found: found.not_from_providers & found.not_from_services
    if is_claim(key) or key.startswith(PROVIDER_KEYS):
        return lambda found: found.not_from_providers
    if key.startswith(MFA):
        return lambda found: found.not_from_users
    if key.startswith((CERTIFICATE, *USED_BY_SERVICES)):
        return lambda found: found.not_from_services
    if key.startswith((*KEYS_WITHOUT_RULE, "aws:tokenissuetime")):
        return lambda _: _NOBODY
    service = service_of_key(key)
    return None if service is None else lambda found: found.not_admitting(service)
