"""What holds of the comparisons between attributes in every request (L7): facts about the symbols of `relations`.

In: a space with relations. Out: expressions that hold whatever the request.
Guarantee: a fact is true of every request, so that an unsatisfiable problem is a proof; facts need not tell all that a
relation means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, product
from math import prod

from verifier.model.operators import Sign
from verifier.model.policy import arn_kind
from verifier.model.readings import EMPTY
from verifier.problem.classes.predicates import ANY, OneOf, Predicate, Tokens, exactly, like, one
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, conjunction, disjunction, implies, same
from verifier.problem.facts.shared import predicates_of
from verifier.problem.space import Space
from verifier.problem.views import ValueRelation, View

OWN_ACCOUNT = ("aws:principalaccount", "kms:calleraccount")
"""The keys that hold the account of a principal that calls (F1)."""
_ACCOUNT_FIELD = re.compile(r":(\d{12}):")
COMBINATIONS, _NAMES = 64, 256
"""Values of several variables together, and names of callers, that are followed one by one."""


def relation_facts(space: Space, facts: Mapping[str, Iterable[Predicate]]) -> Iterator[Expression]:
    """What holds of the relation symbols in every request: equal values answer every test alike, and for each value
    that a variable is tested against, the relation is a test on the subject. `facts` are the tests that facts put to
    each attribute besides the question."""
    by_view = _Tests(space, facts)
    for relation in space.relations.values():
        if relation.pair is not None:
            yield from _equality_facts(by_view, relation, *relation.pair)
        else:
            yield from _shape_facts(by_view, relation)
            yield from _pattern_facts(by_view, relation)
        yield from _value_facts(by_view, relation)
    for name, comparison in space.partly_known.items():
        for values, condition in _known_values(by_view, comparison.sources):
            counts = TRUE if all(values) else ~Symbol(EMPTY)  # an empty value may be none (L7-empty)
            yield implies(condition & counts, same(Symbol(name), comparison.meaning(values)))


class _Tests:
    """The tests on each view: on one that is an attribute of its own, a text, those of facts too. The facts about
    comparisons add to them as they are made."""

    def __init__(self, space: Space, facts: Mapping[str, Iterable[Predicate]]) -> None:
        self.callers = predicates_of(space, "principal")
        self._of = {name: dict(predicates) for name, predicates in space.view_predicates.items()}
        compared = [relation.views for relation in space.relations.values()]
        for view in chain(*compared, *(comparison.sources for comparison in space.partly_known.values())):
            if view.fixed is None:
                self.of(view).update({exactly(value): None for value in view.given})
            if view.bases == (view.name,) and not view.forms:
                tests = facts.get(view.name, ())
                self.of(view).update({p: None for p in tests if type(p) is not OneOf or len(p.values) <= COMBINATIONS})
        pairs = [relation.pair for relation in space.relations.values() if relation.pair is not None]
        before = -1
        while before != (before := sum(map(len, self._of.values()))):  # both sides of an equality are asked the same
            for left, right in pairs:
                self.of(left).update(self.of(right))
                self.of(right).update(self.of(left))

    def of(self, view: View) -> dict[Predicate, None]:
        return self._of.setdefault(view.name, {})

    def ask(self, view: View, predicate: Predicate) -> Expression:
        """True iff the value of a view satisfies a predicate: a test, which those that are made later range over."""
        self.of(view)[predicate] = None
        return view.test(predicate)


def _equality_facts(by_view: _Tests, relation: ValueRelation, left: View, right: View) -> Iterator[Expression]:
    symbol = Symbol(relation.symbol)
    present = left.present & right.present
    for typed, other in ((left, right), (right, left)):
        if typed.forms:
            yield from _form_facts(by_view, present & symbol, other, typed.forms)
    is_of_resource = any("resourcetag/" in view.name for view in (left, right))
    for view in (left, right) if is_of_resource else ():
        _plain_values(by_view, view)  # asks for callers' names and ARNs: tags stand, whoever calls
    for predicate in (by_view.of(left) | by_view.of(right)).copy():
        try:
            tests = left.test(predicate), right.test(predicate)
        except Unsuitable:
            continue
        folds = isinstance(predicate, Tokens) and _ignores_case(predicate)
        if not relation.fold or folds:
            yield implies(present & symbol, same(*tests))
        in_any_case = relation.fold and isinstance(predicate, Tokens) and _one_word_but_for_case(predicate)
        if in_any_case or (isinstance(predicate, Tokens) and predicate.literal is not None):
            yield implies(present & conjunction(tests), symbol)


def _form_facts(by_view: _Tests, where: Expression, view: View, forms: Sequence[Predicate]) -> Iterator[Expression]:
    """Where something holds, a text has one of some forms."""
    try:
        yield implies(where, disjunction([by_view.ask(view, form) for form in forms]))
    except Unsuitable:
        return


def _ignores_case(predicate: Tokens) -> bool:
    return all(
        (characters.negated and not characters.listed) or all(c.swapcase() in characters for c in characters.listed)
        for _, characters in predicate.tokens
    )


def _one_word_but_for_case(predicate: Tokens) -> bool:
    """True iff the members differ in nothing but the case of ASCII letters."""
    return all(
        not repeated
        and not characters.negated
        and all(map(str.isascii, characters.listed))
        and len({*map(str.lower, characters.listed)}) == 1
        for repeated, characters in predicate.tokens
    )


def _shape_facts(by_view: _Tests, relation: ValueRelation) -> Iterator[Expression]:
    """Whatever the variables stand for, only some subjects can match; of ARN patterns, those with six fields (L6)."""
    subject = relation.views[0]
    where = subject.present & Symbol(relation.symbol)
    if relation.shape is not None:
        yield from _form_facts(by_view, where, subject, [relation.shape])
    if relation.mode == Sign.LIKE_ARN:
        yield from _form_facts(by_view, where, subject, [_SIX_FIELDS])


_SIX_FIELDS = like("*:*:*:*:*:*")


def _pattern_facts(by_view: _Tests, relation: ValueRelation) -> Iterator[Expression]:
    subject, *sources = relation.views
    if relation.around is not None and subject.forms and len(relation.pieces) == 1:
        # What a number, a date or an address matches has the form of one itself, or wildcards that count.
        has_form = disjunction(by_view.ask(sources[0], form) for form in subject.forms)
        possible = has_form | _wildcards_count(by_view, sources[0], relation)
        yield implies(subject.present & sources[0].present & Symbol(relation.symbol), possible)
    if relation.around is not None and subject.fixed is not None:
        yield from _known_text_facts(by_view, relation, subject.fixed, TRUE)
    for text in _literals(by_view, subject) if relation.around is not None else ():
        yield from _known_text_facts(by_view, relation, text, subject.test(exactly(text)))


def _value_facts(by_view: _Tests, relation: ValueRelation) -> Iterator[Expression]:
    """For known values of variables the comparison is a test on the subject, as `_equality_facts` says of equality."""
    subject, *sources = relation.views
    if relation.expected is None or (relation.pair is not None and not relation.fold):
        return
    for values, condition in _known_values(by_view, sources):
        pattern = relation.expected(values)
        try:
            met = FALSE if pattern is None else by_view.ask(subject, pattern)
        except Unsuitable:
            continue
        yield implies(subject.present & condition, same(Symbol(relation.symbol), met))


def _known_values(by_view: _Tests, sources: Sequence[View]) -> Iterator[tuple[tuple[str, ...], Expression]]:
    """Values that variables are known to have together in some requests, with the expression that they do: not all of
    several variables."""
    listed = [_plain_values(by_view, source) for source in sources]
    if len(sources) > 1 and prod(map(len, listed)) > COMBINATIONS:
        return  # left to concrete values
    for values in product(*listed):
        try:
            tests = (source.test(exactly(value)) for source, value in zip(sources, values, strict=True))
            yield values, conjunction(tests)
        except Unsuitable:
            continue


def _plain_values(by_view: _Tests, source: View) -> list[str]:
    """The values that a variable is known to have in some requests, but for those with a wildcard: whether it is one is
    a reading (L7-wildcards…). What a caller's ARN says is asked for as the ARNs that are asked about have it."""
    callers = [test for test in by_view.callers if isinstance(test, Tokens)]
    sets = (sorted(test.values) for test in by_view.callers if isinstance(test, OneOf))
    arns = [arn for arn in chain((test.literal for test in callers), *sets) if arn is not None]
    parts = dict.fromkeys(arns if source.name == "aws:principalarn" else ())
    if source.name == "aws:username":
        parts = dict.fromkeys(arn.rsplit("/", 1)[1] for arn in arns if arn_kind(arn) == "user")
    elif source.name in OWN_ACCOUNT:
        parts = dict.fromkeys(chain(*(_ACCOUNT_FIELD.findall(test.fixed) for test in callers)))
    for part in parts if len(parts) <= _NAMES else ():
        by_view.ask(source, exactly(part))
    found = _literals(by_view, source) if source.fixed is None else [source.fixed]
    return [text for text in found if "*" not in text and "?" not in text]


