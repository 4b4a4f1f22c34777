"""Files: bytes to trees, with a record of what was read; digests of what is told from that of another version.

In: paths. Out: sources and nodes; the SHA-256 of every file; what is below a folder. Guarantee: nothing outside the
folder of a snapshot is read for it, whatever its text asks for; what cannot be read is an `InputError` that names the
file. No link below a folder is followed. What is too much to look at, or a folder that may not be listed, is an
`OSError`, or like nothing elsewhere; `Path.glob` and `Path.rglob` would pass over such a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from itertools import takewhile
from pathlib import Path
from typing import Any, TextIO

from verifier.inputs.text.json_nodes import read_json, read_loose_json
from verifier.inputs.text.nodes import Node, Scalar, refusal
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.syntax.text import decode_bytes, did_you_mean, printable

STDIN = Path("-")
"""Stands for standard input."""
_NOWHERE = Path("<text>")
"""The folder of the paths of texts, in which nothing is."""
MAXIMUM_FILE = 128 << 20
"""Bytes of one file. A larger inventory is given as several pages (`authorization-details-1.json` …)."""
_MOST_NAMES = 1_000
"""So many names beside a file that is not there are looked at."""

_ZIP = b"PK\x03\x04"
"""How a zip file begins, and so what `terraform plan -out` writes."""

SUFFIXES = (".json", ".yaml", ".yml")
"""Endings of the files that hold JSON or YAML."""
_RENDERED = re.compile(r'%\{~?\s*(?:if|for)\b|\{%|\{\{|":\s*\$\{|:\s+\$\{')
"""What a text has that Terraform, Jinja or Helm makes others of."""
_NAME = re.compile(r"[^{}\[\]\0\n]*\.(?ai:json|yaml|yml)")
_DETAILS = ("aws iam get-account-authorization-details", "accounts/ACCOUNT/authorization-details.json")
OUTPUTS = {
    "KeyMetadata": ("aws kms describe-key", "keys/NAME/metadata.json"),
    "Grants": ("aws kms list-grants", "keys/NAME/grants.json"),
    "Aliases": ("aws kms list-aliases", "keys/NAME/aliases.json"),
    "UserDetailList": _DETAILS,
    "RoleDetailList": _DETAILS,
    "VpcEndpoints": ("aws ec2 describe-vpc-endpoints", "vpc-endpoints.json"),
    "Organization": ("aws organizations describe-organization", "organization/describe-organization.json"),
}
"""Members of what the AWS CLI prints, with the command that prints it and the place of that in a snapshot."""
CONFIGURATION = (".tf", ".tofu", ".hcl")
"""Endings of the files of a Terraform configuration."""
OF_CONFIGURATION = (
    "make a plan of the configuration, and give what `terraform show -json` prints of it (docs/terraform.md)"
)


@dataclass
class Files:
    """Reads files once, with their SHA-256. What is in the folder `root` is called by its path from there."""

    root: Path | None = None
    digests: dict[str, str] = field(default_factory=dict)
    given: Mapping[Path, str] = field(default_factory=dict)
    """Texts in the place of what files hold (an editor has them), and texts that no file holds (`texts_given`)."""
    trees: dict[Path, Any] = field(default_factory=dict)
    """What texts of `.tf` files were parsed to."""
    _sources: dict[Path, Source] = field(default_factory=dict)

    def place(self, path: Path) -> Node:
        """The place of a file or folder as such."""
        return Node(Source(self.name(path), ""), 0, 0)

    def source(self, path: Path) -> Source:
        """The text of a file. Raises `InputError` where it cannot be read, is too large or is not UTF-8."""
        if path not in self._sources:
            name = self.name(path)
            data = self.given[path].encode(errors="surrogatepass") if path in self.given else _bytes(path, name)
            if data.startswith(_ZIP):
                raise InputError.of(
                    f"`{name}` is a zip file", hint="of a Terraform plan give the output of `terraform show -json`"
                )
            self.digests[str(self._shown(path))] = hashlib.sha256(data).hexdigest()
            self._sources[path] = Source(name, decode_bytes(data, name))
        return self._sources[path]

    def was_read(self, path: Path) -> bool:
        """True iff a file was read by this path."""
        return path in self._sources

    def real_paths(self) -> set[str]:
        """The files that were read, without links and `..` on the way to them."""
        return {*map(os.path.realpath, self._sources)}

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file, as it was or would be read. Raises `InputError`."""
        self.source(path)
        return self.digests[str(self._shown(path))]

    def mention(self, words: re.Pattern[str]) -> bool:
        """True iff the text of a file that was read has one of some words."""
        return any(words.search(source.text) for source in self._sources.values())

    def not_named(self, paths: Sequence[Path]) -> list[Path]:
        """The unread files that no read one names; a name without an ending is a word like others there."""
        names = {os.path.basename(path) for path in self.real_paths()}
        words = {path: re.compile(re.escape(path.name)) for path in paths if path.suffix and path.name not in names}
        return [path for path in paths if path not in words or not self.mention(words[path])]

    def name(self, path: Path) -> str:
        """What messages call a path."""
        return printable(str(self._shown(path)))

    def _shown(self, path: Path) -> Path:
        if path == STDIN or path.parent == _NOWHERE:
            return Path("standard input" if path == STDIN else path.name)
        return path.relative_to(self.root) if self.root is not None and path.is_relative_to(self.root) else path

    def node(self, path: Path) -> Node:
        """The value in a JSON or YAML file. Raises `InputError`.

        A file that is neither by its name is JSON if it begins with a bracket (every JSON document of AWS does).
        """
        source = self.source(path)
        try:
            (found,) = self._parsed(source, path.suffix.lower())
        except InputError as error:
            if not _RENDERED.search(source.text):
                raise
            hint = "this looks like a template of another tool: give what it makes, or the folder of .tf files with it"
            hinting = [replace(found, hint=found.hint or hint) for found in error.diagnostics]
            raise TemplateOfAnotherTool(hinting) from None
        return found

    def loose_documents(self, path: Path) -> Sequence[Node]:
        """The values in a file of JSON or YAML in any dialect: to tell what it is about. Raises `InputError`."""
        return self._parsed(self.source(path), path.suffix.lower(), loose=True)

    def _parsed(self, source: Source, suffix: str, *, loose: bool = False) -> Sequence[Node]:
        is_json = suffix == ".json" or (suffix not in SUFFIXES and source.text.lstrip()[:1] in ("{", "[", '"', ""))
        if is_json:
            return [read_loose_json(source) if loose else read_json(source)]
        return yaml_nodes_of(source, functions=True, loose=loose)

    def referred(self, node: Node, folder: Path) -> Node:
        """What a member of a snapshot stands for: the content of the file that it names, or the member itself.

        A string names a file when it ends like one (`SUFFIXES`) and holds no bracket; it is relative to `folder`, the
        snapshot's own. Raises `InputError` where that file lies outside `folder`, or cannot be read.
        """
        if not isinstance(node, Scalar) or node.type == "null" or not _NAME.fullmatch(node.text):
            return node
        path = folder / node.text
        if os.path.isabs(node.text) or not is_inside(path, folder):
            raise refusal(node, f"`{node.text}` leads out of the folder of the snapshot")
        if not path.is_file():
            raise refusal(node, f"there is no file `{node.text}` in the folder of the snapshot")
        return self.node(path)


