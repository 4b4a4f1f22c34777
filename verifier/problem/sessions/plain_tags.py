"""Which tags there are at all: how many a session can be given, what their keys are made of, which prefix is AWS's own (F3, F6).

In: a space. Out: facts about `aws:RequestTag/…` of requests for a session, and about `aws:PrincipalTag/…`.
Guarantee: a tag that the input gives of a user or role is one, whatever these rules say.
[IAM: id_session-tags, Session tagging operations; id_tags, Naming tags; reference_iam-quotas, IAM and STS character limits]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.classes.domains import of_tags
from verifier.problem.counting import at_most
from verifier.problem.expression import Expression, Present, implies, negation
from verifier.problem.semantics.powers import REQUEST_TAG
from verifier.problem.semantics.unmodelled import holders
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, known_tag, own_tag, reserved
from verifier.problem.space import Space

MOST_SESSION_TAGS = 50
LONGEST_KEY = 128


def passable_tags(space: Space) -> Iterator[Expression]:
    """F3: what a request for a session cannot pass."""
    asked = [name for name in space.attributes if name.startswith(REQUEST_TAG)]
    yield at_most([Present(name) for name in asked], MOST_SESSION_TAGS)
    for name in asked:
        key = name.removeprefix(REQUEST_TAG)
        if reserved(key) or not _is_key(key):
            yield negation(Present(name))


def possible_tags(space: Space) -> Iterator[Expression]:
    """F6: nobody has a tag whose key is none, or a value that is none, but who is said to have it."""
    for name in (name for name in space.attributes if name.startswith(PRINCIPAL_TAG)):
        key = name.removeprefix(PRINCIPAL_TAG)
        for value in sorted(value for value in space.estate.tag_values.get(key, ()) if not of_tags(value)):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) == value}
            yield implies(known_tag(space, key, value), holders(space, sorted(having)))
        if not _is_key(key):
            having = {identity.arn for identity in space.estate.identities if own_tag(identity, key) is not None}
            yield implies(Present(name), holders(space, sorted(having)))


def _is_key(text: str) -> bool:
    return 0 < len(text) <= LONGEST_KEY and of_tags(text)
