"""What requests say where they are part of a step.

In: a space, an action, the key that a step is about. Out: expressions. Guarantee: every request that is part of the
step is in it.
"""

from __future__ import annotations

from verifier.model.estate import Key
from verifier.problem.classes.predicates import exactly
from verifier.problem.expression import TRUE, Expression, Present, Test, implies, negation
from verifier.problem.space import Space
from verifier.verify.reach.offers.contexts import is_on_same_key

SAME_KEY, POLICY_NAME, REPLICA_REGION = "kms:reencryptonsamekey", "kms:policyname", "kms:replicaregion"


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
