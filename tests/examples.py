"""How many examples the tests with random inputs take, and whether these are the same every time.

In: the environment variable `VERIFIER_RANDOM_TESTS`. Out: `RANDOM`, `many`; the profile of hypothesis in `conftest`.
"""

from __future__ import annotations

import os

RANDOM = os.environ.get("VERIFIER_RANDOM_TESTS", "") not in ("", "0")
"""Whether to take new examples: otherwise a test that passes passes again, so that the tests do not turn red by
chance."""


def many(count: int = 100) -> int:
    """The number of examples: ten times as many in a random run."""
    return 10 * count if RANDOM else count
