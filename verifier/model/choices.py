"""What a user chooses by name, and the forms of names that a user gives.

In: nothing. Out: enumerations; regular expressions for whole texts. Guarantee: a name costs no import of what it
chooses, so that `--help` has it.
"""

from __future__ import annotations

from enum import StrEnum


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

ACCOUNT = r"[0-9]{12}"
"""An account."""
REGION = r"[a-z]{2}(?:-(?!iso)[a-z]+)+-[0-9]+"
"""A Region, such as us-west-2."""
