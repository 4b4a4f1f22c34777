"""Which rules a verdict was reached by: the version of the verifier, of its data and of what it computes with.

Guarantee: two processes with the same version decide alike. A checkout whose sources change has another version after
each change.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import verifier
from verifier.model.reference import data_version

_COMPUTES_WITH = ("lark", "python-sat", "z3-solver", "cvc5")


@cache
def rules_version() -> str:
    """A text that is the same iff sources, reference data and solvers are."""
    root = Path(verifier.__file__).parent
    digest = sha256()
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.json"), *root.rglob("*.lark"))):
        state = path.stat()
        digest.update(f"{path.relative_to(root)}:{state.st_size}:{state.st_mtime_ns}\n".encode())
    solvers = " ".join(f"{name}={_installed(name)}" for name in _COMPUTES_WITH)
    return f"{verifier.__version__} {data_version()} {solvers} {digest.hexdigest()}"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
