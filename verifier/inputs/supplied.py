"""What the user says about an input that the input does not say.

In: nothing (plain data). Out: `Supplied`. Guarantee: what is given here never overrides what the input says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import field

from verifier.frozen import Frozen

STAND_IN = "000000000000"
"""What stands for the own account where the input refers to it (`${AWS::AccountId}`, `data.aws_caller_identity`) and
nothing tells it."""
OTHER_STAND_IN = "975310864213"
"""What stands for it where it is asked whether the input itself says `STAND_IN`."""


class Supplied(Frozen):
    """The account (twelve digits) and the Region of what is not created yet, where a plan or template does not tell
    them, and the values of a template's parameters. `own` is the account in the place of one that nothing tells, as it
    was concluded (S4), and `own_region` the Region in the place of one; `None` is the first of the partition."""

    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None
    own_region: str | None = None
    of_paths: Mapping[Path, tuple[str | None, str | None]] = field(default_factory=dict)
    """The account and the Region of absolute paths that have their own."""
    harmless: tuple[str, ...] = ()
    """Patterns of the addresses of what is not read, and changes nobody's access."""
    stack_tags: tuple[tuple[str, str], ...] = ()
    """The tags with which the stack of a template is made."""

    @property
    def stand_in(self) -> str | None:
        """What stands for the own account; `None` where it is known, or nothing does."""
        return self.own if self.account is None and self.own in (STAND_IN, OTHER_STAND_IN) else None


NOTHING_SUPPLIED = Supplied()
"""What is supplied where nothing is."""
