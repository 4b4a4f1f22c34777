"""What the attributes of a request are called in sentences.

In: a space and the name of an attribute. Out: the condition key as the policies spell it, or words of our own for what is no key.
Guarantee: different attributes of one space have different names.
"""

from __future__ import annotations

from verifier.problem.space import OTHER_SPELLING, PAIR_PREFIX, Space
from verifier.witness.request import spelled

_INTERNAL = {
    "principal": "the caller",
    "action": "the action",
    "userid": "the caller's unique ID",
    "session": "the role session's name",
    "issuer": "the issuer of the federated-user session",
    "retiring": "the principal whose grants are listed",
    "facts": "the key",
}
"""The attributes that are no condition keys (`problem.space.INTERNAL`), but for those that condition keys show as they are."""
_SERVICE = "#service"


def subject(space: Space, name: str) -> str:
    """The name of an attribute in a sentence."""
    if name in _INTERNAL:
        return _INTERNAL[name]
    if name == "time":
        return "aws:EpochTime" if "aws:currenttime" not in space.spellings and "aws:epochtime" in space.spellings else "aws:CurrentTime"
    if name == "region":
        return "aws:RequestedRegion"
    if name.endswith(_SERVICE):
        return f"{spelled(space, name.removesuffix(_SERVICE))} of the AWS service"
    if name.endswith(OTHER_SPELLING):
        return f"{_pair(space, name.removesuffix(OTHER_SPELLING))}, spelled in another case,"
    return _pair(space, name) if name.startswith(PAIR_PREFIX) else spelled(space, name)


def _pair(space: Space, name: str) -> str:
    """The pair of an attribute: with the case of its own name, or where it has none with that of the policies."""
    known = space.pair_names.get(name, ())
    own = known[0] if known else name
    return "kms:EncryptionContext:" + own[len(PAIR_PREFIX) :]
