"""States for the tests of steps: one account with a key, a user, roles; and what a move is found to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.evaluate.estates import ALICE, FACTS, HOME, KEY, Statement, allow, aws, identity, policy
from tests.evaluate.reaching import caller
from verifier.evaluate.steps import permitted
from verifier.model.estate import Account, Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Caller, Outcome
from verifier.model.steps.chains import Move, State
from verifier.model.symbol_texts import read_values

BY = caller(ALICE)
"""Who makes the moves, unless said otherwise."""
DELEGATES = allow(aws(f"arn:aws:iam::{HOME}:root"))
"""The statement of a key policy that lets the account's identity policies decide."""
BOB = f"arn:aws:iam::{HOME}:user/Bob"
ADMINS = f"arn:aws:iam::{HOME}:group/admins"
BASE = f"arn:aws:iam::{HOME}:policy/base"


def state(
    *mine: Statement,
    key: Statement = DELEGATES,
    others: tuple[Identity, ...] = (),
    groups: tuple[Group, ...] = (),
    managed: tuple[ManagedPolicy, ...] = (),
    keys: tuple[Key, ...] = (),
    held: tuple[Caller, ...] = (BY,),
    facts: Mapping[str, Any] | None = None,
    alice: Mapping[str, Any] | None = None,
    **estate: Any,
) -> State:
    """Alice, with these statements, holds herself; beside her others, and a key with this statement (and further
    ones)."""
    members = (identity(ALICE, *mine, **(alice or {})), *others)
    users = tuple(known for known in members if ":user/" in known.arn)
    account = Account(
        HOME, users, tuple(known for known in members if known not in users), groups=groups, managed=managed
    )
    return State(Estate((one_key(key, **(facts or {})), *keys), (account,), **estate), held)


def one_key(*statements: Statement, arn: str = KEY, **facts: Any) -> Key:
    """A key with these statements."""
    return Key(arn, None, **{"policies": (policy(*statements, identity=f"{arn}#default"),), **FACTS, **facts})


def document(*statements: Statement, arn: str, kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    """A policy of this identity."""
    return policy(*statements, kind=kind, identity=arn)


def found(before: State, move: Move, assignment: Mapping[str, bool] | None = None) -> str:
    """`allow` if the move may be made; else the outcome of the first decision that stands against it, with what it
    depends on."""
    decisions = permitted(before, move, read_values(assignment or {}))
    against = next((one for one in decisions if one.outcome is Outcome.DENY), None)
    against = against or next((one for one in decisions if one.outcome is not Outcome.ALLOW), None)
    return "allow" if against is None else " ".join([against.outcome.value, *against.depends_on])


def with_account(before: State, **facts: Any) -> State:
    """The same state, the account changed."""
    (account,) = before.estate.accounts
    return replace(before, estate=replace(before.estate, accounts=(replace(account, **facts),)))
