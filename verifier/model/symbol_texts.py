"""Names of symbols that come from outside (what users suppose, and what was stored), and what free facts say, in words.

In: texts; a symbol, with a value. Out: names of symbols; a sentence.
Guarantee: the only place that tells a kind by a text. The name that is read has the text that it was read from. Every
free fact has a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.model import symbols
from verifier.model.readings import READINGS
from verifier.model.symbols import (
    OUTSIDE_ALLOW,
    OUTSIDE_DENY,
    SESSION_ALLOW,
    BoundaryReplaced,
    HeldClass,
    InGroup,
    KeyFact,
    KeylessFact,
    LazyTest,
    NotResourceStatement,
    OlderVersion,
    PatternFact,
    PolicyAttached,
    PossibleChange,
    ProviderFact,
    RelationTest,
    RequestFact,
    ResourceFact,
    SymbolName,
    ThingEffect,
    TrustFact,
    Unsupported,
)

_CONSTANTS: dict[str, SymbolName] = {str(one): one for one in (*READINGS, OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW)}
_KINDS = (
    *(TrustFact, KeyFact, ResourceFact, PatternFact, KeylessFact, ProviderFact, NotResourceStatement, Unsupported),
    *(LazyTest, HeldClass, RelationTest, PolicyAttached, OlderVersion, InGroup, PossibleChange, BoundaryReplaced),
)
"""The kinds that begin in their own way; one whose beginning begins as that of another stands before the other."""

_FREE_FACTS: dict[tuple[symbols.SymbolName, bool], str] = {
    (symbols.OUTSIDE_ALLOW, True): "its own account's policies allow it",
    (symbols.OUTSIDE_ALLOW, False): "its own account's policies do not allow it",
    (symbols.OUTSIDE_DENY, True): "its own account's policies deny it",
    (symbols.OUTSIDE_DENY, False): "its own account's policies do not deny it",
    (symbols.SESSION_ALLOW, True): "its session policy allows it",
    (symbols.SESSION_ALLOW, False): "its session policy does not allow it",
}


def read_symbol(text: str) -> SymbolName:
    """The name whose text this is."""
    known = text if isinstance(text, SymbolName) else _CONSTANTS.get(text)
    if known is not None:
        return known
    kind = next((kind for kind in _KINDS if text.startswith(kind.begins)), None)
    if kind is not None:
        return kind(text.removeprefix(kind.begins))
    about, _, does = text.rpartition(":")
    return ThingEffect(about, does) if does in ("allow", "refuse") else RequestFact(text)


def read_values(values: Mapping[str, bool] | Mapping[SymbolName, bool]) -> dict[SymbolName, bool]:
    """Values of symbols whose names are texts."""
    return {read_symbol(name): value for name, value in values.items()}


# -- what is stored: hooks of `msgspec`, which makes a `ValidationError` of a `TypeError` where it decodes --


def encoded(value: object) -> str:
    """A name as plain text. Raises `TypeError` for anything else."""
    if isinstance(value, SymbolName):
        return str(value)
    raise TypeError(f"no name of a symbol: {type(value).__name__}")


def decoded(kind: type, value: object) -> object:
    """A stored text as the name that it was. Raises `TypeError` for another kind, or what is no text."""
    if issubclass(kind, SymbolName) and isinstance(value, str):
        return read_symbol(value)
    raise TypeError(f"no text of a symbol: {type(value).__name__}")


def free_fact(symbol: symbols.SymbolName, value: bool) -> str:
    """What a free fact with a value says of a request and its caller, as a sentence."""
    about = symbol.about
    match symbol:
        case symbols.TrustFact():
            return f"the trust policy of {about}, which the input does not give, {'admits' if value else 'refuses'} it"
        case symbols.ResourceFact():
            return f"`Resource` {about} {'covers' if value else 'does not cover'} a request without a resource"
        case symbols.ProviderFact():
            return f"the session {'comes' if value else 'does not come'} from an identity of {about}"
        case symbols.KeyFact() if not value:
            name = f"{about}:{symbol.detail}" if symbol.detail else about
            of_key = name.startswith(("kms:", "aws:resourcetag/")) or ":" not in name
            return f"the key has no {name}, which the input does not say" if of_key else f"the request has no {name}"
    return _FREE_FACTS.get((symbol, value), f"{symbol} is {'true' if value else 'false'}")
