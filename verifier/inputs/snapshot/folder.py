"""A snapshot that is a folder.

In: a folder. Out: its parts. Guarantee: a JSON or YAML file that has no place in a snapshot is an error, not left out;
so is what is called like a file or folder of a snapshot and is none (a link to nothing, a pipe, a device), and a file
that is not there, or not the same, as the manifest of a live collection says (S1). A file that somebody put there
besides is not the manifest's concern.

A folder holds a snapshot document as `snapshot.json` (or `.yaml`, `.yml`), or the same parts as files, or some of both:

    keys/NAME/metadata.json policy.json policy-AWS_RAM.json grants.json aliases.json tags.json
    accounts/111122223333/authorization-details.json        or several pages, authorization-details-1.json …
    accounts/111122223333/open-id-connect-providers.json saml-providers.json regions.json
    accounts/111122223333/workloads/REGION/functions.json …  of each kind of code that runs as a role
    organization/describe-organization.json accounts.json paths.json roots.json
    organization/parents/ID.json                            of each account and OU
    organization/organizational-units/ID.json               of the root and each OU, instead
    organization/list-policies/FILTER.json                  SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY
    organization/describe-policy/ID.json targets/ID.json    of each policy
    vpc-endpoints.json
    not-read.json manifest.json what a live collection was not able to read, and the digests of its files

Each of the folders in `organization` may instead be one file, `parents.json` …, with what a document has; so may
`policies.json`, which pairs policies with their targets. Other files beside `snapshot.json` are those that it may name.
`NAME` is what reports call the key.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from verifier.inputs.policies import DEFAULT, SHARED_POLICY
from verifier.inputs.snapshot import organization as organization_members
from verifier.inputs.snapshot.files_inside import DOCUMENTS, FOLDERS, MANIFEST
from verifier.inputs.snapshot.identity_providers import PROVIDERS
from verifier.inputs.snapshot.parts import DocumentReader, Parts
from verifier.inputs.text.files import CONFIGURATION, OF_CONFIGURATION, SUFFIXES, Files, shown_below
from verifier.inputs.text.key_places import places_of_keys
from verifier.inputs.text.nodes import Node, Remarks, listing, obj, text_at
from verifier.model.steps.workloads import KINDS
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import first_few, printable

_KEY_FILES = ("metadata", "policy", f"policy-{SHARED_POLICY}", "grants", "aliases", "tags")
_ORGANIZATION_FILES = {name.replace("_", "-"): name for name in organization_members.MEMBERS}
_ACCOUNT_FILES = {name.replace("_", "-"): name for name in (*PROVIDERS, "regions")}
_CODE_FILES = {name.replace("_", "-"): name for name in KINDS}
_PAGE = re.compile(r"authorization-details(?:-([0-9]+))?")
_FORMAT, _FORMAT_VERSION = "kms-verifier/collection", 2
_COLLECT = "collect the account anew, into a new folder: verifier snapshot"


@dataclass
class FolderReader:
    """Adds the parts of one folder to `parts`: what is in its files is read as a document."""

    remarks: Remarks
    files: Files
    parts: Parts
    folder: Path
    _known: dict[Path, list[Path]] = field(default_factory=dict)

    def read(self) -> None:
        """Adds all parts. Raises `InputError` where the folder holds no snapshot; other errors go to `remarks`."""
        before = len(self.remarks.errors)
        snapshots = self._named(self.folder, DOCUMENTS)
        folders = [name for name in FOLDERS if self._is_folder(self.folder / name)]
        if not snapshots and not folders and len(self.remarks.errors) == before:
            message = f"`{self.files.name(self.folder)}` holds no snapshot"
            raise InputError.of(message, hint=_hint_of_folder(self.folder, shown_below(self.folder)), rule="S3")
        found = self._nodes(snapshots)
        if (document := found.pop("snapshot", None)) is not None:
            DocumentReader(self.remarks, self.files, self.parts, self.folder).read(document)
        place = self.files.place(self.folder)
        parts: dict[str, Node] = {name.replace("-", "_"): node for name, node in found.items()}
        parts["keys"] = listing(place, [self._key(folder) for folder in self._folders("keys")])
        parts["accounts"] = obj(place, **{folder.name: self._account(folder) for folder in self._folders("accounts")})
        if "organization" in folders:
            parts["organization"] = self._organization(self.folder / "organization")
        DocumentReader(self.remarks, self.files, self.parts).read(obj(place, **parts))
        self.remarks.keep(lambda: self._check_manifest(collected="not-read" in snapshots))

    def _key(self, folder: Path) -> Node:
        found, place = self._nodes(self._all_named(folder, _KEY_FILES)), self.files.place(folder)
        if f"policy-{SHARED_POLICY}" in found:
            given = {DEFAULT: found.pop("policy", None), SHARED_POLICY: found.pop(f"policy-{SHARED_POLICY}")}
            found["policies"] = obj(place, **{name: node for name, node in given.items() if node is not None})
        return obj(place, name=text_at(place, folder.name), **found)

    def _account(self, folder: Path) -> Node:
        place, stems = self.files.place(folder), [path.stem for path in self._data_files(folder)]
        pages = {stem: int(match[1] or 0) for stem in stems if (match := _PAGE.fullmatch(stem))}
        if not pages:
            self.remarks.error(place, f"account {printable(folder.name)} has no authorization-details.json")
        names = tuple(dict.fromkeys(("authorization-details", *pages, *_ACCOUNT_FILES)))
        found = self._nodes(self._all_named(folder, names), _ACCOUNT_FILES)
        details = [found.pop(name) for name in sorted(pages, key=pages.__getitem__) if name in found]
        if self._is_folder(folder / "workloads"):
            regions = self._inner_folders(folder / "workloads")
            running = {inner: self._nodes(self._all_named(inner, tuple(_CODE_FILES)), _CODE_FILES) for inner in regions}
            listed = {inner.name: obj(self.files.place(inner), **kinds) for inner, kinds in running.items()}
            found["workloads"] = obj(place, **listed)
        return obj(place, authorization_details=listing(place, details), **found)

    def _organization(self, folder: Path) -> Node:
        found = self._nodes(self._all_named(folder, tuple(_ORGANIZATION_FILES)), _ORGANIZATION_FILES)
        for inner in self._inner_folders(folder):
            name = _ORGANIZATION_FILES.get(inner.name)
            if name not in organization_members.BY_NAME:
                files = (file for file, name in _ORGANIZATION_FILES.items() if name in organization_members.BY_NAME)
                self._error(inner, "a folder that has no place here", hint=f"expected {', '.join(files)}")
            elif name in found:
                self._error(inner, f"there is also {inner.name}.json; expected one of them")
            else:
                stems = tuple(path.stem for path in self._data_files(inner))
                found[name] = obj(self.files.place(inner), **self._nodes(self._named(inner, stems)))
        return obj(self.files.place(folder), **found)

    def _nodes(self, paths: Mapping[str, Path], names: Mapping[str, str] | None = None) -> dict[str, Node]:
        """What is in files, by the `names` of their members, but for those that cannot be read, an error."""
        read = {name: self.remarks.keep(partial(self.files.node, path)) for name, path in paths.items()}
        return {(names or {}).get(name, name): node for name, node in read.items() if node is not None}

    # -- the manifest of a live collection --

    def _check_manifest(self, *, collected: bool) -> None:
        """Records an error for each file that is not as the manifest says. `collected` is whether the folder must have
        one (it has a `not-read.json`, which nothing else writes). Raises `InputError`."""
        path = self.folder / MANIFEST
        is_there = path.is_file() and self._inside(path)
        listed = _listed(self.files.source(path).text) if is_there else None
        if listed is None and collected:
            missing = "the manifest of this collection is not there"
            wrong = "this is no manifest of a collection that can be checked"
            self._error(path, wrong if is_there else missing, hint=_COLLECT, rule="S1")
        for name, digest in (listed or {}).items():
            file = self.folder / name
            if not file.is_file():
                self._error(file, "the collection wrote this file, and it is not there", hint=_COLLECT, rule="S1")
            elif self._inside(file) and self.files.digest(file) != digest:
                self._error(file, "this file is not as the collection wrote it", hint=_COLLECT, rule="S1")

    # -- files and folders --

    def _error(self, path: Path, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        self.remarks.error(self.files.place(path), message, hint=hint, rule=rule)

    def _folders(self, name: str) -> list[Path]:
        """The folders in `keys` or `accounts`, by name. A symbolic link out of the snapshot is an error."""
        parent = self.folder / name
        if not parent.is_dir():
            return []
        for path in self._data_files(parent):
            self._error(path, f"a file that has no place here; expected a folder for each of the {name}")
        return self._inner_folders(parent)

    def _inner_folders(self, folder: Path) -> list[Path]:
        return [path for path in self._entries(folder) if path.is_dir() and not path.name.startswith(".")]

    def _all_named(self, folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
        """As `_named`; a JSON or YAML file of another name is an error."""
        for path in self._data_files(folder):
            if path.stem not in names:
                hint = f"expected {', '.join(f'{name}.json' for name in names)}"
                self._error(path, "a file that has no place here", hint=hint)
        return self._named(folder, names)

    def _named(self, folder: Path, names: tuple[str, ...]) -> dict[str, Path]:
        """The files of a folder with these names, whatever their ending; two of one name are an error."""
        found: dict[str, Path] = {}
        for path in self._data_files(folder):
            if path.stem in names and found.setdefault(path.stem, path) != path:
                self._error(path, f"there is also {printable(found[path.stem].name)}; expected one of them")
        return found

    def _data_files(self, folder: Path) -> list[Path]:
        return [path for path in self._entries(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]

    def _entries(self, folder: Path) -> list[Path]:
        """The files and folders in a folder that may be parts of the snapshot, by name. What is neither is an error,
        and so is a folder that is called like a file; hidden ones (an editor's locks are links to nothing) and what
        else stands at the top are left aside."""
        if folder not in self._known:
            named = (
                path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES or folder != self.folder
            )
            self._known[folder] = [path for path in named if self._is_kind(path) and self._inside(path)]
        return self._known[folder]

    def _is_kind(self, path: Path) -> bool:
        if path.is_file() or path.name.startswith("."):
            return True
        if path.suffix.lower() in SUFFIXES:
            return self._is_not(path, "a file")
        return path.is_dir() or self._is_not(path, "a folder")

    def _is_folder(self, path: Path) -> bool:
        return path.is_dir() or (os.path.lexists(path) and self._is_not(path, "a folder"))

    def _is_not(self, path: Path, expected: str) -> bool:
        """False only if an error is recorded about what stands at a path, as it always is."""
        found = "a folder" if path.is_dir() else "a file" if path.is_file() else "a pipe, device or socket"
        found = "a link to nothing" if path.is_symlink() and not path.exists() else found
        self._error(path, f"{found} where {expected} is expected", rule="S1")
        return False

    def _inside(self, path: Path) -> bool:
        if path.resolve().is_relative_to(self.folder.resolve()):
            return True
        self._error(path, "a link that leads out of the folder of the snapshot")
        return False


def _listed(text: str) -> dict[str, Any] | None:
    """The digests by file; `None` where a text is no manifest, or one of another version of the format."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    form = (content.get("format"), content.get("format_version")) if isinstance(content, dict) else None
    if form != (_FORMAT, _FORMAT_VERSION):
        return None
    listed = content.get("files")
    return listed if isinstance(listed, dict) else None


def _hint_of_folder(folder: Path, below: Sequence[Path]) -> str:
    """What to do with a folder that is no input, and has these paths below it."""
    written = [path for path in below if path.suffix in CONFIGURATION]
    if any(path.parent == folder for path in written):
        return OF_CONFIGURATION
    folders = sorted({path.parent for path in written if path.suffix == ".tf"})
    if found := places_of_keys(folder) or folders:
        names = [printable(path.relative_to(folder).as_posix()) for path in found]
        kind = "a template or a folder of .tf files" if any(map(Path.is_file, found)) else "a folder of its .tf files"
        return f"give {kind} ({first_few(names)})"
    return "expected snapshot.json, snapshot.yaml, or a folder keys/NAME with policy.json"
