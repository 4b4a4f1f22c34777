"""Predicates on text → words: a listed value, a pattern with `*` and `?`, either of them in any case.

In: the predicates that a question puts to an attribute, and the classes of each. Out: `Word`s.
Guarantee: two words of one attribute that are different sets have different texts or sorts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from verifier.problem.predicates import Characters, InNetwork, Less, OneOf, Predicate, Token, Tokens, exactly
from verifier.verify.phrases_addresses import network_text
from verifier.verify.phrases_forms import Sort, Word

_PATTERN_COST = 1.5


def words(predicates: Iterable[Predicate], mask: Callable[[Predicate], int]) -> list[Word]:
    """A word for each predicate that can be said in words; those that are built of others come as their parts."""
    parts = dict.fromkeys(part for predicate in predicates for part in parts_of(predicate))
    by_text: dict[tuple[Sort, str], dict[int, tuple[Word, str]]] = {}
    for part in parts:
        word = _word(part, mask(part))
        by_text.setdefault((word.sort, word.text), {}).setdefault(word.mask, (word, _note(part)))
    return [word for found in by_text.values() for word in _told_apart(list(found.values()))]


def parts_of(predicate: Predicate) -> Iterator[Predicate]:
    """The predicates that have a text, of which others are built."""
    if isinstance(predicate, OneOf):
        yield from map(exactly, sorted(predicate.values))
    elif isinstance(predicate, Less):
        yield from (predicate.whole, *predicate.without)
    else:
        yield predicate


def _word(predicate: Predicate, mask: int) -> Word:
    if isinstance(predicate, InNetwork):
        return Word(Sort.NETWORK, network_text(predicate.version, predicate.first, predicate.last), mask)
    assert isinstance(predicate, Tokens), predicate
    if predicate.literal is not None:
        return Word(Sort.IS, predicate.literal, mask)
    if all(not repeated and (_is_one(characters) or _is_either_case(characters)) for repeated, characters in predicate.tokens):
        return Word(Sort.IS_IN_ANY_CASE, "".join(_plain(characters) for _, characters in predicate.tokens), mask, 1.25)
    folded = any(_is_either_case(characters) for _, characters in predicate.tokens)
    text = "".join(map(_token_text, predicate.tokens))
    return Word(Sort.MATCHES_IN_ANY_CASE if folded else Sort.MATCHES, text, mask, _PATTERN_COST)


def _is_one(characters: Characters) -> bool:
    return not characters.negated and len(characters.listed) == 1


def _is_either_case(characters: Characters) -> bool:
    return not characters.negated and len(characters.listed) > 1 and len({*map(str.lower, characters.listed)}) == 1


def _plain(characters: Characters) -> str:
    return min(characters.listed, key=lambda character: (not character.islower(), character))


def _token_text(token: Token) -> str:
    """`*`, `?`, or a character; in brackets, a set of characters that no policy can write."""
    repeated, characters = token
    if characters.negated:
        return "*" if repeated else "?"
    if _is_one(characters) or _is_either_case(characters):
        text = _plain(characters)
        text = f"${{{text}}}" if text in "*?" else text
    else:
        text = f"[{''.join(sorted(characters.listed))}]"
    return text + "*" if repeated else text


def _note(predicate: Predicate) -> str:
    """How the wildcards of a pattern are held in: those of an ARN pattern within their field, others not (L6)."""
    tokens = predicate.tokens if isinstance(predicate, Tokens) else ()
    excluded = frozenset[str]().union(*(characters.listed for _, characters in tokens if characters.negated))
    notes = {":": "as an ARN", "/": "in the last part of a path"}
    return ", ".join(text for character, text in notes.items() if character in excluded)


def _told_apart(found: list[tuple[Word, str]]) -> list[Word]:
    """The words of one text, which are different sets: with a note each, but for the largest set."""
    found.sort(key=lambda item: (bool(item[1]), -item[0].mask.bit_count()))
    result = [found[0][0]]
    for position, (word, note) in enumerate(found[1:], 2):
        text = f"{word.text} ({note or f'in its way {position}'})"
        result.append(replace(word, text=text, cost=word.cost + 0.5))
    return result
