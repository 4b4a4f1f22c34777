"""Policy variables: comparisons between attributes of one request (L7).

In: a view, a mode of comparison and a template with variables. Out: an expression over a *relation* symbol.
Guarantee: the facts of `relation_facts.py` hold of every request, so an unsatisfiable problem is a proof; a satisfiable
one is settled by concrete values (`verifier.witness`), for which each relation keeps its exact meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.operators import WITH_WILDCARDS, Sign
from verifier.model.readings import EMPTY, WILDCARDS, WILDCARDS_ARN, WILDCARDS_RESOURCE
from verifier.model.symbols import Reading, RelationTest, SymbolValues, Unsupported
from verifier.problem.classes.predicates import Predicate, Tokens
from verifier.problem.expression import FALSE, Expression, Symbol, choose, conjunction
from verifier.problem.facts.shared import empty
from verifier.problem.semantics.values import Fixed, Template, Variable, shape, text_predicate
from verifier.problem.space import Space
from verifier.problem.views import Relation, Values, View, compared, fixed_view


def relate(
    space: Space,
    subject: View,
    mode: Sign,
    pieces: Template,
    readable_by: Reading | None,
    wildcards: Reading | None = None,
) -> Expression:
    """The value of `subject` matches the template, its variables replaced by the request's values (L7). Whether
    wildcards in these count is the reading `wildcards`; without one, that of the operator of the mode.

    False where a variable's key is absent and has no default, or where the subject is absent. A key whose value is
    empty may count as absent (the reading L7-empty).
    """
    if wildcards is None:
        wildcards = WILDCARDS_ARN if mode == Sign.LIKE_ARN else WILDCARDS
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Variable):
            continue
        source = space.single(piece.key, readable_by)
        if source is None:
            return FALSE
        with_default: Expression = FALSE
        if piece.default is not None:
            with_default = _with_fixed(space, subject, mode, pieces, at, piece.default, readable_by, wildcards)
        if source.fixed is not None:
            valued = _with_fixed(space, subject, mode, pieces, at, source.fixed, readable_by, wildcards)
            valued = valued if source.fixed else choose(Symbol(EMPTY), with_default, valued)
            return choose(source.present, valued, with_default)
        if source.present is FALSE:
            return with_default
        has_value = _has_value(space, source)
        absent = ~has_value & with_default
        if _defaults_left(pieces, at):
            return absent | _unsupported(space, subject, mode, pieces, readable_by, wildcards)
        return absent | (has_value & _relation(space, subject, mode, pieces, readable_by, wildcards))
    predicate = text_predicate(mode, [piece for piece in pieces if isinstance(piece, Fixed)])
    return FALSE if predicate is None else space.ask(subject, predicate)


def _has_value(space: Space, source: View) -> Expression:
    """The key of a variable is present, and its value is not empty, or counts though it is."""
    return source.present & ~(empty(space, source) & Symbol(EMPTY))


def _defaults_left(pieces: Template, at: int) -> bool:
    """True iff variables after the first have defaults: absence must then be told apart for each, which is left to
    replay."""
    return any(isinstance(piece, Variable) and piece.default is not None for piece in pieces[at + 1 :])


def _unsupported(
    space: Space, subject: View, mode: Sign, pieces: Template, readable_by: Reading | None, wildcards: Reading
) -> Expression:
    # The name holds all that the comparison depends on: two that differ must not share a symbol.
    sources = (space.single(piece.key, readable_by) for piece in pieces if isinstance(piece, Variable))
    fixed = [view.fixed for view in (subject, *sources) if view is not None]
    about = f"variables:{subject.name}:{mode}:{pieces}:{fixed}:{readable_by}:{wildcards}"
    return Symbol(Unsupported(about, f"several policy variables with defaults in one value for `{subject.name}`"))


def _with_fixed(
    space: Space,
    subject: View,
    mode: Sign,
    pieces: Template,
    at: int,
    value: str,
    readable_by: Reading | None,
    wildcards: Reading,
) -> Expression:
    """The same with a text for a variable, the key's value or the default: whether its `*` and `?` are wildcards is a
    reading."""
    literal = relate(space, subject, mode, _replaced(pieces, at, Fixed(value, False)), readable_by, wildcards)
    if mode not in WITH_WILDCARDS or not ("*" in value or "?" in value):
        return literal
    wild = relate(space, subject, mode, _replaced(pieces, at, Fixed(value, True)), readable_by, wildcards)
    return choose(Symbol(wildcards), wild, literal)


def _replaced(pieces: Template, at: int, piece: Fixed) -> Template:
    return (*pieces[:at], piece, *pieces[at + 1 :])


def _relation(
    space: Space, subject: View, mode: Sign, pieces: Template, readable_by: Reading | None, wildcards: Reading
) -> Expression:
    views = []
    for piece in pieces:
        if isinstance(piece, Variable):
            view = space.single(piece.key, readable_by)
            if view is None:
                return FALSE
            views.append(view)
    if len(pieces) == 1 and views[0].name == subject.name and mode != Sign.LIKE_ARN:
        return subject.present  # a value matches itself, whether or not its `*` and `?` are wildcards
    if mode == Sign.LIKE and len(pieces) == 1 and _has_no_wildcards(space, views[0]):
        mode = Sign.EQUAL
    if len(pieces) == 1 and mode not in WITH_WILDCARDS and subject.fixed is not None:
        same_text = text_predicate(mode, [Fixed(subject.fixed, False)])
        assert same_text is not None
        return subject.present & _has_value(space, views[0]) & space.ask(views[0], same_text)
    # versions of a key may have different tags (`problem.diagrams.joint`)
    fixed = "" if subject.fixed is None else f"={subject.fixed}"
    symbol = RelationTest(f"{subject.name}{fixed}:{mode}:{wildcards}:{pieces}")
    if symbol not in space.relations:
        space.relations[symbol] = _described(symbol, subject, mode, pieces, tuple(views), wildcards)
    others_present = conjunction(_has_value(space, view) for view in views)
    return subject.present & others_present & compared(symbol, subject, views)


def _has_no_wildcards(space: Space, view: View) -> bool:
    """True iff no value of a key has a `*` or `?`, so that a pattern which is such a value matches that value alone."""
    attribute = space.attributes.get(view.name)
    if attribute is None or attribute.domain is None:
        return False
    return not any(
        wildcard in characters for form in attribute.domain.base for _, characters in form.tokens for wildcard in "*?"
    )


def _described(
    symbol: RelationTest, subject: View, mode: Sign, pieces: Template, views: tuple[View, ...], wildcards: Reading
) -> Relation:
    def holds(values: Values, symbols: SymbolValues) -> bool:
        own = subject.value(values)
        found = [view.value(values) for view in views]
        if own is None or any(value is None for value in found):
            return False
        replaced = substitute(pieces, [value or "" for value in found], symbols.get(wildcards, False))
        predicate = text_predicate(mode, replaced)
        return predicate is not None and predicate.matches(own)

    equality = len(pieces) == 1 and mode not in WITH_WILDCARDS

    def expected(values: Sequence[str]) -> Predicate | None:
        return text_predicate(mode, substitute(pieces, values, False))

    return Relation(
        symbol,
        (subject, *views),
        holds,
        (subject, views[0]) if equality else None,
        _around(mode, pieces) if len(views) == 1 else None,
        None if equality else shape(mode, pieces),
        expected,
        mode,
        pieces,
        wildcards,
    )


def _around(mode: Sign, pieces: Template) -> tuple[Tokens, Tokens]:
    """What stands before and after the one variable of a template."""
    at = next(at for at, piece in enumerate(pieces) if isinstance(piece, Variable))
    return shape(mode, pieces[:at]), shape(mode, pieces[at + 1 :])


def substitute(pieces: Template, values: Sequence[str], wild: bool) -> list[Fixed]:
    """The template with its variables replaced, in order."""
    left = iter(values)
    return [piece if isinstance(piece, Fixed) else Fixed(next(left), wild) for piece in pieces]


def constant_matches(space: Space, text: str, mode: Sign, pieces: Template, readable_by: Reading | None) -> Expression:
    """A fixed text (the resource of the request) matches a template: a finite question about the variables' values."""
    return relate(space, fixed_view(f"text {text}", text), mode, pieces, readable_by, WILDCARDS_RESOURCE)
