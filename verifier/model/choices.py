"""What a user chooses by name, the forms of names that a user gives, and how a user is told of progress.

In: nothing. Out: enumerations; regular expressions for whole texts. Guarantee: a name costs no import of what it
chooses, so that `--help` has it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Literal

Progress = Callable[[int, int, str], None]
"""Called with (done, all, what) while an answer comes together: after each part of it, if nothing else is said."""


class Zone(StrEnum):
    """The zone of trust. ACCOUNT: the account that owns the key. ORGANIZATION: the organization of that account."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


class FailOn(StrEnum):
    """What makes a comparison fail."""

    MORE = "more-permissive"
    """Access that was gained and is not intended."""
    ANY = "any"
    """That, and access that was lost."""
    NEVER = "never"
    """Nothing: the comparison is for reading."""


FORMATS = ("text", "json", "sarif", "junit", "markdown", "github", "gitlab", "html", "csv")
"""The names that `--output` takes."""
OF_NOTICES = frozenset({"sarif", "junit", "github", "gitlab"})
"""Those that point at places."""
SUMMARY = "summary"
"""The last line of `text` alone, which `--quiet` asks for."""
SchemaName = Literal[
    "snapshot",
    "report",
    "comparison",
    "check",
    "lint",
    "who-can",
    "findings",
    "reach",
    "explanation",
    "suggestions",
    "collection",
    "configuration",
    "decision",
    "recheck",
]
"""What has a schema: files that people write, and what commands write."""

ACCOUNT_PATTERN = r"[0-9]{12}"
"""An account."""
REGION_PATTERN = r"[a-z]{2}(?:-(?!iso)[a-z]+)+-[0-9]+"
"""A Region, such as us-west-2."""


class Engine(StrEnum):
    """What decides a question. The first two get it as classes and boxes, the others as a formula over strings
    (docs/engines.md)."""

    Z3 = "z3"
    SAT = "sat"
    Z3_STRINGS = "z3-strings"
    CVC5_STRINGS = "cvc5-strings"

    @property
    def on_strings(self) -> bool:
        """True iff the engine reads the formula before classes."""
        return self in (Engine.Z3_STRINGS, Engine.CVC5_STRINGS)


MOST_STEPS = 8
"""The longest chain that is replayed, and the most that may be asked for (E0)."""
