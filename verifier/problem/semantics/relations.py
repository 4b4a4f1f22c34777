"""Policy variables: comparisons between attributes of one request (L7).

In: a view, a mode of comparison and a template with variables. Out: an expression over a *relation* symbol.
Guarantee: the facts of `relation_facts.py` hold of every request, so an unsatisfiable problem is a proof; a satisfiable
one is settled by concrete values (`verifier.witness`), for which each relation keeps its exact meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.operators import WITH_WILDCARDS, Sign
from verifier.model.readings import EMPTY, WILDCARDS, WILDCARDS_ARN, WILDCARDS_RESOURCE
from verifier.model.symbols import Reading, RelationTest, SymbolValues, Unsupported
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens
from verifier.problem.expression import FALSE, Expression, Symbol, choose, conjunction
from verifier.problem.facts.shared import empty
from verifier.problem.semantics.relation_facts import OWN_ACCOUNT, parts_between
from verifier.problem.semantics.values import Fixed, Template, Variable, shape, text_predicate
from verifier.problem.space import Space
from verifier.problem.views import ValueRelation, Values, View, fixed_view, text_comparison


class _Comparison(Frozen):
    """A value, and the template that it is to match. `readable_by` is the reading by which a policy can read the keys
    of the variables, if that is open; `wildcards` the one by which wildcards in their values count."""

    subject: View
    mode: Sign
    pieces: Template
    readable_by: Reading | None
    wildcards: Reading

    def variables(self, space: Space) -> list[tuple[int, Variable, View | None]]:
        """The variables, each with its place and key (`None`: a multi-valued one, which matches nothing). What the
        input gives comes first: it is replaced before values of requests are compared."""
        found = ((at, one) for at, one in enumerate(self.pieces) if isinstance(one, Variable))
        keyed = [(at, one, space.single(one.key, self.readable_by)) for at, one in found]
        return sorted(
            keyed, key=lambda one: one[2] is not None and one[2].fixed is None and one[2].present is not FALSE
        )

    def with_text(self, at: int, value: str, *, wild: bool) -> _Comparison:
        """The same with a text for a variable."""
        return replace(self, pieces=(*self.pieces[:at], Fixed(value, wild), *self.pieces[at + 1 :]))


def relate(
    space: Space,
    subject: View,
    mode: Sign,
    pieces: Template,
    readable_by: Reading | None,
    wildcards: Reading | None = None,
) -> Expression:
    """True iff the value of `subject` matches the template, its variables replaced by the request's values (L7), in
    which wildcards count by the reading `wildcards`: where none is given, that of the operators of the mode.

    False where a variable's key is absent and has no default, or where the subject is absent. A key whose value is
    empty may count as absent (the reading L7-empty).
    """
    of_mode = WILDCARDS_ARN if mode == Sign.LIKE_ARN else WILDCARDS
    return _matches(space, _Comparison(subject, mode, pieces, readable_by, wildcards or of_mode))


def _matches(space: Space, comparison: _Comparison) -> Expression:
    pieces = comparison.pieces
    variables = comparison.variables(space)
    if not variables:
        predicate = text_predicate(comparison.mode, [piece for piece in pieces if isinstance(piece, Fixed)])
        return FALSE if predicate is None else space.ask(comparison.subject, predicate)
    at, piece, source = variables[0]
    if source is None:
        return FALSE
    with_default = FALSE if piece.default is None else _with_text(space, comparison, at, piece.default)
    if source.fixed is not None:
        valued = _with_text(space, comparison, at, source.fixed)
        valued = valued if source.fixed else choose(Symbol(EMPTY), with_default, valued)
        return choose(source.present, valued, with_default)
    if source.present is FALSE:
        return with_default
    counts = is_valued(space, source)
    absent = ~counts & with_default
    if any(later.default is not None for _, later, _ in variables[1:]):
        return absent | _unsupported(comparison)  # absence is to be told apart for each: left to replay
    related = _relation(space, comparison)
    own = _of_own_account(space, comparison, at) if source.name in OWN_ACCOUNT else None
    return absent | (counts & (related if own is None else choose(space.is_principal, own, related)))


def _of_own_account(space: Space, comparison: _Comparison, at: int) -> Expression | None:
    """True iff the comparison holds, where a principal calls and the variable is its account (F1): a key that holds it
    matches, and so does the account field of the principal's ARN. `None` for any other comparison."""
    subject, mode, pieces = comparison.subject, comparison.mode, comparison.pieces
    if subject.name in OWN_ACCOUNT and len(pieces) == 1 and mode != Sign.LIKE_ARN:
        return subject.present
    texts = [piece.text if isinstance(piece, Fixed) else "*" for piece in pieces]  # a value may have wildcards, too
    before, after = "".join(texts[:at]), "".join(texts[at + 1 :])
    if subject.name != "aws:principalarn" or before.count(":") != 4 or not before.endswith(":") or after[:1] != ":":
        return None
    # Without a wildcard in this text the mode compares the six fields one by one, as an ARN operator does.
    plain = {Sign.EQUAL: before + after, Sign.LIKE: before, Sign.LIKE_ARN: ""}.get(mode, "*")
    if "*" in plain or "?" in plain:
        return None
    return _matches(space, replace(comparison.with_text(at, "*", wild=True), mode=Sign.LIKE_ARN))


