"""An exhaustive search for what a caller can bring about: the oracle that the symbolic closure is held against.

`can_eventually(estate, caller, action, key, steps)` is `ALLOW` where some chain of at most `steps` moves of `sample`
ends in an allowed request, whatever the readings (S2); `DEPENDS` where there are chains, but each under some readings
only; `DENY` where there is none. It uses `permitted`, `state_after` and `evaluate` alone. A chain that it finds is a
chain; that there is none holds for the sample, see `sample` and the menus of `estates`. With `doubts` the sample has
moves after which something is not known (U1, U3), which is taken for what gives most.

States are told apart by the identity of their parts: a part that a change makes twice is made once, so that moves on
different parts which commute lead to one state. A decision is kept by the parts that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TypeVar

from tests.evaluate.steps.replay import Chain
from tests.reach.dominance import touches_access, worthwhile
from tests.reach.places import besides
from tests.reach.sample import MATERIAL, Sampler
from verifier.evaluate.engine import RequestDecider
from verifier.evaluate.steps import permitted, state_after
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.request import Caller, Decision, Outcome, Request
from verifier.model.steps.chains import Move, State
from verifier.model.steps.descriptions import StepKind, is_own_key
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, SymbolName, SymbolValues, TrustFact

Mark = tuple[object, ...]
READINGS = 8
"""How many readings may matter to one question."""
CHOSEN: SymbolValues = {OUTSIDE_ALLOW: True, OUTSIDE_DENY: False}
"""What the policies of a caller's own account say (W2)."""
Weighed = tuple[Outcome, frozenset[SymbolName]]
"""An outcome, and the symbols that it depends on."""
Part = TypeVar("Part")


def can_eventually(estate: Estate, caller: Caller, action: str, key: str, steps: int, doubts: bool = False) -> Outcome:
    """Whether a caller can do an action on a key (its ARN) after at most `steps` moves of the sample."""
    return search(estate, caller, action, key, steps, doubts=doubts)[0]


def search(
    estate: Estate, caller: Caller, action: str, key: str, steps: int, pruned: bool = True, doubts: bool = False
) -> tuple[Outcome, Chain | None]:
    """As `can_eventually`, with a shortest chain where there is one. Without `pruned` every move of the sample is
    made."""
    sampler = Sampler.of(estate, action, doubts)
    one = _Search(sampler, caller, key, pruned, CHOSEN, _Known())
    more = besides(estate, sampler.tells_keys, *_principals(estate), caller.principal_arn)
    found, readings = _under(
        one,
        State(replace(estate, keys=(*estate.keys, *more)), (caller,)),
        steps,
    )
    return (Outcome.DENY, None) if found is None else (Outcome.ALLOW if readings == CHOSEN else Outcome.DEPENDS, found)


def _principals(estate: Estate) -> list[str]:
    return [identity.arn for account in estate.accounts for identity in (*account.users, *account.roles)]


def _under(one: _Search, start: State, steps: int) -> tuple[Chain | None, SymbolValues]:
    """A chain that succeeds under the readings of a search or, where there is none, under these and some of the others
    that it met."""
    found = one.chain(start, steps)
    if found is not None or not one.met:
        return found, one.fixed
    symbol = min(one.met)
    values = _giving_most(symbol) if one.sampler.doubts else (False, True)
    if len([name for name in one.fixed if len(_giving_most(name)) == 2]) == READINGS:
        raise RuntimeError(f"more than {READINGS} readings matter: {sorted([*one.fixed, *one.met])}")
    for value in values:
        found, under = _under(replace(one, fixed={**one.fixed, symbol: value}, met=set(), weighed={}), start, steps)
        if found is not None:
            return found, under
    return None, one.fixed


def _giving_most(symbol: SymbolName) -> tuple[bool, ...]:
    """The values of a symbol to try, where what is not known is taken for what gives most."""
    if symbol.endswith((":allow", ":deny", ":refuse")) or isinstance(symbol, TrustFact):
        return (symbol.endswith(":allow") or isinstance(symbol, TrustFact),)
    return (False, True)


