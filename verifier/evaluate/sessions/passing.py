"""How a session may have come by its tags: requests to assume a role that somebody can make (F3, E2, E2w).

In: the estate, a role, tags. Out: by which requests its sessions can have them.
Guarantee: none only where every caller that the trust policy could admit is refused `sts:TagSession`, or the call that
assumes the role, whatever the request does not say, and whatever tags the caller can itself have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, combinations, islice, product
from math import prod

from verifier.evaluate.context import TAGS_OF_RESOURCE, Either, Entry, Free
from verifier.evaluate.decision import TRIED, may_be_allowed
from verifier.evaluate.sessions.assumers import ORDINARY, Assumer, assumers, assuming, call, names_tagging
from verifier.evaluate.sessions.tag_conditions import (
    MOST_SESSION_TAGS,
    PRINCIPAL_TAG,
    REQUEST_TAG,
    TAG_KEYS,
    TRANSITIVE,
    ListedTags,
    conditions,
    listed_tags,
    values_of_tags,
)
from verifier.evaluate.statements.patterns import text_matches
from verifier.model.estate import Estate, Identity
from verifier.model.readings import E2, E2_TRANSITIVE
from verifier.model.request import CallerKind

SESSION_NAME, _USER_ID = "sts:rolesessionname", "aws:userid"
NAME_OF_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
"""[API: AssumeRole, RoleSessionName, Pattern]"""
SOURCE_IDENTITY, SET_SOURCE = "aws:sourceidentity", "sts:sourceidentity"
_WAYS = 16
"""So many ways to spell the names of tags are tried, and names of sessions; past that these may be any."""
_SPELLINGS = 512
_SESSIONS = 3
"""So many sessions one after another are followed; past that they may have any tags."""
Tags = Mapping[str, str]
"""Values of tags by their names in lower case."""
_Entries = Mapping[str, Entry]
_Names = tuple[str, ...]
_Session = tuple[str, tuple[tuple[str, str], ...]]
"""A session, by its role and its tags."""


@dataclass(frozen=True)
class Passing:
    """Looks for requests that give a session its tags. `shown` are those that the session has, as far as they are
    known."""

    estate: Estate
    shown: Tags
    whole: bool = True
    """Whether `shown` are all that policies test."""
    seen: frozenset[_Session] = frozenset()
    """The sessions for whose sake it is asked: none comes of itself."""
    fixed: _Entries = field(default_factory=dict)
    """What the request that makes the session says besides, of its caller too."""
    besides: _Names = ()
    """What it needs to be allowed besides."""
    known: dict[object, bool] = field(default_factory=dict, compare=False)
    """Which requests were found to be allowed, and which names sessions may have."""

    def way(self, role: Identity, tags: Tags) -> str | None:
        """How a session of the role may have come by tags: some passed by one request, the others by the sessions
        before it; `None` if it cannot."""
        if role.trust is None:
            return f"by whom the trust policy of {role.arn}, which the input does not give, may admit"
        passing = self.passed(role, tags)
        if passing is not None:
            return _by(role, passing)
        inherited = [name for name, value in tags.items() if self._inherited(role, {name: value})]
        subsets = chain.from_iterable(combinations(inherited, count) for count in range(1, len(inherited) + 1))
        for number, names in enumerate(subsets):
            before = f"by a session that assumed {role.arn} and passed on its transitive tags ({', '.join(names)})"
            rest = {name: value for name, value in tags.items() if name not in names}
            if not rest or number >= TRIED:
                return before
            passing = self.passed(role, rest)
            if passing is not None:
                return f"{before}, {_by(role, passing)}"
        return None

    def _may_have(self, name: str) -> bool:
        """True iff the session may have a tag: one that is tested is absent unless it is shown."""
        return not self.whole or name in self.shown or f"{PRINCIPAL_TAG}{name}" not in self.estate.tested_keys

    def untagged(self, role: Identity) -> bool:
        """False only if the role may not be assumed without session tags."""
        return any(self._may(role, one, {}, {}, ()) for one in assumers(self.estate, role))

    def assumable(self, role: Identity) -> bool:
        """False only if the role may not be assumed, with tags or without."""
        return self.untagged(role) or self.passed(role, {}) is not None

    def _inherited(self, role: Identity, tags: Tags) -> bool:
        """False only if no transitive tags come from a session that assumes the role, and so has them itself."""
        others = self._unbound(self.seen)
        reached, waiting = set[str](), list(self._before(role, tags))
        while waiting:
            before = waiting.pop()
            if before is None or before.trust is None:
                return True
            if before.arn in reached:
                continue
            if others.passed(before, tags, transitive=True) is not None:
                return True
            reached.add(before.arn)
            waiting += others._before(before, tags)
        return False

    def _before(self, role: Identity, tags: Tags) -> Iterator[Identity | None]:
        """The roles whose sessions may assume the role with transitive tags; `None` for one that is not listed."""
        own = {name.lower(): value for name, value in role.tags}
        read = _of_resource({name: Either(E2, value, own.get(name)) for name, value in tags.items()})
        for one in assumers(self.estate, role):
            inventory = self.estate.account(one.caller.account)
            if one.stranger and inventory is not None and inventory.complete:
                continue  # a role that is not there passes on nothing
            if one.caller.kind is CallerKind.ROLE and self._may(role, one, read, tags, ()):
                yield None if one.stranger else self._role(one)

    def passed(self, role: Identity, tags: Tags, *, transitive: bool = False) -> Assumer | None:
        """Who may pass the tags by one request, perhaps with others that policies ask for."""
        own = {name.lower(): value for name, value in role.tags}
        for one in assumers(self.estate, role):
            listed = listed_tags(assuming(self.estate, role, one, "sts:TagSession", {}))
            for all_tags in self._with_others(tags, listed):
                # A request that passes a tag of the key of a transitive one fails [API: AssumeRole, Tags]: none
                # overrides the role's.
                of_role = _of_resource({name: own.get(name) for name in all_tags})
                for said in _requests(all_tags, tags if transitive else None, listed.texts):
                    if self._may(role, one, {**said, **of_role}, {}, ("sts:TagSession",), tags):
                        return one
        return None

    def _with_others(self, tags: Tags, listed: ListedTags) -> Iterator[dict[str, str | None]]:
        """The tags with others that policies ask for: none, those of whose values they ask, each of those whose names
        they list, or all; `None`: a value that is not known."""
        valued = {name: self.shown.get(name) for name in listed.names if name not in tags and self._may_have(name)}
        texts = dict.fromkeys(text.lower() for text in listed.texts)
        named = [name for name in texts if name not in tags and self._may_have(name)]
        single = ({name: self.shown.get(name)} for name in named)
        ways = ({}, valued, *single, {**dict.fromkeys(named), **valued})
        yield from ({**tags, **dict(others)} for others in dict.fromkeys(tuple(way.items()) for way in ways))

    # -- the tags of those who make the requests --

    def _role(self, one: Assumer) -> Identity | None:
        """The listed role of which the caller is a session."""
        return self.estate.identity(one.caller.principal_arn) if one.caller.kind is CallerKind.ROLE else None

    def _may(
        self, role: Identity, one: Assumer, entries: _Entries, own: Tags, besides: _Names, passed: Tags | None = None
    ) -> bool:
        """False only if a caller with its `own` tags, and others that it can have, may not assume the role, and make
        further requests: by a session of some name that it can have."""
        named = self._by_name(role, one)
        return any(self._may_as(role, as_, {**entries, **said}, own, besides, passed) for as_, said in named)

    def _by_name(self, role: Identity, one: Assumer) -> Iterator[tuple[Assumer, _Entries]]:
        """The caller as sessions of the names that matter, where policies tell these apart by `aws:userid` or the trust
        policy names one; and what a request says of a session of some other name."""
        before = self._role(one)
        if before is None or before.trust is None:
            yield one, {}
            return
        found = conditions(assuming(self.estate, role, one, call(one.caller), {}))
        on_names = [condition for condition in found if condition.key.value.lower() == _USER_ID]
        ends = [text.value.rpartition(":")[2] for condition in on_names for text in condition.values]
        if not ends and one.caller.session == ORDINARY:
            yield one, {}
            return
        tested = any(SESSION_NAME in policy.tested_keys for policy in self.estate.deciding_policies())
        bound = (condition for condition in before.trust.conditions if condition.key.value.lower() == SESSION_NAME)
        users = (user.arn.rsplit("/", 1)[1] for user in self.estate.users)
        names = (ORDINARY, *ends, *(text.value for condition in bound for text in condition.values), *users)
        tried = tuple(dict.fromkeys(names)) if one.caller.session == ORDINARY else (one.caller.session or "",)
        if len(tried) > _WAYS or (on_names and (tested or any(mark in end for end in ends for mark in "*?$"))):
            yield one, {_USER_ID: Free(present=True)}
        for name in tried[:_WAYS]:
            if self._may_be_named(before, name):
                yield replace(one, caller=replace(one.caller, session=name)), {}

    def _may_be_named(self, role: Identity, name: str) -> bool:
        """False only if no session of the role has a name. A role that nobody can assume, as far as is known, is
        supposed to have sessions all the same."""
        state = role.arn, ((SESSION_NAME, name),)
        if not NAME_OF_SESSION.fullmatch(name) or state in self.seen:
            return False
        if len(self.seen) >= _SESSIONS:
            return True
        if (state, self.seen) not in self.known:
            others = self._unbound(self.seen | {state})
            may = replace(others, fixed={SESSION_NAME: name}).assumable(role) or not others.assumable(role)
            self.known[state, self.seen] = may
        return self.known[state, self.seen]

    def _may_as(
        self, role: Identity, one: Assumer, entries: _Entries, own: Tags, besides: _Names, passed: Tags | None
    ) -> bool:
        besides = (*besides, *self.besides)
        if SOURCE_IDENTITY in self.fixed and not self._may_have_source(one, self.fixed[SOURCE_IDENTITY]):
            return False
        certain = {**self.fixed, **entries, **{PRINCIPAL_TAG + name: value for name, value in own.items()}}
        if one.caller.kind is CallerKind.ROLE:
            certain[TRANSITIVE] = Either(E2_TRANSITIVE, Free(present=False), certain.get(TRANSITIVE))
        if not self._allowed(role, one, certain, besides):
            return False
        before = self._role(one)
        if before is None or before.trust is None or not names_tagging(before.trust) or len(self.seen) >= _SESSIONS:
            return True
        prepared = assuming(self.estate, role, one, "sts:TagSession", {})
        values = values_of_tags(prepared, {**self.shown, **own, **(passed or {})}, (*role.tags, *before.tags))
        if values is None:
            return True
        values |= {name: (own[name],) for name in values if name in own}
        if prod(map(len, values.values())) > TRIED:
            return True
        for combination in product(*values.values()):
            shown = dict(zip(values, combination, strict=True))
            principal_tags = {PRINCIPAL_TAG + name: value for name, value in shown.items()}
            if self._allowed(role, one, {**certain, **principal_tags}, besides) and self._may_be(before, shown):
                return True
        return False

    def _may_have_source(self, one: Assumer, source: Entry) -> bool:
        """False only if a caller never has this source identity, or none. A role that nobody can assume, as far as is
        known, is supposed to have sessions all the same, with none."""
        before, state = self._role(one), (one.caller.principal_arn, ((SOURCE_IDENTITY, str(source)),))
        if one.caller.kind is not CallerKind.ROLE:
            return source is None
        if state in self.seen:
            return False
        if before is None or before.trust is None or len(self.seen) >= _SESSIONS:
            return True
        others = self._unbound(self.seen | {state})
        said = with_source(None if source is None else str(source))
        if any(replace(others, fixed=fixed, besides=besides).assumable(before) for fixed, besides in said):
            return True
        return source is None and not others.assumable(before)

    def _may_be(self, role: Identity, shown: Mapping[str, str | None]) -> bool:
        """True iff a session of the role may have these tags and be without others."""
        own = {name.lower(): value for name, value in role.tags}
        other = {name: value for name, value in shown.items() if value is not None and own.get(name) != value}
        state = role.arn, tuple(sorted(other.items()))
        if state in self.seen or any(value is None and name in own for name, value in shown.items()):
            return False
        return not other or self._unbound(self.seen | {state}).way(role, other) is not None

    def _unbound(self, seen: frozenset[_Session]) -> Passing:
        """The same of sessions of which nothing is said yet."""
        return replace(self, shown={}, whole=False, seen=seen, fixed={}, besides=())

    def _allowed(self, role: Identity, one: Assumer, entries: _Entries, besides: _Names) -> bool:
        """False only if nobody may assume the role, and make further requests for it with the same context."""
        name = role.arn, one, frozenset(entries.items()), besides
        if name not in self.known:
            requests = [assuming(self.estate, role, one, action, entries) for action in (call(one.caller), *besides)]
            self.known[name] = may_be_allowed(requests)
        return self.known[name]


def with_source(source: str | None) -> Iterator[tuple[_Entries, _Names]]:
    """How a session comes by a source identity, or by none: what the request says that makes it, of its caller too, and
    what that needs besides. A source identity persists into the sessions that a session assumes, if that may set it,
    and cannot be set to another value; whether the request has the key again, two sentences of the page see
    differently. [IAM: id_credentials_temp_control-access_monitor]"""
    if source is None:
        yield {SET_SOURCE: None, SOURCE_IDENTITY: None}, ()
        return
    for said, before in ((source, None), (source, source), (None, source)):
        yield {SET_SOURCE: said, SOURCE_IDENTITY: before}, ("sts:SetSourceIdentity",)


def tag_entries(tags: Mapping[str, str | None], names: _Names | Free) -> dict[str, Entry]:
    """What a request says that passes tags, whose names it spells so; `None`: a value that is not known."""
    values = {name: Free(present=True) if value is None else value for name, value in tags.items()}
    return {TAG_KEYS: names, **{REQUEST_TAG + name: value for name, value in values.items()}}


def _of_resource(tags: _Entries) -> dict[str, Entry]:
    """The tags of the role; `None`: it has none. [IAM: id_session-tags, Chaining roles with session tags]"""
    return {prefix + name: value for name, value in tags.items() for prefix in TAGS_OF_RESOURCE}


def _requests(
    tags: Mapping[str, str | None], transitive: Tags | None, texts: frozenset[str]
) -> Iterator[dict[str, Entry]]:
    """What requests say that pass the tags. Those that name `transitive` ones may write these in another case than they
    are passed in (F3). [API: AssumeRole, Tags, TransitiveTagKeys]"""
    for names, lasting in product(spelled(tags, texts), spelled(transitive or {}, texts)):
        yield {**tag_entries(tags, names), **({} if transitive is None else {TRANSITIVE: lasting})}


def _by(role: Identity, one: Assumer) -> str:
    """By which request, in words."""
    who = f"somebody like {one.caller.arn}, whom the input does not list" if one.stranger else one.caller.arn
    doubtful = role.trust is not None and any(statement.only_if for statement in role.trust.statements)
    perhaps = ", if what is not known of its trust policy lets it" if doubtful else ""
    return f"by {call(one.caller)} with sts:TagSession on {role.arn}, called by {who}{perhaps}"


def spelled(names: Mapping[str, object], texts: frozenset[str]) -> Iterator[_Names | Free]:
    """Ways to spell the names of tags: each that policies tell apart, or, past some, any; none where no call passes
    these tags together. [IAM: id_session-tags, Session tagging operations; id_tags, Naming tags]"""
    if len(names) > MOST_SESSION_TAGS or any(name.startswith("aws:") for name in names):
        return
    yield from islice(ways := product(*(_spellings(name, texts) for name in names)), _WAYS)
    if next(ways, None) is not None:
        yield Free(present=True)


@cache
def _spellings(name: str, texts: frozenset[str]) -> _Names:
    """One spelling of each kind that patterns tell apart; of a long name the first letters are of one case."""
    letters = product(*(dict.fromkeys((one, one.upper())) for one in name))
    own = sorted(text for text in texts if text.lower() == name)
    tried = (*own, name, name.capitalize(), name.upper(), *map("".join, islice(letters, _SPELLINGS)))
    return tuple({tuple(text_matches(text, one) for text in texts): one for one in reversed(tried)}.values())
