"""Facts about the VPC endpoints that the input lists (F4).

In: a space. Out: expressions that hold of every request.
Guarantee: nothing is supposed of an endpoint that is not listed, or of what a listed one leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Endpoint
from verifier.problem.classes.predicates import exactly, like
from verifier.problem.expression import Expression, implies, negation
from verifier.problem.facts.shared import has
from verifier.problem.semantics.endpoints import through
from verifier.problem.space import Space
from verifier.problem.views import View

_IDENTIFIER = "aws:sourcevpce"


def listed_endpoints(space: Space) -> Iterator[Expression]:
    """A listed endpoint stands in its Region, VPC and account."""
    if has(space, _IDENTIFIER):
        for endpoint in space.estate.endpoints or ():
            came = through(space, endpoint.id)
            if space.target.of_step:
                yield negation(came)  # it is an endpoint of KMS
                continue
            yield from (implies(came, fact) for fact in _place(space, endpoint))


def _place(space: Space, endpoint: Endpoint) -> Iterator[Expression]:
    if space.target.region is None:
        view = space.view("aws:RequestedRegion")
        assert isinstance(view, View)
        yield space.ask(view, exactly(endpoint.region))
    elif endpoint.region != space.target.region:
        yield negation(through(space, endpoint.id))
    if endpoint.vpc is not None:
        yield space.ask(space.attribute_view("aws:sourcevpc"), exactly(endpoint.vpc))
    if endpoint.account is not None:
        yield space.ask(space.attribute_view("aws:vpceaccount"), exactly(endpoint.account))
    # Only the owner of a VPC makes endpoints in it [PrivateLink Guide, Shared subnets], so account and Region are the endpoint's.
    arn = f"arn:{space.target.partition}:ec2:{endpoint.region}:{endpoint.account or '*'}:vpc/{endpoint.vpc or '*'}"
    yield space.ask(space.attribute_view("aws:sourcevpcarn"), like(arn))
