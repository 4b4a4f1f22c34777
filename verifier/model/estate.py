"""The estate: keys, accounts with their identities, the organization, and what is not known about them.

In: nothing (plain data). Out: frozen structs made by `verifier.inputs`.
Guarantee: `None` always means *not given* (free, U1–U3), never *empty*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from verifier.frozen import Frozen
from verifier.model.grant import Grant
from verifier.model.grant import Pairs as Pairs
from verifier.model.organization import Organization
from verifier.model.policy import Policy, Principal, arn_account
from verifier.model.steps.supposition import Supposition
from verifier.model.unmodelled import Unmodelled
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span


class Key(Frozen):
    """A KMS key.

    `policies` holds the key policy (`name` = `default`) and, if given, the `AWS_RAM` one (L5a). It is `None` when the
    policy is not known (U3: Unknown); a key declared without a policy gets the default policy from the reader.
    `multi_region_type` is `PRIMARY` or `REPLICA`, and only where `multi_region`. Facts that are `None` are free (U3).
    `manager` is `AWS` (D8) or `CUSTOMER`. `aliases` are alias *names* (`alias/payments`), `tags` pairs. `state` is
    shown and never proved with. `grants` are all grants of the key; `None` where the input does not list them. `unread`
    says, where `policies` is `None`, why; `supposed` are sentences about what the reader of the input took for granted.
    `unknown_facts` are the names of facts (`aliases`, `tags`) that the input does not tell, each with why: they are
    `None`, and no refutation rests on them (S1). `rotates` says whether its material is rotated automatically,
    `deletion_window` after how many days it is deleted by what makes it: neither decides a request. `left_open` is what
    is not told, with letters for what is said of it (S1).
    """

    arn: str
    name: str | None = None
    policies: tuple[Policy, ...] | None = None
    spec: str | None = None
    usage: str | None = None
    origin: str | None = None
    multi_region: bool | None = None
    multi_region_type: str | None = None
    manager: str = "CUSTOMER"
    state: str | None = None
    aliases: tuple[str, ...] | None = None
    tags: Pairs | None = None
    grants: tuple[Grant, ...] | None = None
    span: Span = NOWHERE
    unread: str | None = None
    supposed: tuple[str, ...] = ()
    unknown_facts: Pairs = ()
    rotates: bool | None = None
    deletion_window: int | None = None
    left_open: Pairs = ()

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov` (R7)."""
        return self.arn.split(":")[1]

    @property
    def region(self) -> str:
        """The key's Region, such as `us-west-2`."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """The twelve-digit account that owns the key."""
        return arn_account(self.arn)


class Identity(Frozen):
    """An IAM user or role of the inventory.

    `arn` is the IAM ARN with its path. `policies` are the documents of everything attached to it (inline, managed, and
    for a user those of its groups). What is attached but not in the input is an `Unmodelled` of the estate.
    `unique_id` is `AIDA…` or `AROA…`, `None` where not given. `bounded` is true when a permissions boundary is attached
    (P5), and `boundary` is its document; where that is not in the input it is `None`, and an `Unmodelled` of the estate
    may refuse.
    """

    arn: str
    policies: tuple[Policy, ...] = ()
    tags: Pairs = ()
    unique_id: str | None = None
    bounded: bool = False
    boundary: Policy | None = None
    span: Span = NOWHERE
    trust: Policy | None = None
    """The trust policy of a role (`AssumeRolePolicyDocument`); `None` for a user, and where it is not given (E2)."""
    groups: tuple[str, ...] = ()
    """The ARNs of a user's groups, as far as the input gives them. Their policies are among `policies`."""
    exact_tags: bool = False
    """Whether the sessions of a role in question, or those that a user issued, have its `tags`, with which a step made
    them (E2, E2f)."""

    @property
    def documents(self) -> tuple[Policy, ...]:
        """Its identity policies and its boundary, as far as the input has them."""
        return self.policies if self.boundary is None else (*self.policies, self.boundary)


class Group(Frozen):
    """A group of users: its ARN with its path, and its policies, inline (`GROUP_ARN#NAME`) and managed."""

    arn: str
    policies: tuple[Policy, ...] = ()


