"""Users and roles that a plan deletes and makes again under their own names.

In: their ARNs. Out: an estate in which the statements that name one as a principal are in doubt. Guarantee: AWS keeps
the unique ID of whom a policy names when it is saved, so that a policy written before does not name the new one (L8),
and whether one is written after, or at all, is not told apart. [IAM: reference_policies_elements_principal, IAM role
principals, IAM user principals]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from verifier.frozen import Frozen
from verifier.inputs.policies import possible_by, with_policies
from verifier.model.estate import Estate, Key
from verifier.model.policy import Policy
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.source import Span
from verifier.syntax.text import printable


class Remade(Frozen):
    """A user or role, and the address of the resource that is replaced."""

    arn: str
    address: str
    span: Span


def with_remade(estate: Estate, found: Sequence[Remade]) -> Estate:
    """The estate, with a thing that is not known for each of those that some policy names."""
    for one in found:
        name = printable(f"{one.address}, made again")
        replaced = "a policy that names its ARN may mean the one that it replaces, by its unique ID"
        why = printable(f"{one.address} is made again, and {replaced}")
        thing = Unmodelled(name, "L8", Influence.EITHER, why, span=one.span, of_statement=True)
        changed = with_policies(estate, partial(_doubting, one.arn, thing))
        things = [thing] if changed != estate else []
        things += [
            _of_grants(one, key)
            for key in estate.keys
            if any(one.arn == p.value for g in key.grants or () for p in g.principals)
        ]
        estate = replace(changed, unmodelled=(*changed.unmodelled, *things))
    return estate


def _of_grants(one: Remade, key: Key) -> Unmodelled:
    """That the grants of a key to it may be to the one that was deleted."""
    why = printable(
        f"{one.address} is made again, and the grants of {key.arn} that name its ARN may mean the one that it replaces"
    )
    name = printable(f"{one.address}, made again, as a grantee of {key.arn}")
    return Unmodelled(name, "L8", Influence.MAY_REFUSE, why, key.arn, principal=one.arn, span=one.span)


def _doubting(arn: str, thing: Unmodelled, policy: Policy) -> Policy:
    """A policy with the statements in doubt that name a principal."""
    named = [any(principal.value == arn for principal in statement.principals or ()) for statement in policy.statements]
    found = (
        possible_by(statement, thing) if is_named else statement
        for statement, is_named in zip(policy.statements, named, strict=True)
    )
    return replace(policy, statements=tuple(found)) if any(named) else policy
