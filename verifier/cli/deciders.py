"""What decides where no claim is proved, imported when it is first called: most runs need none of it.

In: what `verifier.verify.deciding.Deciders` take. Out: what they give.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from verifier.frozen import Frozen
from verifier.verify.deciding import Deciders


class _CalledLate(Frozen):
    """A function of a module of `verifier.verify`, which is imported when it is called."""

    module: str
    name: str

    def __call__(self, *given: Any) -> Any:
        return getattr(import_module(f"verifier.verify.{self.module}"), self.name)(*given)


CALLED_LATE = Deciders(
    confirm=_CalledLate("violations", "violation"),
    listed=_CalledLate("listed_grants", "decide_listed"),
    eventually=_CalledLate("reach.eventually", "prove_eventually"),
    strings=_CalledLate("string_claims", "Strings"),
)
