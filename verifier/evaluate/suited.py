"""Whether there is a key of which a request can say what it says (R3, U3, F8), and whether the operation, its
algorithms and the new grant's operations suit it.

In: a prepared request, the given context. Out: sentences about what cannot be. Guarantee: what the input does not give
of the key is what suits the request best.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from verifier.evaluate.fill import is_multi_region
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.model import reference
from verifier.model.estate import Key
from verifier.model.reference import KeyFacts
from verifier.model.request import Value, strings_of

_SPEC = ("kms:keyspec", "kms:customermasterkeyspec")
_USAGE = ("kms:keyusage", "kms:customermasterkeyusage")
_FACTS = (*_SPEC, *_USAGE, "kms:keyorigin")
_SAID = frozenset((*_FACTS, "kms:multiregion", "kms:multiregionkeytype"))
_OPERATIONS = "kms:grantoperations"
_ONE_MESSAGE = {"ED25519_SHA_512": "RAW", "ED25519_PH_SHA_512": "DIGEST"}
"""The algorithms that take one type of message. [API: Sign, MessageType]"""


def fitting_facts(key: Key, action: str, given: Mapping[str, Value]) -> frozenset[KeyFacts] | None:
    """The facts with which a key can be called so; `None` where it may have some that the data does not know (U4)."""
    known = _facts_of(key.partition, *_own_facts(key))
    if not known or not _is_known(given):
        return None
    said = (facts for facts in known if _says(_unknown(key, given), facts) and reference.suits(action, facts))
    return frozenset(facts for facts in said if not any(_parameters(given, [facts])))


def fact_warnings(prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about the facts of the key, or of the one that is made."""
    key = prepared.target.key
    if key is None and prepared.action.lower() != "kms:createkey":
        return
    known = _facts_of(prepared.target.partition or "aws", *_own_facts(key))
    unknown = _unknown(key, given)
    said = [facts for facts in known if _says(unknown, facts)]
    if known and not said and _is_known(given):  # a key of facts that the data does not know may be any (U4)
        yield "F8: there is no key of the spec, usage, origin and kind that the request says"
    if key is None or not said:
        return
    suited = [facts for facts in said if reference.suits(prepared.action, facts)]
    if not suited:
        yield f"R3: {prepared.action} cannot be called on {_described(said)}"
        return
    yield from _parameters(given, suited)


@cache
def _facts_of(partition: str, *own: str | bool | None) -> tuple[KeyFacts, ...]:
    """The facts that a key of a partition can have, by what the input says of it (`None`: nothing)."""

    def fits(one: KeyFacts) -> bool:
        facts = one.spec, one.usage, one.origin, one.multi_region_type, one.multi_region_type is not None
        return all(known in (None, fact) for known, fact in zip(own, facts, strict=True))

    return tuple(filter(fits, reference.key_facts(partition)))


def _own_facts(key: Key | None) -> tuple[str | bool | None, ...]:
    """What the input says of a key; of one that is made, nothing."""
    if key is None:
        return (None,) * 5
    return key.spec, key.usage, key.origin, key.multi_region_type, is_multi_region(key)


def _unknown(key: Key | None, given: Mapping[str, Value]) -> dict[str, Value]:
    """What a request says of the facts that the input does not give: of the others `plausible` knows that they
    contradict it."""
    known = {} if key is None else {_SPEC: key.spec, _USAGE: key.usage, ("kms:keyorigin",): key.origin}
    known_names = {name for names, fact in known.items() if fact is not None for name in names}
    known_names |= set() if key is None or is_multi_region(key) is None else {"kms:multiregion"}
    return {name: value for name, value in given.items() if name not in known_names}


def _is_known(given: Mapping[str, Value]) -> bool:
    """True iff the data knows the facts that a request says: one that it does not know may go with anything (U4)."""
    return all(
        name not in given or any(_says({name: given[name]}, facts) for facts in reference.key_facts())
        for name in _FACTS
    )


def _says(given: Mapping[str, Value], facts: KeyFacts) -> bool:
    """True iff what a request says of a key goes with these facts."""
    return all(str(value).lower() == _in_request(facts)[name] for name, value in given.items() if name in _SAID)


@cache
def _in_request(facts: KeyFacts) -> dict[str, str]:
    """What a request says of a key of these facts, in lower case."""
    multi_region = "false" if facts.multi_region_type is None else "true"
    own = {**dict.fromkeys(_SPEC, facts.spec), **dict.fromkeys(_USAGE, facts.usage), "kms:keyorigin": facts.origin}
    own |= {"kms:multiregion": multi_region, "kms:multiregionkeytype": facts.multi_region_type or ""}
    return {name: fact.lower() for name, fact in own.items()}


def _described(said: Sequence[KeyFacts]) -> str:
    if len(said) > 1:
        return "a key such as this one"
    return f"a key of spec {said[0].spec}, usage {said[0].usage}, origin {said[0].origin}"


def _parameters(given: Mapping[str, Value], suited: Sequence[KeyFacts]) -> Iterator[str]:
    """R3: the algorithm is one that the key takes, and the operations of a new grant are such that it takes."""
    for name, value in given.items():
        fitting = reference.fitting_values(name)
        if fitting and all(value not in fitting.get(facts.spec, (value,)) for facts in suited):
            yield f"R3: {value} is no {name} of a key of spec {suited[0].spec}"
    kind = given.get("kms:messagetype")
    wanted = _ONE_MESSAGE.get(str(given.get("kms:signingalgorithm")), kind)
    if kind != wanted:
        yield f"R3: {given['kms:signingalgorithm']} takes a message of type {wanted}"
    names = strings_of(given.get(_OPERATIONS))
    if names and not any(all(reference.suits(f"kms:{name}", facts) for name in names) for facts in suited):
        yield f"R3: the key does not take all of the operations {', '.join(names)}"
