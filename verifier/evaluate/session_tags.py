"""Whether a session could have the tags that a request shows, and how it came by them (F3): never a change of the decision.

In: the estate, a case. Out: `SessionTags`.
Guarantee: a warning says that nobody can pass such tags: every caller that the role's trust policy could admit is refused `sts:TagSession`,
or the call that assumes the role, whatever the request does not say. What is open (◇) or not known gives none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from verifier.evaluate.assumers import Assumer, assumers
from verifier.evaluate.case import Case
from verifier.evaluate.cases import case_of
from verifier.evaluate.context import Context, Entry, Free
from verifier.evaluate.decision import decide
from verifier.evaluate.fill_elsewhere import TAGS_OF_RESOURCE
from verifier.evaluate.judge import Memo
from verifier.evaluate.patterns import text_matches
from verifier.evaluate.symbols import Symbols, Truth, all_of, explore, outcomes
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, Policy, PrincipalType, Statement
from verifier.model.request import Caller, CallerKind, Request

PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS = "aws:principaltag/", "aws:requesttag/", "aws:tagkeys"
TRANSITIVE = "sts:transitivetagkeys"
_WAYS = 16
"""So many spellings of the names of tags are tried."""
TRIED = 64
"""So many assignments of what a request to assume a role does not say are tried; past that it may be allowed."""

Tags = Mapping[str, str]
"""Values of tags by their names in lower case."""


@dataclass(frozen=True)
class SessionTags:
    """What there is to say of the tags of a caller: warnings of those that it cannot have, and how it came by its session tags, a sentence;
    `None` where it has none."""

    warnings: tuple[str, ...] = ()
    origin: str | None = None


def session_tags(estate: Estate, case: Case) -> SessionTags:
    """F3: tags that no session of the role, or of the user, can have, or that a user or root user does not have; by which request it has
    those that it can."""
    caller, identity = case.standing.caller, case.standing.identity
    shown = {key.removeprefix(PRINCIPAL_TAG): str(value) for key, value in case.context.entries.items() if key.startswith(PRINCIPAL_TAG)}
    if caller.kind is CallerKind.ROOT:
        return SessionTags(tuple(f"F3: a root user has no aws:PrincipalTag/{name}" for name in shown))
    if identity is None or identity.settled:
        return SessionTags()
    own = {name.lower(): value for name, value in identity.tags}
    other = {name: value for name, value in shown.items() if own.get(name) != value}
    told = ", ".join(f"aws:PrincipalTag/{name} = {value}" for name, value in other.items())
    if not other:
        needed = caller.kind is CallerKind.ROLE and _without_tags(estate, identity, own)
        return SessionTags(
            (f"F3: no session of {identity.arn} is without further session tags: a call has to pass them",) if needed else ()
        )
    if caller.kind is CallerKind.USER:
        return SessionTags((f"F3: no request of {identity.arn} has {told}: a user has its own tags",))
    way = _Passing(estate, own | shown).way(identity, other)
    if way is None:
        return SessionTags((f"F3: no session of {identity.arn} has {told}: they are not its own, and nobody can pass them",))
    return SessionTags(origin=None if caller.session_tags else f"the session was given {told} {way}")


def _without_tags(estate: Estate, role: Identity, own: Tags) -> bool:
    """Whether a role's sessions have session tags, all of them, that are not the role's own: who assumes it has to pass some."""
    keys = role.trust.tested_keys if role.trust is not None else frozenset()
    if not any(key == TAG_KEYS or key.startswith(REQUEST_TAG) for key in keys):
        return False
    passing = _Passing(estate, own)
    return (
        not passing.untagged(role) and passing.passed(role, {}) is None and _Passing(estate, {}, whole=False).passed(role, {}) is not None
    )


@dataclass(frozen=True)
class _Passing:
    """Looks for requests that give a session its tags. `shown` are those that the session has, as far as they are known."""

    estate: Estate
    shown: Tags
    whole: bool = True
    """Whether `shown` are all that policies test."""

    def way(self, role: Identity, tags: Tags) -> str | None:
        """How a session of the role may have come by tags: some passed by one request, the others by the sessions before it; `None` if it
        cannot."""
        if role.trust is None:
            return f"by whom the trust policy of {role.arn}, which the input does not give, may admit"
        passing = self.passed(role, tags)
        if passing is not None:
            return _by(role, passing)
        inherited = [name for name, value in tags.items() if self._inherited(role, {name: value}, frozenset({role.arn}))]
        for count in range(1, len(inherited) + 1):
            for names in combinations(inherited, count):
                rest = {name: value for name, value in tags.items() if name not in names}
                passing = self.passed(role, rest) if rest else None
                if passing is not None or not rest:
                    before = f"by a session that assumed {role.arn} and passed on its transitive tags ({', '.join(names)})"
                    return before if passing is None else f"{before}, {_by(role, passing)}"
        return None

    def _may_have(self, name: str) -> bool:
        """Whether the session may have a tag: one that is tested is absent unless it is shown."""
        return not self.whole or name in self.shown or f"{PRINCIPAL_TAG}{name}" not in self.estate.tested_keys

    def untagged(self, role: Identity) -> bool:
        """Whether the role may be assumed without session tags."""
        return any(self._allowed(role, one, {}, ()) for one in assumers(self.estate, role))

    def _inherited(self, role: Identity, tags: Tags, seen: frozenset[str]) -> bool:
        """Whether transitive tags may come from a session that assumes the role."""
        for one in assumers(self.estate, role):
            if one.caller.kind is not CallerKind.ROLE or not self._allowed(role, one, {}, ()):
                continue
            before = next((own for a in self.estate.accounts for own in a.roles if own.arn == one.caller.principal_arn), None)
            if one.stranger or before is None or before.trust is None or self.passed(before, tags, transitive=True) is not None:
                return True
            if before.arn not in seen and self._inherited(before, tags, seen | {before.arn}):
                return True
        return False

    def passed(self, role: Identity, tags: Tags, *, transitive: bool = False) -> Assumer | None:
        """Who may pass the tags by one request, perhaps with others that policies ask for."""
        for one in assumers(self.estate, role):
            listed = listed_tags(self._case(role, one, "sts:TagSession", {}))
            further = {name: self.shown.get(name) for name in listed.names if name not in tags and self._may_have(name)}
            for chosen in ({**tags}, {**further, **tags}):
                for names in spelled(chosen, listed.texts):
                    entries: dict[str, Entry] = {
                        REQUEST_TAG + name: Free(present=True) if value is None else value for name, value in chosen.items()
                    }
                    entries[TAG_KEYS] = tuple(names)
                    if transitive:
                        entries[TRANSITIVE] = tuple(name for name in names if name.lower() in tags)
                    if self._allowed(role, one, entries, ("sts:TagSession",)):
                        return one
        return None

    def _allowed(self, role: Identity, one: Assumer, entries: Mapping[str, Entry], besides: tuple[str, ...]) -> bool:
        """Whether somebody may assume the role, and may make further requests for it with the same context."""
        cases = [self._case(role, one, action, entries) for action in (_call(one.caller), *besides)]

        def together(symbols: Symbols) -> Truth:
            return all_of([decide(case, symbols, Memo()).allowed for case in cases])

        return outcomes(explore(together, {}, TRIED)) != {False}

    def _case(self, role: Identity, one: Assumer, action: str, entries: Mapping[str, Entry]) -> Case:
        """A request to assume the role, of which whatever is not said is not known."""
        caller = one.caller
        case = case_of(self.estate, Request(caller, action, role.arn))
        own = {key: entry for key, entry in case.context.entries.items() if not (one.stranger and _about_caller(key))}
        identity = case.standing.identity
        tagged = caller.kind is CallerKind.ROLE and (identity is None or identity.trust is None or _names_tagging(identity.trust))
        if tagged:
            # A transitive tag of the session overrides the role's in `aws:ResourceTag`. [IAM: id_session-tags, Chaining roles]
            own |= {key: Free(present=True) for key in own if key.startswith((PRINCIPAL_TAG, *TAGS_OF_RESOURCE))}
        fixed = identity is not None and not tagged or caller.kind in (CallerKind.SERVICE, CallerKind.WEB)

        def free(name: str) -> bool:
            given = name.startswith(REQUEST_TAG) or name == TAG_KEYS or name.startswith(TAGS_OF_RESOURCE) and not tagged
            return not given and not (fixed and name.startswith(PRINCIPAL_TAG))

        return replace(case, context=Context({**own, **entries}, {}, case.context.free_tags, free))


def _by(role: Identity, one: Assumer) -> str:
    """By which request, in words."""
    caller = one.caller
    who = f"somebody like {caller.arn}, whom the input does not list" if one.stranger else caller.arn
    return f"by {_call(caller)} with sts:TagSession on {role.arn}, called by {who}"


def _call(caller: Caller) -> str:
    if caller.kind is not CallerKind.WEB:
        return "sts:AssumeRole"
    return "sts:AssumeRoleWithSAML" if ":saml-provider/" in caller.principal_arn else "sts:AssumeRoleWithWebIdentity"


def _about_caller(key: str) -> bool:
    return key.startswith("aws:principal") and key != "aws:principalisawsservice" or key in ("aws:userid", "aws:username")


def _names_tagging(trust: Policy) -> bool:
    """Whether a role's sessions may have session tags, or transitive ones of other sessions: roughly, for the callers of another role."""
    allows = [statement for statement in trust.statements if statement.effect is Effect.ALLOW]
    return any(_of_sessions(statement) or _allows(statement, "sts:tagsession") for statement in allows)


