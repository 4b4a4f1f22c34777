"""Which keys of the input an invariant is about.

In: the estate, an invariant. Out: keys, in the order of the input. Guarantee: a selector that selects nothing is an input error (S3).
"""

from __future__ import annotations

from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyInvariant, KeyAlias, KeyArn, KeyFamily, KeySelector, KeyTag
from verifier.problem.classes.predicates import like
from verifier.syntax.diagnostic import InputError


def selected_keys(estate: Estate, invariant: AnyInvariant) -> tuple[Key, ...]:
    """The keys that an invariant is about. Raises `InputError` for a selector that selects none."""
    if invariant.keys is None:
        return estate.keys
    found = [_selected(estate, selector, invariant) for selector in invariant.keys]
    return tuple(key for key in estate.keys if any(key in keys for keys in found))


def family_of(estate: Estate, key: Key) -> tuple[Key, ...]:
    """The multi-Region keys of the input that are related to a key, itself among them: the same account and key ID (L9)."""
    return tuple(other for other in estate.keys if _identity(other) == _identity(key))


def _selected(estate: Estate, selector: KeySelector, invariant: AnyInvariant) -> tuple[Key, ...]:
    inner = selector.of if isinstance(selector, KeyFamily) else selector
    found = tuple(key for key in estate.keys if _matches(key, inner))
    if not found:
        raise InputError.of(
            f"invariant {invariant.name!r} speaks of a key that the input does not hold: {_described(inner)}", invariant.span, rule="S3"
        )
    if not isinstance(selector, KeyFamily):
        return found
    single = next((key for key in found if not is_multi_region(key)), None)
    if single is not None:
        raise InputError.of(
            f"invariant {invariant.name!r} speaks of the replicas of {single.arn}, which is no multi-Region key", invariant.span, rule="S3"
        )
    return tuple(other for key in found for other in family_of(estate, key))


def is_multi_region(key: Key) -> bool:
    """Whether a key can have replicas: its ID says so, and the input does not say otherwise (L9)."""
    return key.arn.split(":", 5)[5].startswith("key/mrk-") and key.multi_region is not False


def _identity(key: Key) -> tuple[str, str, str]:
    return key.partition, key.account, key.arn.split(":", 5)[5]


def _described(selector: KeyArn | KeyAlias | KeyTag) -> str:
    match selector:
        case KeyArn(arn):
            return arn
        case KeyAlias(alias):
            return alias
        case KeyTag(key, value):
            return f"tag {key} = {value or '*'}"


def _matches(key: Key, selector: KeyArn | KeyAlias | KeyTag) -> bool:
    match selector:
        case KeyArn(arn):
            return key.arn == arn
        case KeyAlias(alias):
            start = f"arn:{key.partition}:kms:{key.region}:{key.account}:"
            return any(alias in (name, start + name) for name in key.aliases or ())
        case KeyTag(name, value):
            return any(tag == name and (value is None or like(value).matches(text)) for tag, text in key.tags or ())
