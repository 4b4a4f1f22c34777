"""What the attributes of a request are called in sentences.

In: a space and the name of an attribute. Out: the condition key as the policies spell it, or words of our own for what
is no key.
Guarantee: different attributes of one space have different names.
"""

from __future__ import annotations

from verifier.problem.space import EXACT_NAME, OTHER_NAME, PAIR_PREFIX, Space
from verifier.witness.pairs import spelled

_INTERNAL = {
    "principal": "the caller",
    "action": "the action",
    "userid": "the caller's unique ID",
    "session": "the role session's name",
    "issuer": "the issuer of the federated-user session",
    "retiring": "the principal whose grants are listed",
    "facts": "the key",
}
"""The attributes that are no condition keys (`problem.space.INTERNAL`), but for those that condition keys show as they
are."""
_SERVICE = "#service"
_PAIR = "kms:EncryptionContext:"


def subject(space: Space, name: str) -> str:
    """The name of an attribute in a sentence."""
    if name in _INTERNAL:
        return _INTERNAL[name]
    if name == "time":
        only_epoch = "aws:currenttime" not in space.spellings and "aws:epochtime" in space.spellings
        return "aws:EpochTime" if only_epoch else "aws:CurrentTime"
    if name == "region":
        return "aws:RequestedRegion"
    if name.endswith(_SERVICE):
        return f"{spelled(space, name.removesuffix(_SERVICE))} of the AWS service"
    if name.endswith(OTHER_NAME):
        return f"{_PAIR}{space.pair_names[name.removesuffix(OTHER_NAME)][0]}, spelled in another case,"
    if name.endswith(EXACT_NAME):
        own = name.removesuffix(EXACT_NAME)
        # Beside what conditions read under the name, the pair has to be told from it.
        return _PAIR + own[len(PAIR_PREFIX) :] + (", spelled so," if own.lower() in space.attributes else "")
    return spelled(space, name)
