"""What a person takes for granted about steps (W3).

In: nothing (plain data). Out: frozen structs. Guarantee: a supposition takes steps away and adds none.
"""

from __future__ import annotations

from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from verifier.frozen import Frozen
from verifier.model.policy import Text
from verifier.syntax.source import NOWHERE, Span

if TYPE_CHECKING:
    from verifier.model.invariant import CallerSet

    _Callers = CallerSet | None
else:
    _Callers = Any  # `msgspec`, which reads the estates of baselines, takes no union of dataclasses


class SuppositionKind(Enum):
    """What is supposed not to happen."""

    CALLS = "calls"
    """None of `callers` makes a request for one of `actions`."""
    CODE = "code"
    """Nobody changes or enters the code that runs as one of `callers`, which are roles."""
    SHARING = "sharing"
    """No key is shared through AWS RAM (E3)."""


class Supposition(Frozen):
    """One sentence, its `text` as written; `name` is empty for one of the command line. `actions` are patterns (L6,
    whatever their case) of AWS actions."""

    name: str
    kind: SuppositionKind
    callers: _Callers = None
    actions: tuple[Text, ...] = ()
    text: str = ""
    span: Span = NOWHERE

    @property
    def sentence(self) -> str:
        """The sentence behind its name, if it has one."""
        return f"{self.name}: {self.text}" if self.name else self.text

    def names(self, action: str) -> bool:
        """True iff it is about requests for an action: one of its patterns matches the name."""
        return any(fnmatchcase(action.lower(), pattern.value.lower().replace("[", "[[]")) for pattern in self.actions)
