"""Chains of moves, replayed (E0).

In: a state, a chain. Out: the decisions of every step and of the access, and whether the chain succeeds.
Guarantee: it succeeds (`ALLOW`) only if every request is allowed under every assignment of the symbols that are not
fixed, all steps sharing them (S2); it fails (`DENY`) only if some request is refused under every one.
"""

from __future__ import annotations

from dataclasses import dataclass

from verifier.evaluate.engine import RequestDecider
from verifier.evaluate.steps import broken_rule, permitted, state_after
from verifier.evaluate.steps.permission import check_move
from verifier.model.request import Caller, Decision, Outcome, Request
from verifier.model.steps.chains import Move, State
from verifier.model.steps.descriptions import is_own_key
from verifier.model.symbols import SymbolName, SymbolValues
from verifier.syntax.diagnostic import InputError

SYMBOL_LIMIT = 8
"""How many symbols are tried both ways together before the answer is `DEPENDS`."""


@dataclass(frozen=True)
class Chain:
    """How a caller brings something about: the steps in order, then the request itself; `access` is `None` where the
    steps alone do it (the material of the key is known, or a key of the caller's own decrypts what it encrypted)."""

    caller: Caller
    moves: tuple[Move, ...]
    access: Request | None


@dataclass(frozen=True)
class Replay:
    """A chain replayed. `steps` are the decisions of each move (as `permitted` gives them), `access` that of the last
    request, `None` where the chain has none. `states` are the states before each step, and the last one. `depends_on`
    is empty unless `outcome` is `DEPENDS`."""

    outcome: Outcome
    steps: tuple[tuple[Decision, ...], ...]
    access: Decision | None
    states: tuple[State, ...]
    depends_on: tuple[str, ...] = ()


def story(state: State, chain: Chain, assignment: SymbolValues | None = None) -> Replay:
    """Replays a chain from a state. Raises `InputError` where a move is not well formed in the state that the moves
    before it make, where the access is asked for by somebody who is not held then, where a chain without access has no
    plain text in hand in the end, where time goes back (W4), and where a session comes to have another source identity
    (E2), or MFA or a service's keys that it was not given (F3), or a key to be of another spec, usage or origin
    (F8)."""
    states = [state]
    for move in chain.moves:
        check_move(states[-1], move)
        states.append(state_after(states[-1], move))
    _check_end(states[-1], chain)
    broken = broken_rule(states[-1].estate, chain.moves, chain.access)
    if broken is not None:
        raise InputError.of(broken[1], rule=broken[0])
    fixed = dict(assignment or {})
    first = _decisions(states, chain, fixed)
    found, symbols = _explore(states, chain, fixed, first)
    outcome = found.pop() if len(found) == 1 else Outcome.DEPENDS
    steps, access = (first[:-1], first[-1][0]) if chain.access is not None else (first, None)
    return Replay(outcome, steps, access, tuple(states), tuple(sorted(symbols)) if outcome is Outcome.DEPENDS else ())


def _check_end(state: State, chain: Chain) -> None:
    if chain.caller not in state.held:
        raise InputError.of(f"the caller of the chain, {chain.caller.arn}, is not held", rule="E0")
    if chain.access is not None and chain.access.caller not in state.held:
        raise InputError.of(f"{chain.access.caller.arn} is not held at the end of the chain", rule="E0")
    own = any(is_own_key(onto) for _, onto in state.equal)
    if chain.access is None and not state.known and not own:
        raise InputError.of(
            "the chain has no last request: no key's material is known, and no key of one's own decrypts", rule="E0"
        )


def _decisions(states: list[State], chain: Chain, fixed: SymbolValues) -> tuple[tuple[Decision, ...], ...]:
    """Those of each move, and of the access as a last one."""
    steps = [permitted(state, move, fixed) for state, move in zip(states, chain.moves, strict=False)]
    if chain.access is not None:
        steps.append((RequestDecider(states[-1].estate, chain.access).decide(fixed),))
    return tuple(steps)


def _explore(
    states: list[State], chain: Chain, fixed: SymbolValues, found: tuple[tuple[Decision, ...], ...], depth: int = 0
) -> tuple[set[Outcome], set[SymbolName]]:
    """The outcomes under every assignment of the symbols, and the symbols that were tried."""
    decisions = [decision for step in found for decision in step]
    if any(decision.outcome is Outcome.DENY for decision in decisions):
        return {Outcome.DENY}, set()
    open_ones = sorted({symbol for decision in decisions for symbol in decision.depends_on if symbol not in fixed})
    if all(decision.outcome is Outcome.ALLOW for decision in decisions):
        return {Outcome.ALLOW}, set()
    if not open_ones or depth >= SYMBOL_LIMIT:
        return {Outcome.DEPENDS}, set(open_ones)
    outcomes: set[Outcome] = set()
    symbols = {open_ones[0]}
    for value in (False, True):
        tried = {**fixed, open_ones[0]: value}
        below, more = _explore(states, chain, tried, _decisions(states, chain, tried), depth + 1)
        outcomes |= below
        symbols |= more
    return outcomes, symbols
