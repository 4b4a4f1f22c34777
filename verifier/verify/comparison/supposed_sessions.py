"""Sessions that a side of a comparison counts as possible although AWS may never make them.

In: both sides, and the spaces of a question about them. Out: reasons why the answer is unknown.
Guarantee: no reason only if the rules for the calls that make sessions are the same on both sides, or no such session
bears on the question. What counts as possible is more than AWS may make in four cases:
- policies test several things of a session: tags and names are followed together, every other thing by itself;
- nobody can assume a role: it is supposed to have sessions all the same, of any name, which may make others;
- a session hands something on to one that it makes: each tag is followed by itself, and a source identity only where
  policies on the key test it;
- a limit was met.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.policy import arn_account, short_arn
from verifier.model.results.verdict import Reason
from verifier.model.trust_keys import KEYS_WITHOUT_RULE, MFA, WHEN_MADE, is_claim, service_of_key
from verifier.problem.diagrams.diagram import NOTHING
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.passed_tags import passed_tags
from verifier.problem.sessions.session_tags import (
    FEDERATED_PROVIDER,
    PRINCIPAL_TAG,
    SESSION_NAME,
    SOURCE_IDENTITY,
    bound_session_attributes,
)
from verifier.problem.space import Space
from verifier.syntax.source import NOWHERE
from verifier.verify.comparison.session_calls import SessionCalls, meanings_of_parts
from verifier.verify.comparison.session_facts import trusted_providers
from verifier.verify.comparison.session_values import USED_BY_SERVICES, KeyRead
from verifier.verify.reach.narrowed import keys_of_statement

_GIVEN, _TIME, _SERVICES = "tags or names", "the time", "keys of services"
_MOST_ROLES = 400
"""Of how many roles the calls are compared one by one."""
_NAME, _IDENTITY = "sts:rolesessionname", frozenset({"sts:sourceidentity", "aws:sourceidentity"})


class SupposedSessions(Frozen, dict=True):
    """Both sides of a comparison."""

    old: SessionCalls
    new: SessionCalls

    @cached_property
    def _alike(self) -> bool:
        return self.old.everything == self.new.everything

    def reasons(self, spaces: Sequence[Space], read: Iterable[KeyRead]) -> Iterator[Reason]:
        """F3: why it is not known what one side allows beyond the other. `read` is what policies test of sessions."""
        if self._alike:
            return
        yield from self._of_several(read, names=any(space.questions.get(SESSION_NAME) for space in spaces))
        if any(space.questions.get(SESSION_NAME) for space in spaces):
            yield from self._of_names
        if not all(space.followed for space in spaces):
            yield Reason("budget", "what sessions of roles can be given was not followed to the end")
        elif any(_hands_something_on(side, one) for side in self._sides for one in spaces if one.estate is side.estate):
            yield Reason("F3", "what one session hands on to the next is followed for each tag by itself")
        elif any(map(_session_attributes, spaces)):
            yield from self._of_callers
            if any(key.startswith(KEYS_WITHOUT_RULE) for side in self._sides for key in side.keys_read):
                yield Reason("F3", "policies about the calls that make sessions test keys that no rule follows")

    def _of_several(self, read: Iterable[KeyRead], *, names: bool) -> Iterator[Reason]:
        """Of roles of whose sessions policies test several things that are followed each by itself."""
        keys = tuple(read)
        tags = frozenset(key.removeprefix(PRINCIPAL_TAG) for key, _ in keys if key.startswith(PRINCIPAL_TAG))
        tested = {(kind, role) for key, role in keys if (kind := _followed_as(key)) is not None}
        if not any(key.startswith(WHEN_MADE) for side in self._sides for key in side.keys_read):
            tested = {(kind, role) for kind, role in tested if kind != _TIME}
        if all(_roles(side) <= side.trusting.not_from_services for side in self._sides):
            tested = {(kind, role) for kind, role in tested if kind != _SERVICES}
        tested |= {(_GIVEN, None)} if names else set()
        for role in sorted({role or "" for _, role in tested}):
            kinds = sorted({kind for kind, own in tested if own in (role or None, None)})
            if len(kinds) > 1 and self._calls_differ(role, tags):
                whose = f"sessions of {short_arn(role)}" if role else "sessions"
                together = "which of them have these together is not followed"
                text = f"policies test {' and '.join(kinds)} of {whose}; {together}"
                yield Reason("F3", text)

    def _calls_differ(self, role: str, tags: frozenset[str]) -> bool:
        """False only if the rules for the calls that make sessions of a role are the same on both sides, and for those
        that come to be its sessions, and so are some tags of these; of any role that both list if it is empty."""
        leading = [side.coming_to(frozenset({role})) if role else None for side in self._sides]
        both = frozenset.intersection(*map(_roles, self._sides))
        roles = both if None in leading else frozenset[str]().union(*(one or () for one in leading))
        return len(roles) > _MOST_ROLES or any(
            _calls_for(self.old, arn, tags) != _calls_for(self.new, arn, tags) for arn in roles
        )

    @property
    def _sides(self) -> tuple[SessionCalls, SessionCalls]:
        return self.old, self.new

    @cached_property
    def _of_names(self) -> tuple[Reason, ...]:
        """Of roles that somebody can assume on one side alone, where policies say how their sessions are called."""
        bound = [arn for arn in self._differing if any(_binds_names(side, arn) for side in self._sides)]
        return tuple(self._of_role(arn, "there its sessions count as having any name") for arn in bound)

    @cached_property
    def _of_callers(self) -> tuple[Reason, ...]:
        """Of roles that somebody can assume on one side alone, and whose sessions may assume others."""
        calling = [arn for arn in self._differing if any(_may_assume_another(side, arn) for side in self._sides)]
        return tuple(self._of_role(arn, "there its sessions count as making others") for arn in calling)

    @cached_property
    def _differing(self) -> list[str]:
        found, both = [_not_assumable(side) for side in self._sides], [_roles(side) for side in self._sides]
        return sorted((found[0] ^ found[1]) & both[0] & both[1])

    def _of_role(self, arn: str, what: str) -> Reason:
        identity = self.new.estate.identity(arn)
        span = identity.span if identity is not None else NOWHERE
        return Reason("F3", f"nobody can assume {short_arn(arn)} on one side; {what}", span)


def _followed_as(key: str) -> str | None:
    """With what the rules follow a condition key of sessions; `None` for one on which no call decides."""
    if key.startswith(PRINCIPAL_TAG):
        return _GIVEN
    if key == SOURCE_IDENTITY:
        return "source identities"
    if is_claim(key) or key.startswith(FEDERATED_PROVIDER):
        return "identity providers"
    if key.startswith(KEYS_WITHOUT_RULE):
        return "other keys"
    if key.startswith(WHEN_MADE):
        return _TIME
    if service_of_key(key) is not None or key.startswith(USED_BY_SERVICES):
        return _SERVICES
    return "MFA" if key.startswith(MFA) else None


def _calls_for(side: SessionCalls, role: str, tags: frozenset[str]) -> Hashable:
    """What decides on the calls that make sessions of a role, and on some tags of these (in lower case)."""
    said = ((owner, meanings_of_parts(parts)) for owner, parts in side.of_others(role, False).items())
    facts = side.facts(role, "", strangers=False).items()
    identity = side.estate.identity(role)
    providers = trusted_providers(side.estate, identity) if identity is not None else None
    given = identity.tags if identity is not None else ()
    own = frozenset((name, value) for name, value in given if name.lower() in tags)
    return side.trust(role), frozenset(said), frozenset(facts), providers, own, side.code(role)


def _roles(side: SessionCalls) -> frozenset[str]:
    return frozenset(role.arn for role in side.estate.roles)


def _session_attributes(space: Space) -> list[str]:
    """The attributes of sessions that a question asks for."""
    bound = [*bound_session_attributes(space)]
    if not space.questions.get(SESSION_NAME) and SESSION_NAME in bound:
        bound.remove(SESSION_NAME)
    return [name for name in space.attributes if name.startswith(PRINCIPAL_TAG)] + bound


def _binds_names(side: SessionCalls, role: str) -> bool:
    """True iff a policy about the calls that make sessions of a role tests their names."""
    parts = side.parts_about(role, _NAME, strangers=False)
    return any(key == _NAME for one in parts for key in keys_of_statement(one.statement))


def _assumable_by_roles(side: SessionCalls) -> list[str]:
    """The roles whose trust policies may let sessions of roles assume them."""
    admitted = side.trusting.admitted.items()
    return [arn for arn, whom in admitted if whom.roles or whom.accounts or whom.others or whom.everybody]


def _may_assume_another(side: SessionCalls, role: str) -> bool:
    """False only if no trust policy lets sessions of a role assume another one."""
    admitted = (side.trusting.admitted[arn] for arn in _assumable_by_roles(side) if arn != role)
    return any(
        role in whom.roles or arn_account(role) in whom.accounts or whom.others or whom.everybody for whom in admitted
    )


def _not_assumable(side: SessionCalls) -> frozenset[str]:
    """The roles that nobody can assume, as far as is known."""
    known = sorted(_roles(side) - side.trusting.unknown)
    if not known:
        return frozenset()
    space = RuledSpace(side.estate, Target(TargetKind.NONE, known[0].split(":")[1]))
    passed = passed_tags(space, side.trusting, [SESSION_NAME])
    given = {arn: passed.of_role(arn) for arn in known}
    return frozenset(arn for arn, one in given.items() if one is not None and one.passed == NOTHING)


def _hands_something_on(side: SessionCalls, space: Space) -> bool:
    """True iff a session may have something from the one that made it: of what the question asks, or a source identity
    on which it hangs whether it can be made."""
    attributes = _session_attributes(space)
    if not attributes or not (admitting := _assumable_by_roles(side)):
        return False
    if SOURCE_IDENTITY not in attributes and _IDENTITY & side.keys_read:
        return True
    further = bound_session_attributes(space)
    passed = passed_tags(space, side.trusting, [*(n for n in attributes if n.startswith(PRINCIPAL_TAG)), *further])
    roles = [arn for arn in admitting if further or arn in side.trusting.changing]
    given = [one for arn in roles if (one := passed.of_role(arn)) is not None]
    return any(node != NOTHING for node in chain.from_iterable(one.inherited for one in given))
