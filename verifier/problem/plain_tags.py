"""Which tags there are at all: how many a session can be given, how long they are, which prefix is AWS's own (F3, F6).

In: a space. Out: facts about `aws:RequestTag/…` of requests for a session, and about `aws:PrincipalTag/…`.
Guarantee: a tag that the input gives of a user or role is one, whatever these rules say.
[IAM: id_session-tags, Session tagging operations; id_tags, Naming tags; reference_iam-quotas, IAM and STS character limits]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.callers import identities
from verifier.problem.counting import at_most
from verifier.problem.expression import Expression, Present, implies, negation
from verifier.problem.powers import REQUEST_TAG
from verifier.problem.session_tags import PRINCIPAL_TAG, own_tag, reserved
from verifier.problem.space import Space
from verifier.problem.unmodelled import holders

MOST_SESSION_TAGS = 50
LONGEST_KEY = 128


def passable_tags(space: Space) -> Iterator[Expression]:
    """F3: what a request for a session cannot pass."""
    asked = [name for name in space.attributes if name.startswith(REQUEST_TAG)]
    yield at_most([Present(name) for name in asked], MOST_SESSION_TAGS)
    for name in asked:
        key = name.removeprefix(REQUEST_TAG)
        if reserved(key) or not 0 < len(key) <= LONGEST_KEY:
            yield negation(Present(name))


def possible_tags(space: Space) -> Iterator[Expression]:
    """F6: nobody has a tag whose key is too long, but who is said to have it."""
    for name in space.attributes:
        key = name.removeprefix(PRINCIPAL_TAG)
        if name.startswith(PRINCIPAL_TAG) and not 0 < len(key) <= LONGEST_KEY:
            having = {identity.arn for identity in identities(space) if own_tag(identity, key) is not None}
            yield implies(Present(name), holders(space, sorted(having)))
