"""What the requests of a move ask for, and the errors of a move that is not well formed.

In: a move's requests. Out: values of their contexts; `InputError`s.
Guarantee: keys of a context compare without regard to case (L3); the texts of tags and pairs keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.sessions.tag_conditions import REQUEST_TAG
from verifier.frozen import Frozen
from verifier.model.grant import Pairs
from verifier.model.request import Request, Value, strings_of
from verifier.model.steps.chains import Move, StepChange
from verifier.model.steps.descriptions import way_taken
from verifier.syntax.diagnostic import InputError

Changes = TypeVar("Changes", bound=StepChange)


class RequestContext(Frozen):
    request: Request

    def value(self, key: str) -> Value | None:
        """What the context gives for a key (lower case); an empty set is absent."""
        found = next((value for name, value in self.request.context if name.lower() == key), None)
        return None if found == () else found

    def text(self, key: str) -> str | None:
        """The value of a key; `None` where it has none, or several."""
        found = self.value(key)
        return found[0] if isinstance(found, tuple) and len(found) == 1 else found if isinstance(found, str) else None

    def names(self, key: str) -> frozenset[str]:
        """The values of a key that holds several; empty where it is absent."""
        return frozenset(strings_of(self.value(key)))

    def tags(self) -> dict[str, str]:
        """The tags that the request asks for, by their names in lower case: condition keys have no case (L3)."""
        return dict(self._after(REQUEST_TAG, fold=True))

    def pairs(self) -> dict[str, str]:
        """The encryption context pairs, which of `CreateGrant` are those of the new grant's constraint (F6)."""
        return dict(self._after(ENCRYPTION_CONTEXT, fold=False))

    def _after(self, prefix: str, fold: bool) -> Iterable[tuple[str, str]]:
        for key, value in self.request.context:
            if key.lower().startswith(prefix) and value != ():
                name = key[len(prefix) :]
                yield name.lower() if fold else name, value if isinstance(value, str) else value[0]


def fail(move: Move, problem: str) -> InputError:
    """The error of a move that is not well formed."""
    return InputError.of(f"step `{move.kind.value}`: {problem}", rule="E0")


def require(holds: bool, move: Move, problem: str) -> None:
    """Raises `InputError` unless something holds."""
    if not holds:
        raise fail(move, problem)


def checked_requests(move: Move, *further: tuple[str, str | None]) -> tuple[RequestContext, ...]:
    """The move's requests, which must be those that a step of its kind takes, and these further ones (action,
    resource); in that order."""
    left = list(move.requests)
    found = []
    for action, resource in (*way_taken(move).asks(move.change), *further):
        request = next((one for one in left if one.action.lower() == action.lower() and one.resource == resource), None)
        if request is None:
            raise fail(move, f"it takes {action} on {resource or 'no resource'}")
        left.remove(request)
        found.append(RequestContext(request))
    require(not left, move, f"{left[0].action} on {left[0].resource} is not part of it" if left else "")
    return tuple(found)


def passing_request(move: Move) -> RequestContext:
    """The one request of the move to pass a role."""
    found = [request for request in move.requests if request.action.lower() == "iam:passrole"]
    require(len(found) == 1, move, "it takes one request for iam:PassRole")
    return RequestContext(found[0])


def change_of(move: Move, kind: type[Changes]) -> Changes:
    """What a move changes. Raises `InputError` where that is no change of the kind that such a step makes."""
    if not isinstance(move.change, kind):
        raise fail(move, f"it does not change things as {type(move.change).__name__} says")
    return move.change


def check_tags(move: Move, context: RequestContext, tags: Pairs) -> None:
    """The tags set are those of `aws:RequestTag/…`, and `aws:TagKeys` is their names. [IAM:
    reference_policies_condition-keys]"""
    wanted = {name.lower(): value for name, value in tags}
    require(len(wanted) == len(tags), move, "a tag is set twice")
    said = context.tags()
    require(said == wanted, move, f"the tags set are {wanted}, those of aws:RequestTag/… are {said}")
    names = {name for name, _ in tags}
    require(context.names("aws:tagkeys") == names, move, "aws:TagKeys must be the names of the tags set")


def check_tagging(move: Move, context: RequestContext, tags: Pairs, removed: tuple[str, ...], *, sets: bool) -> None:
    """A step that `sets` tags, or takes some away, is about those of its request. [API: TagResource, UntagResource,
    TagRole, UntagRole]"""
    require(sets == bool(tags) != bool(removed), move, "it sets tags, or takes tags away")
    if sets:
        check_tags(move, context, tags)
    else:
        named = context.names("aws:tagkeys") == set(removed)
        require(named, move, "aws:TagKeys must be the names of the tags taken away")