_CHECKED_BESIDES = frozenset(
    {StepKind.PUT_KEY_POLICY, StepKind.REPLICATE, StepKind.IMPORT_MATERIAL, StepKind.PASS_ROLE, StepKind.CHANGE_CODE}
)
"""The steps of which `permitted` decides more than their requests."""


@dataclass
class _Known:
    """What was found for one question under whatever readings. `decided` are requests and moves by what they are about,
    `made` the parts of states by what they were made of. Parts are kept alive by `kept`, so that their identities stay
    their own."""

    decided: dict[Mark, Outcome] = field(default_factory=dict)
    made: dict[Mark, object] = field(default_factory=dict)
    kept: list[object] = field(default_factory=list)


@dataclass
class _Search:
    """One question under fixed readings. With `pruned` moves that are not worth making are left out. `met` are the
    symbols that some decision turned on, `weighed` what those that depend on symbols are under these readings."""

    sampler: Sampler
    caller: Caller
    key: str
    pruned: bool
    fixed: SymbolValues
    known: _Known
    met: set[SymbolName] = field(default_factory=set)
    weighed: dict[Mark, Weighed] = field(default_factory=dict)

    def chain(self, start: State, steps: int) -> Chain | None:
        """A shortest chain whose every decision is to allow. Breadth first."""
        seen = {_mark(start)}
        front: list[tuple[State, tuple[Move, ...]]] = [(start, ())]
        for step in range(steps + 1):
            for state, made in front:
                if self._in_hand(state):
                    return Chain(self.caller, made, None)
                access = next(
                    (one for one in self.sampler.accesses(state, self.key) if self._allowed(state, one)), None
                )
                if access is not None:
                    return Chain(self.caller, made, access)
            front = list(self._next(front, seen, last=step + 1 == steps)) if step < steps else []
        return None

    def _in_hand(self, state: State) -> bool:
        """Whether the caller has the plain text without a further request: it knows the material, or its own key
        decrypts it."""
        keys = self.sampler.keys(state, self.key) if self.sampler.action == MATERIAL else []
        return any(arn in state.known or is_own_key(arn) for arn in keys)

    def _next(
        self, front: list[tuple[State, tuple[Move, ...]]], seen: set[Mark], last: bool
    ) -> Iterator[tuple[State, tuple[Move, ...]]]:
        for state, made in front:
            for move in self._open(state, last):
                later = self._after(state, move)
                mark = _mark(later)
                if mark not in seen:
                    seen.add(mark)
                    yield later, (*made, move)

    def _open(self, state: State, last: bool) -> list[Move]:
        """The moves that may be made, and that are worth it."""
        found: Iterable[Move] = self.sampler.moves(state)
        if self.pruned and last:
            keys = frozenset(self.sampler.keys(state, self.key))
            found = (move for move in found if touches_access(state, move, keys))
        allowed = [move for move in found if self._may(state, move)]
        return worthwhile(state, allowed) if self.pruned else allowed

    def _allowed(self, state: State, request: Request) -> bool:
        """Whether a request is allowed; where that is certain, it is decided once for all readings."""
        mark = ("request", *self._told(state, request), *_about(state, request))
        return self._decided(mark, lambda fixed: _heard(state, request, fixed))

    def _told(self, state: State, request: Request) -> Mark:
        """What a decision can tell a request by: of what a grant that is asked for says, what some policy tests, unless
        another grant may allow it, which looks at all of it (G6)."""
        key = _target(state, request.resource) if request.action == "kms:CreateGrant" else None
        if not isinstance(key, Key) or any("kms:CreateGrant" in grant.operations for grant in key.grants or ()):
            return (request,)
        told = (pair for pair in request.context if pair[0].lower() in self.sampler.tested)
        return (request.caller, request.action, request.resource, *told)

    def _may(self, state: State, move: Move) -> bool:
        """Whether a move may be made: its requests and, of the few for which AWS checks something besides, that."""
        if not all(self._allowed(state, request) for request in move.requests):
            return False
        if move.kind not in _CHECKED_BESIDES:
            return True
        about = tuple(part for request in move.requests for part in _about(state, request))
        return self._decided(("move", move.requests, *about), lambda fixed: _weighed(permitted(state, move, fixed)))

    def _decided(self, mark: Mark, weigh: Callable[[SymbolValues], Weighed]) -> bool:
        """Whether something is allowed under the readings of this search."""
        if mark not in self.known.decided:
            self.known.decided[mark] = weigh({})[0]
        outcome = self.known.decided[mark]
        if outcome is Outcome.DEPENDS:
            if mark not in self.weighed:
                self.weighed[mark] = weigh(self.fixed)
            outcome, symbols = self.weighed[mark]
            self.met |= symbols
        return outcome is Outcome.ALLOW

    def _after(self, state: State, move: Move) -> State:
        """The state after a move, with parts that the same change of the same part made before."""
        later = state_after(state, move)
        made = later.estate.keys[len(state.estate.keys) :]
        keys = tuple(
            self._part(old, new, move)
            for old, new in zip((*state.estate.keys, *(None for _ in made)), later.estate.keys, strict=True)
        )
        accounts = tuple(
            self._account(old, new, move) for old, new in zip(state.estate.accounts, later.estate.accounts, strict=True)
        )
        return replace(later, estate=replace(later.estate, keys=keys, accounts=accounts))

    def _account(self, old: Account, new: Account, move: Move) -> Account:
        users = tuple(self._part(*pair, move) for pair in zip_longest(old.users, new.users))
        roles = tuple(self._part(*pair, move) for pair in zip_longest(old.roles, new.roles))
        groups = tuple(self._part(*pair, move) for pair in zip_longest(old.groups, new.groups))
        managed = tuple(self._part(*pair, move) for pair in zip_longest(old.managed, new.managed))
        return replace(new, users=users, roles=roles, groups=groups, managed=managed)

    def _part(self, old: Part | None, new: Part, move: Move) -> Part:
        if old is not None and (new is old or new == old):
            return old
        mark = (id(old), move.change)
        if mark not in self.known.made:
            self.known.made[mark] = new
            self.known.kept.append((old, new))
        return self.known.made[mark]  # type: ignore[return-value]


