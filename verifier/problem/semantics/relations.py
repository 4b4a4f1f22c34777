"""Policy variables: comparisons between attributes of one request (L7).

In: a view, a mode of comparison and a template with variables. Out: an expression over a *relation* symbol.
Guarantee: the facts added by `relation_facts` hold of every request, so an unsatisfiable problem is a proof; a satisfiable one is
settled by concrete values (`verifier.witness`), for which each relation keeps its exact meaning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

from verifier.model.readings import EMPTY, WILDCARDS
from verifier.problem.classes.predicates import ANY, OneOf, Predicate, Tokens, exactly, like, one
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Symbol,
    both,
    choose,
    conjunction,
    disjunction,
    either,
    implies,
    negation,
    same,
)
from verifier.problem.facts.shared import empty, predicates_of
from verifier.problem.semantics.values import ARN, EQUALS, EQUALS_FOLD, LIKE, Fixed, Template, Variable, shape, text_predicate
from verifier.problem.space import Space
from verifier.problem.views import Relation, Values, View, fixed_view

COMBINATIONS = 64
"""Values of several variables together, and names of users, that are followed one by one."""


def relate(space: Space, subject: View, mode: str, pieces: Template, in_key_policy: bool, of_policy: bool = True) -> Expression:
    """The value of `subject` matches the template, its variables replaced by the request's values (L7).

    False where a variable's key is absent and has no default, or where the subject is absent. In a policy a key whose value is empty may
    count as absent (the reading L7-empty).
    """
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Variable):
            continue
        source = variable_view(space, piece, in_key_policy)
        if source is None:
            return FALSE
        with_default: Expression = FALSE
        if piece.default is not None:
            with_default = _with_fixed(space, subject, mode, pieces, at, piece.default, in_key_policy, of_policy)
        if source.fixed is not None:
            valued = _with_fixed(space, subject, mode, pieces, at, source.fixed, in_key_policy, of_policy)
            return valued if source.fixed or not of_policy else choose(Symbol(EMPTY), with_default, valued)
        if source.present is FALSE:
            return with_default
        has_value = _has_value(space, source, of_policy)
        absent = both(negation(has_value), with_default)
        if _defaults_left(pieces, at):
            return either(absent, _unsupported(space, subject, mode, pieces, in_key_policy))
        return either(absent, both(has_value, _relation(space, subject, mode, pieces, in_key_policy, of_policy)))
    predicate = text_predicate(mode, [piece for piece in pieces if isinstance(piece, Fixed)])
    return FALSE if predicate is None else space.ask(subject, predicate)


def _has_value(space: Space, source: View, of_policy: bool) -> Expression:
    """The key of a variable is present, and its value is not empty, or counts though it is."""
    return both(source.present, negation(both(empty(space, source), Symbol(EMPTY)))) if of_policy else source.present


def _defaults_left(pieces: Template, at: int) -> bool:
    """Whether variables after the first have defaults: absence must then be told apart for each, which is left to replay."""
    return any(isinstance(piece, Variable) and piece.default is not None for piece in pieces[at + 1 :])


def _unsupported(space: Space, subject: View, mode: str, pieces: Template, in_key_policy: bool) -> Expression:
    # The name holds all that the comparison depends on: two that differ must not share a symbol.
    name = f"unsupported:variables:{subject.name}:{mode}:{pieces}:{in_key_policy}"
    space.unsupported[name] = f"several policy variables with defaults in one value for `{subject.name}`"
    return Symbol(name)


def _with_fixed(
    space: Space, subject: View, mode: str, pieces: Template, at: int, value: str, in_key_policy: bool, of_policy: bool
) -> Expression:
    """The same with a text for a variable, the key's value or the default: whether its `*` and `?` are wildcards is the reading
    L7-wildcards."""
    literal = relate(space, subject, mode, _replaced(pieces, at, value), in_key_policy, of_policy)
    if mode in (EQUALS, EQUALS_FOLD) or not ("*" in value or "?" in value):
        return literal
    wild = relate(space, subject, mode, (*pieces[:at], Fixed(value, True), *pieces[at + 1 :]), in_key_policy, of_policy)
    return choose(Symbol(WILDCARDS), wild, literal)


def _replaced(pieces: Template, at: int, text: str) -> Template:
    return (*pieces[:at], Fixed(text, False), *pieces[at + 1 :])


def variable_view(space: Space, variable: Variable, in_key_policy: bool) -> View | None:
    """The view of a variable's key; `None` for a multi-valued key, whose listed value matches nothing (L7)."""
    return space.single(variable.key, in_key_policy)


