"""The modules that `terraform init` has put into a folder.

In: the folder, and the call of a module. Out: where that module is. Guarantee: it has the source and the version that
the call asks for; of another one Terraform demands `init` first, so it is not read.
[Terraform language: Module Sources; Version Constraints]
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from verifier.inputs.terraform.configuration import Block
from verifier.inputs.terraform.plan_values import ModuleName

_ADDED = re.compile(r"(?:git::)?(?:https?://|ssh://)?(?:git@)?(?:registry\.(?:terraform\.io|opentofu\.org)/)?")
"""What Terraform may write before the source of a call."""
_CONSTRAINT = re.compile(r"\s*(=|!=|>=|<=|>|<|~>|)\s*v?([0-9]+(?:\.[0-9]+)*)\s*")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_PARTS = 8


class Installed:
    """The modules in a folder, by the calls that lead to them: what `modules.json` says of each."""

    def __init__(self, folder: Path) -> None:
        self.top = folder
        self.entries: dict[ModuleName, dict[str, object]] = {}
        try:
            text = (folder / ".terraform" / "modules" / "modules.json").read_text(encoding="utf-8")
            self.entries = {tuple(one["Key"].split(".")): one for one in json.loads(text)["Modules"] if one["Key"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return

    def folder(self, name: ModuleName, call: Block) -> Path | None:
        """Where the module of a call is; `None` where it is not there, or another one is."""
        entry = self.entries.get(name, {})
        where, source, version = (entry.get(key) for key in ("Dir", "Source", "Version"))
        if not isinstance(where, str) or _plain(source) != _plain(call.text("source")):
            return None
        asked = "" if "version" not in call.attributes else call.text("version")
        return self.top / where if asked == "" or _allows(asked, version) else None


def _plain(source: object) -> str | None:
    """The source of a module without what Terraform adds to it."""
    if not isinstance(source, str):
        return None
    found = source[match.end() :] if (match := _ADDED.match(source)) else source
    return re.sub(r"\.git(?=/|\?|$)", "", found).replace(":", "/", 1)


def _allows(asked: str | None, version: object) -> bool:
    """True iff a version meets all of the constraints, which commas separate."""
    if asked is None or not isinstance(version, str):
        return False
    found = [_CONSTRAINT.fullmatch(one) for one in asked.split(",")]
    if not _VERSION.fullmatch(version):  # one before its release meets no other than itself
        return asked.strip().removeprefix("=").strip() == version
    return all(one is not None and _holds(one[1], _numbers(version), one[2]) for one in found)


def _holds(operator: str, version: tuple[int, ...], text: str) -> bool:
    bound, last = _numbers(text), text.count(".")
    if operator == "~>":
        return version[:last] == bound[:last] and version >= bound
    return {
        "": version == bound,
        "=": version == bound,
        "!=": version != bound,
        ">": version > bound,
        ">=": version >= bound,
        "<": version < bound,
        "<=": version <= bound,
    }[operator]


def _numbers(text: str) -> tuple[int, ...]:
    found = [int(part) for part in text.split(".")]
    return (*found, *[0] * (_PARTS - len(found)))
