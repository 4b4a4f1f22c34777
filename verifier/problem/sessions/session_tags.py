"""The tags of callers (F3, F6): which there are, whose own they are, and which callers may have others; what else
sessions are given.

In: a space in whose question `aws:PrincipalTag/…` occurs, users and roles of the inventory. Out: tests and facts about
these tags, and about `aws:RequestTag/…` of requests for a session.
Guarantee: whoever may carry a tag that is not its own is among the `carriers`, or has the change that gives it one. A
tag that the input gives of a user or role is one, whatever these rules say of their keys and values.
[IAM: id_session-tags, Session tagging operations; id_tags, Naming tags; reference_iam-quotas, IAM and STS character
limits]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.symbols import RequestFact
from verifier.problem.classes.domains import of_tags
from verifier.problem.classes.predicates import Predicate, exactly
from verifier.problem.expression import FALSE, Expression, Present, Test, at_most, conjunction, implies
from verifier.problem.semantics.possible_changes import REQUEST_TAG, SESSION_TAGS, possible
from verifier.problem.semantics.unmodelled import holders
from verifier.problem.sessions.trusting import trusting
from verifier.problem.space import Space

PRINCIPAL_TAG = "aws:principaltag/"
SESSION_NAME, SOURCE_IDENTITY = "session", "aws:sourceidentity"
"""Attributes of a role's session that the request sets by which the role was assumed."""


def bound_session_attributes(space: Space) -> tuple[str, ...]:
    """What else a question asks of sessions that the requests to assume roles set: their names wherever these are
    bound, so that no witness is a session of a name that nobody may give it. Where a caller may have changed a trust
    policy, that says nothing."""
    if space.inner or space.possible_changes or space.target.of_step:
        return ()
    binds = {SESSION_NAME: space.estate.binds_session_names, SOURCE_IDENTITY: SOURCE_IDENTITY in space.attributes}
    return tuple(name for name, bound in binds.items() if bound)


def carriers(space: Space) -> Expression:
    """True iff the caller is a role session that may carry transitive tags: nobody for a request by itself."""
    if not space.possible_changes and not space.inner:
        return FALSE
    changing = trusting(space.estate).changing
    roles = space.estate.roles
    listed = frozenset(role.arn for role in roles)
    tagged = frozenset(role.arn for role in roles if not role.exact_tags and role.arn in changing)
    others = [~space.in_account(account.id) for account in space.estate.accounts if account.complete]
    unlisted = space.is_role & ~space.one_of(listed) & conjunction(others)
    return unlisted | space.one_of(tagged) | (space.is_role & possible(space, SESSION_TAGS))


def own_tags(space: Space, identities: Sequence[Identity], names: Sequence[str]) -> Iterator[Expression]:
    """The tags are those of the user or role."""
    for name in names:
        holders: dict[str | None, list[str]] = {}
        for identity in identities:
            holders.setdefault(own_tag(identity, name), []).append(identity.arn)
        for value, arns in holders.items():
            yield implies(holder(space, arns), has_tag(name, value))


def reserved(name: str) -> bool:
    """True iff a tag is AWS's own by its name: nobody passes it to a session [IAM: id_tags, Naming tags]."""
    return name.lower().startswith("aws:")


def own_tag(identity: Identity, name: str) -> str | None:
    """The value of a tag (its name in lower case) of a user or role."""
    return next((value for key, value in identity.tags if key.lower() == name), None)


def has_tag(name: str, value: str | None) -> Expression:
    """True iff the caller's tag has this value; `None`: it has none."""
    attribute = PRINCIPAL_TAG + name
    return ~Present(attribute) if value is None else Test(attribute, exactly(value))


def is_transitive(tag: str) -> RequestFact:
    """The fact that the tag of this name, in lower case, that the caller who asks for a session has is transitive."""
    return RequestFact("transitive", tag)


def holder(space: Space, arns: Sequence[str]) -> Expression:
    """True iff the caller has the tags of these users and roles: nobody has other ones than it was given."""
    return space.one_of(frozenset(arns)) & ~possible(space, SESSION_TAGS)


# -- what sessions are given, as sets --

_REQUESTS = {SESSION_NAME: "sts:rolesessionname", SOURCE_IDENTITY: "sts:sourceidentity"}


class Carried(Frozen):
    """What a session carries: the attribute of its own requests, and that of the request that gives it."""

    session: str

    @property
    def tag(self) -> str | None:
        """The name of the session tag that it is."""
        return self.session.removeprefix(PRINCIPAL_TAG) if self.session.startswith(PRINCIPAL_TAG) else None

    @property
    def request(self) -> str:
        """The attribute of requests to assume a role."""
        return _REQUESTS.get(self.session) or REQUEST_TAG + self.session.removeprefix(PRINCIPAL_TAG)


def see(space: Space, attribute: str) -> None:
    """Brings an attribute into being."""
    if attribute == SESSION_NAME:
        space.attribute_view(attribute)
    else:
        space.view(attribute)


def share_tests(space: Space, part: Carried, predicates: Mapping[Predicate, None]) -> None:
    """Asks the same of what sessions carry as of what requests give to them."""
    for attribute in (part.session, part.request):
        see(space, attribute)
        space.questions.setdefault(attribute, {}).update(predicates)


# -- which tags there are at all --

MOST_SESSION_TAGS = 50
LONGEST_KEY = 128


def passable_tags(space: Space) -> Iterator[Expression]:
    """F3: what a request for a session cannot pass."""
    request_tags = [name for name in space.attributes if name.startswith(REQUEST_TAG)]
    yield at_most([Present(name) for name in request_tags], MOST_SESSION_TAGS)
    for name in request_tags:
        key = name.removeprefix(REQUEST_TAG)
        if reserved(key) or not _is_key(key):
            yield ~Present(name)


def possible_tags(space: Space) -> Iterator[Expression]:
    """F6: nobody has a tag whose key is none, or a value that is none, but who is said to have it."""
    for name in (name for name in space.attributes if name.startswith(PRINCIPAL_TAG)):
        key = name.removeprefix(PRINCIPAL_TAG)
        for value in sorted(value for value in space.estate.tag_values.get(key, ()) if not of_tags(value)):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) == value}
            yield implies(has_tag(key, value), holders(space, sorted(having)))
        if not _is_key(key):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) is not None}
            yield implies(Present(name), holders(space, sorted(having)))


def _is_key(text: str) -> bool:
    return 0 < len(text) <= LONGEST_KEY and of_tags(text)
