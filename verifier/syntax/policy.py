"""Policy documents: text → tree.

In: the text of a policy document. Out: a `PolicyNode` in which every node knows its place, or one syntax error.
Guarantee: strict JSON; no text, however deep, long or odd, makes it fail otherwise than with `InputError`.
Equal texts are parsed once.
"""

from __future__ import annotations

from functools import lru_cache

from verifier.syntax.diagnostic import InputError, SyntaxFault
from verifier.syntax.findings import Findings
from verifier.syntax.policy_parser import SURROGATE, parsed
from verifier.syntax.policy_tree import PolicyNode
from verifier.syntax.source import Source

MAXIMUM_SIZE = 1 << 20
"""The size in bytes past which a policy is refused unparsed: 32 times the largest that AWS accepts."""

_CACHED_TREES = 512


def parse_policy(source: Source) -> PolicyNode:
    """The tree of a policy document. Raises `InputError` with the one syntax error, or for a text over 1 MiB."""
    findings = Findings(source)
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > MAXIMUM_SIZE:
        findings.error(0, 0, f"the policy has {size:,} bytes; expected at most {MAXIMUM_SIZE:,}", rule="L4")
        raise InputError(findings.errors)
    try:
        return _parse(source.text)
    except SyntaxFault as error:
        findings.error(error.start, error.end, error.message, hint=error.hint, rule="L4")
        raise InputError(findings.errors) from None


@lru_cache(maxsize=_CACHED_TREES)
def _parse(text: str) -> PolicyNode:
    surrogate = SURROGATE.search(text)
    if surrogate:
        raise SyntaxFault(surrogate.start(), surrogate.end(), "half of a surrogate pair, which is no character")
    return parsed(text)
