"""What resources of unknown types could change (S1).

In: resources whose types `resource_types` does not know; an estate. Out: an `Unmodelled` for each, and the estate with the statements in
doubt that such a resource could take away or put others beside. Guarantee: polarity is kept: a Deny may go and an Allow may go, each by
a symbol of its own, and something that is not in the input may allow or refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verifier.inputs.policies import SHARED, with_policies
from verifier.inputs.resource_types import Family
from verifier.model.estate import ANY_ENDPOINT, Estate, Influence, Unmodelled
from verifier.model.policy import Effect, Policy, Statement
from verifier.model.readings import allow_symbol, refuse_symbol
from verifier.syntax.source import Span
from verifier.syntax.text import printable

_ADDS = {
    Family.CONTROLS: ("D7", Influence.MAY_REFUSE),
    Family.SHARED: ("L5a", Influence.MAY_ALLOW),
    Family.SHARES: ("L5a", Influence.MAY_ALLOW),
    Family.ENDPOINTS: ("V", Influence.MAY_REFUSE),
}
"""What more policies of a kind could do by themselves, and by what rule; the others may do either."""


@dataclass(frozen=True)
class UnknownResource:
    """A resource of an unknown type, or one that is not read, and why: its address, as reports call it, and the account whose identities it
    could change, where known. It could change any key, or only that of the ARN `key`."""

    family: Family
    address: str
    account: str | None
    span: Span
    key: str | None = None
    why: str = "is of a type that is not read"

    @property
    def thing(self) -> Unmodelled:
        """What it may add."""
        label, influence = _ADDS.get(self.family, ("U3", Influence.EITHER))
        account = self.account if self.family is Family.IDENTITIES else None
        endpoint = ANY_ENDPOINT if self.family is Family.ENDPOINTS else None
        name, description = printable(self.address), self._said("change")
        return Unmodelled(name, label, influence, description, key=self.key, account=account, endpoint=endpoint, span=self.span)

    def gone(self, thing: Unmodelled) -> Unmodelled:
        """What it may take away, beside what it may add."""
        name, description = f"{thing.name}, what it takes away", self._said("take away")
        return replace(thing, name=name, influence=Influence.EITHER, description=description, endpoint=None, of_statement=True)

    def _said(self, does: str) -> str:
        what = f"the policy or the grants of {self.key}" if self.key else self.family.value
        return printable(f"{self.address} {self.why}, and may {does} {what}")


def with_unknown(estate: Estate, resources: Sequence[UnknownResource]) -> Estate:
    """The estate with what the resources could change. Where several could change a policy, the first one is named."""
    shared = [key.arn for key in estate.keys if any(policy.name == SHARED for policy in key.policies or ())]
    things: list[Unmodelled] = []
    for resource in dict.fromkeys(resources):
        for key in shared if resource.family is Family.SHARED else (resource.key,):
            thing = replace(resource.thing, key=key)
            same = sum(1 for other in (*estate.unmodelled, *things) if other.name == thing.name or other.name.startswith(f"{thing.name} #"))
            thing = replace(thing, name=f"{thing.name} #{same + 1}" if same else thing.name)
            gone = resource.gone(thing)
            doubted = _in_doubt(estate, resource, gone)
            things += [thing, gone] if doubted != estate else [thing]
            estate = doubted
    return replace(estate, unmodelled=(*estate.unmodelled, *things))


def _in_doubt(estate: Estate, resource: UnknownResource, thing: Unmodelled) -> Estate:
    def doubted(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(_statement(statement, thing) for statement in policy.statements))

    def shared(policy: Policy) -> Policy:
        return doubted(policy) if policy.name == SHARED else policy

    match resource.family:
        case Family.IDENTITIES:
            accounts = tuple(with_policies(a, doubted) if resource.account in (None, a.id) else a for a in estate.accounts)
            return replace(estate, accounts=accounts)
        case Family.KEYS:
            return replace(estate, keys=tuple(with_policies(k, doubted) if resource.key in (None, k.arn) else k for k in estate.keys))
        case Family.SHARED | Family.SHARES:
            return replace(estate, keys=with_policies(estate.keys, shared))
        case Family.CONTROLS:
            return replace(estate, organization=with_policies(estate.organization, doubted))
        case Family.ENDPOINTS:
            return replace(estate, endpoints=with_policies(estate.endpoints, doubted))
        case Family.ANYTHING:
            for family in (Family.IDENTITIES, Family.KEYS, Family.CONTROLS, Family.ENDPOINTS):
                estate = _in_doubt(estate, replace(resource, family=family), thing)
            return estate


def _statement(statement: Statement, thing: Unmodelled) -> Statement:
    """The statement, which may not be there any more; one that is in doubt already may go anyway."""
    if statement.doubt is not None:
        return statement
    return replace(statement, doubt=allow_symbol(thing) if statement.effect is Effect.ALLOW else refuse_symbol(thing))
