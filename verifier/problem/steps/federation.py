"""Requests for federated sessions: `sts:GetFederationToken`, with `sts:TagSession` where it passes session tags (F3).

In: a space whose target is the federated users of an account. Out: where a `Resource` pattern covers the session that is asked for; facts.
Guarantee: the resource of `sts:GetFederationToken` is the federated user [IAM: id_credentials_temp_control-access_enable-create]; what that
of `sts:TagSession` is no page says, so that any pattern may cover it.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.readings import resource_symbol
from verifier.model.steps.actions import known_step_keys
from verifier.problem.classes.domains import NAME, some, words
from verifier.problem.classes.predicates import like, literal_tokens
from verifier.problem.expression import Expression, Present, Symbol, both, either, implies, negation
from verifier.problem.semantics.relations import relate
from verifier.problem.semantics.values import LIKE, Fixed, Template
from verifier.problem.space import MADE, PAIR_PREFIX, Space, acts

_FEDERATED = "federated-user/"
_SESSION = words(MADE, (*literal_tokens(_FEDERATED), *some(NAME)), seeds=(f"{_FEDERATED}example", f"{_FEDERATED}another"))
_TAGS = ("aws:requesttag/", "aws:tagkeys")
_TEMPORARY = ("aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage")
"""What requests with temporary credentials have, by which nobody calls `GetFederationToken` [API: GetFederationToken]."""


def covers_session(space: Space, pieces: Template, text: str) -> Expression:
    """Whether a pattern, written as `text`, covers the session that is asked for."""
    tagged = both(acts({"sts:TagSession"}), Symbol(resource_symbol(text)))
    fields = (pieces[0].text if isinstance(pieces[0], Fixed) else "").split(":", 5)
    if len(fields) < 6:
        return tagged
    *before, rest = fields
    own = ("arn", space.target.partition, "sts", "", str(space.target.account))
    last = (Fixed(rest, True), *pieces[1:]) if rest else pieces[1:]
    if not last or not all(like(pattern).matches(value) for pattern, value in zip(before, own, strict=True)):
        return tagged
    space.attributes.setdefault(MADE, _SESSION)
    return either(both(acts({"sts:GetFederationToken"}), relate(space, space.attribute_view(MADE), LIKE, last, False)), tagged)


def federating(space: Space) -> Iterator[Expression]:
    """F3, F6: a user or root user asks, with credentials of its own; of the keys of STS a request has the tags alone."""
    yield either(space.is_user, space.is_root)
    for name in space.attributes:
        of_step = name in known_step_keys() or name.startswith(PAIR_PREFIX)
        if name in _TEMPORARY or of_step and not name.startswith(_TAGS):
            yield negation(Present(name))
    if MADE in space.attributes:
        yield Present(MADE)
    if "aws:tagkeys" in space.attributes:
        yield implies(acts({"sts:TagSession"}), Present("aws:tagkeys"))
