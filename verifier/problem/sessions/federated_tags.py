"""Which tags a federated session can have (F3): those of the user that issued it and, over them, session tags that it
passed.

In: a space in whose question `aws:PrincipalTag/…` occurs. Out: facts about these tags, for sessions of listed users and
of root users.
Guarantee: every session that somebody can make satisfies the facts. They are exact for what the caller of
`sts:GetFederationToken` may pass by its policies and the SCPs over its account; a user or root user that may make no
session is supposed to have sessions all the same, without session tags. [IAM: id_session-tags, Passing session tags
using GetFederationToken]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from verifier.model.estate import Estate
from verifier.model.policy import Effect, Statement
from verifier.model.symbols import Reading
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, exactly, literal_tokens
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, TooLarge
from verifier.problem.diagrams.elimination import project
from verifier.problem.diagrams.joint import join
from verifier.problem.expression import TRUE, Expression, Present, at_most, conjunction, disjunction, implies
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.semantics.possible_changes import REQUEST_TAG, changed
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.targets import FEDERATING, Target, TargetKind
from verifier.problem.sessions.session_tags import MOST_SESSION_TAGS, PRINCIPAL_TAG, has_tag, own_tag, reserved
from verifier.problem.sessions.tag_sets import TagSets, among_classes
from verifier.problem.sessions.trusting import may_tag
from verifier.problem.space import CALLER, MADE, Space
from verifier.problem.views import as_tokens

_ROOT = "root"


def federated_tags(space: Space, names: Sequence[str]) -> Iterator[Expression]:
    """F3: what `aws:PrincipalTag/…` of federated sessions can be; `names` are the tags that the question mentions, in
    lower case."""
    for account, alike in _issuers(space, names).items():
        for (values, passing), issuers in alike.items():
            whose = space.in_account(account) & space.issuer(OneOf(frozenset(issuers)))
            issued = space.is_federated & whose & ~changed(space)
            own = dict(zip(names, values, strict=True))
            if not passing:
                yield from (implies(issued, has_tag(name, value)) for name, value in own.items())
                continue
            having = (Present(PRINCIPAL_TAG + name) for name, value in own.items() if value is not None)
            yield implies(issued, conjunction(having))
            yield from (implies(issued, has_tag(name, value)) for name, value in own.items() if reserved(name))
            if space.target.of_step:
                continue
            sessions = _sessions(space, account, dict.fromkeys(names, frozenset[Predicate]()))
            if sessions is not None and space.possible_changes and sessions.compares:
                continue  # what the closure asks of callers does not tell sessions apart by it
            if sessions is not None and sessions.compares:  # then more values are told apart than policies list
                sessions = _sessions(
                    space, account, {name: frozenset(space.questions.get(PRINCIPAL_TAG + name, {})) for name in names}
                )
            if sessions is None:
                space.followed = False
            else:
                yield from (
                    implies(issued & space.issuer(exactly(one)), sessions.tags(one, own)) for one in sorted(issuers)
                )
    yield from _of_root(space, names)


def _of_root(space: Space, names: Sequence[str]) -> Iterator[Expression]:
    """The root user has no tags: all that its sessions have were passed."""
    present = [Present(PRINCIPAL_TAG + name) for name in names]
    own = [~tag for name, tag in zip(names, present, strict=True) if reserved(name)]
    passed = conjunction((*own, at_most(present, MOST_SESSION_TAGS)))
    if passed is not TRUE:
        yield implies(space.is_federated & space.issuer(exactly(_ROOT)), passed)


_Alike = dict[tuple[tuple[str | None, ...], bool], set[str]]


def _issuers(space: Space, names: Sequence[str]) -> Mapping[str, _Alike]:
    """Who issues sessions, by account, own tags and whether it may pass others; root users where SCPs may forbid it."""
    found: dict[str, _Alike] = {}
    for account in space.estate.accounts:
        for user in account.users:
            own = tuple(own_tag(user, name) for name in names)
            passing = may_tag(space.estate, user)
            found.setdefault(account.id, {}).setdefault((own, passing), set()).add(user.arn.split(":", 5)[5])
    if not space.possible_changes:
        for account_id in _bound_accounts(space.estate):
            found.setdefault(account_id, {}).setdefault(((None,) * len(names), True), set()).add(_ROOT)
    return found


def _bound_accounts(estate: Estate) -> Iterator[str]:
    """The accounts whose root user SCPs may keep from passing session tags, by a quick look: D7, not the management
    account."""
    organization = estate.organization
    for controls in organization.controls if organization is not None else ():
        assert organization is not None
        if controls.account != organization.management_account and controls.service is not None:
            statements = [[s for policy in level.policies for s in policy.statements] for level in controls.service]
            if any(_may_refuse(level) for level in statements):
                yield controls.account


def _may_refuse(level: Sequence[Statement]) -> bool:
    about = [statement for statement in level if any(names_action(statement, name.lower()) for name in FEDERATING)]
    return any(s.effect is Effect.DENY for s in about) or not any(map(_allows_all, about))


def _allows_all(statement: Statement) -> bool:
    whole = all([text.value for text in texts or ()] == ["*"] for texts in (statement.actions, statement.resources))
    negated = statement.not_action or statement.not_resource or statement.only_if is not None
    return statement.effect is Effect.ALLOW and whole and not negated and not statement.conditions


_TagTests = Mapping[str, frozenset[Predicate]]
"""Names of tags, each with tests on its values that are told apart besides those of the policies."""


def _sessions(space: Space, account: str, names: _TagTests) -> _Sessions | None:
    """The sessions that are asked for in an account, asked about once; `None` where the question is too large."""
    estate, target = space.estate, Target(TargetKind.FEDERATED, space.target.partition, account)
    things = estate.accounts, estate.organization, estate.unmodelled
    return _known.of(things, target, *names.items(), find=lambda: _sessions_with(space, target, names))


def _sessions_with(space: Space, target: Target, names: _TagTests) -> _Sessions | None:
    try:
        return _Sessions(space, target, names)
    except TooLarge:
        return None


class _Sessions(TagSets):
    """The requests for federated sessions in one account."""

    def __init__(self, space: Space, target: Target, names: _TagTests) -> None:
        super().__init__(join([space.sessions(target)], (), partial(_further, names=names)))
        self._start = f"arn:{target.partition}:sts::{target.account}:"
        self._callers = f"arn:{target.partition}:iam::{target.account}:"
        readings = frozenset(name for name in self._level if name == CALLER or isinstance(name, Reading))
        tags = frozenset(name for name in self._level if name == MADE or name in {REQUEST_TAG + n for n in names})
        asking, tagging = (self._requests(name) for name in sorted(FEDERATING))
        self._passed = project(self._diagrams, [*asking, *tagging], readings | tags).care
        self._untagged = project(self._diagrams, [*asking, self._joint.scopes[0]], readings).care

    def _of(self, node: DiagramNode, issuer: str) -> DiagramNode:
        number = self._joint.finite.tables[CALLER].class_of(self._callers + issuer)
        return NOTHING if number is None else self._diagrams.restrict(node, {CALLER: number})

    def tags(self, issuer: str, own: Mapping[str, str | None]) -> Expression:
        """True iff the tags of a session can be so that somebody issues, whose tags are its `own`."""
        otherwise = {name: has_tag(name, value) for name, value in own.items()}
        passed = self._of(self._passed, issuer)
        untagged = self.expression(self._of(self._untagged, issuer), {}) if passed != NOTHING else TRUE
        return (untagged & conjunction(otherwise.values())) | self.expression(passed, otherwise)

    def _value(self, variable: str, mask: int, otherwise: Mapping[str, Expression]) -> Expression:
        if variable != MADE:
            return super()._value(variable, mask, otherwise)
        size, masks = self._table(MADE).size, self._masks(MADE)
        tests = {disjunction(map(self._named, as_tokens(predicate, MADE))): own for predicate, own in masks.items()}
        return among_classes(mask & (1 << size) - 1, size, tests, TRUE)

    def _named(self, name: Tokens) -> Expression:
        """True iff the caller is a federated user with such a name."""
        return self._joint.sides[0].question.space.principal(Tokens((*literal_tokens(self._start), *name.tokens)))


def _further(space: Space, names: _TagTests) -> Sequence[Expression]:
    for name, predicates in names.items():
        space.view(REQUEST_TAG + name)
        space.questions.setdefault(REQUEST_TAG + name, {}).update(dict.fromkeys(predicates))
    space.view("aws:TagKeys")
    return [~Present("aws:tagkeys")]


_known = ObjectCache[_Sessions | None](64)