def yaml_nodes_of(source: Source, *, functions: bool = False, loose: bool = False) -> Sequence[Node]:
    """The value of a YAML text; with `functions`, those of CloudFormation are read in their short forms, if it may be a
    template. With `loose`, the values of all its documents, whatever their tags. Raises `InputError`."""
    # PyYAML is slow to import, and most inputs are JSON.
    from verifier.inputs.text.yaml_nodes import may_be_template, read_loose_yaml, read_yaml

    if loose:
        return read_loose_yaml(source)
    return [read_yaml(source, functions=functions and may_be_template(source.text))]


class TemplateOfAnotherTool(InputError):
    """A text is neither JSON nor YAML, and looks like a template from which another tool makes JSON or YAML."""


def texts_given(given: Sequence[str | Mapping[str, Any]]) -> dict[Path, str]:
    """Texts that no file holds, and dictionaries as JSON, by paths that lead nowhere: `<text>`, or `<text 1>` and so
    on. Raises `InputError` for a dictionary with what JSON does not have."""
    names = (f"<text {number}>" if len(given) > 1 else "<text>" for number in range(1, len(given) + 1))
    return {
        _NOWHERE / name: one if isinstance(one, str) else _as_json(one, name)
        for name, one in zip(names, given, strict=True)
    }


def _as_json(given: Mapping[str, Any], name: str) -> str:
    try:
        return json.dumps(given, indent=2, default=_plain)
    except (TypeError, ValueError, RecursionError) as problem:
        raise InputError.of(f"{name}: {problem}") from None


def _plain(value: object) -> object:
    """A mapping as a dictionary. Readers of YAML make dates of texts that look like one (`2012-10-17`)."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"`{value}` is a {type(value).__name__}, which JSON does not have: give the text that was written")


def is_inside(path: Path, folder: Path) -> bool:
    """True iff a path stays in a folder, symbolic links and `..` followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


