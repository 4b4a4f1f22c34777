"""A reader of phrases about callers: says of a principal whether a sentence is about it.

Written from the sentences, like `phrases_reader`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.verify.phrases_reader import _matches

_NAME = r"(?:role|user|federated-user)/|root of \d|[a-z0-9.-]+\.amazonaws"
_ITEM = (
    rf"{_NAME}|every |those |roles\b|users\b|root users\b|federated-user sessions\b|service-linked roles\b|AWS "
    r"services\b|callers that "
)
_SEPARATOR = re.compile(rf"(?:, and |, | and )(?={_ITEM})")
_PATTERN = r'(?:"(?:[^"\\]|\\.)*"|[^\s,;"()]+)(?: \([^)]*\))?(?: in any case)?'
_PHRASE = re.compile(
    r"every (?P<kinds>.+?)"
    r"(?: of (?P<other>accounts? other than |an account other than )?(?P<accounts>\d{12}(?:(?:, | and )\d{12})*))?"
    r"(?: named (?P<named>[^\s/]+))?"
    rf"(?P<matching>(?: matching {_PATTERN})*)"
    r"(?: except (?P<except>.+))?"
)
KINDS: dict[str, Callable[[str], bool]] = {
    "role": lambda arn: ":role/" in arn,
    "user": lambda arn: ":user/" in arn,
    "root user": lambda arn: arn.startswith("arn:") and arn.split(":", 5)[5] == "root",
    "federated-user session": lambda arn: ":federated-user/" in arn,
    "service-linked role": lambda arn: ":role/aws-service-role/" in arn,
    "AWS service": lambda arn: not arn.startswith("arn:"),
    "caller": lambda arn: True,
}


def about(text: str, arn: str, home: str | None) -> bool:
    """Whether a sentence is about a principal. `home` is the account that is not said."""
    if " except " not in text:
        return any(_part(part, arn, home) for part in _SEPARATOR.split(text))
    return any(
        _phrase(part, arn, home) if " except " in part else any(_part(p, arn, home) for p in _SEPARATOR.split(part))
        for part in text.split("; and ")
    )


def _part(text: str, arn: str, home: str | None) -> bool:
    return _phrase(text, arn, home) if text.startswith("every ") else _name(text, home) == _plain(arn)


def _plain(arn: str) -> tuple[str, str | None]:
    fields = arn.split(":", 5)
    return (fields[5], fields[4]) if len(fields) > 1 else (arn, None)


def _name(text: str, home: str | None) -> tuple[str, str | None]:
    name, of, account = text.rpartition(" of ")
    if of:
        return name, account
    return text, None if ".amazonaws" in text and "/" not in text else home


def _phrase(text: str, arn: str, home: str | None) -> bool:
    found = _PHRASE.fullmatch(text)
    assert found is not None, text
    kinds = re.split(r", | and ", found["kinds"])
    accounts = re.findall(r"\d{12}", found["accounts"] or "")
    account = arn.split(":")[4] if arn.startswith("arn:") else None
    if not any(KINDS[kind](arn) for kind in kinds):
        return False
    if accounts and (account is None or (account in accounts) == bool(found["other"])):
        return False
    if found["named"] and arn.rpartition("/")[2] != found["named"]:
        return False
    if not all(_fits(found["matching"].replace(" matching ", " "), arn)):
        return False
    return not any(_item(item, arn, home) for item in _SEPARATOR.split(found["except"] or "") if item)


def _fits(text: str, arn: str) -> Iterator[bool]:
    """Of each pattern that is listed, whether a principal matches it."""
    for found in re.findall(_PATTERN, text):
        pattern, _, note = found.removesuffix(" in any case").partition(" (")
        if pattern not in ("or", "and"):
            yield _matches(pattern.strip('"'), note.removesuffix(")"), arn, found.endswith(" in any case"))


def _item(text: str, arn: str, home: str | None) -> bool:
    if text.startswith("those of "):
        return arn.startswith("arn:") and arn.split(":")[4] in re.findall(r"\d{12}", text)
    if text.startswith("those matching "):
        return any(_fits(text.removeprefix("those matching "), arn))
    if text == "callers that are no AWS service":
        return arn.startswith("arn:")
    if text.endswith("s") and text[:-1] in KINDS:
        return KINDS[text[:-1]](arn)
    kinds, of, account = text.partition(" of ")
    account, _, last = account.partition(" named ")
    if of and kinds.endswith("s") and kinds[:-1] in KINDS:
        return KINDS[kinds[:-1]](arn) and arn.split(":")[4:5] == [account] and last in ("", arn.rpartition("/")[2])
    return _name(text, home) == _plain(arn)
