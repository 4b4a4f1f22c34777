"""Which tags a role session can have (F3): its role's own, session tags that somebody can pass, transitive tags of a session before it. And
which name, where policies say how sessions are to be called.

In: a space in whose question `aws:PrincipalTag/…` occurs, and the roles of the inventory. Out: facts about these tags.
Guarantee: every session that somebody can make satisfies the facts. They are exact for the tags that one request passes; those that come on
from earlier sessions are told tag by tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.model.estate import Identity
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Test, both, conjunction, either, implies, negation
from verifier.problem.semantics.powers import SESSION_TAGS, power
from verifier.problem.sessions.trusting import Trusting, trusting
from verifier.problem.space import Space

PRINCIPAL_TAG = "aws:principaltag/"
SESSION_NAME, SOURCE_IDENTITY = "session", "aws:sourceidentity"
"""Attributes of a role's session that the request sets by which the role was assumed."""
_NOT_SAID = {SESSION_NAME: TRUE, SOURCE_IDENTITY: negation(Present(SOURCE_IDENTITY))}
"""What they are in a session of which nothing says it."""


def role_tags(space: Space, roles: Sequence[Identity], names: Sequence[str]) -> Iterator[Expression]:
    """F3: what `aws:PrincipalTag/…` of sessions of listed roles can be; `names` are the tags that the question mentions, in lower case."""
    found, further = trusting(space.estate), _further(space)
    if not names and not further:
        return
    changing = {role.arn for role in roles} if further else found.changing
    plain = [role for role in roles if role.settled or role.arn not in changing]
    yield from own_tags(space, plain, names)
    yield from own_tags(space, roles, [name for name in names if reserved(name)])
    others = [role for role in roles if not role.settled and role.arn in changing]
    for holder, own, passed in _others(space, others, names, further, found):
        yield implies(holder, conjunction(Present(PRINCIPAL_TAG + name) for name, value in own.items() if value is not None))
        yield implies(holder, passed)


def _further(space: Space) -> tuple[str, ...]:
    """What else a question asks of sessions that the requests to assume roles set. Where a caller may have changed a trust policy, that
    says nothing."""
    if space.inner or space.powers or space.target.of_step:
        return ()
    if space.estate.binds_session_names:
        space.attribute_view(SESSION_NAME)  # so that no witness is a session of a name that nobody may give it
    bound = {SESSION_NAME: space.estate.binds_session_names, SOURCE_IDENTITY: True}
    return tuple(name for name, binds in bound.items() if binds and name in space.attributes)


def carriers(space: Space) -> Expression:
    """The role sessions that may carry transitive tags: nobody where a request is asked about by itself."""
    if not space.powers and not space.inner:
        return FALSE
    changing = trusting(space.estate).changing
    roles = space.estate.roles
    listed = frozenset(role.arn for role in roles)
    tagged = frozenset(role.arn for role in roles if not role.settled and role.arn in changing)
    others = [negation(space.in_account(account.id)) for account in space.estate.accounts if account.complete]
    unlisted = both(space.is_role, negation(space.one_of(listed)), *others)
    return either(unlisted, space.one_of(tagged), both(space.is_role, power(space, SESSION_TAGS)))


def own_tags(space: Space, identities: Sequence[Identity], names: Sequence[str]) -> Iterator[Expression]:
    """The tags are those of the user or role."""
    for name in names:
        holders: dict[str | None, list[str]] = {}
        for identity in identities:
            holders.setdefault(own_tag(identity, name), []).append(identity.arn)
        for value, arns in holders.items():
            yield implies(_holder(space, arns), known_tag(space, name, value))


def known_tag(space: Space, name: str, value: str | None) -> Expression:
    """The caller's tag has this value, which is told apart from others; `None`: it has none."""
    if value is not None:
        space.ask(space.attribute_view(PRINCIPAL_TAG + name), exactly(value))
    return has_tag(name, value)


def reserved(name: str) -> bool:
    """Whether a tag is AWS's own by its name: nobody passes it to a session [IAM: id_tags, Naming tags]."""
    return name.lower().startswith("aws:")


def own_tag(identity: Identity, name: str) -> str | None:
    """The value of a tag (its name in lower case) of a user or role."""
    return next((value for key, value in identity.tags if key.lower() == name), None)


def has_tag(name: str, value: str | None) -> Expression:
    """The caller's tag has this value; `None`: it has none."""
    attribute = PRINCIPAL_TAG + name
    return negation(Present(attribute)) if value is None else Test(attribute, exactly(value))


def _holder(space: Space, arns: Sequence[str]) -> Expression:
    return both(space.one_of(frozenset(arns)), negation(power(space, SESSION_TAGS)))


def _others(
    space: Space, roles: Sequence[Identity], names: Sequence[str], further: Sequence[str], found: Trusting
) -> Iterator[tuple[Expression, Mapping[str, str | None], Expression]]:
    """Roles of one kind together: their sessions, the own tags, what the tags of sessions are."""
    alike: dict[object, list[Identity]] = {}
    exact = None
    if not space.inner and any(role.arn not in found.unknown for role in roles):
        from verifier.problem.sessions.passed_tags import passed_tags  # which asks a question of its own

        exact = passed_tags(space, found, [*(PRINCIPAL_TAG + name for name in names), *further])
        for attribute, predicates in exact.predicates.items():
            if attribute in space.attributes:
                space.asked.setdefault(attribute, {}).update(predicates)
    given = {role.arn: exact.told(role.arn) if exact is not None and role.arn not in found.unknown else None for role in roles}
    for role in roles:
        alike.setdefault((tuple(own_tag(role, name) for name in names), given[role.arn]), []).append(role)
    for held in alike.values():
        told = given[held[0].arn]
        own = {name: own_tag(held[0], name) for name in names}
        passed: Expression = TRUE
        if told is not None and exact is not None:
            tags = {PRINCIPAL_TAG + name: has_tag(name, value) for name, value in own.items()}
            passed = exact.expression(told, {**tags, **{name: _NOT_SAID[name] for name in further}})
        yield _holder(space, [role.arn for role in held]), own, passed
