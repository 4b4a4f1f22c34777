"""Verdicts (S1): proved, refuted or unknown, each with what it rests on.

In: nothing (plain data). Out: frozen structs made by `verify`, shown by `report`.
Guarantee: a status is one of three, never a Boolean; only Refuted has a counterexample (a request or grants), only
Unknown a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.model.choices import Engine
from verifier.model.grant import Grant
from verifier.model.invariant_file import Allowance, AnyInvariant, GrantRole
from verifier.model.policy import Principal, StatementRef
from verifier.model.request import Caller, Decision, Request
from verifier.model.symbols import SymbolName
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span

if TYPE_CHECKING:
    from verifier.model.steps.chains import Move


class Status(Enum):
    """PROVED: no request in the model breaks the invariant. REFUTED: here is one that does, replayed.
    UNKNOWN: a limit was met, and `Verdict.reason` names it."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


class Assumption(Frozen):
    """Something a verdict supposes: a rule label (`U1`, `L5a`, `D7`, `U4`, a reading …) and a sentence."""

    rule: str
    text: str

    @property
    def is_conclusion(self) -> bool:
        """True iff it tells the own account or Region, which the input does not (S4): every format tells it."""
        return self.rule == "S4"


class Reason(Frozen):
    """Why a verdict is Unknown: a rule label, or `solver`, `timeout`, `budget`; a sentence; the place, if there is
    one."""

    rule: str
    text: str
    span: Span = NOWHERE


class Counterexample(Frozen):
    """A request that breaks the invariant, replayed through `evaluate`.

    `decision` is that replay, with its trace. `statements` are those that matched the request. `readings` are the
    (label, value) that the counterexample needs; empty when it holds under every reading. `free` are the (symbol,
    value) of free facts (U1) it supposes. `command` is a ready AWS CLI command, `None` where none exists. `grants` are
    those among `statements`.
    """

    request: Request
    decision: Decision
    statements: tuple[StatementRef, ...]
    readings: tuple[tuple[SymbolName, bool], ...] = ()
    free: tuple[tuple[SymbolName, bool], ...] = ()
    command: str | None = None
    grants: tuple[Grant, ...] = ()


class StoryStep(Frozen):
    """One step of a story: what is changed, and each request that it takes with its replay on the state before the
    step, in order."""

    move: Move
    requests: tuple[Counterexample, ...]


class Story(Frozen):
    """How a caller brings something about (E0): the steps in order, then the last request, each replayed through
    `evaluate` on the state that the steps before it made. `access` is `None` where the steps alone do it (the key's
    material is known). `readings` and `free` are what the whole story needs, as in a `Counterexample`; all its steps
    share them (S2)."""

    caller: Caller
    steps: tuple[StoryStep, ...]
    access: Counterexample | None
    readings: tuple[tuple[SymbolName, bool], ...] = ()
    free: tuple[tuple[SymbolName, bool], ...] = ()


class Bound(Frozen):
    """How far a verdict about what callers can eventually do goes. `steps` is the bound that was asked for,
    `MOST_STEPS` if none was; `complete` is true iff a proof holds for chains of every length."""

    steps: int
    complete: bool


class NamedByGrant(Frozen):
    """A listed grant that breaks a `GrantInvariant`, and as what it names a caller that it must not."""

    grant: Grant
    role: GrantRole

    @property
    def principal(self) -> Principal:
        """The principal that it names so."""
        retiring = self.grant.retiring if self.role is GrantRole.RETIRING else None
        return retiring or self.grant.grantee


class Agreement(Enum):
    """How a verdict fared against a second engine (`--cross-check`). UNANSWERED: it gave no answer within its limit, or
    one that rests on what its formula leaves open. NOTHING_TO_CHECK: the verdict is Unknown, or no solver was asked. A
    contradiction is an internal error."""

    AGREED = "agreed"
    UNANSWERED = "unanswered"
    NOTHING_TO_CHECK = "nothing to check"


class Statistics(Frozen):
    """Counts of one query, stable from run to run. The attributes, classes, tests and boxes are those of the target's
    question; `terms` (of Z3, or variables of a SAT solver) and `clauses` are what its engine holds so far; `conflicts`
    and `solver_calls` are the query's own."""

    attributes: int = 0
    classes: int = 0
    tests: int = 0
    boxes: int = 0
    terms: int = 0
    clauses: int = 0
    conflicts: int = 0
    solver_calls: int = 0