def is_valued(space: Space, source: View) -> Expression:
    """True iff the key of a variable is present, and its value is not empty, or counts though it is."""
    return source.present & ~(empty(space, source) & Symbol(EMPTY))


def _unsupported(comparison: _Comparison) -> Expression:
    name, readings = comparison.subject.name, f"{comparison.readable_by}:{comparison.wildcards}"
    # It holds all that the comparison depends on: two that differ must not share a symbol.
    about = f"variables:{name}:{comparison.mode}:{comparison.pieces}:{comparison.subject.fixed!r}:{readings}"
    return Symbol(Unsupported(about, f"several policy variables with defaults in one value for `{name}`"))


def _with_text(space: Space, comparison: _Comparison, at: int, value: str) -> Expression:
    """True iff the comparison holds with a text for a variable, the key's value or the default: whether its `*` and `?`
    are wildcards is a reading."""
    literal = _matches(space, comparison.with_text(at, value, wild=False))
    if comparison.mode not in WITH_WILDCARDS or not ("*" in value or "?" in value):
        return literal
    return choose(Symbol(comparison.wildcards), _matches(space, comparison.with_text(at, value, wild=True)), literal)


def _relation(space: Space, comparison: _Comparison) -> Expression:
    subject, mode, pieces = comparison.subject, comparison.mode, comparison.pieces
    views = [view for _, _, view in comparison.variables(space) if view is not None]
    if len(pieces) == 1 and views[0].name == subject.name and mode != Sign.LIKE_ARN:
        return subject.present  # a value matches itself, whether or not its `*` and `?` are wildcards
    if mode == Sign.LIKE and len(pieces) == 1 and _has_no_wildcards(space, views[0]):
        mode = Sign.EQUAL
    if len(pieces) == 1 and mode not in WITH_WILDCARDS and subject.fixed is not None:
        same_text = text_predicate(mode, [Fixed(subject.fixed, False)])
        assert same_text is not None
        return subject.present & is_valued(space, views[0]) & space.ask(views[0], same_text)
    if len(views) == 1 and views[0].name == "aws:username" and subject.fixed is not None and mode in WITH_WILDCARDS:
        # the name of a user has no wildcards [IAM: reference_iam-quotas]
        names = parts_between(_around(mode, pieces), subject.fixed)
        filled = ((name, text_predicate(mode, _substitute(pieces, [name], False))) for name in names)
        fitting = frozenset(name for name, one in filled if one is not None and one.matches(subject.fixed))
        return subject.present & is_valued(space, views[0]) & space.ask(views[0], OneOf(fitting))
    # Versions of a key may have different tags (`problem.diagrams.joint`).
    symbol = RelationTest(f"{subject.name}:{subject.fixed!r}:{mode}:{comparison.wildcards}:{pieces}")
    if symbol not in space.relations:
        space.relations[symbol] = _described(symbol, replace(comparison, mode=mode), views)
    others_present = conjunction(is_valued(space, view) for view in views)
    return subject.present & others_present & text_comparison(symbol, subject, views)


def _has_no_wildcards(space: Space, view: View) -> bool:
    """True only if no value of a key has a `*` or `?`, so that a pattern which is such a value matches that alone."""
    attribute = space.attributes.get(view.name)
    if attribute is None or attribute.domain is None:
        return False
    return not any("*" in some or "?" in some for form in attribute.domain.base for _, some in form.tokens)


def _described(symbol: RelationTest, comparison: _Comparison, views: Sequence[View]) -> ValueRelation:
    subject, mode, pieces = comparison.subject, comparison.mode, comparison.pieces

    def holds(values: Values, symbols: SymbolValues) -> bool:
        own = subject.value(values)
        found = [view.value(values) for view in views]
        if own is None or any(value is None for value in found):
            return False
        replaced = _substitute(pieces, [value or "" for value in found], symbols.get(comparison.wildcards, False))
        predicate = text_predicate(mode, replaced)
        return predicate is not None and predicate.matches(own)

    equality = len(pieces) == 1 and mode not in WITH_WILDCARDS

    def expected(values: Sequence[str]) -> Predicate | None:
        return text_predicate(mode, _substitute(pieces, values, False))

    return ValueRelation(
        symbol,
        (subject, *views),
        holds,
        (subject, views[0]) if equality else None,
        _around(mode, pieces) if len(views) == 1 else None,
        None if equality else shape(mode, pieces),
        expected,
        mode,
        pieces,
        comparison.wildcards,
    )


def _around(mode: Sign, pieces: Template) -> tuple[Tokens, Tokens]:
    """What stands before and after the one variable of a template."""
    at = next(at for at, piece in enumerate(pieces) if isinstance(piece, Variable))
    return shape(mode, pieces[:at]), shape(mode, pieces[at + 1 :])


def _substitute(pieces: Template, values: Sequence[str], wild: bool) -> list[Fixed]:
    """The template with its variables replaced, in order."""
    left = iter(values)
    return [piece if isinstance(piece, Fixed) else Fixed(next(left), wild) for piece in pieces]


def constant_matches(space: Space, text: str, mode: Sign, pieces: Template, readable_by: Reading | None) -> Expression:
    """True iff a fixed text (the request's resource) matches a template: a finite question about variables' values."""
    return relate(space, fixed_view(f"text {text}", text), mode, pieces, readable_by, WILDCARDS_RESOURCE)
