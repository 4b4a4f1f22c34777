"""Which values of a caller's tags are tried for a request to assume a role (F3).

In: the case of such a request. Out: for each tag, values.
Guarantee: two values that no policy tells apart are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from verifier.evaluate.case import Case
from verifier.evaluate.sessions.asked import REQUEST_TAG, conditions

PRINCIPAL_TAG = "aws:principaltag/"
_OTHER = "another value"
"""A value of a tag that no policy lists."""
_VARIABLE = re.compile(r"\$\{\s*aws:principaltag/([^},]*?)\s*[},]", re.IGNORECASE)


def values_of_tags(case: Case, shown: Mapping[str, str], tags: Iterable[tuple[str, str]]) -> dict[str, tuple[str | None, ...]] | None:
    """The values of each tag of the caller that the policies that bear on a request tell apart, absent and a further one among them; `None`
    where they are not compared with listed values alone."""
    asked = [(c.key.value.lower(), c.operator.base, [text.value for text in c.values]) for c in conditions(case)]
    compared = [(key, texts) for key, base, texts in asked if base != "Null" and key.startswith((PRINCIPAL_TAG, REQUEST_TAG))]
    exact = ("StringEquals", "StringNotEquals", "Null")
    if any(key.startswith(PRINCIPAL_TAG) and (base not in exact or "${" in "".join(texts)) for key, base, texts in asked):
        return None
    known: list[tuple[str, str]] = [(name.lower(), value) for name, value in (*shown.items(), *tags)]
    known += [(key.partition("/")[2], text) for key, texts in compared for text in texts]
    found: dict[str, dict[str | None, None]] = {}
    for key, _, texts in asked:
        if key.startswith(PRINCIPAL_TAG):
            name = key.removeprefix(PRINCIPAL_TAG)
            found.setdefault(name, {}).update(dict.fromkeys(value for other, value in known if other == name))
        for name in (name.lower() for text in texts for name in _VARIABLE.findall(text)):
            found.setdefault(name, {}).update(dict.fromkeys(value for _, value in known))
    return {name: (*values, None, _OTHER) for name, values in found.items()}
