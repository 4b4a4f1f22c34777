"""Resources of a plan that may hold keys or policies, and are not read.

In: the resources of a plan. Out: what they could change; a warning for each that may hold keys. Guarantee: none of them is passed over in
silence (S1). They are stacks of CloudFormation, whose templates hold resources of their own, and what the provider awscc, which has other
attributes than the provider aws, makes of the services that matter here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.terraform.derived import UNREAD_KEYS
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import printable

_STACKS = re.compile(r"(?:aws|awscc)_(?:\w+_)?cloudformation_stack\w*")
_OTHERS = re.compile(r"awscc_(?:kms|iam|organizations|ram)_\w+|awscc_ec2_vpc_endpoint")


def unread(remarks: Remarks, resolver: Resolver, providers: Providers) -> Iterator[Unmodelled]:
    """What these resources could change: anything for callers of the account of a stack, anything at all for the others."""
    for resource in resolver.plan.after.values():
        if not resource.managed:
            continue
        is_stack = bool(_STACKS.fullmatch(resource.type))
        if resource.type in UNREAD_KEYS or not (is_stack or _OTHERS.fullmatch(resource.type)):
            continue
        source = resolver.place(resource)
        if is_stack:
            what = "has resources of its own, which are not read: no key in it is checked"
            remarks.warning(Node(source, 0, 0), f"{resource.address} {what}", hint="check its template in a run of its own")
        what = "has resources of its own, which may hold policies of users and roles" if is_stack else "is of a provider that is not read"
        account = providers.account(resource) if is_stack else None
        description = printable(f"{resource.address} {what}")
        yield Unmodelled(printable(resource.address), "U3", Influence.EITHER, description, account=account, span=source.span(0, 0))
