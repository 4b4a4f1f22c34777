"""What the facts about requests have in common: which attributes are asked for, and by which predicates; what was
found of an estate before.

In: a space. Out: small expressions. Guarantee: only `via_service` and `empty` add to the vocabulary themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from verifier.model.symbols import RequestFact
from verifier.problem.classes.predicates import ANY, Predicate, exactly, like
from verifier.problem.classes.readable import parse_network
from verifier.problem.expression import FALSE, TRUE, Expression, Present, Some, Test, disjunction, implies
from verifier.problem.space import Space
from verifier.problem.views import View

ADDRESS = "aws:sourceip"
_BLOCKS = map(parse_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
PRIVATE_ADDRESS = disjunction(Test(ADDRESS, block) for block in _BLOCKS if block is not None)
"""A request comes from a private address: no caller's own does; of a service's, no page says. [IAM:
reference_policies_condition-keys, aws:SourceIp; access-analyzer-reference-policy-checks, Private IP address]"""
VIA, VIA_SERVICE, FOR_RESOURCE = "aws:viaawsservice", "kms:viaservice", "kms:grantisforawsresource"
THROUGH_ENDPOINT = RequestFact("through an endpoint")
"""The symbol that says whether a request comes through a VPC endpoint (F4)."""
ANYTHING = (True, ANY)

_Found = TypeVar("_Found")


@dataclass
class ObjectCache(Generic[_Found]):
    """What was found of things that are equal to themselves alone: to compare two takes long. It is kept of so many,
    those that were asked for last."""

    most: int
    _known: dict[tuple[Hashable, ...], tuple[object, _Found]] = field(default_factory=dict)

    def of(self, things: tuple[object, ...], *names: Hashable, find: Callable[[], _Found]) -> _Found:
        """What is found of things, under some names."""
        key = (*map(id, things), *names)
        # The things are kept, so that their ids stay their own.
        known = self._known.pop(key, None) or (things, find())
        while len(self._known) >= self.most:
            del self._known[next(iter(self._known))]
        self._known[key] = known
        return known[1]

    def clear(self) -> None:
        self._known.clear()


def has(space: Space, *names: str) -> bool:
    """True iff the question has one of these attributes."""
    return not space.attributes.keys().isdisjoint(names)


def via_service(space: Space) -> Expression:
    """True iff the request is made by a service on the caller's behalf (a forward access session, P4)."""
    return Test(space.known(VIA), exactly("true"))


def signs_of_service(space: Space) -> Iterator[Expression]:
    """What requests of services alone have (F5). [A service's name as grantee: KMS Developer Guide, ct-creategrant]"""
    if has(space, VIA_SERVICE):
        yield Present(VIA_SERVICE)
    if has(space, FOR_RESOURCE):
        yield Test(FOR_RESOURCE, exactly("true"))
    for name in filter(space.attributes.get, ("kms:granteeprincipal", "kms:retiringprincipal")):
        yield Present(name) & ~Test(name, like("arn:*"))


def made_by_service(space: Space, service: str = "*") -> Expression:
    """True iff a service (`lambda`, or any) calls with the caller's credentials, as far as the request says so (F5)."""
    named = Test(VIA_SERVICE, like(f"{service}.*")) if has(space, VIA_SERVICE) and service != "*" else TRUE
    return named & (via_service(space) | (space.is_principal & disjunction(signs_of_service(space))))


def predicates_of(space: Space, name: str) -> list[Predicate]:
    return list(space.questions.get(name, {}))


def empty(space: Space, view: View) -> Expression:
    """True iff the value of a key is an empty string."""
    bases = [space.attributes[base].domain for base in view.bases]
    may_be = not bases or any(form.matches("") for domain in bases if domain is not None for form in domain.base)
    return space.ask(view, exactly("")) if may_be else FALSE


def is_member(space: Space, name: str, of: str) -> Iterator[Expression]:
    """The value of a key is among those of a multi-valued one, which is there then."""
    yield implies(Present(name), Present(of))
    for predicate in dict.fromkeys((*predicates_of(space, name), *predicates_of(space, of))):
        yield implies(Test(name, predicate), Some(of, frozenset({predicate}), True))
        yield implies(Present(name) & ~Test(name, predicate), Some(of, frozenset({predicate}), False))
