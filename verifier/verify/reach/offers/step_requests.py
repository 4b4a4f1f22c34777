"""What requests say where they are part of a step: of the step itself, of the names of tags that they set or take away,
and of the ciphertexts that they take to another key, or give another encryption context (W2).

In: a space, an action, the key that a step is about; the attribute of a tag; goals. Out: names of requests;
expressions; predicates on names.
Guarantee: every request that is part of the step is in it, and whoever can take a ciphertext that a goal is about can
make one. Names of tags that differ in case alone are the same to every condition but those on `aws:TagKeys` (L3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from verifier.model.estate import Key
from verifier.model.invariant import AnyCaller, Invariant
from verifier.model.policy import Text
from verifier.problem.classes.predicates import Less, Tokens, exactly, literal_tokens
from verifier.problem.expression import TRUE, Expression, Present, Some, Test, conjunction, disjunction
from verifier.problem.facts.operations import TAG_KEYS
from verifier.problem.question import scope
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG
from verifier.problem.space import Space
from verifier.verify.reach.distinctions import goal_actions, keys_of

SAME_KEY, REPLICA_REGION = "kms:reencryptonsamekey", "kms:replicaregion"


def of_step(space: Space, name: str, key: Key, goals: Sequence[Invariant]) -> Expression:
    """True iff a request of a name may be part of a step: re-encryption is onto another key, and of ciphertexts that a
    goal is about; a replica is in another Region."""
    return _of_action(space, name, key) & _of_ciphertexts(space, name, goals)


def _of_action(space: Space, name: str, key: Key) -> Expression:
    if name.startswith("kms:ReEncrypt") and SAME_KEY in space.attributes:
        same = Test(SAME_KEY, exactly("true"))
        return same if name.endswith(_AGAIN) else ~same
    if name == "kms:ReplicateKey" and REPLICA_REGION in space.attributes:
        return ~Test(REPLICA_REGION, exactly(key.region))
    return TRUE


def tag_name(attribute: str) -> str:
    """The name of a tag of a key, in lower case."""
    return attribute.removeprefix(RESOURCE_TAG)


def requested(attribute: str) -> str:
    """The attribute of the request by which a tag of a key is set."""
    return REQUEST_TAG + tag_name(attribute)


def in_any_case(attribute: str) -> Tokens:
    """The name of a tag in whatever case."""
    return Tokens(literal_tokens(tag_name(attribute), fold=True))


def twice(space: Space, attribute: str) -> Expression:
    """True iff a request has a tag, and two names of it that differ in case alone: two of those that policies spell, or
    one that none of them spells, and so may have another such."""
    name = in_any_case(attribute)
    literals = (predicate.literal for predicate in space.questions.get(TAG_KEYS, ()) if isinstance(predicate, Tokens))
    spelled = tuple(exactly(text) for text in dict.fromkeys(literals) if text is not None and name.matches(text))
    each = [Some(TAG_KEYS, frozenset({one}), True) for one in spelled]
    other = Some(TAG_KEYS, frozenset({Less(name, spelled)}), True)
    value = Present(requested(attribute))
    return value & disjunction((other, *(conjunction(pair) for pair in combinations(each, 2))))


# -- ciphertexts of some encryption contexts --


_FROM, _TO, _AGAIN = "kms:ReEncryptFrom", "kms:ReEncryptTo", "again"


def about_contexts(goal: Invariant) -> bool:
    """True iff a goal is about plain text of ciphertexts of some encryption contexts."""
    return "kms:Decrypt" in goal_actions(goal) and any(map(_is_context, keys_of([goal])))


def onto_another_key(number: int) -> str:
    """A name for the request that takes ciphertexts of a goal to another key: an action, and the goal's number."""
    return f"{_FROM} {number}"


def on_same_key(number: int) -> tuple[str, str]:
    """Names for the two requests that give ciphertexts of a goal another context under the same key."""
    return f"{_FROM} {number} {_AGAIN}", f"{_TO} {_AGAIN}"


def all_names(goals: Sequence[Invariant]) -> list[str]:
    """The names for all goals that are about contexts."""
    numbers = [number for number, goal in enumerate(goals) if about_contexts(goal)]
    return list(dict.fromkeys(name for number in numbers for name in (onto_another_key(number), *on_same_key(number))))


def _of_ciphertexts(space: Space, name: str, goals: Sequence[Invariant]) -> Expression:
    """True iff a request of a name is about ciphertexts that a goal is about; always, where that asks for more."""
    action, *of_goal = name.split(" ")
    goal = next((goals[int(number)] for number in of_goal if number.isdigit()), None)
    if goal is None or not all(map(_is_context, keys_of([goal]))):
        return TRUE
    return scope(space, replace(goal, callers=AnyCaller(), actions=(Text(action),), not_actions=()))


def _is_context(key: str) -> bool:
    return key.startswith("kms:encryptioncontext")
