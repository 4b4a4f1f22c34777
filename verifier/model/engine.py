"""What decides a question, by name, and how many steps a chain may have.

In: nothing. Out: `Engine`, a number. Guarantee: a name costs no import of a solver.
"""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What decides a question. The first two get it as classes and boxes, the others as a formula over strings
    (docs/engines.md)."""

    Z3 = "z3"
    SAT = "sat"
    Z3_STRINGS = "z3-strings"
    CVC5_STRINGS = "cvc5-strings"

    @property
    def on_strings(self) -> bool:
        """Whether the engine reads the formula before classes."""
        return self in (Engine.Z3_STRINGS, Engine.CVC5_STRINGS)


MOST_STEPS = 8
"""The longest chain that is replayed, and the most that may be asked for (E0)."""
