"""The keys of one account and Region.

In: an `AccountReader`, a Region. Out: `CollectionStep`s. Guarantee: a key that `list-keys` names has a folder, with its
ARN at least; its folder keeps its name in later runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from verifier.collect.folder import CollectionStep, Folder
from verifier.collect.reading import Refused
from verifier.collect.sessions import AccountReader
from verifier.model.results.collection import SnapshotPart

_DEFAULT, _SHARED = "default", "AWS_RAM"
"""The names that key policies have (L5a)."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def list_keys(folder: Folder, identity: AccountReader, region: str) -> list[CollectionStep]:
    """Which keys and aliases there are. The answers are kept in the manifest."""
    kms, account = identity.service("kms", region), identity.account
    place = f"{account}/{region}"

    def keys() -> None:
        found = kms.listed("ListKeys", "Keys")["Keys"]
        folder.keep(f"keys/{place}", sorted(str(entry["KeyArn"]) for entry in found))

    def aliases() -> None:
        found = kms.listed("ListAliases", "Aliases")["Aliases"]
        folder.keep(f"aliases/{place}", [entry for entry in found if "TargetKeyId" in entry])

    return [
        CollectionStep(f"keys/{place}", SnapshotPart.KEYS, account, keys, region),
        CollectionStep(f"aliases/{place}", SnapshotPart.ALIASES, account, aliases, region),
    ]


def name_keys(folder: Folder, places: Iterable[tuple[str, str]]) -> None:
    """Names the folder of each key that has none: by its alias, or its ID; with more where that is taken."""
    taken = {name.lower() for name in folder.keys.values()}
    for account, region in places:
        aliases = _by_key(folder.values.get(f"aliases/{account}/{region}", ()))
        for arn in folder.values.get(f"keys/{account}/{region}", ()):
            if arn in folder.keys:
                continue
            identifier = arn.rsplit("/", 1)[-1]
            first = min(
                (str(entry["AliasName"]) for entry in aliases.get(identifier, ())), default=identifier
            ).removeprefix("alias/")
            names = (first, f"{first}-{region}", f"{first}-{region}-{account}", f"{identifier}-{region}-{account}")
            safe = [_UNSAFE.sub("_", name) for name in names]
            folder.keys[arn] = next(name for name in safe if name.lower() not in taken)
            taken.add(folder.keys[arn].lower())


def _by_key(aliases: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in aliases:
        found.setdefault(str(entry["TargetKeyId"]).rsplit("/", 1)[-1], []).append(entry)
    return found


def key_steps(folder: Folder, identity: AccountReader, region: str) -> Iterator[CollectionStep]:
    """What there is to read of each key of a Region."""
    place = f"{identity.account}/{region}"
    known = f"aliases/{place}" in folder.done
    aliases = _by_key(folder.values.get(f"aliases/{place}", ()))
    for arn in folder.values.get(f"keys/{place}", ()):
        name = folder.keys[arn]
        if f"describe/{arn}" not in folder.done:
            folder.write(f"keys/{name}/metadata.json", {"KeyMetadata": {"Arn": arn, "KeyId": arn.rsplit("/", 1)[-1]}})
        if known:
            folder.write(f"keys/{name}/aliases.json", {"Aliases": aliases.get(arn.rsplit("/", 1)[-1], [])})
        yield from _of_key(folder, identity, region, arn, f"keys/{name}")


def _of_key(folder: Folder, identity: AccountReader, region: str, arn: str, path: str) -> Iterator[CollectionStep]:
    kms = identity.service("kms", region)

    def step(
        name: str, part: SnapshotPart, file: str, operation: str, member: str | None = None, **parameters: str
    ) -> CollectionStep:
        def work() -> None:
            answer = (
                kms.listed(operation, member, KeyId=arn) if member else kms.read(operation, KeyId=arn, **parameters)
            )
            folder.write(f"{path}/{file}", answer)

        return CollectionStep(f"{name}/{arn}", part, identity.account, work, region, arn)

    def others() -> None:
        names = kms.listed("ListKeyPolicies", "PolicyNames", KeyId=arn)["PolicyNames"]
        if not {_DEFAULT, _SHARED}.issuperset(names):
            raise Refused("kms:ListKeyPolicies", "the key has a policy of another name")
        if _SHARED in names:
            folder.write(f"{path}/policy-{_SHARED}.json", kms.read("GetKeyPolicy", KeyId=arn, PolicyName=_SHARED))

    yield step("describe", SnapshotPart.METADATA, "metadata.json", "DescribeKey")
    yield step("policy", SnapshotPart.POLICY, "policy.json", "GetKeyPolicy", PolicyName=_DEFAULT)
    yield CollectionStep(f"policies/{arn}", SnapshotPart.OTHER_POLICIES, identity.account, others, region, arn)
    yield step("grants", SnapshotPart.GRANTS, "grants.json", "ListGrants", "Grants")
    yield step("tags", SnapshotPart.TAGS, "tags.json", "ListResourceTags", "Tags")
