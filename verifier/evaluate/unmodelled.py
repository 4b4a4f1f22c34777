"""What the input holds and the verifier does not model: each thing that concerns the request is a symbol (S1).

In: the estate, a caller, a target. Out: the gates and the ways to allow that such things open or close.
Guarantee: nothing in scope is left out, and each can turn the decision only in the direction that it is said to.
"""

from __future__ import annotations

from verifier.evaluate.findings import Gate, RuleFinding
from verifier.evaluate.grants.constraints import grantable
from verifier.evaluate.statements.targets import IF_CONTROLS, Target
from verifier.evaluate.symbols import Symbols, Truth, all_of, negation
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.estate import Estate
from verifier.model.request import Caller, CallerKind
from verifier.model.symbols import Reading
from verifier.model.unmodelled import ANY_ENDPOINT, Influence, Unmodelled


class InScope(Frozen):
    """The unmodelled things in scope of one request. `if_controls`: the reading under which RCPs restrict it."""

    things: tuple[Unmodelled, ...]
    action: str
    if_controls: Reading | None = None

    def refusals(self, symbols: Symbols) -> list[Gate]:
        """A gate for each thing that may refuse the request (or deny it, for identity policies that are not known)."""
        things = [thing for thing in self.things if thing.influence is not Influence.MAY_ALLOW]
        return [
            _gate(thing, f"{thing.description}: not modelled, may refuse", negation(self._refuses(thing, symbols)))
            for thing in things
        ]

    def _refuses(self, thing: Unmodelled, symbols: Symbols) -> Truth:
        refuses = symbols.value(thing.refuse_symbol)
        reading = self.if_controls if thing.owner is not None else None
        return refuses if reading is None else all_of([refuses, symbols.value(reading)])

    def allowances(self, symbols: Symbols) -> list[Gate]:
        """A finding for each thing that may allow the request whatever the policies say, such as a grant."""
        things = [thing for thing in self.things if thing.influence is not Influence.MAY_REFUSE]
        return [
            _gate(thing, f"{thing.description}: not modelled, may allow", symbols.value(thing.allow_symbol))
            for thing in things
            if not _identity_policy(thing) and _could_be(thing, self.action)
        ]

    def identity_allows(self, symbols: Symbols) -> list[RuleFinding]:
        """A finding for each identity policy that is attached to the caller and whose document is not known."""
        return [
            RuleFinding(thing.label, f"{thing.description}: not known, may allow", symbols.value(thing.allow_symbol))
            for thing in filter(_identity_policy, self.things)
        ]


def in_scope(estate: Estate, caller: Caller, target: Target, action: str, endpoint: str | None) -> InScope:
    """The unmodelled things that could change the decision on a request for an action, through a VPC endpoint if
    `endpoint` names one."""
    things = tuple(thing for thing in estate.unmodelled if _covers(thing, caller, target, endpoint))
    return InScope(things, action, IF_CONTROLS.get(target.kind))


def _covers(thing: Unmodelled, caller: Caller, target: Target, endpoint: str | None) -> bool:
    return (
        not thing.of_statement
        and not (thing.of_identities and caller.kind in (CallerKind.ROOT, CallerKind.SERVICE))
        and (thing.key is None or (target.key is not None and thing.key == target.key.arn))
        and (thing.account is None or thing.account == caller.account)
        and (
            thing.endpoint is None
            or thing.endpoint == endpoint
            or (thing.endpoint == ANY_ENDPOINT and endpoint is not None)
        )
        and (thing.principal is None or thing.principal in (caller.principal_arn, caller.arn, caller.issuer))
        and (
            thing.owner is None
            or (thing.owner == target.account and target.has_resource_controls and not target.belongs_to_aws)
        )
    )


def _could_be(thing: Unmodelled, action: str) -> bool:
    """True iff a thing could decide about an action: one that grants can allow, for a grant that is not known (G1); one
    that the data does not know, for operations to come (U4)."""
    if thing.label == "U4":
        return reference.action(action) is None
    return not thing.label.startswith("G") or grantable(action)


def _identity_policy(thing: Unmodelled) -> bool:
    return thing.influence is Influence.EITHER and thing.principal is not None


def _gate(thing: Unmodelled, text: str, holds: Truth) -> Gate:
    return Gate(RuleFinding(thing.label, text, holds))
