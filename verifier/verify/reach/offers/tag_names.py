"""The names of tags that a request sets or takes away, as `aws:TagKeys` has them.

In: a space, the attribute of a tag. Out: predicates on names; expressions.
Guarantee: names that differ in case alone are the same to every condition but those on `aws:TagKeys` (L3).
"""

from __future__ import annotations

from itertools import combinations

from verifier.problem.classes.predicates import Less, Tokens, exactly, literal_tokens
from verifier.problem.expression import Expression, Present, Some, both, disjunction
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG
from verifier.problem.space import Space

TAG_NAMES = "aws:tagkeys"


def in_any_case(attribute: str) -> Tokens:
    """The name of a tag in whatever case."""
    return Tokens(literal_tokens(attribute.removeprefix(RESOURCE_TAG), fold=True))


def twice(space: Space, attribute: str) -> Expression:
    """A request has two names of a tag that differ in case alone: two of those that policies spell, or one that none of
    them spells, and so may have another such."""
    name = in_any_case(attribute)
    literals = (predicate.literal for predicate in space.questions.get(TAG_NAMES, ()) if isinstance(predicate, Tokens))
    spelled = tuple(exactly(text) for text in dict.fromkeys(literals) if text is not None and name.matches(text))
    each = [Some(TAG_NAMES, frozenset({one}), True) for one in spelled]
    other = Some(TAG_NAMES, frozenset({Less(name, spelled)}), True)
    value = Present(REQUEST_TAG + attribute.removeprefix(RESOURCE_TAG))
    return both(value, disjunction((other, *(both(*pair) for pair in combinations(each, 2)))))
