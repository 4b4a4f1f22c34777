"""Sets of actions in words: `kms:Decrypt, kms:Encrypt`, `kms:GenerateDataKey*`, `every action but kms:Decrypt`.

In: the table of actions and a mask. Out: `Actions`. Guarantee: `names` and `others` say exactly the mask; `text` is short, and says of the
known actions exactly those.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.reference import actions
from verifier.model.region import Actions
from verifier.problem.space import Space
from verifier.problem.tables import Table
from verifier.verify.phrases_forms import bits
from verifier.verify.phrases_lists import listed

FEW = 4
"""How many actions are listed before the text gets short."""


class ActionPhrases:
    """The words for actions on one kind of target."""

    def __init__(self, space: Space, table: Table) -> None:
        self._table = table
        self._known = [action.name for action in actions() if action.name in space.known_actions]
        self._classes = {name: table.class_of(name.lower()) for name in self._known}
        self._exist = {action.name.lower() for action in actions()}

    def actions(self, mask: int) -> Actions:
        """The actions of a mask."""
        names = tuple(name for name, index in self._classes.items() if index is not None and mask >> index & 1)
        others = any(self._has_others(bit.bit_length() - 1) for bit in bits(mask & ((1 << self._table.size) - 1)))
        return Actions(names, others, self._text(names, others))

    def _has_others(self, index: int) -> bool:
        """Whether a class has an action that the data does not know."""
        return any(member not in self._exist for member in self._table.members(index, len(self._exist) + 1))

    def _text(self, names: Sequence[str], others: bool) -> str:
        if not names:
            return "actions that the reference data does not know"
        missing = [name for name in self._known if name not in names]
        if not missing:
            return "every action" if others else "every known action"
        if len(names) <= FEW:
            return ", ".join(names)
        if len(missing) <= FEW - 1:
            return f"every action but {listed(missing)}"
        families = self._families(names, missing)
        if len(families) <= FEW:
            return ", ".join(families)
        return f"{', '.join(families[:2])} and {len(names) - sum(self._size(family) for family in families[:2])} more"

    def _size(self, family: str) -> int:
        return sum(name.startswith(family[:-1]) for name in self._known) if family.endswith("*") else 1

    def _families(self, names: Sequence[str], missing: Sequence[str]) -> list[str]:
        """The names, those that begin alike and no other action does by `kms:Begin*`."""
        found: dict[str, None] = {}
        for name in names:
            beginnings = [name[:end] for end in range(len("kms:") + 1, len(name)) if name[end].isupper()]
            family = next((start for start in beginnings if self._is_family(start, missing)), None)
            found[name if family is None else f"{family}*"] = None
        return list(found)

    def _is_family(self, start: str, missing: Sequence[str]) -> bool:
        return sum(name.startswith(start) for name in self._known) > 1 and not any(name.startswith(start) for name in missing)
