"""What requests say where they are part of a step, and the names of tags that they set or take away.

In: a space, an action, the key that a step is about; the attribute of a tag. Out: expressions; predicates on names.
Guarantee: every request that is part of the step is in it. Names of tags that differ in case alone are the same to
every condition but those on `aws:TagKeys` (L3).
"""

from __future__ import annotations

from itertools import combinations

from verifier.model.estate import Key
from verifier.problem.classes.predicates import Less, Tokens, exactly, literal_tokens
from verifier.problem.expression import TRUE, Expression, Present, Some, Test, both, disjunction, implies, negation
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG
from verifier.problem.space import Space
from verifier.verify.reach.offers.contexts import is_on_same_key

SAME_KEY, POLICY_NAME, REPLICA_REGION = "kms:reencryptonsamekey", "kms:policyname", "kms:replicaregion"
TAG_NAMES = "aws:tagkeys"


def of_step(space: Space, name: str, key: Key) -> Expression:
    """What a request for an action says where it is part of a step: re-encryption is onto another key; `default` is put
    (L5a); a replica is in another Region."""
    if name.startswith("kms:ReEncrypt") and SAME_KEY in space.attributes:
        same = Test(SAME_KEY, exactly("true"))
        return same if is_on_same_key(name) else negation(same)
    if name == "kms:PutKeyPolicy" and POLICY_NAME in space.attributes:
        return implies(Present(POLICY_NAME), Test(POLICY_NAME, exactly("default")))
    if name == "kms:ReplicateKey" and REPLICA_REGION in space.attributes:
        return negation(Test(REPLICA_REGION, exactly(key.region)))
    return TRUE


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
