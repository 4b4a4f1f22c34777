"""What is within reach of each key, as a report.

In: an estate, keys by name, goals, what answers for one key. Out: `ReachReport`. Guarantee: a key that was not looked
at to the end has a reason, and nothing is said to be out of its reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from verifier.frozen import Frozen
from verifier.model.choices import Engine, Progress
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant
from verifier.model.reference import data_version
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Bound, Reason
from verifier.model.steps.supposition import Supposition
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.verify.assumptions import summary
from verifier.verify.deciding import ProofOptions
from verifier.verify.limits import each_key
from verifier.verify.named import keys_named
from verifier.verify.preparation import free_readings, held_readings, not_known
from verifier.verify.proving import DECIDERS
from verifier.verify.reach.common import followed, supposing
from verifier.verify.reach.eventually import as_assumptions, suppositions
from verifier.verify.reach.in_doubt import looked_at
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.universe import why_not_followed


class FoundOfKey(Frozen):
    """What was found of one key: rows, what is out of reach, and whether nothing comes within reach after the bound."""

    rows: tuple[ReachRow, ...]
    beyond: tuple[str, ...]
    complete: bool


def reach_options(steps: int | None, readings: Mapping[str, bool] | None, timeout: float | None) -> ProofOptions:
    """How chains are looked for."""
    return ProofOptions(Engine.Z3, timeout, held_readings(readings), None, DECIDERS, steps)


def reach_report(
    estate: Estate,
    keys: Sequence[str],
    goals: Sequence[Invariant],
    options: ProofOptions,
    progress: Progress | None,
    answer: Callable[[Setting], FoundOfKey],
    *,
    caller: str | None = None,
    to: tuple[str, ...] | None = None,
) -> ReachReport:
    """What `answer` finds of each key of some names, asked for `goals`."""
    found = each_key(keys_named(estate, keys), lambda key: _of_key(estate, key, goals, options, answer), progress)
    free = free_readings(options.held)
    accounts = tuple(account.id for account in estate.accounts)
    needless = () if any(one.supposed or one.reasons for one in found) else map(_not_needed, estate.suppositions)
    warnings = (*estate.warnings, *needless)
    return ReachReport(found, caller, to, accounts, data_version(), warnings, estate.inputs, free)


def _not_needed(supposition: Supposition) -> Diagnostic:
    """The warning of one of several suppositions none of which keeps anybody out of reach (W3)."""
    message = f"nobody is out of reach only because this is supposed: {supposition.sentence}"
    return Diagnostic(Severity.WARNING, message, supposition.span, rule="W3")


def _of_key(
    estate: Estate,
    key: Key,
    goals: Sequence[Invariant],
    options: ProofOptions,
    answer: Callable[[Setting], FoundOfKey],
) -> KeyReach:
    target = key_target(key)
    about, rests = summary(estate, key), (*suppositions(estate, target), *as_assumptions(estate.suppositions))
    reason = not_known(target)
    if reason is not None:
        return KeyReach(about, (), (), Bound(options.longest, False), (reason,), rests)

    def question() -> KeyReach:
        setting = Setting(estate, key, goals, options)
        found, supposed = answer(setting), tuple[str, ...]()
        if estate.suppositions and found.beyond:
            certain = answer(Setting(supposing(estate, ()), key, goals, options)).beyond
            supposed = tuple(one for one in found.beyond if one not in certain)
        looked = (*rests, *looked_at(setting, 0))
        open_ = why_not_followed(estate) or setting.undecided
        if open_ is not None:
            return KeyReach(about, found.rows, (), Bound(options.longest, False), (open_,), looked)
        bound = Bound(options.longest, found.complete)
        return KeyReach(about, found.rows, found.beyond, bound, assumptions=looked, supposed=supposed)

    reached = followed(options.timeout, question)
    if isinstance(reached, Reason):
        return KeyReach(about, (), (), Bound(options.longest, False), (reached,), rests)
    return reached
