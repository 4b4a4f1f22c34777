"""The space of requests for one target: its attributes, and how condition keys are read off them.

In: the estate and a target (a key, an alias, no resource, or what a step changes). Out: `Space.view(key)` for condition
keys; callers as tests on one attribute (`problem.semantics.caller_tests`). The rules are written over spaces: what a
space asks of them is abstract here, and `problem.rules.RuledSpace` has it.
Guarantee: keys that follow from the caller or the key (F1, F2, F8) are never attributes of their own, so that they
cannot disagree with it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy, Statement, StatementRef
from verifier.model.reference import KeyFacts, actions, condition_key
from verifier.model.steps.actions import step_key
from verifier.model.symbols import PossibleChange, Reading, SymbolName
from verifier.problem.classes.attributes import (
    Attribute,
    Freezable,
    issuers,
    principals,
    retiring_principals,
    role_callers,
    session_names,
    user_ids,
)
from verifier.problem.classes.domains import action_names, context_attribute, is_written, longest_value, with_tag_values
from verifier.problem.classes.kinds import text_forms
from verifier.problem.classes.predicates import OneOf, Predicate, like
from verifier.problem.classes.tables import instant_text
from verifier.problem.expression import TRUE, Expression, Present, Some, Test, constant
from verifier.problem.semantics.caller_tests import IS_WEB, CallerTests
from verifier.problem.semantics.targets import STEP_KINDS, Target, TargetKind, actions_on, consistent, facts_text
from verifier.problem.views import PartlyKnown, SetView, ValueRelation, Values, View, tested

if TYPE_CHECKING:
    from verifier.problem.semantics.values import Template

_Value = TypeVar("_Value", bound=Hashable)
PAIR_PREFIX = "kms:encryptioncontext:"
CALLER, ACTION = "principal", "action"
"""The attributes for who makes a request, and for what."""
TARGET = "target"
"""The attribute for which of many targets a request is on: its ARN."""
MADE = "resource of the request"
"""The attribute for what a request names or makes in an account, a function or a resource share: the last field of its
ARN (E3, E4)."""
EXACT_NAME, OTHER_NAME = "#Exact", "#Other"
"""How the attributes of pairs end that are told apart by the case of their names. No condition key is one: those are in
lower case."""


def exact_pair(name: str) -> str:
    """The attribute of the pair of the encryption context with exactly this name, which some grant lists."""
    return PAIR_PREFIX + name + EXACT_NAME


def other_pair(key: str) -> str:
    """The attribute of the pairs of a key whose names differ in case alone from those that grants list: the set of
    their values."""
    return key.lower() + OTHER_NAME


def listed_names(*targets: Target) -> dict[str, tuple[str, ...]]:
    """The names of pairs of the encryption context that the grants of keys list, by condition key in lower case."""
    grants = [grant for target in targets if target.key is not None for grant in target.key.grants or ()]
    found: dict[str, dict[str, None]] = {}
    pairs = (pair for one in grants for pair in (*(one.context_equals or ()), *(one.context_subset or ())))
    for name, _ in pairs:
        found.setdefault(PAIR_PREFIX + name.lower(), {})[name] = None
    return {key: tuple(names) for key, names in found.items()}


_OWN = {"userid": user_ids, "session": session_names, "issuer": issuers, "retiring": retiring_principals}
"""What makes the attributes that are no condition keys, but for those that every space has."""
INTERNAL = frozenset({*_OWN, "principal", "action", "facts", "region", "time", MADE, TARGET})
"""The attributes that are no condition keys: what a context shows of them has other names."""


_CACHE_SIZE = 4096
"""Expressions about actions that are remembered from one question to the next."""


@lru_cache(_CACHE_SIZE)
def _matched_on(known: frozenset[str], pattern: str) -> frozenset[str]:
    """The known actions that a pattern in lower case matches."""
    matched = like(pattern)
    return frozenset(name for name in known if matched.matches(name.lower()))


@lru_cache(_CACHE_SIZE)
def _action_attribute(kind: TargetKind, known: frozenset[str]) -> Attribute:
    if kind in STEP_KINDS:
        return Attribute("action", values=tuple(sorted(name.lower() for name in known)), optional=False)
    return action_names([a.name.lower() for a in actions() if a.name in known])


@lru_cache(_CACHE_SIZE)
def facts_attribute(facts: tuple[KeyFacts, ...]) -> Attribute:
    return Attribute("facts", values=tuple(facts_text(f) for f in facts), optional=False)


class DecisionInput(Frozen):
    """What a decision is read from: the estate and the key of the target, or what decides the same of the requests in
    question (`problem.passes`). `tested_keys` are the condition keys of what is not in it: a request shows what every
    request has that a policy tests (R6). `many_as_one`: a proof names the statements of users and roles together where
    they are many."""

    estate: Estate
    key: Key | None
    tested_keys: frozenset[str] = frozenset()
    many_as_one: bool = False


@dataclass
class Space(CallerTests):
    """The attributes of requests on one target. Attributes come into being when something asks for them, until they are
    frozen.

    `view_predicates` holds the predicates put to each view, `questions` those put to each attribute
    (`problem.question`); `owners` are the statements, by number, and `owner_actions` the actions that they are about;
    `notes` are condition keys that the data does not know; `pair_names` are the `listed_names` of all that the question
    is about. `narrowed` is what the decision is read from, where that is not the whole input. `followed` is false where
    what sessions can be given was too much to follow: they may have been given anything.
    """

    estate: Estate
    target: Target
    narrowed: DecisionInput | None = None
    followed: bool = True
    attributes: Freezable[str, Attribute] = field(default_factory=Freezable)
    relations: Freezable[SymbolName, ValueRelation] = field(default_factory=Freezable)
    owners: list[StatementRef] = field(default_factory=list)
    owner_actions: list[Expression] = field(default_factory=list)
    partly_known: Freezable[SymbolName, PartlyKnown] = field(default_factory=Freezable)
    view_predicates: Freezable[str, Freezable[Predicate, None]] = field(default_factory=Freezable)
    questions: dict[str, dict[Predicate, None]] = field(default_factory=dict)
    notes: Freezable[str, None] = field(default_factory=Freezable)
    statements_read: list[tuple[Policy, Statement]] = field(default_factory=list)
    """The statements that the decision was read from, each with its policy, some of them several times."""
    spellings: dict[str, str] = field(default_factory=dict)
    pair_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: dict[tuple[object, ...], Expression] = field(default_factory=dict)
    """Conditions that were read, by all that their meaning depends on (`problem.semantics.conditions`)."""
    inner: bool = False
    """Whether this is what sessions can be given that is asked about here, so that it is not known yet
    (`problem.sessions.passed_tags`)."""
    possible_changes: frozenset[PossibleChange] = frozenset()
    """What the caller may have brought about before the request, as symbols (`problem.semantics.possible_changes`)."""
    covered: dict[Template, Expression] = field(default_factory=dict)
    """Where a `Resource` pattern covers which of many targets (`problem.steps.many`)."""
    views: Freezable[tuple[str, Reading | None], View | SetView] = field(default_factory=Freezable)
    """By condition key, and the reading by which a policy can read it, if that is open (F8, E2)."""
    _mentioned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known_actions = self.target.actions or actions_on(self.target.kind)
        self.pair_names = self.pair_names or listed_names(self.target)
        whom = principals(self.target.partition)
        if self.target.kind is TargetKind.ROLE:
            whom = role_callers(self.target.partition)
            self.is_web = IS_WEB
            self.is_service = ~self.is_principal & ~IS_WEB
        for attribute in (whom, _action_attribute(self.target.kind, self.known_actions)):
            self.attributes[attribute.name] = attribute
        if self.target.members:
            arns = tuple(str(member.resource) for member in self.target.members)
            self.attributes[TARGET] = Attribute(TARGET, values=arns, optional=False)
        if self.target.key is not None:
            self.attributes["facts"] = facts_attribute(consistent(self.target.key))

    @abstractmethod
    def key_view(self, name: str, by: Reading | None) -> View | SetView:
        """A condition key, in lower case, as the rules say what it follows from; as it is for policies that can read it
        only `by` a reading (F8, E2)."""

    @abstractmethod
    def allowed(self) -> Expression:
        """True iff the request is allowed."""

    @abstractmethod
    def extend(self) -> None:
        """Adds to the vocabulary what facts about it need besides."""

    @abstractmethod
    def facts(self) -> list[Expression]:
        """What holds of every request that can be sent, so far as it matters for the vocabulary, which is frozen."""

    @abstractmethod
    def sessions(self, target: Target) -> SpaceMaker:
        """The requests for sessions made on another target: what these can be given is one of the facts (F3)."""

    @property
    def decision_input(self) -> DecisionInput:
        """What the rules read policies and grants from. Facts are about the whole input."""
        return self.narrowed or DecisionInput(self.estate, self.target.key)

    def freeze(self) -> None:
        """Ends the vocabulary: facts range over it and add nothing."""
        self.extend()
        parts: list[Freezable[Any, Any]] = [self.attributes, self.relations, self.partly_known, self.notes, self.views]
        for part in (*parts, self.view_predicates, *self.view_predicates.values()):
            part.frozen = True

    def mention(self, key: str) -> None:
        """Some policy tests this condition key."""
        if key not in self._mentioned:
            self._mentioned.add(key)
            self.note(key)
            self.view(key)

    def is_silent(self, statement: Statement) -> bool:
        """True iff a statement is about none of the actions on what a step changes, which are few and all known."""
        if not self.target.of_step:
            return False
        patterns = (text.value.lower() for text in statement.actions)
        matched = frozenset[str]().union(*(_matched_on(self.known_actions, pattern) for pattern in patterns))
        silent = matched == self.known_actions if statement.not_action else not matched
        if silent and not self.target.members:
            for condition in statement.conditions:
                self.mention(condition.key.value)  # a request shows what every request has that a policy tests (R6)
        return silent

    def requests_where(self, holds: Callable[[Target], bool]) -> Expression:
        """True iff something holds of the target that the request is on."""
        members = self.target.members
        if not members:
            return constant(holds(self.target))
        found = frozenset(str(member.resource) for member in members if holds(member))
        return constant(bool(found)) if len(found) in (0, len(members)) else Test(TARGET, OneOf(found))

    def requests_on(self, arns: Container[str | None]) -> Expression:
        """True iff the target that the request is on has one of these ARNs."""
        return self.requests_where(lambda target: target.resource in arns)

    def requests_by(self, value_of: Callable[[Target], _Value]) -> dict[_Value, Expression]:
        """For each value that some of the targets have, the requests on those that have it."""
        arns: dict[_Value, set[str | None]] = {}
        for target in self.target.members or (self.target,):
            arns.setdefault(value_of(target), set()).add(target.resource)
        return {value: self.requests_on(own) for value, own in arns.items()}

    def note(self, key: str) -> None:
        """A policy speaks of this condition key; what the data does not know is remembered."""
        if condition_key(key) is None and not (self.target.of_step and step_key(key) is not None):
            self.notes[key] = None

    def known(self, name: str) -> str:
        """The name, with its attribute in being."""
        if name not in self.attributes:
            make, target = _OWN.get(name), self.target
            found = context_attribute(name, target.partition, target.region) if make is None else make()
            found = with_tag_values(found, self.given_tags(name))
            self.attributes[name] = replace(found, multivalued=True) if name.endswith(OTHER_NAME) else found
        return name

    def given_tags(self, name: str) -> frozenset[str]:
        """The values of a tag of callers that the input gives."""
        tag = name.removeprefix("aws:principaltag/")
        return frozenset() if tag == name else self.estate.tag_values.get(tag, frozenset())

    # -- condition keys --

    def view(self, key: str, readable_by: Reading | None = None) -> View | SetView:
        """A condition key, whatever its case (L3). Policies of some kinds read what is of the resource by a reading."""
        name = key.lower()
        self.spellings.setdefault(name, key)
        of_some = ("aws:resourcetag/", "iam:resourcetag/", "kms:resourcealiases", "lambda:sourcefunctionarn")
        by = readable_by if name.startswith(of_some) else None
        if (name, by) not in self.views:
            self.views[name, by] = self.key_view(name, by)
        return self.views[name, by]

    def ask_key(self, key: str, predicate: Predicate) -> Expression:
        """True iff the value of a condition key of one value, which all policies read, satisfies a predicate."""
        view = self.view(key)
        assert isinstance(view, View)
        return self.ask(view, predicate)

    def ask(self, view: View, predicate: Predicate) -> Expression:
        """True iff the value of a view satisfies a predicate: a test, remembered for the relations that share it."""
        if view.fixed is None:
            self.tests_on(view.name)[predicate] = None
        return view.test(predicate)

    def tests_on(self, view: str) -> Freezable[Predicate, None]:
        return self.view_predicates.setdefault(view, Freezable())

    def single(self, key: str, readable_by: Reading | None) -> View | None:
        """A condition key where a single value is wanted (L7); `None` for a multi-valued key, which matches nothing."""
        view = self.view(key, readable_by)
        return view if isinstance(view, View) else None

    def attribute_view(self, name: str) -> View:
        """A key that is an attribute of its own."""
        attribute = self.attributes[self.known(name)]
        iso, longest = is_written(name), longest_value(name, self.given_tags(name))

        def value(values: Values) -> str | None:
            found = values.get(name)
            return None if not isinstance(found, str) else instant_text(found) if iso else found

        def test(predicate: Predicate) -> Expression:
            return tested(name, attribute, predicate, iso=iso, longest=longest)

        present = Present(name) if attribute.optional else TRUE
        return View(name, present, test, value, (name,), forms=text_forms(attribute, iso=iso))

    def set_view(self, name: str) -> SetView:
        """A multi-valued key that is an attribute of its own."""
        return SetView(self.known(name), Present(name), lambda predicates, inside: Some(name, predicates, inside))

    def own_view(self, name: str) -> View | SetView:
        """A key that nothing else determines."""
        return self.set_view(name) if self.attributes[self.known(name)].multivalued else self.attribute_view(name)


class SpaceMaker(Protocol):
    """What makes a space that several may be asked about together with."""

    @property
    def target(self) -> Target: ...

    def space(self, pair_names: Mapping[str, tuple[str, ...]]) -> Space:
        """The space, new, with these `pair_names`."""
        ...


def acts(names: Iterable[str]) -> Expression:
    """True iff the action is one of these, which are in lower case, since IAM compares them so (L3)."""
    return _acts(frozenset(names))


@lru_cache(_CACHE_SIZE)
def _acts(names: frozenset[str]) -> Expression:
    return Test("action", OneOf(frozenset(name.lower() for name in names)))
