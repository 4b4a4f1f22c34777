"""Policy variables in a document: where they work, and what is wrong with them (L1, L7).

In: a string of the document. Out: errors and warnings in the findings; nothing is substituted here.
Sources: IAM User Guide, "Variables and tags"; Access Analyzer's checks for variables.
"""

from __future__ import annotations

import re

from verifier.language.policies.known_names import is_multivalued
from verifier.language.policies.reader import Reader
from verifier.syntax.policy_tree import Scalar
from verifier.syntax.text import brief

_OPENING = re.compile(r"\$\{")
_VARIABLE = re.compile(r"\$\{(?:[*?$]|(?P<key>[^\s,'{}]+)(?:\s*,\s*'[^']*')?)\}")
_FORMS = "`${key}`, `${key, 'default'}`, `${*}`, `${?}` or `${$}`"


def check_variables(reader: Reader, scalar: Scalar, begin: int | None, place: str) -> None:
    """Checks the variables of a string. They work from character `begin` on (L7); `None` means nowhere.

    `place` is the element or operator, for messages. In version 2008-10-17 they are literal text (L1).
    """
    text = scalar.value
    position = text.find("${")
    if position < 0:
        return
    if not reader.variables:
        message = "this policy variable is literal text; variables need `Version` 2012-10-17"
        reader.findings.warning(scalar.start, scalar.end, message, rule="L1")
        return
    if begin is None or position < begin:
        _warn_literal(reader, scalar, begin, place)
    if begin is not None:
        _check_each(reader, scalar, begin)


def _warn_literal(reader: Reader, scalar: Scalar, begin: int | None, place: str) -> None:
    where = f"under `{place}`" if begin is None else f"in `{place}` before the fifth colon of an ARN"
    reader.findings.warning(scalar.start, scalar.end, f"a policy variable {where} is literal text", rule="L7")


def _check_each(reader: Reader, scalar: Scalar, begin: int) -> None:
    """Tells the first variable of a string that cannot stand: the others would have the same place."""
    for opening in _OPENING.finditer(scalar.value, begin):
        position = opening.start()
        match = _VARIABLE.match(scalar.value, position)
        if match is None:
            message = f"malformed policy variable `{brief(scalar.value[position : position + 41], 40)}`; expected {_FORMS}"
            reader.findings.error(scalar.start, scalar.end, message, rule="L7")
            return
        key = match.group("key")
        if key and is_multivalued(key):
            message = f"`{brief(key)}` holds several values and cannot be a policy variable"
            reader.findings.error(scalar.start, scalar.end, message, rule="L7")
            return


def fifth_colon(text: str) -> int | None:
    """Where the resource part of an ARN begins, after its fifth colon; `None` if the text has fewer."""
    fields = text.split(":", 5)
    return len(text) - len(fields[5]) if len(fields) == 6 else None