def _literals(by_view: _Tests, view: View) -> list[str]:
    """The listed values that a view is compared with."""
    literals = (predicate.literal for predicate in by_view.of(view) if isinstance(predicate, Tokens))
    return [literal for literal in literals if literal is not None]


def parts_between(around: tuple[Tokens, Tokens], text: str) -> Iterator[str]:
    """The parts of a text that the variable can stand for: those with a fitting beginning before them and a fitting end
    after them."""
    before, after = around
    starts = [at for at in range(len(text) + 1) if before.matches(text[:at])]
    ends = [at for at in range(len(text) + 1) if after.matches(text[at:])]
    return (text[start:end] for start in starts for end in ends if start <= end)


def _known_text_facts(by_view: _Tests, relation: ValueRelation, text: str, known: Expression) -> Iterator[Expression]:
    """Where the subject is `known` to be a text, it matches only for the finitely many values that are a part of the
    text, unless wildcards in values count."""
    assert relation.expected is not None and relation.shape is not None and relation.around is not None
    if not relation.shape.matches(text):
        return  # `_shape_facts` says that it cannot match
    source = relation.views[1]
    parts = dict.fromkeys(parts_between(relation.around, text))
    if known is not TRUE and len(parts) > 1:
        return  # too many to list for every text: left to concrete values
    patterns = {part: relation.expected([part]) for part in parts}
    fitting = frozenset(part for part, pattern in patterns.items() if pattern is not None and pattern.matches(text))
    for part in sorted(fitting):
        by_view.ask(source, exactly(part))
    possible = _wildcards_count(by_view, source, relation) | by_view.ask(source, OneOf(fitting))
    yield implies(Symbol(relation.symbol) & source.present & known, possible)


def _wildcards_count(by_view: _Tests, source: View, relation: ValueRelation) -> Expression:
    """True iff the value of a variable has wildcards that count as such."""
    wild = (Tokens(((True, ANY), (False, one(character)), (True, ANY))) for character in "*?")
    return Symbol(relation.wildcards) & disjunction(by_view.ask(source, predicate) for predicate in wild)
