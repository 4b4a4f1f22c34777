"""All readers but that of keys, one after the other.

In: a template, or one side of a plan. Out: what its resources are, added to `Parts`; what every verdict about a key
supposes of them.
Guarantee: that of each reader.
"""

from __future__ import annotations

from verifier.inputs.resources.code import Code
from verifier.inputs.resources.endpoints import Endpoints, IdentityProviders, Shares
from verifier.inputs.resources.grants import ServiceGrants
from verifier.inputs.resources.iam import IamResources
from verifier.inputs.resources.organizations import Organizations
from verifier.inputs.resources.resource_policies import ResourcePolicies
from verifier.inputs.resources.unread import Unread

_READERS = (Shares, IamResources, Code, ResourcePolicies, IdentityProviders, Organizations, Endpoints, ServiceGrants)


def read_services(unread: Unread) -> list[str]:
    """Reads what is not read of keys. Returns sentences. `unread` is the reader of what has no other, of a format."""
    readers = [unread, *(reader(unread.remarks, unread.parts, unread.side) for reader in _READERS)]
    for reader in readers:
        reader.read()
    return [sentence for reader in readers for sentence in reader.supposes()]
