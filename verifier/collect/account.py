"""The identities of an account and its identity providers, and the VPC endpoints of its Regions.

In: an `Identity`. Out: `Step`s.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.collect.folder import Folder
from verifier.collect.sessions import Identity
from verifier.collect.steps import Step
from verifier.model.results.collection import Part


def identities_step(folder: Folder, identity: Identity, region: str) -> Step:
    """Users, groups, roles and their policies: IAM is not of a Region, `region` says where to ask."""
    iam, account = identity.service("iam", region), identity.account

    def work() -> None:
        folder.write_pages(f"accounts/{account}", "authorization-details", iam.pages("GetAccountAuthorizationDetails"))

    return Step(identities_name(identity), Part.IDENTITIES, account, work)


def identities_name(identity: Identity) -> str:
    """The name of the step that reads the users, groups and roles."""
    return f"iam/{identity.account}"


def providers_step(folder: Folder, identity: Identity, region: str) -> Step:
    """The identity providers: both listings or none, for one of them alone says nothing (E2w). Neither has pages. They go into the folder
    that the identities are in by then."""
    iam, account = identity.service("iam", region), identity.account

    def work() -> None:
        open_id_connect, saml = iam.read("ListOpenIDConnectProviders"), iam.read("ListSAMLProviders")
        folder.write(f"accounts/{account}/open-id-connect-providers.json", open_id_connect)
        folder.write(f"accounts/{account}/saml-providers.json", saml)

    return Step(f"identity-providers/{account}", Part.PROVIDERS, account, work)


def endpoints_step(folder: Folder, identity: Identity, region: str) -> Step:
    """The VPC endpoints of KMS. The answer is kept in the manifest, for a snapshot has one file for all Regions."""
    ec2, name = identity.service("ec2", region), f"vpc-endpoints/{identity.account}/{region}"

    def work() -> None:
        found = ec2.listed("DescribeVpcEndpoints", "VpcEndpoints")["VpcEndpoints"]
        folder.keep(name, [entry for entry in found if ".kms" in str(entry.get("ServiceName", ""))])

    return Step(name, Part.VPC_ENDPOINTS, identity.account, work, region)


def write_endpoints(folder: Folder, identities: Sequence[Identity], regions: Sequence[str]) -> None:
    """`vpc-endpoints.json`, if any Region was read. In a shared VPC an endpoint is listed in the account that owns it alone."""
    names = [f"vpc-endpoints/{identity.account}/{region}" for identity in identities for region in regions]
    read = [folder.values[name] for name in names if name in folder.done]
    if read:
        distinct = {entry["VpcEndpointId"]: entry for entries in read for entry in entries}
        folder.write("vpc-endpoints.json", {"VpcEndpoints": list(distinct.values())})
