"""Sets of actions in words: `kms:Decrypt, kms:Encrypt`, `kms:GenerateDataKey*`, `every action but kms:Decrypt`.

In: the table of actions and a mask. Out: `Actions`. Guarantee: `names` and `others` say exactly the mask; `text` is
short, and exact for the known actions that can be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from verifier.model.reference import actions
from verifier.model.results.access import Actions
from verifier.problem.classes.tables import Table, numbers_in
from verifier.problem.space import Space
from verifier.verify.phrases.lists import listed

_FEW = 4
"""How many actions are listed before the text gets short."""
_FIRST = (
    *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:Sign", "kms:Verify", "kms:GenerateMac"),
    *("kms:VerifyMac", "kms:ReEncrypt", "kms:CreateGrant"),
    *("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"),
)
"""The actions, or families of them, that a short text names before others."""


class ActionPhrases:
    """The words for actions on one kind of target."""

    def __init__(self, space: Space, table: Table) -> None:
        self._table = table
        known = [action.name for action in actions() if action.name in space.known_actions]
        self._classes = {name: table.class_of(name.lower()) for name in known}
        self._exist = {action.name.lower() for action in actions()}

    def actions(self, mask: int, possible: int | None = None) -> Actions:
        """The actions of a mask; those that are not `possible` need not be told apart."""
        names, limit = self._names(mask), len(self._exist) + 1
        classes = numbers_in(mask & ((1 << self._table.size) - 1))
        # one that the data does not know
        others = any(not self._exist.issuperset(self._table.members(index, limit)) for index in classes)
        missing = [name for name in self._names(-1 if possible is None else possible) if name not in names]
        return Actions(names, others, _text(names, missing))

    def _names(self, mask: int) -> tuple[str, ...]:
        return tuple(name for name, index in self._classes.items() if index is not None and mask >> index & 1)


def _text(names: Sequence[str], missing: Sequence[str]) -> str:
    if not names:
        return "actions that the reference data does not know"
    if not missing:
        return "every action" if len(names) > 1 else names[0]
    families = _families(names, missing, 3)
    if len(families) <= _FEW:
        return ", ".join(families)
    if len(missing) < _FEW:
        return f"every action but {listed(missing)}"
    pairs = _families(names, missing, 2)
    if len(pairs) <= _FEW:
        return ", ".join(pairs)
    named = sorted(families, key=_rank)[: _FEW - 1]
    return f"{', '.join(named)} and {len(names) - sum(len(families[family]) for family in named)} more"


def _rank(family: str) -> int:
    return _FIRST.index(family.rstrip("*")) if family.rstrip("*") in _FIRST else len(_FIRST)


def _families(names: Sequence[str], missing: Sequence[str], size: int) -> dict[str, list[str]]:
    """The names by what they are shown as: `kms:Begin*`, where `size` or more begin so and no missing one does."""
    found: dict[str, list[str]] = {}
    for name in names:
        ends = [end for end in range(len("kms:") + 1, len(name) + 1) if end == len(name) or name[end].isupper()]
        starts = (name[:end] for end in ends if not any(other.startswith(name[:end]) for other in missing))
        alike = ([other for other in names if other.startswith(start)] for start in starts)
        members = next((members for members in alike if len(members) >= size), [name])
        found.setdefault(f"{commonprefix(members)}*" if len(members) > 1 else name, members)
    return found
