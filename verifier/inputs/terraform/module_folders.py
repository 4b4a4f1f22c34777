"""The folders of the modules of a configuration: where `terraform init` has put them, and what they may read.

In: the folder of a configuration, and the call of a module, or a folder above. Out: where that module is, or the files
in it, and which of them may lead out of it. Guarantee: a module has the source and the version that the call asks for;
of another one Terraform demands `init` first, so it is not read.
[Terraform language: Module Sources; Version Constraints]
"""

from __future__ import annotations

import hashlib
import json
import operator
import os
import re
from collections.abc import Iterator
from pathlib import Path

from verifier.inputs.terraform.configuration import HclBlock
from verifier.inputs.terraform.plan_values import ModuleName
from verifier.inputs.text.files import files_below

CONFIGURATION_ENDINGS = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""Endings of the files that make up a configuration."""
_UP = re.compile(rb'(source"?\s*[=:]\s*"|path\.module\}/)?((?:\.\./)*\.\.)[/"]')
"""The beginning of a path that leads up, from the folder of its module or that in which Terraform runs."""
_SOURCE = re.compile(rb'\bsource"?\s*[=:]\s*(?![\s\[])(?:"([^"$%\\]*)")?')
"""A source, perhaps of a module; empty where it is neither a plain text nor a list."""
_ADDED = re.compile(r"(?:git::)?(?:https?://|ssh://)?(?:git@)?(?:registry\.(?:terraform\.io|opentofu\.org)/)?")
"""What Terraform may write before the source of a call."""
_NUMBERS = r"[0-9]{1,18}(?:\.[0-9]{1,18})*"
_CONSTRAINT = re.compile(rf"\s*(=|!=|>=|<=|>|<|~>|)\s*v?({_NUMBERS})\s*")
_VERSION = re.compile(_NUMBERS)
_COMPARISONS = {
    "": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_PARTS = 8


class Installed:
    """The modules in a folder, by the calls that lead to them: what `modules.json` says of each."""

    def __init__(self, folder: Path) -> None:
        self.top = folder
        self.entries: dict[ModuleName, dict[str, object]] = {}
        try:
            text = (folder / ".terraform" / "modules" / "modules.json").read_text(encoding="utf-8")
            self.entries = {tuple(one["Key"].split(".")): one for one in json.loads(text)["Modules"] if one["Key"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return

    def folder(self, name: ModuleName, call: HclBlock) -> Path | None:
        """Where the module of a call is; `None` where it is not there, or another one is."""
        entry = self.entries.get(name, {})
        where, source, version = (entry.get(key) for key in ("Dir", "Source", "Version"))
        if not isinstance(where, str) or _plain(source) != _plain(call.text("source")):
            return None
        version_constraints = "" if "version" not in call.attributes else call.text("version")
        return self.top / where if version_constraints == "" or _allows(version_constraints, version) else None


def _plain(source: object) -> str | None:
    """The source of a module without what Terraform adds to it."""
    if not isinstance(source, str):
        return None
    return re.sub(r"\.git(?=/|\?|$)", "", _ADDED.sub("", source, count=1)).replace(":", "/", 1)


def _allows(constraints: str | None, version: object) -> bool:
    """True iff a version meets all of the constraints, which commas separate."""
    if constraints is None or not isinstance(version, str):
        return False
    if not _VERSION.fullmatch(version):  # one before its release meets no other than itself
        return constraints.strip().removeprefix("=").strip() == version
    found = [_CONSTRAINT.fullmatch(one) for one in constraints.split(",")]
    return all(one is not None and _holds(one[1], _numbers(version), one[2]) for one in found)


def _holds(sign: str, version: tuple[int, ...], text: str) -> bool:
    bound, last = _numbers(text), text.count(".")
    if sign == "~>":
        return version[:last] == bound[:last] and version >= bound
    return bool(_COMPARISONS[sign](version, bound))


def _numbers(text: str) -> tuple[int, ...]:
    """The parts of a version; those that are not written are zero."""
    found = [int(part) for part in text.split(".")]
    return (*found, *[0] * (_PARTS - len(found)))


def files_in(folder: Path, top: Path) -> Iterator[tuple[str, bytes, bool]]:
    """The files below a folder by their paths there, with a digest, and whether they lead out of it, where Terraform
    runs in `top`: links, and of configurations those of modules that this one may call. Raises `OSError`."""
    found, own = list(files_below(folder)), top.resolve().relative_to(folder.resolve())
    written: dict[Path, list[bytes]] = {}
    for below, data, is_link in found:
        if below.name.endswith(CONFIGURATION_ENDINGS) and not is_link:
            written.setdefault(below.parent, []).append(data)
    called = {*written} if any(is_link for *_, is_link in found) else _called(written, own)
    for below, data, is_link in found:
        is_read = below.name.endswith(CONFIGURATION_ENDINGS) and below.parent in called
        depths = {True: len(below.parent.parts), False: len(own.parts)}
        leads_out = is_read and any(up.count(b"..") > depths[bool(of_module)] for of_module, up in _UP.findall(data))
        yield str(below), hashlib.sha256(data).digest(), data.startswith(b"../") if is_link else leads_out


def _called(written: dict[Path, list[bytes]], top: Path) -> set[Path]:
    """The folders of the modules that a configuration in `top` may call, by what the files in each say, `top` and all
    below it among them; every folder where a source is not told. No links lead from one to another."""
    pending = [folder for folder in written if folder.is_relative_to(top)]
    found = set(pending)
    for folder in pending:
        sources = [source for data in written[folder] for source in _SOURCE.findall(data)]
        if not all(sources):
            return set(written)
        near = {Path(os.path.normpath(folder / os.fsdecode(source))) for source in sources if source.startswith(b".")}
        new = (near & written.keys()) - found
        found |= new
        pending += new
    return found
