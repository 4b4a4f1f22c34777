"""What the names stand for that inputs are written with: parameters, conditions, `local.x`, resources, files.

In: names, each with what is written of it in a template, a plan or a `.tf` file. Out: letters by which one content is
told from others.
Guarantee: two contents have the same letters only where they say the same and the names in them stand for the same, as
do the names in what these stand for. A word that is a name elsewhere counts as that name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field, fields, is_dataclass

_WITHIN = ".*"
"""The end of the name of a module that stands for what it is in the names of what is in it."""
_NAME = re.compile(
    r"(?=(?<![\w-])([\w-]+\.[\w-]+)(?:\[[^\]]*\])?(?:\.(?:(?:data\.)?([\w-]+\.[\w-]+)|([\w-]+)))?)"
    r"|(?<![\w:.-])(\w+)(?![\w-]|\s*['\"]?\s*:)"
    r"|(?=`([^`]+)`)"
)
"""`TYPE.NAME`, wherever it stands, and such a name or an attribute after it; a word, but for one that is the name of a
member, or stands in an ARN; what is between backquotes."""
_PATH = re.compile(r"[\w-]*[./][\w./-]*(?![\w./\[-])")
"""The path of a file, which may be a name too; an index stands after names alone."""
_STORE = re.compile(
    r"aws(?:_|::)(?:(ssm)(?:_|::)parameter|(secretsmanager)(?:_|::)secret|(s3)_(?:bucket_)?object)", re.I
)
"""How the types of resources begin that hold what others read from AWS, and the services that keep it."""
_ESCAPE = re.compile(r"\\.|\.(?=outputs\b(?!\.| \())")
"""What is read as a space: a character that JSON writes with two, and what is before outputs that are not named."""


@dataclass(eq=False)
class Definitions:
    """What names stand for."""

    _written: defaultdict[str, list[object]] = field(default_factory=lambda: defaultdict(list))
    _read: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def define(self, name: str, written: object) -> None:
        """Records what a name stands for, or a function that tells it, which is called where the name counts. Of a name
        that stands for several things all count, in this order. `NAME.ATTRIBUTE` may stand for less than `NAME`."""
        self._written[name].append(written)
        self._read.clear()

    def define_within(self, name: str, written: object) -> None:
        """Records what a name stands for in the names of what is in it."""
        self.define(name + _WITHIN, written)

    def digest(self, found: object) -> str:
        """Some letters that tell what is found from others."""
        text = _text(found)
        names = dict.fromkeys(self._names(text))
        pending = list(names)
        for name in pending:
            new = [inner for inner in self._meaning(name)[1] if inner not in names]
            names |= dict.fromkeys(new)
            pending += new
        return _letters("".join([text, *(f"\n{name} {self._meaning(name)[0]}" for name in sorted(names))]))[:8]

    def _meaning(self, name: str) -> tuple[str, list[str]]:
        """Letters for what is written of a name, and the names in that."""
        if name not in self._read:
            self._written[name] = [one() if callable(one) else one for one in self._written[name]]
            text = _text(self._written[name])
            self._read[name] = _letters(text), self._names(text)
        return self._read[name]

    def _names(self, text: str) -> list[str]:
        plain = _ESCAPE.sub(" ", text)
        found = [*map(self._name, _NAME.finditer(plain)), *_PATH.findall(plain)]
        return [name for name in dict.fromkeys(found) if name in self._written]

    def _name(self, match: re.Match[str]) -> str:
        name, inner, attribute, word, quoted = match.groups()
        if inner in self._written and f"{name}{_WITHIN}" in self._written:
            return f"{name}{_WITHIN}"
        return f"{name}.{attribute}" if f"{name}.{attribute}" in self._written else str(name or word or quoted)


def store_of(type_: str) -> str:
    """The name that stands for all that the inputs write into the service that holds what resources of a type do; empty
    where they hold no values."""
    found = _STORE.match(type_)
    return "" if found is None else next(filter(None, found.groups())).lower()


def letters_of(found: object) -> str:
    """Some letters that tell a part of the model from others, wherever it stands."""
    return Definitions().digest(_without_places(found))


def _without_places(found: object) -> object:
    if isinstance(found, list | tuple):
        return [_without_places(inner) for inner in found]
    if is_dataclass(found):
        return [_without_places(getattr(found, each.name)) for each in fields(found) if each.name != "span"]
    return repr(found)


def _text(found: object) -> str:
    return json.dumps(found, sort_keys=True, default=str, ensure_ascii=False)


def _letters(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
