"""What is taken for granted about a plan, in sentences for its verdicts.

In: a plan, and the resolver after all attributes were asked for. Out: sentences about one key.
Guarantee: every reference that the key's own policy and grants were read through is named; those of the other resources are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from verifier.inputs.terraform.resolver import Resolver

_MOST_NAMED = 12
_ATTACHED = ("aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias")


class Supposed:
    """The sentences about the keys of a plan. `organization` is whether the plan has an organization with control policies."""

    def __init__(self, resolver: Resolver, organization: bool) -> None:
        self.resolver = resolver
        self.organization = organization
        self.total = sum(len(found) for found in resolver.supposed.values())
        self.attached: defaultdict[str, list[str]] = defaultdict(list)
        """By the address of a key, the resources whose expressions refer to it."""
        for resource in resolver.of_type(*_ATTACHED):
            for references in resolver.supposed.get(resource.address, {}).values():
                for owner in (owner for reference in references for owner in _owners(reference)):
                    self.attached[owner].append(resource.address)

    def about(self, key: str) -> Iterator[str]:
        """The sentences about the key at an address."""
        what = "plan" if self.resolver.plan.is_plan else "state"
        yield f"users, roles, keys and endpoints of the {what} have the policies, grants and aliases that it gives them, and no others"
        own = [f"{address}.{name} is {', '.join(refers)}" for address, name, refers in self._rests_on(key)]
        more = self.total - min(len(own), _MOST_NAMED)
        others = f"{more} expressions" if more != 1 else "one expression"
        if own:
            rest = f"; {others} elsewhere likewise" if more else ""
            yield f"an expression is what it refers to, and nothing is done to that: {'; '.join(own[:_MOST_NAMED])}{rest}"
        elif more:
            yield f"what an expression refers to is what it says, and nothing is done to that: {others} elsewhere in the plan"
        if self.resolver.evaluated:
            yield "the .tf files beside the plan are those that it was made from"
        if self.organization:
            yield "FullAWSAccess is attached to the root and to every OU and account"

    def _rests_on(self, key: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """The expressions that lead from a key, or from what is attached to it, to other resources."""
        pending, supposed = [key, *dict.fromkeys(self.attached[key])], self.resolver.supposed
        for address in pending:
            for name, refers in supposed.get(address, {}).items():
                yield address, name, refers
                targets = [next((owner for owner in _owners(reference) if owner in supposed), key) for reference in refers]
                pending += [target for target in dict.fromkeys(targets) if target not in pending]


def _owners(reference: str) -> Iterator[str]:
    """The addresses that a reference may be to, longest first."""
    parts = reference.split(".")
    return (".".join(parts[:length]) for length in range(len(parts), 1, -1))
