"""Accounts of a caller's own (W2).

In: an estate. Out: accounts that it does not name.
Guarantee: of all that it does not name, there is one for each way in which patterns of account IDs tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.model.estate import Estate
from verifier.model.named_accounts import accounts_named, texts_about_accounts
from verifier.problem.classes.attributes import DIGITS
from verifier.problem.classes.predicates import Tokens, like
from verifier.problem.classes.tables import MORE_STATES, OverBudget, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.diagram import TooLarge

_PATTERN = re.compile(r"(?<![^:])(?=[0-9*?]*[0-9])(?=[0-9*?]*[*?])[0-9*?]+", re.ASCII)
"""A field of an ARN, or a whole text, that begins with a pattern of digits."""


def own_accounts(estate: Estate) -> tuple[str, ...]:
    """Accounts that stand for all that a caller may have. Raises `TooLarge`."""
    named = accounts_named(estate)
    patterns = dict.fromkeys(like(found) for text in texts_about_accounts(estate) for found in _PATTERN.findall(text))
    domain = Domain("own account", (Tokens(((False, DIGITS),) * 12),), ("999999999999",))
    try:
        table = WordTable(domain, tuple(patterns), MORE_STATES)
    except OverBudget as error:
        raise TooLarge("the policies tell apart too many accounts") from error

    def found() -> Iterator[str]:
        for number in range(table.size):
            members = (table.pick(1 << number)[1], *table.members(number, len(named) + 1))
            yield from [one for one in members if one not in named][:1]

    return tuple(found())
