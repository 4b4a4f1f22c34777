"""One request decided under every reading (S2).

In: the estate, a request, symbols that are fixed. Out: a `Decision`.
Guarantee: `allow` and `deny` hold under every assignment of the symbols that are not fixed; `depends` names those that
matter. What else there is to remark on a request is for the caller to add: no decision, and nothing that is said of
sessions (F3), turns on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, product

from verifier.evaluate.callers import SESSIONS, possible_issuers
from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.decision import decide_prepared
from verifier.evaluate.findings import Aside, steps
from verifier.evaluate.matching import Memo
from verifier.evaluate.preparation import prepare
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.session_tags import SessionTags, tags_of_session, used_before_issued
from verifier.evaluate.symbols import Symbols, explore, first_path, outcomes, sensitive
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.readings import P3, WHICH_PAIR
from verifier.model.request import CallerKind, Decision, Outcome, Request, Step, Value
from verifier.model.symbols import SymbolName, SymbolValues
from verifier.syntax.diagnostic import InputError


class Comments(Frozen):
    """What there is to say of a request besides its decision: whether it could be sent, in sentences that begin with
    the label of a rule, and further lines of the trace."""

    warnings: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


Remarking = Callable[[Estate, PreparedRequest, Request], Comments]
"""How somebody remarks on a request."""

_MOST_ORDERS = 256
"""Orders of the pairs of a request that are tried before the answer is *depends*."""


class RequestDecider:
    """One request, decided under one assignment after another: what turns on no symbol is found once. What
    `remarking` says becomes warnings, and lines of the trace.

    Keys of the context that follow from the caller and the key are filled in (F1–F5, F7, F8); a context that could not
    be sent is decided all the same. Raises `InputError` when the resource is not in the estate or does not fit the
    action, and for session policies of a caller that is no session.
    """

    def __init__(self, estate: Estate, request: Request, remarking: Remarking | None = None) -> None:
        if request.session_policies is not None and request.caller.kind not in SESSIONS:
            raise InputError.of(f"a {request.caller.kind.value} has no session policies", rule="U2")
        orders = list(islice(_in_each_order(request), _MOST_ORDERS + 1))
        self._too_many = len(orders) > _MOST_ORDERS
        self._requests = [
            [_OneRequest(estate, one, remarking) for one in by_issuer(estate, order)] for order in orders[:_MOST_ORDERS]
        ]

    def decide(self, assignment: SymbolValues | None = None, *, traced: bool = True) -> Decision:
        """The decision (R1 to G6), under each reading that `assignment` (symbol → value) does not fix. Not `traced`:
        the outcome and what it depends on alone."""
        fixed = assignment or {}
        orders = self._requests[:1] if WHICH_PAIR in fixed else self._requests  # fixed: the order that is given
        found = [_any_of(P3, [one.decide(fixed, traced) for one in issuers]) for issuers in orders]
        if self._too_many and WHICH_PAIR not in fixed:
            found.append(replace(found[0], outcome=Outcome.DEPENDS, depends_on=(WHICH_PAIR,)))
        return _any_of(WHICH_PAIR, found)

    def outcome(self, assignment: SymbolValues | None = None) -> Outcome:
        return self.decide(assignment, traced=False).outcome


def _any_of(symbol: SymbolName, decisions: Sequence[Decision]) -> Decision:
    """The decision on a request that is one of several, which one a symbol stands for."""
    found = {decision.outcome for decision in decisions}
    if not all(decision.impossible for decision in decisions):
        decisions = [replace(decision, impossible=()) for decision in decisions]
    if len(decisions) == 1 or (len(found) == 1 and Outcome.DEPENDS not in found):
        return decisions[0]
    differing = [symbol] if len(found) > 1 else []
    depends_on = {*differing, *(other for decision in decisions for other in decision.depends_on)}
    return replace(decisions[0], outcome=Outcome.DEPENDS, depends_on=tuple(sorted(depends_on)))


def _in_each_order(request: Request) -> Iterator[Request]:
    """F7: of pairs whose names differ in case alone any may be read: each value under a name comes first once, with
    each under another."""
    # the last of one name
    pairs = {key[len(ENCRYPTION_CONTEXT) :]: at for at, (key, _) in enumerate(request.context) if _is_pair(key)}
    places: dict[str, dict[Value, int]] = {}
    for name, at in pairs.items():
        places.setdefault(name.lower(), {}).setdefault(request.context[at][1], at)
    kept = {at for at, (key, _) in enumerate(request.context) if not _is_pair(key)} | set(pairs.values())
    for firsts in product(*(found.values() for found in places.values() if len(found) > 1)):
        others = (pair for at, pair in enumerate(request.context) if at in kept and at not in firsts)
        yield replace(request, context=(*(request.context[at] for at in firsts), *others)) if firsts else request


def _is_pair(key: str) -> bool:
    return key.lower().startswith(ENCRYPTION_CONTEXT)


def by_issuer(estate: Estate, request: Request) -> list[Request]:
    """A federated session whose issuer is not said is decided for each that could be it (P3)."""
    caller = request.caller
    if caller.kind is not CallerKind.FEDERATED or caller.issuer is not None:
        return [request]
    return [replace(request, caller=replace(caller, issuer=issuer)) for issuer in possible_issuers(estate, caller)]


class _OneRequest:
    """One request whose caller is known."""

    def __init__(self, estate: Estate, request: Request, remarking: Remarking | None) -> None:
        self._estate = estate
        self._request = request
        self._remarking = remarking
        self._prepared = prepare(estate, request)
        self._memo = Memo()

    def decide(self, fixed: SymbolValues, traced: bool) -> Decision:
        tree = explore(lambda symbols: decide_prepared(self._prepared, symbols, self._memo).allowed, fixed)
        found = outcomes(tree)
        is_open = len(found) > 1 or None in found
        outcome = Outcome.DEPENDS if is_open else Outcome.ALLOW if True in found else Outcome.DENY
        depends_on = tuple(sorted(sensitive(tree))) if outcome is Outcome.DEPENDS else ()
        if not traced:
            return Decision(outcome, depends_on=depends_on)
        # The trace tells the assignment tried first; what that one left open did not matter, and is shown as its `no`.
        symbols = Symbols({**fixed, **first_path(tree)}, default=False)
        verdict = decide_prepared(self._prepared, symbols, self._memo)
        origin = () if self._tags.origin is None else (Step("F3", self._tags.origin, holds=True),)
        return Decision(
            outcome,
            (*origin, *steps(verdict.gates), *self._remarks.steps),
            depends_on,
            tuple(map(str, self._warnings)),  # plain texts: what is remembered of a verdict knows no other kind
            tuple(sorted((symbol, value is True) for symbol, value in symbols.looked_up.items())),
            tuple(warning for warning in self._warnings if not isinstance(warning, Aside)),
        )

    @cached_property
    def _tags(self) -> SessionTags:
        return tags_of_session(self._estate, self._prepared)

    @cached_property
    def _remarks(self) -> Comments:
        return Comments() if self._remarking is None else self._remarking(self._estate, self._prepared, self._request)

    @cached_property
    def _warnings(self) -> tuple[str, ...]:
        return (*self._remarks.warnings, *used_before_issued(self._request), *self._tags.warnings)
