"""What is remembered from one question to the next.

In: nothing. Out: `clear_caches`. Guarantee: answers are the same with and without; only times differ.
"""

from __future__ import annotations

from verifier.problem.classes.automaton import explored
from verifier.problem.classes.predicates import exactly, like, like_tokens, literal_tokens
from verifier.problem.semantics.statements import acts_like
from verifier.problem.semantics.values import plain_predicate, typed_predicate


def clear_caches() -> None:
    """Drops what a policy leaves behind, its patterns and what they tell apart, so that the next question about it is a first one: for
    benchmarks, whose rounds would otherwise measure no partition of strings. What depends on the reference data alone stays."""
    for cached in (explored, acts_like, exactly, like, like_tokens, literal_tokens, plain_predicate, typed_predicate):
        cached.cache_clear()
