"""The folder that a collection fills, the manifest in it, and the steps that fill it.

In: values to write; steps, what is read at one go. Out: files. Guarantee: a file is complete or is not there; a step is
in the manifest only after its files are, and is not done again; the manifest holds the digests of files, by which they
are checked when the folder is read, or gone on with; a folder that holds something else is not touched. Until `finish`,
`not-read.json` says that the collection is not complete. Several steps run at a time, but no more than was asked; the
first error that the others would meet as well ends them all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from verifier.collect.reading import CollectError, Refused
from verifier.frozen import Frozen
from verifier.model.choices import Progress
from verifier.model.results.collection import PARTS, NotRead, SnapshotPart
from verifier.syntax.text import printable

_MANIFEST = "manifest.json"
NOT_READ = "not-read.json"
_FORMAT = {"format": "kms-verifier/collection", "format_version": 2}
_REWRITTEN = (NOT_READ, "vpc-endpoints.json")
"""Files that every run writes anew."""
_PLAIN = re.compile(r"\.?[A-Za-z0-9_-][A-Za-z0-9._-]*")
_SAVED_EVERY = 1.0
"""Seconds: after a crash, what was done in the last of them is read again."""


@dataclass
class Folder:
    """The folder of one collection. `keys` are the names of the keys' folders by ARN, `values` short answers that later
    steps need, `files` the SHA-256 of each file by its path from here."""

    path: Path
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    done: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    not_read: dict[str, NotRead] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    _saved: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def write(self, name: str, value: Any) -> None:
        """Writes a JSON file at once. Raises `CollectError`, also for a name that leads elsewhere."""
        self._put(name, value)
        with self._lock:
            self.files[name] = sha256(_bytes(value)).hexdigest()

    def _put(self, name: str, value: Any) -> None:
        if not all(_PLAIN.fullmatch(part) for part in name.split("/")):
            raise CollectError(f"AWS answered with a name that is none of a file: `{printable(name)[:200]}`")
        path = self.path / name
        beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(_bytes(value))
            beside.replace(path)
        except OSError as error:
            raise CollectError(
                f"cannot write `{printable(str(path))}`: {(error.strerror or 'no reason given').lower()}"
            ) from None

    def write_pages(self, folder: str, stem: str, pages: Iterable[Any]) -> None:
        """Writes each page as it comes, `STEM-1.json` …, into a folder that takes its place when all are there."""
        target, beside = self.path / folder, (self.path / folder).with_name(f".{Path(folder).name}.tmp")
        shutil.rmtree(beside, ignore_errors=True)
        written: dict[str, str] = {}
        for number, page in enumerate(pages, 1):
            file = f"{stem}-{number}.json"
            self._put(str((beside / file).relative_to(self.path)), page)
            written[f"{folder}/{file}"] = sha256(_bytes(page)).hexdigest()
        shutil.rmtree(target, ignore_errors=True)
        beside.replace(target)
        with self._lock:
            self.files = {
                name: digest for name, digest in self.files.items() if not name.startswith(f"{folder}/")
            } | written

    def keep(self, name: str, value: Any) -> None:
        """Keeps an answer in the manifest, for later steps and runs."""
        with self._lock:
            self.values[name] = value

    def finished(self, step: str) -> None:
        """Records that a step is done."""
        with self._lock:
            self.done.add(step)
            self.not_read.pop(step, None)
            self._save_soon()

    def missed(self, step: str, what: NotRead) -> None:
        """Records that a step was not possible; a later run tries it again."""
        with self._lock:
            self.not_read[step] = what
            self._save_soon()

    def _save_soon(self) -> None:
        if time.monotonic() - self._saved > _SAVED_EVERY:
            self.save()

    def save(self) -> None:
        """Writes the manifest."""
        with self._lock:
            self._saved = time.monotonic()
            scope = {"accounts": list(self.accounts), "regions": list(self.regions)}
            not_read = {step: entry_to_json(entry) for step, entry in sorted(self.not_read.items())}
            content = {"done": sorted(self.done), "keys": self.keys, "values": self.values, "not_read": not_read}
            self._put(_MANIFEST, {**_FORMAT, "scope": scope, **content, "files": dict(sorted(self.files.items()))})

    def begin(self) -> None:
        """Says that what is here is not complete."""
        self.save()
        self.write(NOT_READ, {"complete": False, "parts": []})

    def finish(self) -> None:
        """Says that everything was tried, and what could not be read: last, when the manifest has all digests."""
        record = {"complete": True, "parts": [entry_to_json(entry) for _, entry in sorted(self.not_read.items())]}
        self.files[NOT_READ] = sha256(_bytes(record)).hexdigest()
        self.save()
        self._put(NOT_READ, record)

    def damaged(self) -> str | None:
        """A file that is not as it was written, of those that later runs do not write anew."""
        described = {name for arn, name in self.keys.items() if f"describe/{arn}" in self.done}
        for name, digest in self.files.items():
            _, key, file = f"//{name}".rsplit("/", 2)
            path = self.path / name
            if name in _REWRITTEN or (file == "metadata.json" and key not in described):
                continue
            if not path.is_file() or sha256(path.read_bytes()).hexdigest() != digest:
                return name
        return None


def _bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def open_folder(path: Path, accounts: Sequence[str], regions: Sequence[str]) -> Folder:
    """A new folder, or one that an earlier run began with the same accounts and Regions. Raises `CollectError`."""
    folder = Folder(path, tuple(sorted(accounts)), tuple(sorted(regions)))
    shown = printable(str(path))
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        inside = [entry.name for entry in path.iterdir()]
        if not inside:
            return folder
        if _MANIFEST not in inside:
            raise CollectError(f"`{shown}` is not empty, and no collection began it: give a new folder")
        _restore(folder, json.loads((path / _MANIFEST).read_text(encoding="utf-8")), shown)
        damaged = folder.damaged()
    except OSError as error:
        raise CollectError(f"cannot use `{shown}`: {(error.strerror or 'no reason given').lower()}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CollectError(
            f"`{shown}/{_MANIFEST}` is not one that `verifier snapshot` wrote: give a new folder"
        ) from None
    if damaged is not None:
        raise CollectError(f"`{shown}/{printable(damaged)}` is not as the collection wrote it: give a new folder")
    return folder


def _restore(folder: Folder, content: Any, shown: str) -> None:
    if {name: content[name] for name in _FORMAT} != _FORMAT:
        raise ValueError(_MANIFEST)
    scope = content["scope"]
    if (tuple(scope["accounts"]), tuple(scope["regions"])) != (folder.accounts, folder.regions):
        what = f"{', '.join(map(str, scope['accounts']))} in {', '.join(map(str, scope['regions']))}"
        raise CollectError(
            f"`{shown}` holds a collection of {printable(what)}: give a new folder, or the same accounts and Regions"
        )
    folder.done = {str(step) for step in content["done"]}
    folder.keys = {str(arn): str(name) for arn, name in content["keys"].items()}
    folder.values = dict(content["values"])
    folder.files = {str(name): str(digest) for name, digest in content["files"].items()}
    folder.not_read = {str(step): _entry_from_json(entry) for step, entry in content["not_read"].items()}


def entry_to_json(entry: NotRead) -> dict[str, str]:
    members = {"part": entry.part.label, "account": entry.account, "region": entry.region, "key": entry.key}
    members |= {"operation": entry.operation, "code": entry.code}
    return {name: value for name, value in members.items() if value is not None}


def _entry_from_json(entry: dict[str, str]) -> NotRead:
    account, operation, code = (str(entry[name]) for name in ("account", "operation", "code"))
    return NotRead(PARTS[entry["part"]], account, operation, code, entry.get("region"), entry.get("key"))


class CollectionStep(Frozen):
    """`name` is that in the manifest, unique; `account`, `region` and `key` as in `NotRead`; `work` reads and
    writes."""

    name: str
    part: SnapshotPart
    account: str
    work: Callable[[], None]
    region: str | None = None
    key: str | None = None

    def missed(self, operation: str, code: str) -> NotRead:
        """The record that it was not possible."""
        return NotRead(self.part, self.account, operation, code, self.region, self.key)


@dataclass
class Runner:
    """Runs steps, `workers` at a time. `total` counts all of them, `reused` those that an earlier run had done."""

    folder: Folder
    workers: int
    progress: Progress | None = None
    total: int = 0
    reused: int = 0
    tried: int = 0

    def run(self, steps: Sequence[CollectionStep]) -> None:
        """Does those that are not done. Raises what a step raises, `Refused` apart."""
        todo = [step for step in steps if step.name not in self.folder.done]
        self.total += len(steps)
        self.reused += len(steps) - len(todo)
        self.tried += len(steps) - len(todo)
        pool = ThreadPoolExecutor(self.workers)
        try:
            pending: dict[Future[None], CollectionStep] = {pool.submit(self._one, step): step for step in todo}
            while pending:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    step = pending.pop(future)
                    future.result()
                    self.tried += 1
                    if self.progress:
                        self.progress(
                            self.tried, self.total, f"{step.part.label} {step.key or step.region or step.account}"
                        )
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, step: CollectionStep) -> None:
        try:
            step.work()
        except Refused as error:
            self.folder.missed(step.name, step.missed(error.operation, error.code))
        else:
            self.folder.finished(step.name)
