"""Cited cases: files of `tests/cases/` → requests and invariants with the answers that an AWS page gives.

In: YAML documents in the form that `tests/cases/README.md` tells. Out: `Case`s, and the input files that each one
describes.
Guarantee: a member that this module does not know is an error, so a misspelt expectation cannot pass unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.case_organization import organization
from tests.case_snapshot import details, key, known, policy_document, vpc_endpoints
from tests.yaml_files import documents

CASES = Path(__file__).parent / "cases"

DEFAULT_KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
"""The key that a case is about unless it says otherwise: the one of AWS's own examples."""

ROOMS = ("evaluate", "problem")
"""The two readings of the rules."""

_INPUT_FORMS = ("key_policy", "policy", "policy_text", "keys", "snapshot", "snapshot_text")
_ESTATE_MEMBERS = {"inventory", "runs", "organization", "vpc_endpoints", "grants"}
_CITED = {"title", "rules", "source", "argument"}
_MEMBERS = _CITED | _ESTATE_MEMBERS | {"key_arn", "without_key_arn", "requests", "invariants", "error", "remarks"}
_REQUEST_MEMBERS = {
    "principal",
    "issuer",
    "action",
    "resource",
    "context",
    "session_policy",
    "expect",
    "depends_on",
    "warns",
    "room",
}
_ERROR_MEMBERS = {"at", "says"}
_DECISIONS = {"allow", "deny", "depends", "impossible", "malformed"}
_STATUSES = {"proved", "refuted", "unknown", "unproved"}


@dataclass(frozen=True)
class RequestCase:
    """One request.

    `expect` is `allow`, `deny`, `depends`, `impossible` (it cannot be sent) or `malformed` (it cannot be a request at
    all). `depends_on` holds the symbols that the outcome depends on and `warns` the rule labels of the warnings; `None`
    says nothing of them. `rooms` are those that are asked.
    """

    request: Mapping[str, Any]
    expect: str
    depends_on: tuple[str, ...] | None
    warns: tuple[str, ...] | None
    rooms: tuple[str, ...]


@dataclass(frozen=True)
class InvariantCase:
    """Invariants, and the status that each must get on every key, by name: `proved`, `refuted`, `unknown`, or
    `unproved` (not proved). `supposes` are the labels of what every verdict must say that it supposes; `readings` are
    held fixed."""

    text: str
    expect: Mapping[str, str]
    supposes: tuple[str, ...] = ()
    readings: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class ErrorCase:
    """The input must be refused: some diagnostic stands at `at` (`line` or `line:column`, or nothing) and its message
    has `says`."""

    says: str
    at: str | None


@dataclass(frozen=True)
class Case:
    """One cited case. `remarks` are the rule labels of warnings that loading must give."""

    name: str
    title: str
    rules: tuple[str, ...]
    document: Mapping[str, Any]
    requests: tuple[RequestCase, ...]
    invariants: tuple[InvariantCase, ...]
    error: ErrorCase | None
    remarks: tuple[str, ...]

    @property
    def told_key_arn(self) -> str | None:
        """The key's ARN as it is told beside a single policy."""
        return self.key_arn if self.is_single_policy and not self.document.get("without_key_arn") else None

    @property
    def key_arn(self) -> str:
        """The key that the case is about."""
        return str(self.document.get("key_arn", DEFAULT_KEY))

    def write(self, folder: Path) -> Path:
        """Writes the input that the case describes into a folder, and returns its path."""
        if "snapshot_text" in self.document:
            return _written(folder / "snapshot.json", self.document["snapshot_text"])
        if "policy_text" in self.document and not self._has_estate():
            return _written(folder / "key-policy.json", self.document["policy_text"])
        return _written(folder / "snapshot.json", json.dumps(self._snapshot(), indent=2))

    @property
    def is_single_policy(self) -> bool:
        """Whether the input is one policy file, so that the key's ARN is told beside it."""
        return "policy_text" in self.document and not self._has_estate()

    def _has_estate(self) -> bool:
        return any(member in self.document for member in _ESTATE_MEMBERS)

    def _snapshot(self) -> dict[str, Any]:
        if "snapshot" in self.document:
            return dict(self.document["snapshot"])
        snapshot: dict[str, Any] = {"keys": list(self._keys())}
        if "inventory" in self.document:
            inventory = self.document["inventory"]
            partition = self.key_arn.split(":")[1]
            snapshot["accounts"] = {
                account: {
                    "authorization_details": details(account, its, partition),
                    **self.document.get("runs", {}).get(account, {}),
                }
                for account, its in inventory.items()
            }
        if "organization" in self.document:
            snapshot["organization"] = organization(self.document["organization"])
        if "vpc_endpoints" in self.document:
            snapshot["vpc_endpoints"] = vpc_endpoints(self.document["vpc_endpoints"])
        return snapshot

    def _keys(self) -> Iterator[dict[str, Any]]:
        if "keys" in self.document:
            yield from (key(arn, described) for arn, described in self.document["keys"].items())
            return
        grants = {"grants": self.document["grants"]} if "grants" in self.document else {}
        policy = next(form for form in ("policy_text", "policy", "key_policy") if form in self.document)
        yield key(self.key_arn, {"policy" if policy == "policy_text" else policy: self.document[policy], **grants})


