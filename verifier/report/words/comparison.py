"""What text and Markdown say alike of a comparison: names, notes, counts, the exit code.

In: a `Comparison` or parts of one. Out: texts without markup, safe for a terminal; an exit code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.choices import FailOn
from verifier.model.results.comparison import Comparison, Presence, Relation, TargetComparison, statuses
from verifier.report.exit_codes import ExitCode
from verifier.report.words.verdicts import exit_code
from verifier.syntax.text import counted, printable

_NOT_GIVEN = ":key/00000000-0000-0000-0000-000000000000"
"""How the ARN of a key ends that the input does not give."""


def comparison_exit_code(comparison: Comparison, fail_on: FailOn) -> ExitCode:
    """1 where it fails, 3 where that is not known, 0 otherwise, also where there was nothing to compare."""
    is_empty = not (comparison.targets or _keys(comparison))
    return ExitCode.PROVED if is_empty else exit_code(statuses(comparison.targets, fail_on))


def _keys(comparison: Comparison) -> tuple[str, ...]:
    return (*comparison.old.keys, *comparison.new.keys)


def target_text(target: TargetComparison) -> str:
    """The key's name, or the last part of its ARN; of an alias its name; any other target as it is."""
    if target.name is None and target.target.endswith(_NOT_GIVEN):
        return "the key"
    parts = target.target.split(":", 5)
    return printable(target.name or (parts[5].removeprefix("key/") if len(parts) == 6 else target.target))


def headline_note(target: TargetComparison) -> str:
    """What goes behind the relation."""
    if target.presence is Presence.ADDED:
        beyond = bool(target.gained or target.intended or target.reasons)
        return "the key is new" if beyond else "the key is new, and allows nothing that one without a policy does not"
    if target.presence is Presence.REMOVED:
        return "the key is gone"
    if target.intended and not target.gained:
        return "all that was gained is intended"
    if target.intended:
        return "a part of what was gained is intended"
    return ""


def unknown_actions_text(target: TargetComparison) -> Iterator[str]:
    """What differs for actions that the reference data does not know (U4)."""
    if target.unknown_gained and target.unknown_lost:
        yield "of actions that the reference data does not know, some are allowed now that were not, and some no longer"
    elif target.unknown_gained:
        yield "actions that the reference data does not know are allowed now, and were not"
    elif target.unknown_lost:
        yield "actions that the reference data does not know were allowed, and are not any more"


def comparison_counts(comparison: Comparison) -> str:
    """`2 keys: 1 more permissive, 1 equivalent`; of unknown ones also how many gain or lose something all the same."""
    keys = sum(target.target.startswith("arn:") and ":key/" in target.target for target in comparison.targets)
    relations = [target.relation for target in comparison.targets]
    parts = {relation: f"{relations.count(relation)} {relation.value}" for relation in _ORDER if relation in relations}
    if Relation.UNKNOWN in parts:
        parts[Relation.UNKNOWN] += _gains_and_losses([target for target in comparison.targets if target.reasons])
    counts = ", ".join(parts.values()) or "equivalent"
    others = len(comparison.targets) - keys
    subject = counted(keys, "key") + (f" and {counted(others, 'other target')}" if others else "")
    return f"{subject}: {counts}" + ("" if _keys(comparison) else "; neither side holds a key")


def _gains_and_losses(unknown: Sequence[TargetComparison]) -> str:
    """On how many of some unknown targets something is certainly gained or lost, if on any: ` (gains on 1)`."""
    gains = sum(bool(target.gained) for target in unknown)
    losses = sum(bool(target.lost) for target in unknown)
    said = [f"{what} on {number}" for what, number in (("gains", gains), ("losses", losses)) if number]
    return f" ({', '.join(said)})" if said else ""


_ORDER = (Relation.INCOMPARABLE, Relation.MORE, Relation.LESS, Relation.UNKNOWN, Relation.EQUIVALENT)
