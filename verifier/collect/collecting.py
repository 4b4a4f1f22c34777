"""The whole collection, in order.

In: `Wanted`. Out: the folder, a `Collection`. Guarantee: whatever ends a collection, what it read is in the folder and
in the manifest; only one that came to its end can be loaded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.collect.folder import CollectionStep, Folder, Runner, open_folder
from verifier.collect.keys import key_steps, list_keys, name_keys
from verifier.collect.organization import OrganizationReader
from verifier.collect.reading import CollectError
from verifier.collect.sessions import AccountReader, identities
from verifier.collect.workloads import code_steps, regions_step
from verifier.model.choices import REGION_PATTERN, Progress
from verifier.model.results.collection import Collection, SnapshotPart, Wanted
from verifier.syntax.text import printable

_REGION = re.compile(REGION_PATTERN)


def collect(wanted: Wanted, progress: Progress | None = None) -> Collection:
    """Reads everything that is not in the folder yet. Raises `CollectError`."""
    if not wanted.regions:
        raise CollectError("no Region: give --region, once for each Region whose keys are to be read")
    for region in wanted.regions:
        if not _REGION.fullmatch(region):
            raise CollectError(f"{printable(region)!r} is not a Region, such as us-west-2")
    if not wanted.own and not wanted.roles:
        raise CollectError("--only-assumed leaves nothing to read: give --assume-role")
    regions = tuple(sorted(set(wanted.regions)))
    found = identities(wanted.profile, wanted.roles, regions[0], wanted.workers, own=wanted.own)
    folder = open_folder(wanted.folder, [identity.account for identity in found], regions)
    folder.begin()
    try:
        runner = Runner(folder, wanted.workers, progress)
        organization = _read(folder, runner, found, regions)
        if wanted.workloads:
            read = [identity for identity in found if identities_name(identity) in folder.done]
            runner.run([regions_step(folder, identity, regions[0]) for identity in read])
            runner.run([step for identity in found for step in code_steps(folder, identity)])
    finally:  # what was done is in the manifest, whatever happens
        folder.save()
    folder.finish()
    return Collection(
        folder=str(wanted.folder),
        accounts=folder.accounts,
        regions=folder.regions,
        keys=len(folder.keys),
        steps=runner.total,
        reused=runner.reused,
        organization=organization,
        not_read=tuple(entry for _, entry in sorted(folder.not_read.items())),
    )


def _read(folder: Folder, runner: Runner, found: Sequence[AccountReader], regions: Sequence[str]) -> str | None:
    """First what there is, then all of it. Returns the ID of the organization, if one was read."""
    places = [(identity, region) for identity in found for region in regions]
    runner.run([step for identity, region in places for step in list_keys(folder, identity, region)])
    name_keys(folder, [(identity.account, region) for identity, region in places])
    organizations = OrganizationReader(folder, runner, found, regions[0])
    organization = organizations.read()
    for steps in organizations.details():
        runner.run(steps)
    organizations.conclude()
    runner.run(
        [
            *(identities_step(folder, identity, regions[0]) for identity in found),
            *(endpoints_step(folder, identity, region) for identity, region in places),
            *(step for identity, region in places for step in key_steps(folder, identity, region)),
        ]
    )
    with_inventory = [identity for identity in found if identities_name(identity) in folder.done]
    runner.run([providers_step(folder, identity, regions[0]) for identity in with_inventory])
    write_endpoints(folder, found, regions)
    return organization


def identities_step(folder: Folder, identity: AccountReader, region: str) -> CollectionStep:
    """Users, groups, roles and their policies: IAM is not of a Region, `region` says where to ask."""
    iam, account = identity.service("iam", region), identity.account

    def work() -> None:
        folder.write_pages(f"accounts/{account}", "authorization-details", iam.pages("GetAccountAuthorizationDetails"))

    return CollectionStep(identities_name(identity), SnapshotPart.IDENTITIES, account, work)


def identities_name(identity: AccountReader) -> str:
    """The name of the step that reads the users, groups and roles."""
    return f"iam/{identity.account}"


def providers_step(folder: Folder, identity: AccountReader, region: str) -> CollectionStep:
    """The identity providers: both listings or none, for one of them alone says nothing (E2w). Neither has pages. They
    go into the folder that the identities are in by then."""
    iam, account = identity.service("iam", region), identity.account

    def work() -> None:
        open_id_connect, saml = iam.read("ListOpenIDConnectProviders"), iam.read("ListSAMLProviders")
        folder.write(f"accounts/{account}/open-id-connect-providers.json", open_id_connect)
        folder.write(f"accounts/{account}/saml-providers.json", saml)

    return CollectionStep(f"identity-providers/{account}", SnapshotPart.PROVIDERS, account, work)


def endpoints_step(folder: Folder, identity: AccountReader, region: str) -> CollectionStep:
    """The VPC endpoints of KMS. The answer is kept in the manifest, for a snapshot has one file for all Regions."""
    ec2, name = identity.service("ec2", region), f"vpc-endpoints/{identity.account}/{region}"

    def work() -> None:
        found = ec2.listed("DescribeVpcEndpoints", "VpcEndpoints")["VpcEndpoints"]
        folder.keep(name, [entry for entry in found if ".kms" in str(entry.get("ServiceName", ""))])

    return CollectionStep(name, SnapshotPart.VPC_ENDPOINTS, identity.account, work, region)


def write_endpoints(folder: Folder, identities: Sequence[AccountReader], regions: Sequence[str]) -> None:
    """`vpc-endpoints.json`, if any Region was read. A shared VPC's endpoint is listed in the account that owns it."""
    names = [f"vpc-endpoints/{identity.account}/{region}" for identity in identities for region in regions]
    read = [folder.values[name] for name in names if name in folder.done]
    if read:
        distinct = {entry["VpcEndpointId"]: entry for entries in read for entry in entries}
        folder.write("vpc-endpoints.json", {"VpcEndpoints": list(distinct.values())})
