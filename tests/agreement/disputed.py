"""What the third reading takes from a page and the two rooms decide otherwise: counted, and no failure until the rooms are mended.

In: an estate, a request that the third reading decides otherwise than both rooms. Out: the dispute that it belongs to, if any.
An entry goes when the rooms follow the page; a run that counts none of it says that it can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.agreement.doubts import every_policy
from verifier.model.estate import Estate
from verifier.model.policy import Statement
from verifier.model.request import CallerKind, Request


def _statements(estate: Estate, request: Request) -> list[Statement]:
    return [statement for policy in (*every_policy(estate), *(request.session_policies or ())) for statement in policy.statements]


def _with_variable(statement: Statement) -> bool:
    """Whether a resource is that of a key or alias whose name has a variable."""
    return any("/${" in text.value for text in statement.resources or ())


def _texts(estate: Estate, request: Request) -> str:
    """The keys and values of all conditions, and the resources, in lower case."""
    found = [text.value for statement in _statements(estate, request) for text in statement.resources or ()]
    conditions = [condition for statement in _statements(estate, request) for condition in statement.conditions]
    found += [text.value for condition in conditions for text in (condition.key, *condition.values)]
    return " ".join(found).lower()


@dataclass(frozen=True)
class Dispute:
    """One dispute: what the page says, which page, and which requests it may be about."""

    name: str
    page: str
    concerns: Callable[[Estate, Request], bool]


DISPUTES = (
    Dispute(
        "D9: a Resource with a variable that has no value covers an operation without a key",
        "IAM User Guide, reference_policies_variables (Policy variables with no value): it matches no resource",
        lambda estate, request: request.resource is None and any(map(_with_variable, _statements(estate, request))),
    ),
    Dispute(
        "F3: the tags of a federated session's user are no tags of the session",
        "IAM User Guide, id_session-tags (GetFederationToken): the session's tags include the user's",
        lambda estate, request: request.caller.kind is CallerKind.FEDERATED and "principaltag/" in _texts(estate, request),
    ),
    Dispute(
        "F1: whether operations on aliases carry aws:ResourceAccount is open",
        "IAM User Guide, reference_policies_condition-keys (aws:ResourceAccount)",
        lambda estate, request: ":key/" not in (request.resource or "") and "aws:resource" in _texts(estate, request),
    ),
)


def dispute(estate: Estate, request: Request) -> str | None:
    """The name of the dispute that may explain why the third reading differs."""
    return next((found.name for found in DISPUTES if found.concerns(estate, request)), None)
