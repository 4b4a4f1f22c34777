"""Patterns that the ID of a key decides which is not made yet: AWS chooses it, or a primary key has it that is not known (L6, U3).

In: an estate. Out: the same, its statements with such patterns in doubt.
Guarantee: a pattern that covers every ID, or no ARN of such a key, is as it was; one without wildcards names another key than a new one,
and perhaps a replica, whose ID is that of its primary key [multi-region-keys-overview].
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase

from verifier.inputs.policies import with_policies
from verifier.model.estate import Estate, Influence, Unmodelled
from verifier.model.policy import Effect, Policy, Statement, Text
from verifier.model.readings import allow_symbol, refuse_symbol
from verifier.syntax.text import brief, printable

_NOT_MADE = re.compile(r":key/(?:(?:mrk-)?unknown-|mrk-0{16}|00000000-0000-(?:4000-8000|0000-0000)-)")
"""How the ARNs go on that stand for those of keys whose IDs are not known."""
_FORMS = ("\0" * 36, "mrk-" + "\0" * 32)
"""IDs of the two forms, of characters that no pattern names."""


def with_open_patterns(estate: Estate) -> Estate:
    """Each statement of which a pattern may cover a key that is not made yet, and may not, applies to anything or to nothing."""
    keys = [key for key in estate.keys if _NOT_MADE.search(key.arn)]
    if not keys:
        return estate
    things: dict[str, Unmodelled] = {}

    def statement(policy: Policy, given: Statement) -> Statement:
        found = next((text for text in given.resources or () if any(_is_open(key.arn, text.value) for key in keys)), None)
        if found is None:
            return given
        name = printable(f"{given.effect.value} of statement {given.index + 1} of {policy.identity} by key ID")
        why = "AWS chooses its ID, or it has that of a primary key"
        description = printable(f"whether {brief(found.value)} covers a key that is not made yet is not known: {why}")
        influence = Influence.MAY_ALLOW if given.effect is Effect.ALLOW else Influence.MAY_REFUSE
        thing = things.setdefault(name, Unmodelled(name, "U3", influence, description, span=found.span, of_statement=True))
        symbol = allow_symbol(thing) if given.effect is Effect.ALLOW else refuse_symbol(thing)
        return replace(given, resources=(Text("*", found.span),), not_resource=False, doubt=given.doubt or symbol)

    def policy(given: Policy) -> Policy:
        return replace(given, statements=tuple(statement(given, each) for each in given.statements))

    return replace(with_policies(estate, policy), unmodelled=(*estate.unmodelled, *things.values()))


def _is_open(arn: str, pattern: str) -> bool:
    """Whether a pattern may cover some of the ARNs that a key may have, and not all of them."""
    wild = re.sub(r"\$\{[^}]*\}", "*", pattern).replace("[", "[[]")
    start, identifier = arn.rsplit("/", 1)
    own = "key/mrk-" if identifier.startswith("mrk-") else "key/"
    forms = _FORMS[1:] if identifier.startswith("mrk-") else _FORMS if identifier.startswith("unknown-") else _FORMS[:1]
    if all(fnmatchcase(f"{start}/{form}", wild) for form in forms):
        return False
    *head, last = wild.split(":", 5)
    written = re.split(r"[*?]", last)[0]
    of_such_a_key = written.startswith(own) or own.startswith(written)
    may_name_it = written != last or identifier.startswith("mrk-unknown-")
    return may_name_it and of_such_a_key and (len(head) < 5 or all(map(fnmatchcase, start.split(":"), head)))
