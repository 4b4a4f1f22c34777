"""What is not modelled, or not in the input: its symbols, and the reasons for Unknown that they stand for (S1).

In: a question, names of symbols. Out: what a symbol is; reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.readings import is_reading
from verifier.model.results.verdict import Reason
from verifier.model.unmodelled import (
    OF_PROVIDER,
    OF_RESOURCE,
    OF_TRUST,
    OUTSIDE_ALLOW,
    OUTSIDE_DENY,
    SESSION_ALLOW,
    Unmodelled,
)
from verifier.problem.question import Question


def is_free(question: Question, name: str) -> bool:
    """Whether a symbol is one that `evaluate` takes: a reading, a free fact, or something not modelled."""
    if is_named_fact(name):
        return True
    return is_reading(name) or name in (OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW) or is_unmodelled(question, name)


def is_unmodelled(question: Question, name: str) -> bool:
    """Whether a symbol stands for something that is not modelled, or not in the input (S1)."""
    if name.startswith(("L5:", "unsupported:")) or trusting_role(name) is not None:
        return True
    return any(name.startswith(thing.name + ":") for thing in question.space.estate.unmodelled)


def reason_of(thing: Unmodelled) -> Reason:
    """What is not modelled, as a reason."""
    return Reason(thing.label, thing.description, thing.span)


def why_unmodelled(question: Question, names: Sequence[str]) -> Reason:
    """The reason that a verdict is Unknown that rests on these symbols."""
    return next(
        unmodelled_reasons(question, names), Reason("budget", "the verdict rests on something that is not modelled")
    )


def unmodelled_reasons(question: Question, names: Sequence[str]) -> Iterator[Reason]:
    """What these symbols stand for that is not modelled, or in doubt."""
    for thing in question.space.estate.unmodelled:
        if any(name.startswith(thing.name + ":") for name in names):
            yield reason_of(thing)
    key = question.space.target.key
    if key is not None:
        yield from (Reason("U3", why, key.span) for fact, why in key.doubtful if fact in names)
    for name in names:
        if name.startswith("L5:"):
            yield Reason("L5", "`NotResource` in a key policy is not documented")
        if (role := trusting_role(name)) is not None:
            yield Reason("E2", f"the trust policy of {role} is not in the input")
        text = question.space.unsupported.get(name) or question.finite.unsupported.get(name)
        if text is not None:
            yield Reason("C3", f"this comparison is not modelled: {text}")


def is_named_fact(symbol: str) -> bool:
    """Whether a symbol is one of `resource_symbol` or `provider_symbol`."""
    return symbol.startswith((OF_RESOURCE, OF_PROVIDER))


def trusting_role(symbol: str) -> str | None:
    """The role whose trust policy a symbol stands for (`trust_symbol`); `None` for another symbol."""
    return symbol.removeprefix(OF_TRUST) if symbol.startswith(OF_TRUST) else None
