"""Three-valued truth, and the search over the readings and free facts that a decision rests on (S2, U1, U3).

In: a function that decides under the symbols known so far. Out: a tree of all assignments that matter.
Guarantee: a value is `None` only when a symbol without a value was needed; every such symbol is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolName, SymbolValues

Truth = bool | None
"""`None`: it turns on a symbol that has no value yet (Kleene's third value)."""

LEAF_LIMIT = 2**12
"""How many assignments are tried for one request before the answer is *depends* with what was seen."""
DEPTH_LIMIT = 200
"""How many symbols one assignment may need before the same."""


def all_of(values: Iterable[Truth]) -> Truth:
    """True iff every value is, as of no values; false iff one is."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def any_of(values: Iterable[Truth]) -> Truth:
    """True iff one value is; false iff every one is, as of no values."""
    unknown = False
    for value in values:
        if value is True:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def negation(value: Truth) -> Truth:
    """True iff the value is false, and false iff it is true."""
    return None if value is None else not value


class Symbols:
    """The symbols with a value, and a record of those that were asked for."""

    def __init__(self, values: SymbolValues, default: Truth = None) -> None:
        self._values = values
        self._default = default
        self.looked_up: dict[SymbolName, Truth] = {}
        self.questions = 0
        """How often a symbol was asked for, so that a part of a decision that asked for none can be kept."""

    def value(self, symbol: SymbolName) -> Truth:
        """True iff the value of a symbol is, or the default where it has none."""
        known = self._values.get(symbol, self._default)
        self.looked_up[symbol] = known
        self.questions += 1
        return known

    def given(self, symbol: SymbolName, otherwise: bool = False) -> bool:
        """True iff the caller of `evaluate` said so, or nothing and `otherwise` is true: it is not tried both ways."""
        self.questions += 1
        if symbol in self._values:
            self.looked_up[symbol] = self._values[symbol]
        return self._values.get(symbol, otherwise)

    def choose(self, symbol: SymbolName, yes: Callable[[], Truth], no: Callable[[], Truth]) -> Truth:
        """True iff what the symbol chooses of `yes` and `no` is; it is not asked for where the two agree."""
        if symbol in self._values:
            return yes() if self.value(symbol) else no()
        if_yes, if_no = yes(), no()
        if if_yes == if_no:
            return if_yes
        value = self.value(symbol)
        return None if value is None else if_yes if value else if_no

    def missing(self) -> SymbolName | None:
        """The first symbol that was asked for and has no value."""
        return next((symbol for symbol, value in self.looked_up.items() if value is None), None)


class Leaf(Frozen):
    """The outcome under the assignment on the path here; `None` past the limit."""

    allowed: Truth
    unexplored: tuple[SymbolName, ...] = ()


class Branch(Frozen):
    """A symbol, and what follows from each of its values."""

    symbol: SymbolName
    no: _Tree
    yes: _Tree


_Tree = Leaf | Branch


def explore(decide: Callable[[Symbols], Truth], fixed: SymbolValues, limit: int = LEAF_LIMIT) -> _Tree:
    """Tries, depth first, both values of every symbol that turns the decision, the false one first."""
    leaves = 0

    def visit(assigned: SymbolValues) -> _Tree:
        nonlocal leaves
        symbols = Symbols(assigned)
        allowed = decide(symbols)
        symbol = symbols.missing()
        if allowed is not None or symbol is None or leaves >= limit or len(assigned) - len(fixed) >= DEPTH_LIMIT:
            leaves += 1
            return Leaf(allowed, tuple(symbols.looked_up) if allowed is None else ())
        return Branch(symbol, visit({**assigned, symbol: False}), visit({**assigned, symbol: True}))

    return visit(fixed)


def outcomes(tree: _Tree) -> set[Truth]:
    """Every outcome that some assignment leads to."""
    return {tree.allowed} if isinstance(tree, Leaf) else outcomes(tree.no) | outcomes(tree.yes)


def first_path(tree: _Tree) -> dict[SymbolName, bool]:
    """The assignment that was tried first."""
    return {} if isinstance(tree, Leaf) else {tree.symbol: False, **first_path(tree.no)}


def sensitive(tree: _Tree) -> set[SymbolName]:
    """The symbols for which two assignments that differ in nothing else lead to different outcomes (and what was left
    unexplored)."""
    if isinstance(tree, Leaf):
        return set(tree.unexplored)
    below = sensitive(tree.no) | sensitive(tree.yes)
    return below if _same(tree.no, tree.yes) else below | {tree.symbol}


def _same(left: _Tree, right: _Tree) -> bool:
    """True iff two trees give the same outcome under every assignment."""
    if isinstance(left, Leaf) and isinstance(right, Leaf):
        return left.allowed == right.allowed
    root = next(tree.symbol for tree in (left, right) if isinstance(tree, Branch))
    return all(_same(_restrict(left, root, value), _restrict(right, root, value)) for value in (False, True))


def _restrict(tree: _Tree, symbol: SymbolName, value: bool) -> _Tree:
    if isinstance(tree, Leaf):
        return tree
    if tree.symbol == symbol:
        return tree.yes if value else tree.no
    return Branch(tree.symbol, _restrict(tree.no, symbol, value), _restrict(tree.yes, symbol, value))
