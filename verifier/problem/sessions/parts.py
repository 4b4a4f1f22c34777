"""What sessions are given when their roles are assumed, as sets (F3).

In: attributes of sessions; nodes of diagrams. Out: `Part`, `GivenTo`, `Sessions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, Diagrams, Node
from verifier.problem.semantics.powers import REQUEST_TAG
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG, SESSION_NAME, SOURCE_IDENTITY

_REQUESTS = {SESSION_NAME: "sts:rolesessionname", SOURCE_IDENTITY: "sts:sourceidentity"}


@dataclass(frozen=True)
class Part:
    """What a session carries: the attribute of its own requests, and that of the request that gives it."""

    session: str

    @property
    def tag(self) -> str | None:
        """The name of the session tag that it is."""
        return self.session.removeprefix(PRINCIPAL_TAG) if self.session.startswith(PRINCIPAL_TAG) else None

    @property
    def request(self) -> str:
        """The attribute of requests to assume a role."""
        return _REQUESTS.get(self.session) or REQUEST_TAG + self.session.removeprefix(PRINCIPAL_TAG)


@dataclass(frozen=True)
class GivenTo:
    """What sessions of a role are given: `passed` by one request, as a set over what the request says; what is `inherited` from the session
    that makes it, of a source identity also that it has none; what the session passes `onward` in turn. These are sets over each attribute
    of sessions, one after another."""

    passed: Node
    inherited: tuple[Node, ...]
    onward: tuple[Node, ...]


@dataclass(frozen=True)
class Sessions:
    """The sessions that a role can have, as a set over attributes of callers, and what they pass `onward`, by attribute."""

    whole: Node
    onward: Mapping[str, Node]


def rebuilt(old: Diagrams, node: Node, literal: Callable[[str, int], Node], into: Diagrams | None = None) -> Node:
    """A set with other literals in the place of its own, in its own diagrams or in others."""
    new = into or old
    known: dict[Node, Node] = {NOTHING: NOTHING, EVERYTHING: EVERYTHING}

    def visit(node: Node) -> Node:
        if node not in known:
            variable = old.top(node)
            assert variable is not None
            choices = old.choices(node, variable)
            known[node] = new.any_of(new.both(literal(variable, mask), visit(child)) for mask, child in choices if child)
        return known[node]

    return visit(node)