def _of_sessions(statement: Statement) -> bool:
    return statement.not_principal or any(principal.type in _WITH_SESSIONS for principal in statement.principals or ())


def _allows(statement: Statement, action: str) -> bool:
    return any(text_matches(text.value.lower(), action) for text in statement.actions or ()) != statement.not_action


_WITH_SESSIONS = frozenset({PrincipalType.ANYONE, PrincipalType.ANY_AWS, PrincipalType.ACCOUNT, PrincipalType.ROLE, PrincipalType.SESSION})


@dataclass(frozen=True)
class _Listed:
    """What the policies that bear on a request say of tags: names in `aws:RequestTag/…`, in lower case, and the texts that they compare
    `aws:TagKeys` and `sts:TransitiveTagKeys` with."""

    names: frozenset[str]
    texts: frozenset[str]


def listed_tags(case: Case) -> _Listed:
    """What the policies that bear on a request say of tags."""
    levels = (*case.service_controls.levels, *case.resource_controls.levels)
    policies: Sequence[Policy] = (
        *case.resource_policies,
        *case.standing.policies,
        *case.standing.boundaries,
        *(policy for level in levels for policy in level.policies),
    )
    conditions = [condition for policy in policies for statement in policy.statements for condition in statement.conditions]
    names = (key.removeprefix(REQUEST_TAG) for key in (c.key.value.lower() for c in conditions) if key.startswith(REQUEST_TAG))
    texts = (text.value for c in conditions if c.key.value.lower() in (TAG_KEYS, TRANSITIVE) for text in c.values)
    return _Listed(frozenset(names), frozenset(texts))


def spelled(names: Mapping[str, object], texts: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Ways to spell the names of tags: as policies write them, whatever their case."""
    ways = [(*sorted(text for text in texts if text.lower() == name), name, name.capitalize(), name.upper()) for name in names]
    for number, chosen in enumerate(product(*map(dict.fromkeys, ways))):
        if number >= _WAYS:
            return
        yield chosen