class ExcuseKind(Enum):
    """What excuses a refuted verdict in `verifier check`."""

    WAIVER = "waiver"
    BASELINE = "baseline"
    BOTH = "waiver and baseline"


class Excuse(Frozen):
    """Why a refuted verdict does not fail `verifier check`: it was shown that every request, or listed grant, that
    breaks the invariant is within what was waived, or broke it in the baseline already. `text` says so in a
    sentence."""

    kind: ExcuseKind
    text: str


class Verdict(Frozen):
    """The answer for one invariant on one target. `target` is a key ARN, or a sentence such as
    `operations without a key`; `elapsed` is in seconds. `grants` are the counterexamples to a `GrantInvariant`, all of
    them."""

    invariant: AnyInvariant
    target: str
    status: Status
    rests_on: tuple[StatementRef, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    counterexample: Counterexample | None = None
    reason: Reason | None = None
    elapsed: float = 0.0
    statistics: Statistics = Statistics()
    grants: tuple[NamedByGrant, ...] = ()
    agreement: Agreement | None = None
    """`None` where no second engine was asked for."""
    cached: bool = False
    """True iff it was found in the cache of an earlier run's results."""
    excuse: Excuse | None = None
    """Only of a refuted verdict, and only from `verifier check`."""
    story: Story | None = None
    """Of a refuted verdict about what callers can eventually do, instead of a counterexample."""
    bound: Bound | None = None
    """Of every verdict about what callers can eventually do."""

    @property
    def counts_as(self) -> Status:
        """The status for the exit code: what is excused counts as proved. Unknown is never excused."""
        return Status.PROVED if self.status is Status.REFUTED and self.excuse is not None else self.status


class KeySummary(Frozen):
    """What a report says of a key before its verdicts. `grants` is how many there are, `service_levels` and
    `resource_levels` how many levels of SCPs and RCPs are above its account; `None` where they were not given."""

    arn: str
    name: str | None
    policy_name: str | None
    statements: int
    state: str | None
    grants: int | None = None
    service_levels: int | None = None
    resource_levels: int | None = None


class Report(Frozen, dict=True):
    """All verdicts of a run, in the order of invariants, then keys."""

    verdicts: tuple[Verdict, ...]
    keys: tuple[KeySummary, ...]
    accounts: tuple[str, ...]
    data_version: str
    warnings: tuple[Diagnostic, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    free_readings: tuple[str, ...] = ()
    """Labels of the readings that were left open, so tried both ways."""
    endpoints: int | None = None
    """How many VPC endpoints of KMS were given; `None` where none were (V)."""
    engine: Engine = Engine.Z3
    """What decided."""
    second_engine: Engine | None = None
    """What the verdicts were held against (`--cross-check`)."""
    partial_accounts: tuple[str, ...] = ()
    """Those of `accounts` of which only some users and roles are listed (U1)."""
    only: frozenset[Status] = frozenset(Status)
    """Which verdicts reports for people list. All of them count."""

    @property
    def listed(self) -> tuple[Verdict, ...]:
        """The verdicts that reports for people list."""
        return tuple(verdict for verdict in self.verdicts if verdict.status in self.only)

    def name_of(self, target: str) -> str:
        """What people call a target: a key's name, or the last part of its ARN; any other target as it is."""
        key = self.key_of.get(target)
        return target if key is None else key.name or key.arn.rsplit("/", 1)[-1]

    @cached_property
    def key_of(self) -> Mapping[str, KeySummary]:
        """The keys by their ARNs."""
        return {key.arn: key for key in reversed(self.keys)}


class Waiver(Frozen):
    """Requests of the scope of `allowance` may break the invariant named `invariant` on the key `key` (a name, alias,
    ARN or key ID), up to and including the day `expires` (UTC). It covers requests, by meaning; never an invariant or
    a key as such."""

    invariant: str
    key: str
    allowance: Allowance
    reason: str
    owner: str
    expires: date
    span: Span = NOWHERE

    def expired(self, today: date) -> bool:
        """True iff it does not apply any more."""
        return today > self.expires


class BaselineEntry(Frozen):
    """An invariant that was refuted on a key (its ARN) when the baseline was written. `meaning` is a digest of the
    invariant."""

    invariant: str
    meaning: str
    key: str
