"""What requests say that set tags, and which tags a request sets.

In: a choice of tags; a request. Out: conditions on requests; tags. Guarantee: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.model.grant import Pairs
from verifier.model.invariant import ConditionExpression, ConditionNot
from verifier.model.request import Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.verify.reach.stories.asking import test

TAG_NAMES, REQUEST_TAG = "aws:TagKeys", "aws:RequestTag/"
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.capitalize,
    str.upper,
    str.lower,
    str.swapcase,
    lambda name: name[:-1] + name[-1:].upper(),
)
"""Other ways to write a name: of those that a policy refuses hardly any has the last."""
Requests = tuple[Counterexample | Reason, ...]


def tagging(tags: Pairs, *, alone: bool = True) -> list[ConditionExpression]:
    """What a request says that sets some tags; if `alone`, no others."""
    names = [name for name, _ in tags]
    found: list[ConditionExpression] = [test("StringEquals", TAG_NAMES, name, any_value=True) for name in names]
    if alone:
        others = test("StringNotEquals", TAG_NAMES, *names, any_value=True)
        found.append(ConditionNot(others) if names else test("Null", TAG_NAMES, "true"))
    return [*found, *(test("StringEquals", f"{REQUEST_TAG}{name}", value) for name, value in tags)]


def with_tags(tags: Pairs, ask: Callable[[Sequence[ConditionExpression]], Requests]) -> Requests:
    """Requests that set some tags; others too, where policies ask for these; by other names, where these are refused: a
    tag is the same whatever the case of its name, and `aws:TagKeys` alone heeds that (F3, L3)."""
    other_names = (tuple((spelled(name), value) for name, value in tags) for spelled in _SPELLINGS)
    ways = [tagging(tags), tagging(tags, alone=False), *map(tagging, other_names)] if tags else [tagging(tags)]
    answers: list[Requests] = []
    for when in ways:
        answers.append(ask(when))
        if not any(isinstance(one, Reason) for one in answers[-1]):
            return answers[-1]
    return answers[0]


def tags_of(request: Request) -> Pairs:
    """The tags that a request sets."""
    return pairs_of(request, REQUEST_TAG)


def pairs_of(request: Request, prefix: str) -> Pairs:
    """The (name, value) of the context's keys with a prefix, with the names as they are written."""
    own = ((name[len(prefix) :], value) for name, value in request.context if name.lower().startswith(prefix.lower()))
    return tuple((name, value) for name, value in own if isinstance(value, str))
