"""Types of Terraform and CloudFormation resources that change who may use a key: which are read, which decide nothing, which are unknown.

In: the name of a type. Out: the family that an unknown type belongs to. Guarantee: a type of a family that is neither read nor listed here
with a reason is unknown, whether or not anybody has heard of it (S1). `tests/inputs/test_resource_types.py` holds the tables against the
types that the providers' schemas have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum


class Family(Enum):
    """What the resources of some types change. The value says it in a sentence's end."""

    IDENTITIES = "policies, boundaries or trust of users, groups and roles"
    KEYS = "keys, their policies or their grants"
    CONTROLS = "the organization or its control policies"
    SHARED = "with whom, and for what, keys are shared that are shared already"
    SHARES = "what is shared through AWS RAM"
    ENDPOINTS = "VPC endpoints or their policies"
    ANYTHING = "keys, identities, control policies, shares or VPC endpoints"


_FAMILIES: Mapping[Family, re.Pattern[str]] = {
    Family.IDENTITIES: re.compile(r"(?:aws|awscc)_(?:iam|identitystore)_\w+|AWS::(?:IAM|IdentityStore)::\w+"),
    Family.KEYS: re.compile(r"(?:aws|awscc)_kms_\w+|AWS::KMS::\w+"),
    Family.CONTROLS: re.compile(r"(?:aws|awscc)_organizations_\w+|AWS::Organizations::\w+"),
    Family.SHARED: re.compile(r"(?:aws|awscc)_ram_(?:principal|permission|source)\w*|AWS::RAM::(?:Principal|Permission|Source)\w*"),
    Family.SHARES: re.compile(r"(?:aws|awscc)_ram_\w+|AWS::RAM::\w+"),
    Family.ENDPOINTS: re.compile(r"(?:aws|awscc_ec2)_vpc_endpoint\w*|AWS::EC2::VPCEndpoint\w*"),
}
"""IAM Identity Center (`aws_ssoadmin_…`, `AWS::SSO::…`) is no family here: each of its types leaves the roles of permission sets open."""

_KINDS = ("role", "user", "group")
READ = frozenset(
    {
        *(f"aws_iam_{kind}{what}" for kind in _KINDS for what in ("", "_policy", "_policy_attachment")),
        *(f"aws_iam_{kind}_{what}_exclusive" for kind in _KINDS for what in ("policies", "policy_attachments")),
        *("aws_iam_policy", "aws_iam_policy_attachment", "aws_iam_group_membership", "aws_iam_user_group_membership"),
        *("aws_iam_openid_connect_provider", "aws_iam_saml_provider", "aws_iam_service_linked_role"),
        *("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key", "aws_kms_key_policy"),
        *("aws_kms_grant", "aws_kms_alias", "awscc_kms_key", "awscc_kms_replica_key"),
        *("aws_organizations_organization", "aws_organizations_account", "aws_organizations_organizational_unit"),
        *("aws_organizations_policy", "aws_organizations_policy_attachment"),
        *("aws_ram_resource_association", "aws_vpc_endpoint", "aws_vpc_endpoint_policy"),
        *(f"AWS::IAM::{kind}{what}" for kind in ("Role", "User", "Group") for what in ("", "Policy")),
        *("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::UserToGroupAddition"),
        *("AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider", "AWS::IAM::ServiceLinkedRole"),
        *("AWS::KMS::Key", "AWS::KMS::ReplicaKey", "AWS::KMS::Alias"),
        *("AWS::RAM::ResourceShare", "AWS::RAM::ResourceAssociation", "AWS::EC2::VPCEndpoint"),
    }
)
"""What the readers look at, by whatever provider."""

HARMLESS: Mapping[str, tuple[str, ...]] = {
    "credentials, names and certificates of identities that are there all the same": (
        *("aws_iam_access_key", "aws_iam_account_alias", "aws_iam_account_password_policy", "aws_iam_server_certificate"),
        *("aws_iam_service_specific_credential", "aws_iam_signing_certificate", "aws_iam_user_login_profile", "aws_iam_user_ssh_key"),
        *("aws_iam_virtual_mfa_device", "aws_iam_security_token_service_preferences", "aws_iam_outbound_web_identity_federation"),
        *("AWS::IAM::AccessKey", "AWS::IAM::ServerCertificate", "AWS::IAM::VirtualMFADevice"),
    ),
    "which instances have a role, of which a request of its sessions shows nothing but the instance": (
        *("aws_iam_instance_profile", "AWS::IAM::InstanceProfile"),
    ),
    "whether there are sessions by AssumeRoot, none of whose policies allows anything of KMS [IAM: id_root-user-privileged-task]": (
        "aws_iam_organizations_features",
    ),
    "who may begin a session of a permission set's role; its requests are decided alike whoever does": (
        *("aws_identitystore_group", "aws_identitystore_group_membership", "aws_identitystore_user"),
        *("AWS::IdentityStore::Group", "AWS::IdentityStore::GroupMembership", "AWS::IdentityStore::User"),
    ),
    "where key material is kept, or a text that is encrypted": ("aws_kms_ciphertext", "aws_kms_custom_key_store"),
    "who manages the organization, not which control policies there are": (
        *("aws_organizations_delegated_administrator", "aws_organizations_resource_policy", "AWS::Organizations::ResourcePolicy"),
    ),
    "shares without the association of a key, and shares of others": (
        *("aws_ram_resource_share", "aws_ram_resource_share_accepter", "aws_ram_sharing_with_organization"),
    ),
    "how a request gets to an endpoint, not what it may ask there": (
        *(f"aws_vpc_endpoint_{what}" for what in ("connection_accepter", "connection_notification", "private_dns")),
        *(f"aws_vpc_endpoint_{what}_association" for what in ("route_table", "security_group", "subnet")),
        *(f"aws_vpc_endpoint_service{what}" for what in ("", "_allowed_principal", "_private_dns_verification")),
        *(f"AWS::EC2::VPCEndpoint{what}" for what in ("ConnectionNotification", "Service", "ServicePermissions")),
    ),
}
"""Types that change no decision, by the reason."""


def unknown_family(type_: str, *, read: bool = True) -> Family | None:
    """Returns the family of a type iff it belongs to one, and is neither harmless nor read; with `read` false nothing is."""
    if (read and type_ in READ) or _own_name(type_) in _HARMLESS:
        return None
    return next((family for family, pattern in _FAMILIES.items() if pattern.fullmatch(type_)), None)


def _own_name(type_: str) -> str:
    """What the provider awscc calls a type of CloudFormation is that type."""
    name = type_.removeprefix("awscc_") if type_.startswith("awscc_") else type_.removeprefix("AWS::")
    return type_ if name == type_ else re.sub(r"::|_", "", name).lower()


_HARMLESS = frozenset(_own_name(type_) for types in HARMLESS.values() for type_ in types)