@cache
def _all_of(stream: TextIO) -> bytes:
    """What a stream holds, which can be read once; both versions of an input may ask for it again."""
    return stream.buffer.read(MAXIMUM_FILE + 1)


def _bytes(path: Path, name: str) -> bytes:
    try:
        if path == STDIN:
            if sys.stdin is None:
                raise InputError.of("there is no standard input to read")
            data = _all_of(sys.stdin)
        elif path.exists() and not path.is_file():
            raise InputError.of(f"`{name}` is not a file")
        else:
            with path.open("rb") as file:
                data = file.read(MAXIMUM_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not one of a file"
        beside = isinstance(error, FileNotFoundError) and did_you_mean(path.name, _names_in(path.parent))
        raise InputError.of(f"cannot read `{name}`: {reason.lower()}", hint=beside or None) from None
    if len(data) > MAXIMUM_FILE:
        hint = "give a large inventory as several pages, and a plan of a part of the configuration"
        raise InputError.of(f"`{name}` is over {MAXIMUM_FILE >> 20} MiB", hint=hint)
    return data


def _names_in(folder: Path) -> list[str]:
    try:
        return [printable(name) for name in sorted(os.listdir(folder))[:_MOST_NAMES]]
    except OSError:
        return []


_MOST, _BLOCK = 256 << 20, 4096
"""Bytes of all files that are looked at, and those that a file has at least."""
_OF_TOOLS = {".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", ".venv", ".tox", ".nox", ".cache", ".npm"}
"""Hidden folders of what tools keep for themselves: other versions, modules that were fetched, programs."""


def shown_below(folder: Path) -> list[Path]:
    """What is below a folder, by path, but for what is hidden. Raises `OSError` for a folder that may not be listed."""
    found: list[Path] = []
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(above, name) for name in (*folders, *names) if not name.startswith(".")]
    return sorted(found)


def hidden_below(folder: Path) -> list[Path]:
    """The files below a folder that are hidden, or in what is, by path; but for those that tools keep for themselves.
    Raises `OSError` for a folder that may not be listed."""
    found: list[Path] = []
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted({*folders} - _OF_TOOLS)
        is_hidden = any(part.startswith(".") for part in Path(above).relative_to(folder).parts)
        found += [Path(above, name) for name in names if is_hidden or name.startswith(".")]
    return sorted(found)


def not_listed(folder: Path, pattern: str) -> list[OSError]:
    """What is wrong with folders in which `glob` looks for a pattern and which may not be listed."""
    parts, errors = Path(pattern).parts, list[OSError]()
    fixed = [*takewhile(lambda part: not set("*?[") & set(part), parts)]
    start = folder.joinpath(*fixed)
    for above, folders, _ in os.walk(start, onerror=errors.append):
        at_end = "**" not in parts and len(Path(above).parts) - len(start.parts) >= len(parts) - len(fixed) - 1
        folders[:] = [] if at_end else [name for name in folders if not name.startswith(".")]
    return [error for error in errors if not isinstance(error, FileNotFoundError | NotADirectoryError)]


def files_below(folder: Path) -> Iterator[tuple[Path, bytes, bool]]:
    """The files below a folder by their paths, with their content, or where they lead if they are links."""
    left, whole = _MOST, folder.resolve()
    for above, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted({*folders} - {".git", "providers" if above.endswith(".terraform") else ""})
        for path in (Path(above, name) for name in (*folders, *sorted(names))):
            if path.is_symlink():
                yield path.relative_to(folder), os.fsencode(os.path.relpath(os.path.realpath(path), whole)), True
            elif path.is_file():
                left -= max(path.stat().st_size, _BLOCK)
                if left < 0:
                    raise OSError
                yield path.relative_to(folder), path.read_bytes(), False


def lies_in(path: Path, folder: Path) -> bool:
    """True iff a path is one below a folder, or it, as they are written: links are not followed."""
    return Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder))


def held(path: Path) -> str:
    """A digest of a file or folder; its place, where there is nothing to look at, too much, or links."""
    try:
        is_file = path.is_file() and path.stat().st_size <= _MOST
        files = [(Path(), path.read_bytes(), False)] if is_file else files_below(path)
        found = [(str(below), sha256(data).digest(), is_link) for below, data, is_link in files]
    except OSError:
        found = []
    is_read = found and not any(is_link for _, _, is_link in found)
    return sha256(repr(found).encode()).hexdigest() if is_read else os.path.realpath(path)


def _raised(error: OSError) -> None:
    raise error