def _relation(space: Space, subject: View, mode: str, pieces: Template, in_key_policy: bool, of_policy: bool) -> Expression:
    views = []
    for piece in pieces:
        if isinstance(piece, Variable):
            view = variable_view(space, piece, in_key_policy)
            if view is None:
                return FALSE
            views.append(view)
    if len(pieces) == 1 and views[0].name == subject.name and mode != ARN:
        return subject.present  # a value matches itself, whether or not its `*` and `?` are wildcards
    if mode == LIKE and len(pieces) == 1 and _has_no_wildcards(space, views[0]):
        mode = EQUALS
    if len(pieces) == 1 and mode in (EQUALS, EQUALS_FOLD) and subject.fixed is not None:
        same_text = text_predicate(mode, [Fixed(subject.fixed, False)])
        assert same_text is not None
        return both(subject.present, _has_value(space, views[0], of_policy), space.ask(views[0], same_text))
    fixed = "" if subject.fixed is None else f"={subject.fixed}"  # versions of a key may have different tags (`problem.diagrams.joint`)
    symbol = f"relation:{subject.name}{fixed}:{mode}:{pieces}"
    if symbol not in space.relations:
        space.relations[symbol] = _described(symbol, subject, mode, pieces, tuple(views))
    others_present = conjunction(_has_value(space, view, of_policy) for view in views)
    return both(subject.present, others_present, Symbol(symbol))


def _has_no_wildcards(space: Space, view: View) -> bool:
    """True iff no value of a key has a `*` or `?`, so that a pattern which is such a value matches that value alone."""
    attribute = space.attributes.get(view.name)
    if attribute is None or attribute.domain is None:
        return False
    return not any(wildcard in characters for form in attribute.domain.base for _, characters in form.tokens for wildcard in "*?")


def _described(symbol: str, subject: View, mode: str, pieces: Template, views: tuple[View, ...]) -> Relation:
    def holds(values: Values, symbols: Mapping[str, bool]) -> bool:
        own = subject.value(values)
        found = [view.value(values) for view in views]
        if own is None or any(value is None for value in found):
            return False
        replaced = substitute(pieces, [value or "" for value in found], symbols.get(WILDCARDS, False))
        predicate = text_predicate(mode, replaced)
        return predicate is not None and predicate.matches(own)

    single = len(views) == 1
    equality = len(pieces) == 1 and mode in (EQUALS, EQUALS_FOLD)

    def expected(values: Sequence[str]) -> Predicate | None:
        return text_predicate(mode, substitute(pieces, values, False))

    return Relation(
        symbol,
        (subject, *views),
        holds,
        (subject, views[0]) if equality else None,
        mode == EQUALS_FOLD,
        (lambda value: expected([value])) if single else None,
        _around(mode, pieces) if single else None,
        None if equality else shape(mode, pieces),
        pieces if mode == LIKE else None,
        expected,
        mode,
        pieces,
    )


def _around(mode: str, pieces: Template) -> tuple[Tokens, Tokens]:
    """What stands before and after the one variable of a template."""
    at = next(at for at, piece in enumerate(pieces) if isinstance(piece, Variable))
    return shape(mode, pieces[:at]), shape(mode, pieces[at + 1 :])


def substitute(pieces: Template, values: Sequence[str], wild: bool) -> list[Fixed]:
    """The template with its variables replaced, in order."""
    left = iter(values)
    return [piece if isinstance(piece, Fixed) else Fixed(next(left), wild) for piece in pieces]


