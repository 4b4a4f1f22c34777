"""What the reference data says of the names in a document (C2, U4).

In: condition keys and action patterns, in any case. Out: facts, and warnings about names that nothing has.
Guarantee: warnings only, for the data lags behind AWS (U4).
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

from verifier.language.policies.reader import Reader, did_you_mean
from verifier.model.reference import actions, condition_key, condition_keys
from verifier.syntax.policy_tree import Member, Scalar
from verifier.syntax.text import brief

_CACHED_NAMES = 1024


@lru_cache(maxsize=_CACHED_NAMES)
def is_multivalued(key: str) -> bool | None:
    """Whether a condition key holds a set of values (C2). Keys of services other than KMS are not known: `None`."""
    known = condition_key(key)
    return known.multivalued if known else None


def check_key(reader: Reader, member: Member) -> None:
    """Warns of a condition key of KMS, or a global one, that the data does not know."""
    if not _is_known_key(member.name):
        message = f"no condition key `{brief(member.name)}` is known"
        reader.findings.warning(member.start, member.end, message, hint=_key_hint(member.name), rule="U4")


def check_action(reader: Reader, value: Scalar) -> None:
    """Warns of a KMS action, or pattern of actions, that fits no action in the data."""
    if not _is_known_action(value.value.lower()):
        message = f'no action of AWS KMS that is known matches "{brief(value.value)}"'
        hint = did_you_mean(value.value, (action.name for action in actions()))
        reader.findings.warning(value.start, value.end, message, hint=hint, rule="U4")


def action_hint(text: str) -> str | None:
    """A hint for a text that lacks the service prefix, if an action of KMS has that name."""
    return f"did you mean `kms:{text}`?" if ":" not in text and _is_known_action(f"kms:{text.lower()}") else None


def _key_hint(name: str) -> str | None:
    """The most similar known key; for a templated key that lacks its last part, how to write it."""
    prefixes = [key.prefix or key.name for key in condition_keys()]
    template = next((prefix for prefix in prefixes if prefix.lower() in (f"{name.lower()}/", f"{name.lower()}:", name.lower())), None)
    return f"write `{template}` and a name" if template else did_you_mean(name, prefixes)


@lru_cache(maxsize=_CACHED_NAMES)
def _is_known_key(name: str) -> bool:
    return not name.lower().startswith(("aws:", "kms:")) or condition_key(name) is not None


@lru_cache(maxsize=_CACHED_NAMES)
def _is_known_action(pattern: str) -> bool:
    if not pattern.startswith("kms:"):
        return True
    return any(fnmatchcase(action.name.lower(), pattern) for action in actions())