def _heard(state: State, request: Request, fixed: SymbolValues) -> Weighed:
    decision = RequestDecider(state.estate, request).decide(fixed, traced=False)
    return decision.outcome, frozenset(decision.depends_on)


def _weighed(decisions: Sequence[Decision]) -> Weighed:
    """The weakest of some decisions."""
    outcomes = {decision.outcome for decision in decisions}
    weakest = next(outcome for outcome in (Outcome.DENY, Outcome.DEPENDS, Outcome.ALLOW) if outcome in outcomes)
    return weakest, frozenset(symbol for decision in decisions for symbol in decision.depends_on)


def _mark(state: State) -> Mark:
    """What tells a state from others: its parts by identity, and what is held."""
    parts = [id(key) for key in state.estate.keys]
    for account in state.estate.accounts:
        parts += [id(one) for one in (*account.users, *account.roles, *account.groups, *account.managed)]
    return (*parts, frozenset(state.held), state.equal, state.known, state.estate.unmodelled)


def _about(state: State, request: Request) -> Mark:
    """The parts of the estate that a decision reads: the caller's identity, the key, user or role that the request is
    on, what is not known."""
    return (
        id(_identity(state, request.caller.issuer or request.caller.principal_arn)),
        id(_target(state, request.resource)),
        state.estate.unmodelled,
    )


def _identity(state: State, arn: str) -> Identity | None:
    return next(
        (one for account in state.estate.accounts for one in (*account.users, *account.roles) if one.arn == arn), None
    )


def _target(state: State, arn: str | None) -> Key | Identity | None:
    key = next((key for key in state.estate.keys if key.arn == arn), None)
    return key if key is not None else None if arn is None else _identity(state, arn)


def count(outcomes: Mapping[object, Outcome]) -> dict[str, int]:
    """How many questions had which outcome."""
    return {outcome.value: sum(1 for found in outcomes.values() if found is outcome) for outcome in Outcome}