def load_cases() -> tuple[Case, ...]:
    """Every case of every file, in order of file names. Raises `ValueError` that names the case for a malformed one."""
    return tuple(case for path in sorted(CASES.glob("*.yaml")) for case in _cases(path))


def _cases(path: Path) -> Iterator[Case]:
    for index, document in enumerate(documents(path), start=1):
        try:
            yield case_of(f"{path.stem}-{index}", document)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, document {index}: {error!r}") from error


def case_of(name: str, document: Mapping[str, Any]) -> Case:
    """The case that a document describes. Raises `KeyError`, `TypeError` or `ValueError` for a malformed one."""
    known(document, _MEMBERS | set(_INPUT_FORMS))
    if sum(form in document for form in _INPUT_FORMS) != 1:
        raise ValueError(f"exactly one of {', '.join(_INPUT_FORMS)} is needed")
    for cited in ("title", "source", "argument"):
        if not isinstance(document[cited], str) or not document[cited].strip():
            raise ValueError(f"{cited} must be a sentence")
    if not any(asked in document for asked in ("requests", "invariants", "error", "remarks")):
        raise ValueError("the case asks nothing")
    return Case(
        name=name,
        title=document["title"],
        rules=tuple(document["rules"]),
        document=document,
        requests=tuple(_request(request, document) for request in document.get("requests", ())),
        invariants=tuple(_invariants(entry) for entry in document.get("invariants", ())),
        error=_error(document["error"]) if "error" in document else None,
        remarks=tuple(document.get("remarks", ())),
    )


def _request(given: Mapping[str, Any], document: Mapping[str, Any]) -> RequestCase:
    known(given, _REQUEST_MEMBERS)
    if given["expect"] not in _DECISIONS:
        raise ValueError(f"unknown decision {given['expect']}")
    request = {name: given[name] for name in ("principal", "issuer", "action") if name in given}
    request["resource"] = given.get("resource", document.get("key_arn", DEFAULT_KEY))
    request["context"] = given.get("context", {})
    rooms = (given["room"],) if "room" in given else ROOMS
    if given["expect"] == "impossible":
        rooms = ("evaluate",)
    if "session_policy" in given:
        request["session_policy"] = policy_document(given["session_policy"])
        rooms = ("evaluate",)
    return RequestCase(
        request=request,
        expect=given["expect"],
        depends_on=tuple(sorted(given["depends_on"])) if "depends_on" in given else None,
        warns=tuple(given["warns"]) if "warns" in given else None,
        rooms=rooms,
    )


def _invariants(given: Mapping[str, Any]) -> InvariantCase:
    known(given, {"text", "expect", "supposes", "readings"})
    for status in given["expect"].values():
        if status not in _STATUSES:
            raise ValueError(f"unknown status {status}")
    return InvariantCase(
        given["text"], dict(given["expect"]), tuple(given.get("supposes", ())), dict(given.get("readings", {}))
    )


def _error(given: str | Mapping[str, Any]) -> ErrorCase:
    if isinstance(given, str):
        return ErrorCase(given, None)
    known(given, _ERROR_MEMBERS)
    return ErrorCase(given["says"], str(given["at"]) if "at" in given else None)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
