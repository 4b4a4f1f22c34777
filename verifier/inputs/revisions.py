"""Revisions in git: the files of a path as a revision has them.

Guarantee: nothing in the repository or its work tree changes; no hook, filter, pager, remote or other program runs but
git's own readers of objects (`rev-parse`, `merge-base`, `ls-tree`, `cat-file`); nothing is fetched; a file's attributes
(`export-ignore`, line endings) do not keep it out or change it; no link leads out of the folder. What cannot be had so
is an `InputError`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from verifier.frozen import Frozen
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, did_you_mean, printable

MAXIMUM_TOTAL = 512 << 20
"""Bytes of all files of one revision."""
_MOST_FILES = 100_000
_MOST_BYTES = 1 << 20
"""Of a file to which a Terraform configuration or a template refers."""
_TIMEOUT = 120
"""Seconds for one command of git."""

_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ADVICE": "0",
    "LC_ALL": "C",
}
_OF_FILES = re.compile(rb"TemplateURL|Location|Uri\b|\bCode\b")
"""What a template has that names files beside it."""
_LINK, _SUBMODULE = "120000", "160000"


class Revision(Frozen):
    """A revision: its name as written, and the object name of its commit."""

    name: str
    commit: str


class _Entry(Frozen):
    """A file of a revision: the name of its object, its size where git has it, and its path below the top."""

    mode: str
    name: str
    size: str
    below: Path

    @classmethod
    def of(cls, line: bytes) -> _Entry:
        """A line of `ls-tree --long`. Raises `InputError`."""
        about, _, path = os.fsdecode(line).partition("\t")
        mode, _, name, size = about.split()
        entry = cls(mode, name, size, Path(path))
        if entry.below.is_absolute() or ".." in entry.below.parts:
            raise entry.error("leads out of the repository")
        return entry

    def error(self, fault: str, hint: str | None = None) -> InputError:
        """The error that it has a fault."""
        return InputError.of(f"`{printable(str(self.below))}` {fault}", hint=hint)


class Repository(Frozen):
    """A repository: `top` is the folder of its work tree."""

    top: Path

    def commit(self, revision: str) -> str:
        """The object name of a revision. Raises `InputError`."""
        if not revision or revision.startswith("-"):
            raise InputError.of(f"`{printable(brief(revision))}` is no revision", hint="for example --git main..HEAD")
        found = self._git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if found is None:
            message = f"there is no revision `{printable(brief(revision))}` in {printable(str(self.top))}"
            hint = "a shallow clone has no older revisions: fetch them first (in GitHub Actions, `fetch-depth: 0`)"
            names = os.fsdecode(self._git("for-each-ref", "--format=%(refname:short)") or b"").split()
            meant = did_you_mean(revision, (*names, "HEAD"))
            raise InputError.of(message, hint=printable(meant) if meant is not None else hint)
        return os.fsdecode(found).strip()

    def merge_base(self, first: str, second: str) -> str:
        """The commit that two commits branched off. Raises `InputError`."""
        found = self._git("merge-base", first, second)
        if found is None:
            raise InputError.of(
                "the two revisions have no common ancestor", hint="write BASE..HEAD, or fetch the whole history"
            )
        return os.fsdecode(found).split("\n", 1)[0]

    def extract(self, revision: Revision, path: Path, folder: Path) -> Path | None:
        """Writes what a revision has at a path; returns where, or `None` if it has nothing. Raises `InputError`."""
        relative = self.below_top(path)
        lines = self._listed(revision, relative)
        if not lines:
            return None
        if len(lines) > _MOST_FILES:
            raise InputError.of(
                f"`{printable(str(relative))}` holds over {_MOST_FILES:,} files in `{printable(brief(revision.name))}`"
            )
        entries = [_Entry.of(line) for line in lines]
        self._write(entries, folder)
        written = {folder / entry.below: entry.below.suffix for entry in entries if entry.mode != _LINK}
        is_wrapped = any(found.name.startswith("terragrunt.hcl") for found in written)
        if is_wrapped or any(suffix == ".tf" and b"../" in found.read_bytes() for found, suffix in written.items()):
            self._write(self._others(revision, Path("."), folder), folder)
        elif folder / relative in written and _OF_FILES.search((folder / relative).read_bytes()):
            self._write(self._others(revision, relative.parent, folder), folder)
        return folder / relative

    def _listed(self, revision: Revision, below: Path) -> list[bytes]:
        pathspec = [] if below == Path(".") else ["--", os.fspath(below)]
        listed = self._git(
            "--literal-pathspecs", "ls-tree", "-r", "-z", "--long", "--full-tree", revision.commit, *pathspec
        )
        if listed is None:
            raise InputError.of(f"git cannot list the files of the revision `{printable(brief(revision.name))}`")
        return [line for line in listed.split(b"\0") if line]

    def _others(self, revision: Revision, below: Path, folder: Path) -> list[_Entry]:
        """The files of a revision that are not in the folder yet, and may be referred to; none where too many."""
        listed = map(_Entry.of, self._listed(revision, below))
        found = [entry for entry in listed if not os.path.lexists(folder / entry.below)]
        sized = (one for one in found if one.mode not in (_LINK, _SUBMODULE) and one.size.isdigit())
        files = [one for one in sized if int(one.size) <= _MOST_BYTES]
        return files if len(files) <= _MOST_FILES and sum(int(one.size) for one in files) <= MAXIMUM_TOTAL else []

    def below_top(self, path: Path) -> Path:
        """A path as seen from `top`. Raises `InputError` for one that is elsewhere."""
        parent, name = os.path.split(os.path.abspath(path))
        relative = Path(os.path.relpath(os.path.join(os.path.realpath(parent), name), os.path.realpath(self.top)))
        if ".." in relative.parts:
            raise InputError.of(f"`{printable(str(path))}` is not in the repository {printable(str(self.top))}")
        return relative

    def _write(self, entries: Sequence[_Entry], folder: Path) -> None:
        """Writes files to a folder. Links come last: nothing is written through one, whatever names a tree repeats."""
        contents = zip(entries, self._contents(entries), strict=True)
        for entry, data in sorted(contents, key=lambda found: found[0].mode == _LINK):
            target = folder / entry.below
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(os.fsdecode(data)) if entry.mode == _LINK else target.write_bytes(data)
            except (OSError, ValueError):
                raise entry.error("cannot be written to a folder as the revision has it") from None
        for entry in entries:
            target = Path(os.path.realpath(folder / entry.below))
            if entry.mode == _LINK and not target.is_relative_to(os.path.realpath(folder)):
                raise entry.error("is a link that leads out of the repository")

    def _contents(self, entries: Sequence[_Entry]) -> Iterator[bytes]:
        """The bytes of files, in order."""
        for entry in entries:
            if entry.mode == _SUBMODULE:
                raise entry.error("is a submodule: its files are in another repository", "compare it there, with --git")
        if not all(entry.size.isdigit() for entry in entries):
            hint = "fetch them first: this command fetches nothing"
            raise InputError.of("git does not have all files of the revision here", hint=hint)
        if sum(int(entry.size) for entry in entries) > MAXIMUM_TOTAL:
            raise InputError.of(f"the files of the revision are over {MAXIMUM_TOTAL >> 20} MiB together")
        data = self._git("cat-file", "--batch", given="".join(f"{entry.name}\n" for entry in entries).encode())
        if data is None:
            raise InputError.of("git cannot read the files of the revision")
        position = 0
        for entry in entries:
            start = data.index(b"\n", position) + 1
            position = start + int(entry.size) + 1
            yield data[start : position - 1]

    def _git(self, *arguments: str, given: bytes | None = None) -> bytes | None:
        """What git prints; `None` where it fails."""
        result = _run(self.top, *arguments, given=given)
        return result.stdout if result.returncode == 0 else None


def _run(folder: Path, *arguments: str, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    git = shutil.which("git")
    if git is None:
        raise InputError.of("--git needs the program `git`, and there is none on the PATH")
    settings = [part for setting in _SETTINGS for part in ("-c", setting)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [git, "--no-pager", "--no-replace-objects", *settings, "-C", os.fspath(folder), *arguments]
    try:
        return subprocess.run(
            command,
            input=given or b"",
            capture_output=True,
            env={**environment, **_ENVIRONMENT},
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError.of(f"git did not answer within {_TIMEOUT} seconds") from None


def repository_of(path: Path) -> Repository:
    """The repository that a path is in; the path itself need not be there any more. Raises `InputError`."""
    folder = Path(os.path.abspath(path))
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    result = _run(folder, "rev-parse", "--show-toplevel")
    if result.returncode != 0:
        said = printable(os.fsdecode(result.stderr).strip().split("\n")[0].removeprefix("fatal: "))
        raise InputError.of(f"`{printable(str(path))}` is in no work tree of git: {brief(said, 200)}")
    return Repository(Path(os.fsdecode(result.stdout).removesuffix("\n")))


def revisions(text: str, repository: Repository) -> tuple[Revision, Revision | None]:
    """`BASE..HEAD`, `BASE...HEAD` (HEAD against where they branched off) or `BASE` (against the work tree, which is
    `None`).

    As in git, a side that is left out of a range is HEAD. Raises `InputError`.
    """
    dots = "..." if "..." in text else ".."
    base, found, head = text.partition(dots)
    if not found:
        return Revision(text, repository.commit(text)), None
    old, new = (Revision(name or "HEAD", repository.commit(name or "HEAD")) for name in (base, head))
    if dots == "...":
        old = Revision(f"{old.name}...", repository.merge_base(old.commit, new.commit))
    return old, new
