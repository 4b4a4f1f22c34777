"""Results of earlier runs, in one SQLite file: so that a second run proves only what changed.

In: digests of questions. Out: verdicts as they were, with the statements' places as they are now.
Guarantee: a verdict is found only for the same question under the same rules (`digests`), and only as it was kept
(`sealed`); Unknown is never kept; concurrent runs, and one that was killed, leave the file sound; a file that cannot be
read or written is done without, and `trouble` says so.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from verifier.runs.sealed import sealed, unsealed

FILE = "results.sqlite3"
MOST_RESULTS = 200_000
"""Results that are kept; past it the ones that were not used for longest are dropped."""
_OFTEN = 3600
"""Seconds within which it makes no difference when a result was used."""
_FORMAT = 3


def cache_folder() -> Path:
    """`$VERIFIER_CACHE_DIR`, or `kms-verifier` in the user's cache folder (XDG)."""
    given = os.environ.get("VERIFIER_CACHE_DIR")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "kms-verifier"


class Cache:
    """Results by the digest of the question. Every failure of the file is the same as an empty one."""

    def __init__(self, folder: Path) -> None:
        self.trouble: str | None = None
        self._stale: list[bytes] = []
        self._file: sqlite3.Connection | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = _opened(folder / FILE)
        except (OSError, sqlite3.Error) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.trouble = self.trouble or f"the cache of results is not used: {error}"

    def find(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is known of some questions."""
        wanted, found, old = list(keys), dict[bytes, bytes](), int(time.time()) - _OFTEN
        if self._file is None:
            return found
        try:
            for at in range(0, len(wanted), 500):
                some = wanted[at : at + 500]
                marks = ",".join("?" * len(some))
                for key, answer, used in self._file.execute(
                    f"SELECT question, answer, used FROM results WHERE question IN ({marks})", some
                ):
                    data = unsealed(key, answer)
                    if data is not None:
                        found[key] = data
                    if used < old:
                        self._stale.append(key)
        except sqlite3.Error as error:
            self._failed(error)
        return found

    def keep(self, results: Iterable[tuple[bytes, bytes]]) -> None:
        """Keeps results, all or none of them."""
        if self._file is None:
            return
        now = int(time.time())
        try:
            with self._file:
                rows = ((key, sealed(key, answer), now) for key, answer in results)
                self._file.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._failed(error)

    def close(self) -> None:
        """Notes which results were found, drops the oldest ones where there are too many, and closes the file."""
        if self._file is None:
            return
        now = int(time.time())
        try:
            with self._file:
                self._file.executemany(
                    "UPDATE results SET used = ? WHERE question = ?", ((now, key) for key in self._stale)
                )
                over = self._file.execute("SELECT count(*) FROM results").fetchone()[0] - MOST_RESULTS
                if over > 0:
                    self._file.execute(
                        "DELETE FROM results WHERE question IN (SELECT question FROM results ORDER BY used LIMIT ?)",
                        (over + MOST_RESULTS // 10,),
                    )
            self._file.close()
        except sqlite3.Error as error:
            self._failed(error)
        self._file = None


def _opened(path: Path) -> sqlite3.Connection:
    """The file, made anew where it is not one of this format."""
    try:
        return _prepared(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise  # locked, read-only, or no room: another run may be using it
        path.unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, timeout=10)
    with ExitStack() as undo:
        undo.callback(file.close)
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        if file.execute("PRAGMA user_version").fetchone()[0] not in (0, _FORMAT):
            file.execute("DROP TABLE IF EXISTS results")
        file.execute(
            "CREATE TABLE IF NOT EXISTS results (question BLOB PRIMARY KEY, answer BLOB NOT NULL, used INTEGER NOT "
            "NULL) WITHOUT ROWID"
        )
        file.execute(f"PRAGMA user_version = {_FORMAT}")
        file.commit()
        undo.pop_all()
    return file
