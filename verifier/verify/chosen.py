"""What a question is about, as people name it: keys by name, alias, ARN or ID; actions by name or pattern.

In: the estate, texts. Out: keys; names of actions. Guarantee: what names nothing is an `InputError` that says what there is (S3).
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.language.policies.reader import did_you_mean
from verifier.model.estate import Estate, Key
from verifier.model.reference import actions as known_actions
from verifier.model.reference import matching
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief

_MOST_LISTED = 8


def chosen_keys(estate: Estate, names: Sequence[str]) -> tuple[Key, ...]:
    """The keys with these names, aliases, ARNs or key IDs, in the order of the input; every key if none is named. Raises `InputError`."""
    if not estate.keys:
        raise InputError.of("the input holds no key, so there is nothing to ask about", rule="S3")
    for name in names:
        if not any(name in _names(key) for key in estate.keys):
            raise InputError.of(f"the input holds no key named {brief(name)!r}", hint=_hint(estate, name), rule="S3")
    return tuple(key for key in estate.keys if not names or _names(key) & set(names))


def _names(key: Key) -> frozenset[str]:
    """All that a key is called."""
    start = f"arn:{key.partition}:kms:{key.region}:{key.account}:"
    aliases = [name for alias in key.aliases or () for name in (alias, start + alias)]
    own = [] if key.name is None else [key.name]
    return frozenset((key.arn, key.arn.rsplit("/", 1)[-1], *own, *aliases))


def _hint(estate: Estate, name: str) -> str:
    close = did_you_mean(name, sorted({known for key in estate.keys for known in _names(key)}))
    listed = ", ".join(brief(key.name or key.arn) for key in estate.keys[:_MOST_LISTED])
    return close or f"its keys: {listed}" + (" and others" if len(estate.keys) > _MOST_LISTED else "")


def chosen_actions(patterns: Sequence[str]) -> tuple[str, ...]:
    """The known actions on a key that some patterns match, in the order of the reference data. Raises `InputError` for a pattern that
    matches none."""
    on_keys = [action.name for action in known_actions() if "key" in action.resources]
    matched: set[str] = set()
    for pattern in patterns:
        found = matching(pattern).intersection(on_keys)
        if not found:
            raise _no_action(pattern, on_keys)
        matched |= found
    return tuple(name for name in on_keys if name in matched)


def _no_action(pattern: str, on_keys: Sequence[str]) -> InputError:
    others = sorted(matching(pattern))
    if others:
        return InputError.of(f"{others[0]} is no action on a key, so no key policy or grant decides it", rule="D9")
    return InputError.of(f"KMS has no action {brief(pattern)!r}", hint=did_you_mean(pattern, on_keys), rule="S3")