def constant_matches(space: Space, text: str, mode: str, pieces: Template, in_key_policy: bool) -> Expression:
    """A fixed text (the resource of the request) matches a template: a finite question about the variables' values."""
    return relate(space, fixed_view(f"text {text}", text), mode, pieces, in_key_policy)


# -- facts --


def relation_facts(space: Space) -> Iterator[Expression]:
    """What holds of the relation symbols in every request: equal values answer every test alike, and for each value that a
    variable is tested against, the relation is a test on the subject."""
    for relation in list(space.relations.values()):
        if relation.pair is not None:
            yield from _equality_facts(space, relation, *relation.pair)
            continue
        yield from _shape_facts(space, relation)
        if relation.expected is not None:
            yield from _pattern_facts(space, relation)
    for name, comparison in space.partly_known.items():
        for values, chosen in _known_values(space, comparison.sources):
            yield implies(chosen, same(Symbol(name), comparison.meaning(values)))


def share_tests(space: Space) -> None:
    """Makes the views on both sides of each equality ask the same questions, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for relation in space.relations.values():
            if relation.pair is None:
                continue
            left, right = (space.asked.setdefault(view.name, {}) for view in relation.pair)
            before = len(left), len(right)
            left.update(right)
            right.update(left)
            changed |= before != (len(left), len(right))


def _equality_facts(space: Space, relation: Relation, left: View, right: View) -> Iterator[Expression]:
    symbol = Symbol(relation.symbol)
    present = both(left.present, right.present)
    for typed, other in ((left, right), (right, left)):
        if typed.forms:
            yield from _form_facts(space, both(present, symbol), other, typed.forms)
    for predicate in list(space.asked.get(left.name, {})):
        try:
            tests = left.test(predicate), right.test(predicate)
        except Unsuitable:
            continue
        folds = isinstance(predicate, Tokens) and _ignores_case(predicate)
        if not relation.fold or folds:
            yield implies(both(present, symbol), same(*tests))
        if isinstance(predicate, Tokens) and (predicate.literal is not None or relation.fold and _one_word_but_for_case(predicate)):
            yield implies(both(present, *tests), symbol)


def _form_facts(space: Space, where: Expression, view: View, forms: Sequence[Predicate]) -> Iterator[Expression]:
    """Where something holds, a text has one of some forms."""
    try:
        yield implies(where, disjunction([space.ask(view, form) for form in forms]))
    except Unsuitable:
        return


def _ignores_case(predicate: Tokens) -> bool:
    return all(
        characters.negated and not characters.listed or all(c.swapcase() in characters for c in characters.listed)
        for _, characters in predicate.tokens
    )


def _one_word_but_for_case(predicate: Tokens) -> bool:
    """Whether the members differ in nothing but the case of ASCII letters."""
    return all(
        not repeated
        and not characters.negated
        and all(map(str.isascii, characters.listed))
        and len({*map(str.lower, characters.listed)}) == 1
        for repeated, characters in predicate.tokens
    )


def _shape_facts(space: Space, relation: Relation) -> Iterator[Expression]:
    """Whatever the variables stand for, only some subjects can match; of ARN patterns, those with six fields (L6)."""
    subject = relation.views[0]
    where = both(subject.present, Symbol(relation.symbol))
    if relation.shape is not None:
        yield from _form_facts(space, where, subject, [relation.shape])
    if relation.mode == ARN:
        yield from _form_facts(space, where, subject, [_SIX_FIELDS])


_SIX_FIELDS = like("*:*:*:*:*:*")


def _pattern_facts(space: Space, relation: Relation) -> Iterator[Expression]:
    subject, *sources = relation.views
    if relation.patterns is not None and subject.forms and len(relation.pieces) == 1:
        # What a number, a date or an address matches has the form of one itself, or wildcards that count.
        has_form = disjunction(space.ask(sources[0], form) for form in subject.forms)
        possible = either(has_form, _wildcards_count(space, sources[0]))
        yield implies(both(subject.present, sources[0].present, Symbol(relation.symbol)), possible)
    if relation.patterns is not None and subject.fixed is not None:
        yield from _known_subject_facts(space, relation, subject.fixed, TRUE)
    for text in _literals(space, subject) if relation.patterns is not None else ():
        yield from _known_subject_facts(space, relation, text, subject.test(exactly(text)))
    assert relation.expected is not None
    for values, chosen in _known_values(space, sources):
        pattern = relation.expected(values)
        try:
            met = FALSE if pattern is None else space.ask(subject, pattern)
        except Unsuitable:
            continue
        yield implies(both(subject.present, chosen), same(Symbol(relation.symbol), met))


def _known_values(space: Space, sources: Sequence[View]) -> Iterator[tuple[tuple[str, ...], Expression]]:
    """Values that variables are known to have together in some requests, with the expression that they do: not all of several variables."""
    listed = [_plain_values(space, source) for source in sources]
    if len(sources) > 1 and prod(map(len, listed)) > COMBINATIONS:
        return  # left to concrete values
    for values in product(*listed):
        try:
            yield values, conjunction(source.test(exactly(value)) for source, value in zip(sources, values, strict=True))
        except Unsuitable:
            continue


def _plain_values(space: Space, source: View) -> list[str]:
    """The values that a variable is known to have in some requests, but for those with a wildcard: whether it is one is the reading
    L7-wildcards. Of a user name these are the names of the users that are asked about."""
    if source.name == "aws:username":
        arns = [predicate.literal or "" for predicate in predicates_of(space, "principal") if isinstance(predicate, Tokens)]
        names = dict.fromkeys(arn.rsplit("/", 1)[1] for arn in arns if ":user/" in arn)
        for name in names if len(names) <= COMBINATIONS else ():
            space.ask(source, exactly(name))
    return [text for text in _literals(space, source) if "*" not in text and "?" not in text]


def _literals(space: Space, view: View) -> list[str]:
    """The listed values that a view is compared with."""
    asked = space.asked.get(view.name, {})
    return [predicate.literal for predicate in asked if isinstance(predicate, Tokens) and predicate.literal is not None]


def parts_between(around: tuple[Tokens, Tokens], text: str) -> Iterator[str]:
    """The parts of a text that the variable can stand for: those with a fitting beginning before them and a fitting end after them."""
    before, after = around
    starts = [at for at in range(len(text) + 1) if before.matches(text[:at])]
    ends = [at for at in range(len(text) + 1) if after.matches(text[at:])]
    return (text[start:end] for start in starts for end in ends if start <= end)


def _known_subject_facts(space: Space, relation: Relation, text: str, known: Expression) -> Iterator[Expression]:
    """Where the subject is `known` to be a text, it matches only for the finitely many values that are a part of the text, unless
    wildcards in values count."""
    assert relation.patterns is not None and relation.shape is not None and relation.around is not None
    if not relation.shape.matches(text):
        return  # `_shape_facts` says that it cannot match
    source = relation.views[1]
    parts = dict.fromkeys(parts_between(relation.around, text))
    if known is not TRUE and len(parts) > 1:
        return  # too many to list for every text: left to concrete values
    fitting = frozenset(part for part in parts if _fits(relation.patterns(part), text))
    for part in sorted(fitting):
        space.ask(source, exactly(part))
    possible = either(_wildcards_count(space, source), space.ask(source, OneOf(fitting)))
    yield implies(both(Symbol(relation.symbol), source.present, known), possible)


def _wildcards_count(space: Space, source: View) -> Expression:
    """The value of a variable has wildcards that count as such (the reading L7-wildcards)."""
    wild = (Tokens(((True, ANY), (False, one(character)), (True, ANY))) for character in "*?")
    return both(Symbol(WILDCARDS), disjunction(space.ask(source, predicate) for predicate in wild))


def _fits(predicate: Predicate | None, text: str) -> bool:
    return predicate is not None and predicate.matches(text)
