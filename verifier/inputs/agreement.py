"""What two inputs tell of one thing that neither of them writes (docs/several-inputs.md).

In: what a plan has of a thing that it leaves as it is, and what a snapshot has of it. Out: whether the two say the same; if not, what takes
their place, which names both. Guarantee: where they do not certainly say the same, it is not known which of them is so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from verifier.inputs.document_text import document_source
from verifier.inputs.nodes import Node, Scalar, text_of
from verifier.inputs.unknown import names_in
from verifier.model.documents import read_policy
from verifier.model.estate import Influence, Unmodelled
from verifier.model.grant import Grant
from verifier.model.policy import Policy, PolicyKind, Principal, PrincipalType, Statement
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Span
from verifier.syntax.text import brief, printable


def which(*told: object) -> str:
    """What a thing depends on that inputs tell differently, each at its place."""
    return f"which of {' and '.join(map(str, told))} tells it, for they differ"


def same_policies(one: Sequence[Policy] | None, other: Sequence[Policy] | None) -> bool:
    """Returns true iff two lists of policies certainly mean the same; not where one is not known."""
    if one is None or other is None:
        return False
    return [_meaning(policy) for policy in one] == [_meaning(policy) for policy in other]


def same_node(one: Node | None, other: Node | None) -> bool:
    """Returns true iff both are none, one text (an ARN, the name of a group), one boundary, or policies that certainly mean the same."""
    if one is None or other is None or names_in([one, other]):
        return one is other
    texts = [node.text if isinstance(node, Scalar) else text_of(node, "PermissionsBoundaryArn") for node in (one, other)]
    for kind in () if texts[0] == texts[1] is not None else (PolicyKind.IDENTITY, PolicyKind.KEY, PolicyKind.TRUST):
        with suppress(InputError):
            return same_policies(*([read_policy(document_source(node), kind, identity="", name="")] for node in (one, other)))
    return texts[0] == texts[1] is not None


def _meaning(policy: Policy) -> object:
    return policy.name, policy.variables, frozenset(_of_statement(statement) for statement in policy.statements)


def _of_statement(statement: Statement) -> object:
    conditions = [(str(c.operator), c.key.value.lower(), frozenset(value.value for value in c.values)) for c in statement.conditions]
    lists = [None if texts is None else frozenset(text.value for text in texts) for texts in (statement.actions, statement.resources)]
    negated = statement.not_principal, statement.not_action, statement.not_resource
    named = None if statement.principals is None else frozenset(map(_of_principal, statement.principals))
    return statement.effect, named, *lists, frozenset(conditions), negated, statement.doubt


def _of_principal(principal: Principal | None) -> object:
    """An account may be written as twelve digits or as the ARN of its root user (P2)."""
    return principal and (principal.type, principal.account if principal.type is PrincipalType.ACCOUNT else principal.value)


def agreed_grants(
    key: str, kept: Collection[str], place: Span, planned: Sequence[Grant], known: Sequence[Grant] | None
) -> tuple[tuple[Grant, ...], tuple[Unmodelled, ...]]:
    """The grants of a key that a plan or a snapshot has; one that both have is as the plan has it. Where the plan only tells one (`kept`),
    and the snapshot has it in another way or not at all, it may allow something and is not among them."""
    listed, own = {grant.id: _of_grant(grant) for grant in known or ()}, {grant.id for grant in planned}
    open_ = [] if known is None else [grant for grant in planned if grant.id in kept and listed.get(grant.id) != _of_grant(grant)]
    grants = (*(grant for grant in known or () if grant.id not in own), *(grant for grant in planned if grant not in open_))
    return grants, tuple(_perhaps(key, grant, place) for grant in open_)


def _of_grant(grant: Grant) -> object:
    contexts = [pairs and sorted(pairs) for pairs in (grant.context_equals, grant.context_subset)]
    return [*map(_of_principal, (grant.grantee, grant.retiring)), sorted(grant.operations), *contexts, grant.source_arn]


def _perhaps(key: str, grant: Grant, place: Span) -> Unmodelled:
    name = printable(f"grant {brief(grant.id)}")
    return Unmodelled(
        name, "G1", Influence.MAY_ALLOW, printable(f"{name} is not known: {which(grant.span, place)}"), key=key, span=grant.span
    )
