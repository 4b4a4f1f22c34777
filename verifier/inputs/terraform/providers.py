"""Where a plan's resources are: account, Region and partition.

Guarantee: an account is taken from what AWS said (`aws_caller_identity`, ARNs of resources that exist) or from what the
configuration fixes, or was concluded of the whole input (S4), never guessed; where the sources differ it is not known.

A provider configuration is a login and a Region. Two that name no credentials of their own use the same login, and so
do two that name the same; where all keys have one login, the account that nothing tells is its (S4). Which one a
resource has, `provider_config_key` tells; old versions of Terraform name the module in it (`kms:aws`), and not what
`providers = {…}` hands down.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from verifier.inputs.own_region import REGIONS, STAND_IN_REGIONS, region_partition, regions_compared
from verifier.inputs.resources.resource import Resource, is_any_unknown, unknown_part
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.configuration import HclBlock, Provider
from verifier.inputs.terraform.logins import ROLES_ASSUMED, accounts_of_login, arn_parts, evidence, is_region
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.text.nodes import Members, Node, Scalar, values_of
from verifier.inputs.text.unknown import UnknownNode, as_compared, names_in, opened, text_pieces
from verifier.model.policy import is_account
from verifier.syntax.text import first_few

if TYPE_CHECKING:
    from verifier.inputs.terraform.resolver import Resolver

_CREDENTIALS = (
    *("access_key", "assume_role", "assume_role_with_web_identity", "profile", "secret_key", "token"),
    *("shared_config_files", "shared_credentials_file", "shared_credentials_files"),
    *("ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode"),
)


class Providers:
    """The provider configurations of a plan."""

    def __init__(self, plan: Plan, supplied: Supplied) -> None:
        self.plan = plan
        self.supplied = supplied
        self.resolver: Resolver | None = None
        self.open_regions: dict[Hashable, tuple[str, Resource]] = {}
        """What stands for each Region that nothing tells, if something is in it, and the first that is (S4)."""
        self.open_partition = False
        self.by_stand_in = False
        """Whether something is in the own account, which nothing tells (S4)."""
        self.named_accounts: set[str] = set()
        """Accounts that the own one may be, by the provider configurations of what is in it."""
        self.regions_compared: set[str] = set()
        """The Regions in texts that expressions compare, which may be put together."""
        self.inspects_stand_ins = False
        self.concluded: dict[str, None] = {}
        """Sentences: which configurations are taken to have the login of another; what they refer to."""
        self.regions_taken: dict[str, object] = {}
        """What is written of each Region that nothing but the user tells."""
        resources = (*plan.before.values(), *plan.after.values())
        existing = plan.before if plan.is_plan else plan.after
        self._evidence = evidence(resources, existing.values(), supplied.parameters)
        named = dict.fromkeys(resource.provider for resource in resources)
        self._accounts = {key: self._agreed(key, "caller", "owned") for key in named}
        managed = [resource for resource in resources if resource.managed]
        self._logins = {resource.provider: self._login(resource.provider) for resource in managed}
        keys = {self._logins[resource.provider] for resource in managed if resource.type.startswith("aws_kms_")}
        self._meant = keys or {()}.intersection(self._logins.values()) or {*self._logins.values()}
        """The logins whose account a user tells, where nothing else does: those of keys; where there are none, that
        without credentials of its own, or else every one. Empty where it is not known yet what is made."""
        self._main = next(iter(keys)) if len(keys) == 1 and not any(self._accounts.values()) else ()
        """The login of which the account that nothing tells may be: that of all keys, where none is told of another
        one, or that without credentials of its own."""

    def _agreed(self, provider: str, *kinds: str) -> str | None:
        """What the resources of a provider configuration agree on, by the first of some kinds that is told."""
        found = next((found for kind in kinds if (found := self._evidence.get((provider, kind)))), set())
        return next(iter(found)) if len(found) == 1 else None

    def account(self, resource: Resource) -> str | None:
        """The account of a resource, or what stands for it, which is remembered (S4); `None` where nothing tells it."""
        match = arn_parts(resource.values.get("arn"))
        if match is not None:
            return match["account"]
        found, login = self._account(resource.provider), self._login(resource.provider)
        if found is None and self._is_meant(login):
            found = self.supplied.account
        if found is not None:
            self._conclude_of_state("account", found)
        if found is not None or login != self._main:
            return found
        self.by_stand_in = True
        for provider, entry in self.plan.providers.items():
            if self._login(provider) == login:
                self.named_accounts |= accounts_of_login(entry.block, self.plan.module(entry.module))
        return self.supplied.own

    def _conclude_of_state(self, what: str, found: str) -> None:
        """Remembers that what does not tell its account or Region is taken to be where the others are."""
        if not self.plan.providers and not self.plan.of_folder:
            given = f"things that do not say their {what} are in {found}, as the others are"
            self.concluded[f"{given}: a state does not say which provider configuration made them"] = None

    def _is_meant(self, login: tuple[Hashable, ...]) -> bool:
        """True iff a user tells the account of a login: the only one of those whose account nothing else does."""
        if not self._meant:
            return login == () or len({self._login(key) for key in self.plan.providers}) < 2
        with_account = (other for provider, other in self._logins.items() if self._account(provider) is not None)
        return {login} == self._meant.difference(with_account)

    def account_and_region(self, resource: Resource) -> tuple[str | None, str | None]:
        """The account and the Region of a resource, as far as something tells them."""
        account = self.account(resource)
        return (None if account == self.supplied.own else account), next(self._regions(resource), None)

    def _account(self, provider: str) -> str | None:
        """The account of a provider configuration, as far as something tells it."""
        found = self._agreed(provider, "caller") or self._configured(provider) or self._accounts.get(provider)
        found = found or self._agreed(provider, "supplied account")
        if found is not None or self._own_login(provider):
            return found
        others = {
            account: key
            for key in (*self._accounts, *self.plan.providers)
            if not self._own_login(key) and (account := self._configured(key) or self._accounts.get(key)) is not None
        }
        if len(others) != 1:
            return None
        ((account, other),) = others.items()
        self.concluded[
            f"provider {provider} logs in as {other} does, for it names no credentials (no `dynamic` block)"
        ] = None
        return account

    def _configured(self, provider: str) -> str | None:
        """The account that a provider configuration is restricted to, or whose role it assumes."""
        entry = self._entry(provider)
        if entry is None:
            return None
        allowed = {*self._constant(entry, entry.block, "allowed_account_ids")}
        if len(allowed) == 1 and is_account(*allowed):
            return min(allowed)
        # With both, the one of the first is what assumes the other.
        blocks = (block for name in ROLES_ASSUMED for block in entry.block.blocks.get(name, ()))
        roles = [self._constant(entry, block, "role_arn") for block in blocks]
        match = arn_parts(roles[-1][0]) if roles and len(roles[-1]) == 1 else None
        return match["account"] if match is not None else None

    def _own_login(self, provider: str) -> bool:
        """True iff a provider configuration has credentials of its own, or may have: which one it is may not be known,
        and a `dynamic` block is in a `.tf` file alone. Of those that differ in where they find AWS, or in the accounts
        that they refuse, each may."""
        entry = self._entry(provider)
        if entry is None:
            return self.plan.of_folder or len(self._named(provider)) > 1
        dynamic = self.plan.module(entry.module).files.dynamic.get(entry.name, set())
        differ = any(_bounds(other.block) != _bounds(entry.block) for other in self._named(provider))
        if "endpoints" in dynamic or differ:
            return True
        return not dynamic.union(entry.block.attributes, entry.block.blocks).isdisjoint(_CREDENTIALS)

    def _login(self, provider: str) -> tuple[Hashable, ...]:
        """The login of a provider configuration, by the credentials of its own that it names; where these, or which it
        is, are not told as they are written it is like no other."""
        entry = self._entry(provider)
        if not self._own_login(provider):
            return ()
        if entry is None or self.plan.module(entry.module).files.dynamic.get(entry.name):
            return (provider,)
        inner = [(name, block) for name in _CREDENTIALS for block in entry.block.blocks.get(name, ())]
        found = [
            (outer, name, said)
            for outer, block in [("", entry.block), *inner]
            for name, said in sorted(block.attributes.items())
        ]
        named = [(outer, name, said) for outer, name, said in found if outer or name in _CREDENTIALS]
        if not all(said.is_constant or said.written is not None for _, _, said in named):
            return (provider,)
        texts = tuple(
            (outer, name, str(said.constant), said.written.text if said.written else "") for outer, name, said in named
        )
        return (entry.module, texts, tuple(sorted(_bounds(entry.block))))

    def _entry(self, provider: str) -> Provider | None:
        """A provider configuration by its key, or the only one of its provider. A folder may be handed one."""
        named = self._named(provider)
        return self.plan.providers.get(provider) or (named[0] if len(named) == 1 and not self.plan.of_folder else None)

    def _named(self, provider: str) -> list[Provider]:
        """The configurations of the provider that a key (`kms:aws.eu`) or an address names."""
        name = re.split(r"[:/]", provider)[-1].split(".")[0]
        return [entry for entry in self.plan.providers.values() if entry.name == name]

    def _constant(self, entry: Provider, block: HclBlock, name: str) -> list[str]:
        """The texts of an attribute in a provider configuration, if it is known."""
        expression = block.attributes.get(name)
        found = None
        if self.resolver and expression:
            found = self.resolver.expression(expression, entry.module, None, "provider")
        listed = values_of(found)
        if expression is None or found is None or not all(isinstance(node, Scalar) for node in listed):
            return []
        if not expression.is_constant and expression.written is None:
            key = next(key for key, other in self.plan.providers.items() if other is entry)
            self.concluded[
                f"`{name}` of provider {key} is {', '.join(expression.references)}, and nothing is done to that"
            ] = None
        return [node.text for node in listed if isinstance(node, Scalar)]

    def region(self, resource: Resource) -> str:
        """The Region of a resource, or what stands for it, which is remembered (S4)."""
        found = next(self._regions(resource), None)
        if found is not None:
            return found
        source = self._source(resource)
        if source not in self.open_regions:
            first = self.supplied.own_region or STAND_IN_REGIONS[self.partition(resource)]
            used = {region for region, _ in self.open_regions.values()}
            free = (region for region in (first, *REGIONS[region_partition(first)]) if region not in used)
            self.open_regions[source] = next(free, first), resource
        return self.open_regions[source][0]

    def compared(self, *nodes: Node) -> list[Node]:
        """Values that are compared, as far as alike for any own account and generated ID. Regions are kept (S4)."""
        own = [region for region, _ in self.open_regions.values()]
        self.regions_compared |= regions_compared(map(text_pieces, nodes), *own)
        return as_compared(nodes, self.supplied.stand_in)

    def inspected(self, node: Node) -> Node:
        """A value of which a function reads parts of the texts, or the order of the names, as far as that is the same
        whatever the own account and Regions are, and what is generated later (S4)."""
        regions = [region for region, _ in self.open_regions.values()]
        found = opened(node, self.supplied.stand_in, regions)
        keys = [key for key, _ in node.pairs] if isinstance(node, Members) else []
        in_keys = names_in([opened(key, self.supplied.stand_in, regions) for key in keys])
        self.inspects_stand_ins |= bool(in_keys) or names_in([found]) != names_in([node])
        return UnknownNode(node, in_keys) if in_keys else found

    def _source(self, resource: Resource) -> Hashable:
        """What a Region that nothing tells is taken from: two of different sources may be two."""
        entry = self._entry(resource.provider)
        if self._is_own_region_open(resource):
            return resource.address
        said = None if entry is None else entry.block.attributes.get("region")
        if entry is None or said is None:
            return self._login(resource.provider)
        return resource.provider if said.written is None else (entry.module, said.written.text)

    def _regions(self, resource: Resource) -> Iterator[str]:
        """The Region of a resource by each that tells it, that which counts first."""
        match, own = arn_parts(resource.values.get("arn")), resource.values.get("region")
        entry = self._entry(resource.provider)
        if match is not None and match["region"]:
            yield match["region"]
        if not self._is_own_region_open(resource):  # it goes before the provider's
            if is_region(own):
                yield own
            regions = self._constant(entry, entry.block, "region") if entry else ()
            yield from (found for found in regions if is_region(found))
            if agreed := self._agreed(resource.provider, "region", "supplied region"):
                self._conclude_of_state("Region", agreed)
                yield agreed
        if self.supplied.region is not None:
            self._remember_region(resource, entry)
            yield self.supplied.region

    def _remember_region(self, resource: Resource, entry: Provider | None) -> None:
        """Records what a Region is taken from that the user alone tells: the resource's own, or its provider's."""
        block = resource.configuration if self._is_own_region_open(resource) else None
        own = None if block is None else block.attributes.get("region")
        said = own or (None if entry is None else entry.block.attributes.get("region"))
        if said is None or self.resolver is None:
            return
        what, found = resource.address, resource.values.get("region")
        if isinstance(found, UnknownNode):
            pass  # `ignore_changes`
        elif own is None and entry is not None:
            what = f"provider {resource.provider}"
            found = self.resolver.expression(said, entry.module, None, "provider")
        else:
            found = self.resolver.expression(said, resource.module, resource, "region")
        names = first_few(names_in([found])) if found is not None else ""
        self.concluded[f"the Region of {what} is taken from {names or 'what its expression makes'}"] = None
        self.regions_taken[what] = said.said

    def _is_own_region_open(self, resource: Resource) -> bool:
        """True iff a resource's own Region is not told. What a folder does not set is neither known nor set."""
        if isinstance(resource.values.get("region"), UnknownNode):  # `ignore_changes`
            return True
        block = resource.configuration if self.plan.of_folder else None
        may_be_set = block is None or "region" in block.attributes
        return may_be_set and is_any_unknown(unknown_part(resource.unknown, "region"))

    def partition(self, resource: Resource) -> str:
        """The partition of a resource: what ARNs of its login say, or its Region."""
        return self._partition(resource) or region_partition(self.supplied.own_region or "")

    def own_partition(self, data: Resource) -> str:
        """That which a data source tells; if nothing tells it, that is remembered (S4)."""
        self.open_partition |= self._partition(data) is None
        return self.partition(data)

    def _partition(self, resource: Resource) -> str | None:
        region = next(self._regions(resource), None)
        return self._agreed(resource.provider, "partition") or (None if region is None else region_partition(region))


def _bounds(block: HclBlock) -> set[tuple[str, tuple[str, ...], str, str]]:
    """What a provider configuration says of where it finds AWS, and of the accounts that it refuses."""
    said = [("", found) for name, found in block.attributes.items() if name == "forbidden_account_ids"]
    said += [pair for inner in block.blocks.get("endpoints", ()) for pair in inner.attributes.items()]
    return {
        (name, found.references, str(found.constant), "" if found.written is None else found.written.text)
        for name, found in said
    }
