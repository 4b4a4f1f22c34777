"""The aliases of a key, so far as policies ask for them: which classes of names it has.

In: a joint question about one key. Out: `AliasNames`.
Guarantee: no policy of the question tells two names of one class apart.
"""

from __future__ import annotations

from functools import cached_property
from string import ascii_letters, digits

from verifier.problem.classes.predicates import Less, OneOf, Predicate, Tokens
from verifier.problem.diagrams.joint import Joint

ALIAS_NAMES, REQUEST_ALIAS = "kms:resourcealiases", "kms:requestalias"
"""The condition keys that ask for the aliases of a key."""
LETTERS = frozenset(f"{ascii_letters}{digits}/_-")
"""What the name of an alias can contain [API: CreateAlias; KMS Developer Guide: alias-create]; also a colon, where some
alias has one: the text of that page leaves it out, and the pattern there does not."""
NONE, SOME = 1, 2
"""The values of a symbol: no alias of the key is of the class, or some are."""


class AliasNames:
    """The classes of names of aliases, each by its symbol in the question; none where no policy asks for aliases."""

    def __init__(self, joint: Joint) -> None:
        self.symbols = joint.finite.held.get(ALIAS_NAMES, ())
        self._table = joint.finite.tables.get(ALIAS_NAMES)
        self._space = joint.sides[0].question.space

    @cached_property
    def predicates(self) -> tuple[Predicate, ...]:
        """What policies ask of the names."""
        tests = self._space.questions.get(ALIAS_NAMES, {})
        return tuple(one for one in tests if isinstance(one, Tokens | OneOf | Less))

    def of(self, name: str) -> str | None:
        """The symbol of the class of a name; `None` where no policy asks for aliases, or none can have the name."""
        number = self._table.class_of(name) if self.symbols and self._table is not None else None
        return None if number is None else self.symbols[number]
