"""The whole collection, in order.

In: `Wanted`. Out: the folder, a `Collection`. Guarantee: whatever ends a collection, what it read is in the folder and in the manifest;
only one that came to its end can be loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from verifier.collect.account import endpoints_step, identities_name, identities_step, providers_step, write_endpoints
from verifier.collect.folder import Folder, open_folder
from verifier.collect.keys import key_steps, listing, name_keys
from verifier.collect.organization import Organizations
from verifier.collect.reading import CollectError
from verifier.collect.sessions import Identity, identities
from verifier.collect.steps import Progress, Runner
from verifier.collect.workloads import code_steps, regions_step
from verifier.model.forms import REGION
from verifier.model.results.collection import Collection, Wanted
from verifier.syntax.text import printable

_REGION = re.compile(REGION)


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
    with _recorded(folder):
        runner = Runner(folder, wanted.workers, progress)
        organization = _read(folder, runner, found, regions)
        if wanted.workloads:
            runner.run([regions_step(folder, identity, regions[0]) for identity in found if identities_name(identity) in folder.done])
            runner.run([step for identity in found for step in code_steps(folder, identity)])
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


@contextmanager
def _recorded(folder: Folder) -> Iterator[None]:
    """What was done is in the manifest, whatever happens."""
    folder.begin()
    try:
        yield
    finally:
        folder.save()


def _read(folder: Folder, runner: Runner, found: Sequence[Identity], regions: Sequence[str]) -> str | None:
    """First what there is, then all of it. Returns the ID of the organization, if one was read."""
    places = [(identity, region) for identity in found for region in regions]
    runner.run([step for identity, region in places for step in listing(folder, identity, region)])
    name_keys(folder, [(identity.account, region) for identity, region in places])
    organizations = Organizations(folder, runner, found, regions[0])
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