class ManagedPolicy(Frozen):
    """A managed policy of the input, whether attached or not. `versions` are its documents by version ID (`v3`), the
    default one among them, as identity policies whose `identity` is the ARN; one that the input does not hold is left
    out, and then it is not `complete`. `default` is `None` where it is not said."""

    arn: str
    versions: tuple[tuple[str, Policy], ...] = ()
    default: str | None = None
    complete: bool = True

    @property
    def in_force(self) -> Policy | None:
        """The default document; `None` where the input does not hold it."""
        return dict(self.versions).get(self.default or "")


class InstanceProfile(Frozen):
    """An instance profile, and the ARN of the role that it holds; `None` for one that holds none."""

    arn: str
    role: str | None = None


class Account(Frozen):
    """The inventory of one account: where it is `complete`, exactly these users and roles have identity policies (U1).
    Where it is not (a Terraform plan holds some of an account's roles), those of any other user or role of the account
    are free."""

    id: str
    users: tuple[Identity, ...] = ()
    roles: tuple[Identity, ...] = ()
    complete: bool = True
    groups: tuple[Group, ...] = ()
    managed: tuple[ManagedPolicy, ...] = ()
    unlisted: tuple[str, ...] = ()
    """The lists of a complete inventory that the input leaves out (`GroupDetailList`, `Policies`): not known."""
    providers: tuple[str, ...] | None = None
    """The ARNs of its OIDC and SAML providers; `None` where the input does not list them (E2w)."""
    provider_contents: Pairs = ()
    """What the input says of some providers beyond `providers`, by ARN; for comparisons alone (F6)."""
    profiles: tuple[InstanceProfile, ...] | None = None
    """The instance profiles that hold a role; others are not listed. `None` where they are not known."""
    workloads: tuple[Workload, ...] = ()
    """What runs as which role, as far as the input says (E5)."""
    all_workloads: tuple[str, ...] = ()
    """The kinds of code of which `workloads` holds all that there is in the account."""
    opened: tuple[tuple[str, str], ...] = ()
    """The kinds of which it would, each with the address of what a plan or template may add to them."""

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Its users and roles."""
        return (*self.users, *self.roles)

    def policies(self) -> Iterator[Policy]:
        """The documents of its users, roles and groups, and the versions of its managed policies."""
        return chain(*(identity.documents for identity in self.identities), self.shared_policies())

    def shared_policies(self) -> Iterator[Policy]:
        """The policies of its groups, and the versions of its managed policies."""
        yield from (policy for group in self.groups for policy in group.policies)
        yield from (policy for managed in self.managed for _, policy in managed.versions)


class Endpoint(Frozen):
    """A VPC endpoint of KMS, by its ID `vpce-…` (V, F4). `region` is that of its service name; `vpc` (`vpc-…`) and
    `account` (the owner) are `None` where not given. `policy` is `None` where the document is not in the input: then an
    `Unmodelled` may refuse."""

    id: str
    region: str
    vpc: str | None = None
    account: str | None = None
    policy: Policy | None = None
    span: Span = NOWHERE


@dataclass(frozen=True)
class Estate:
    """Everything that the input says. `endpoints` are the VPC endpoints of KMS; `None` where none were given (V).
    `inputs` are names of files, with the SHA-256 of each, `generated` texts of which AWS or Terraform will generate a
    part, after what they are compared as (S4), `left_open` what is not told, with letters for what is said (S1)."""

    keys: tuple[Key, ...]
    accounts: tuple[Account, ...] = ()
    organization: Organization | None = None
    unmodelled: tuple[Unmodelled, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    endpoints: tuple[Endpoint, ...] | None = None
    inputs: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    open_region: tuple[str, ...] = field(default=(), compare=False)
    """The files with keys in a Region that nothing tells (S4): no policy of the estate tells Regions apart."""
    concluded: tuple[str, ...] = field(default=(), compare=False)
    """Sentences: which account and Region are the keys' own, where the input does not say it, and why (S4)."""
    supposed: tuple[str, ...] = field(default=(), compare=False)  # sentences about plans and templates (U3)
    regions_taken: tuple[str, ...] = field(default=(), compare=False)
    """Letters for what is written of each Region that nothing but the user tells (S4)."""
    open_account: bool = field(default=False, compare=False)
    """Whether the own account stands for any that nothing names (S4): nothing in the estate tells such apart."""
    generated: Pairs = field(default=(), compare=False)
    suppositions: tuple[Supposition, ...] = ()
    own_accounts: tuple[str, ...] = ()
    """Accounts that nothing names: the caller's own, where questions are about what callers can bring about (W2)."""
    left_open: Pairs = ()
    unlisted_may_have: Pairs = ()
    """Managed policies and groups of accounts without a whole inventory, by ARN, with letters for their texts (U1)."""

    @property
    def identities(self) -> tuple[Identity, ...]:
        """The users and roles of all inventories, those of one account together."""
        return tuple(one for account in self.accounts for one in account.identities)

    @property
    def users(self) -> tuple[Identity, ...]:
        return tuple(user for account in self.accounts for user in account.users)

    @property
    def roles(self) -> tuple[Identity, ...]:
        return tuple(role for account in self.accounts for role in account.roles)

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(group for account in self.accounts for group in account.groups)

    @property
    def managed(self) -> tuple[ManagedPolicy, ...]:
        return tuple(policy for account in self.accounts for policy in account.managed)

    @property
    def workloads(self) -> tuple[Workload, ...]:
        return tuple(workload for account in self.accounts for workload in account.workloads)

    def account(self, account_id: str | None) -> Account | None:
        """The inventory of an account; `None` where there is none."""
        return next((account for account in self.accounts if account.id == account_id), None)

    @property
    def key_policies(self) -> tuple[Policy, ...]:
        """The policies of keys, as far as they are known."""
        return tuple(policy for key in self.keys for policy in key.policies or ())

    @property
    def grant_principals(self) -> tuple[Principal, ...]:
        """Whom the grants of keys name, as far as these are known."""
        return tuple(one for key in self.keys for grant in key.grants or () for one in grant.principals)

    @cached_property
    def _by_arn(self) -> dict[str, Identity]:
        return {identity.arn: identity for identity in reversed(self.identities)}

    def identity(self, arn: str | None) -> Identity | None:
        """The user or role with this ARN; `None` where no inventory lists it."""
        return self._by_arn.get(arn or "")

    def key(self, arn: str | None) -> Key | None:
        """The key with this ARN; `None` where there is none."""
        return next((key for key in self.keys if key.arn == arn), None)

    @cached_property
    def tested_keys(self) -> frozenset[str]:
        """The condition keys, in lower case, that the policies of keys and of identities test."""
        policies = chain(self.key_policies, *(identity.documents for identity in self.identities))
        return frozenset[str]().union(*(policy.tested_keys for policy in policies))

    @cached_property
    def tag_values(self) -> dict[str, frozenset[str]]:
        """The values of tags of users and roles, by the name of the tag in lower case."""
        found: dict[str, set[str]] = {}
        for identity in self.identities:
            for name, value in identity.tags:
                found.setdefault(name.lower(), set()).add(value)
        return {name: frozenset(values) for name, values in found.items()}

    @cached_property
    def binds_session_names(self) -> bool:
        """True iff a trust policy, or a policy of those who may assume roles, tests `sts:RoleSessionName`."""
        policies = chain(self.trust_policies(), self.deciding_policies())
        return any("sts:rolesessionname" in policy.tested_keys for policy in policies)

    @cached_property
    def reads_source_identities(self) -> bool:
        """True iff a policy that decides on requests on keys tests `aws:SourceIdentity`."""
        return any("aws:sourceidentity" in policy.tested_keys for policy in self.deciding_policies())

    def trust_policies(self) -> Iterator[Policy]:
        """The trust policies of roles, as far as the input gives them."""
        return (role.trust for role in self.roles if role.trust is not None)

    def deciding_policies(self) -> Iterator[Policy]:
        """The policies that decide on requests on keys."""
        return chain(self.key_policies, self.policies_beside_keys())

    def policies_beside_keys(self) -> Iterator[Policy]:
        """Those of them that belong to no key."""
        return chain(*(identity.documents for identity in self.identities), self.surrounding_policies())

    def surrounding_policies(self) -> Iterator[Policy]:
        """Those of them that belong to an organization or a VPC endpoint."""
        if self.organization is not None:
            yield from self.organization.policies()
        yield from (endpoint.policy for endpoint in self.endpoints or () if endpoint.policy is not None)


class Workload(Frozen):
    """Code that runs as roles (ARNs), by its own ARN; `kind` is a row of `model.steps.workloads`; `tags` if given."""

    kind: str
    arn: str
    roles: tuple[str, ...]
    tags: Pairs | None = None
