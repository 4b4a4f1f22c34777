"""Predicates on text → words: a listed value, a pattern with `*` and `?`, either of them in any case.

In: the predicates that a question puts to an attribute, and the classes of each. Out: `Word`s.
Guarantee: two words of one attribute that are different sets have different texts or sorts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest

from verifier.problem.classes.predicates import Characters, Compares, InNetwork, Predicate, Token, Tokens, either_case
from verifier.problem.classes.readable import Kind, Moments, Read
from verifier.problem.classes.refined import predicate_parts
from verifier.problem.classes.tables import instant_text, number_text
from verifier.verify.phrases.forms import Word, WordSort
from verifier.verify.phrases.lists import network_text

_PATTERN_COST = 1.5


def predicate_words(
    predicates: Iterable[Predicate], mask: Callable[[Predicate], int], arns_only: bool = False
) -> list[Word]:
    """A word for each predicate that can be said in words; those that are built of others come as their parts.
    `arns_only`: the values are well-formed principals, for which it makes no difference whether an ARN pattern is
    matched field by field."""
    parts = dict.fromkeys(part for predicate in predicates for part in predicate_parts(predicate))
    by_text: dict[tuple[WordSort, str], dict[int, Word]] = {}
    for part in parts:
        word = _word(part, mask(part))
        noted = replace(word, note=_path_note(part) if arns_only else _note(part, word.text))
        by_text.setdefault((word.sort, word.text), {}).setdefault(word.mask, noted)
    return [word for found in by_text.values() for word in _numbered(list(found.values()))]


def _word(predicate: Predicate, mask: int) -> Word:
    if isinstance(predicate, InNetwork):
        return Word(WordSort.NETWORK, network_text(predicate.version, predicate.first, predicate.last), mask)
    if isinstance(predicate, Read):
        return Word(WordSort.FAMILY, read_text(predicate), mask)
    if isinstance(predicate, Moments):
        return _word(predicate.test, mask)
    assert isinstance(predicate, Tokens), predicate
    if predicate.literal is not None:
        return Word(WordSort.IS, predicate.literal, mask)
    letters = [characters for repeated, characters in predicate.tokens if not repeated]
    if len(letters) == len(predicate.tokens) and all(_is_one(one) or _is_either_case(one) for one in letters):
        return Word(WordSort.IS_IN_ANY_CASE, "".join(map(_plain, letters)), mask, 1.25)
    folded = any(_is_either_case(characters) for _, characters in predicate.tokens)
    text = _pattern_text(predicate.tokens)
    return Word(WordSort.MATCHES_IN_ANY_CASE if folded else WordSort.MATCHES, text, mask, _PATTERN_COST)


def read_text(predicate: Read | Compares, kind: Kind = Kind.NUMBER) -> str:
    """What a text must be read as: `a number less than 5`."""
    kind, test = (predicate.kind, predicate.test) if isinstance(predicate, Read) else (kind, predicate)
    if isinstance(test, InNetwork):
        return f"{kind.value} in {network_text(test.version, test.first, test.last)}"
    words, text = (
        (_BOUNDS, number_text(test.bound)) if kind is Kind.NUMBER else (_MOMENTS, _moment(number_text(test.bound)))
    )
    return f"{kind.value} {words[test.sign]} {text}"


_BOUNDS = {"<": "less than", "<=": "of at most", "=": "equal to", ">=": "of at least", ">": "greater than"}
_MOMENTS = {"<": "before", "<=": "not after", "=": "equal to", ">=": "not before", ">": "after"}


def _moment(seconds: str) -> str:
    """An instant as a date, where there is one."""
    try:
        return instant_text(seconds)
    except (ValueError, OverflowError, OSError):
        return seconds


def _is_one(characters: Characters) -> bool:
    return not characters.negated and len(characters.listed) == 1


def _is_either_case(characters: Characters) -> bool:
    return not characters.negated and len(characters.listed) > 1 and len({*map(str.lower, characters.listed)}) == 1


def _plain(characters: Characters) -> str:
    """The character that a policy writes for a set of one, or of one in both cases."""
    written = [character for character in characters.listed if either_case(character).listed == characters.listed]
    return min(written or characters.listed, key=lambda character: (not character.islower(), character))


def _pattern_text(tokens: Sequence[Token]) -> str:
    """A pattern as policies write it: `*`, `?`, `${*}` for the character itself; in brackets, any other set."""
    texts = []
    for (repeated, characters), following in zip_longest(tokens, tokens[1:]):
        texts.append(_token_text(repeated, characters))
        if texts[-1] == "$" and following is not None and "{" in following[1]:
            texts[-1] = "${$}"
    return "".join(texts)


def _token_text(repeated: bool, characters: Characters) -> str:
    if characters.negated:
        return "*" if repeated else "?"
    if _is_one(characters) or _is_either_case(characters):
        text = _plain(characters)
        text = f"${{{text}}}" if text in "*?" else text
    else:
        text = f"[{''.join(sorted(characters.listed))}]"
    return text + "*" if repeated else text


def is_arn_pattern(text: str) -> bool:
    """True iff the text of a pattern is taken to be that of an ARN, matched field by field (L6)."""
    return text.startswith("arn:") and text.count(":") >= 5


def _note(predicate: Predicate, text: str) -> str:
    """How a pattern is matched, where it is otherwise than its text says: field by field, if it looks like an ARN."""
    excluded = _excluded(predicate) if isinstance(predicate, Tokens) else frozenset[str]()
    if is_arn_pattern(text):
        return "" if ":" in excluded or not set("*?") & set(":".join(text.split(":")[:5])) else "as text"
    notes = {":": "as an ARN", "/": _LAST_PART}
    return ", ".join(note for character, note in notes.items() if character in excluded)


_LAST_PART = "in the last part of a path"


def _path_note(predicate: Predicate) -> str:
    """What a pattern of principals does not say by its text: that its wildcards match no slash."""
    return _LAST_PART if isinstance(predicate, Tokens) and "/" in _excluded(predicate) else ""


def _excluded(predicate: Tokens) -> frozenset[str]:
    return frozenset[str]().union(*(characters.listed for _, characters in predicate.tokens if characters.negated))


def _numbered(found: list[Word]) -> list[Word]:
    """The words of one text, which are different sets: those that have the same note are numbered."""
    notes = dict.fromkeys(word.note for word in found)
    for note in notes:
        alike = sorted((word for word in found if word.note == note), key=lambda word: -word.mask.bit_count())
        for position, word in enumerate(alike[1:], 2):
            numbered = f"{note}, in its way {position}".lstrip(", ")
            found[found.index(word)] = replace(word, note=numbered, cost=word.cost + 0.5)
    return found
