"""The configuration of `verifier check`: `verifier.toml`, or `[tool.verifier]` in `pyproject.toml`.

In: a path. Out: `Configuration`. Guarantee: every error of the file is reported, with its line and what to do; a key
that does not exist is one. Paths are from the folder of the file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from glob import glob
from pathlib import Path
from typing import Any

from verifier.configuration.settings import CheckFailOn, Configuration
from verifier.inputs.text.files import Files, not_listed
from verifier.language.builtins.catalogue import builtin
from verifier.language.invariants.files import read_invariants
from verifier.model.choices import ACCOUNT_PATTERN, FORMATS, MOST_STEPS, REGION_PATTERN
from verifier.model.invariant_file import Allowance
from verifier.model.readings import READINGS
from verifier.model.results.verdict import Waiver
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source
from verifier.syntax.text import did_you_mean
from verifier.syntax.toml_places import KeyPath, Toml, read_toml

FILE_NAMES = ("verifier.toml", "pyproject.toml")
_TABLE = ("tool", "verifier")


class ConfigurationError(InputError):
    """The errors of a configuration, and what of it was `read` all the same: its outputs are where the errors are
    written."""

    def __init__(self, diagnostics: list[Diagnostic], read: Configuration) -> None:
        super().__init__(diagnostics)
        self.read = read


def find_configuration(folder: Path) -> Path:
    """The file in a folder. Raises `InputError` where there is none, or `pyproject.toml` is not TOML."""
    first, second = (folder / name for name in FILE_NAMES)
    if os.path.lexists(first):  # reading it tells whether it is a file
        return first
    if os.path.lexists(second):
        tools = read_toml(Files().source(second)).values.get("tool")
        if isinstance(tools, dict) and "verifier" in tools:
            return second
    raise InputError.of(
        f"there is no {FILE_NAMES[0]} here, and no [tool.verifier] in a {FILE_NAMES[1]}",
        hint='write one, for example: inputs = ["snapshots/prod"], or name it with --config FILE (docs/check.md)',
        rule="S3",
    )


def read_configuration(path: Path, texts: Mapping[Path, str] | None = None) -> Configuration:
    """Reads a file; `texts` are those in the place of what files hold. Raises `InputError` with all its errors."""
    files = Files(given=texts or {})
    document = read_toml(files.source(path))
    inside: KeyPath = _TABLE if path.name == FILE_NAMES[1] else ()
    table: Any = document.values
    for part in inside:
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise InputError((document.error(inside, "there is no table [tool.verifier] in this file"),))
    reader = _Reader(document, inside, path.parent)
    found = reader.configuration(path, table, tuple(files.digests.items()))
    if reader.errors:
        raise ConfigurationError(reader.errors, found)
    return found


def configuration_schema() -> dict[str, Any]:
    """The JSON Schema of the table; formats, readings and forms of names are those of this version."""
    schema: dict[str, Any] = json.loads(
        (Path(__file__).parents[1] / "data" / "configuration.schema.json").read_text(encoding="utf-8")
    )
    properties = schema["properties"]
    properties["outputs"]["items"]["pattern"] = rf"^(?:{'|'.join(FORMATS)})(?:=[^\u0000]+)?$"
    properties["readings"]["properties"] = {
        reading.label: {"$ref": "#/$defs/answer", "title": reading.question} for reading in READINGS
    }
    for place in (properties, properties["inputs"]["items"]["anyOf"][1]["properties"]):
        place["account"]["pattern"], place["region"]["pattern"] = f"^{ACCOUNT_PATTERN}$", f"^(?:{REGION_PATTERN})$"
    properties["fail-on"]["enum"] = [value.value for value in CheckFailOn]
    return schema


@dataclass
class _Reader:
    """Reads the values of a table; what is wrong with them is collected."""

    document: Toml
    inside: KeyPath
    folder: Path
    errors: list[Diagnostic] = field(default_factory=list)
    schema: Mapping[str, Any] = field(default_factory=configuration_schema)

    def configuration(self, path: Path, table: dict[str, Any], digest: tuple[tuple[str, str], ...]) -> Configuration:
        """The whole configuration."""
        self._known((), table, self.schema)
        inputs = self._inputs(table)
        if table.get("inputs", []) == []:
            self._wrong(
                (), "`inputs` is missing, so there is nothing to check", 'for example inputs = ["snapshots/prod"]'
            )
        return Configuration(
            path,
            tuple(inputs),
            tuple(self.folder / name for name in self._texts(table, "invariants")),
            self._builtins(table),
            self._outputs(table),
            self._readings(table),
            self._timeout(table),
            self._text((), table, "key-arn"),
            *self._place((), table),
            self._parameters(table),
            self._fail_on(table),
            self.folder / baseline if (baseline := self._text((), table, "baseline")) is not None else None,
            self._waivers(table),
            digest,
            self._steps(table),
            self._texts(table, "suppose"),
            self._allow_empty(table),
            {Path(os.path.abspath(path)): place for path, place in inputs.items() if any(place)},
            self._texts(table, "harmless"),
        )

    # -- one kind of value each --

    def _wrong(self, path: KeyPath, message: str, hint: str | None = None) -> None:
        self.errors.append(self.document.error((*self.inside, *path), message, hint))

    def _known(self, path: KeyPath, table: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        names = schema["properties"]
        for name in table:
            if name not in names:
                hint = did_you_mean(name, names) or f"the keys are {', '.join(names)}"
                self._wrong((*path, name), f"there is no key `{name}`", hint)

    def _text(self, path: KeyPath, table: Mapping[str, Any], name: str, *, needed: bool = False) -> str | None:
        value = table.get(name)
        if value is None and not needed:
            return None
        if isinstance(value, str) and value.strip():
            return value
        if value is None:
            self._wrong(path, f"`{name}` is missing")
        else:
            self._wrong((*path, name), f"`{name}` must be a text that is not empty")
        return None

    def _place(self, path: KeyPath, table: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """An account and a Region."""
        return (
            self._form(path, table, "account", ACCOUNT_PATTERN, "an account of twelve digits"),
            self._form(path, table, "region", REGION_PATTERN, "a Region, such as us-west-2"),
        )

    def _form(self, path: KeyPath, table: Mapping[str, Any], name: str, form: str, expected: str) -> str | None:
        value = self._text(path, table, name)
        if value is not None and not re.fullmatch(form, value):
            self._wrong((*path, name), f"`{name}` must be {expected}")
        return value

    def _inputs(self, table: Mapping[str, Any]) -> dict[Path, tuple[str | None, str | None]]:
        """The inputs, each with the account and the Region that it has of its own, wherever else it is named."""
        given = table.get("inputs", [])
        entries = given if isinstance(given, list) else [None]
        if not all(isinstance(one, dict) or (isinstance(one, str) and one) for one in entries):
            self._wrong(
                ("inputs",), "`inputs` must be a list of texts or tables", 'for example inputs = ["…", { path = "…" }]'
            )
            return {}
        found: dict[Path, tuple[str | None, str | None]] = {}
        for number, one in enumerate(given):
            path = ("inputs", number)
            own = one if isinstance(one, dict) else {"path": one}
            self._known(path, own, self.schema["properties"]["inputs"]["items"]["anyOf"][1])
            name = self._text(path, own, "path", needed=True)
            place = self._place(path, own)
            for each in self._paths(name) if name is not None else ():
                before = found.get(each, place)
                if any(before) and any(place) and before != place:
                    self._wrong(path, f"`{each}` is given with two accounts or Regions")
                found[each] = place if any(place) else before
        return found

    def _texts(self, table: Mapping[str, Any], name: str) -> tuple[str, ...]:
        value = table.get(name, [])
        if isinstance(value, list) and all(isinstance(member, str) and member for member in value):
            return tuple(value)
        self._wrong((name,), f"`{name}` must be a list of texts", f'for example {name} = ["…"]')
        return ()

    def _paths(self, name: str) -> list[Path]:
        """The input of a name; those that it matches, by name, where there is none of that very name and it is a
        pattern."""
        path = self.folder / name
        if not set("*?[") & set(name) or os.path.lexists(path):
            return [path]
        found = sorted(self.folder / match for match in glob(name, root_dir=self.folder, recursive=True))
        for error in not_listed(self.folder, name):
            self._wrong(
                ("inputs",), f"cannot read `{error.filename}`, where `{name}` may match: {str(error.strerror).lower()}"
            )
        if not found:
            self._wrong(("inputs",), f"no file or folder matches `{name}`", "`**` stands for any number of folders")
        return found

    def _builtins(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        found = self._texts(table, "builtins")
        for number, spec in enumerate(found):
            try:
                builtin(spec)
            except InputError as error:
                for each in error.diagnostics:
                    self._wrong(("builtins", number), each.message.removeprefix(f"--builtin {spec}: "), each.hint)
        return found

    def _outputs(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        found = self._texts(table, "outputs")
        for number, name in enumerate(one.partition("=")[0] for one in found):
            if name not in FORMATS:
                hint = did_you_mean(name, FORMATS) or f"the formats are {', '.join(FORMATS)}"
                self._wrong(("outputs", number), f"{name!r} is no format", hint)
        return found

    def _table(self, table: Mapping[str, Any], name: str) -> dict[str, Any]:
        value = table.get(name, {})
        if isinstance(value, dict):
            return value
        head = ".".join(map(str, (*self.inside, name)))
        self._wrong((name,), f"`{name}` must be a table", f"write [{head}] and its keys below")
        return {}

    def _readings(self, table: Mapping[str, Any]) -> dict[str, bool]:
        found: dict[str, bool] = {}
        answers = {True: True, False: False, "yes": True, "no": False}
        given = self._table(table, "readings")
        self._known(("readings",), given, self.schema["properties"]["readings"])
        for label, answer in given.items():
            if not isinstance(answer, bool | str) or answer not in answers:
                message = f'the reading `{label}` must be "yes" or "no"'
                self._wrong(("readings", label), message, "`verifier readings` tells what it means")
            else:
                found[label] = answers[answer]
        return found

    def _allow_empty(self, table: Mapping[str, Any]) -> bool:
        value = table.get("allow-empty", False)
        if not isinstance(value, bool):
            self._wrong(("allow-empty",), "`allow-empty` must be true or false")
        return value is True

    def _timeout(self, table: Mapping[str, Any]) -> float | None:
        value = table.get("timeout")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is None or (is_number and 0 < value < float("inf")):
            return value
        self._wrong(("timeout",), "`timeout` must be a number of seconds greater than 0")
        return None

    def _steps(self, table: Mapping[str, Any]) -> int | None:
        value = table.get("steps")
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_STEPS):
            return value
        message = f"`steps` must be a number from 0 to {MOST_STEPS}"
        self._wrong(("steps",), message, "how many steps callers may take: `can eventually`")
        return None

    def _parameters(self, table: Mapping[str, Any]) -> dict[str, str]:
        given = self._table(table, "parameters")
        for name, value in given.items():
            if not isinstance(value, str):
                self._wrong(
                    ("parameters", name), f"the parameter `{name}` must be a text", f'for example {name} = "{value}"'
                )
        return {name: value for name, value in given.items() if isinstance(value, str)}

    def _fail_on(self, table: Mapping[str, Any]) -> CheckFailOn:
        value = table.get("fail-on", CheckFailOn.REFUTED.value)
        if value not in tuple(CheckFailOn):
            self._wrong(
                ("fail-on",), '`fail-on` must be "refuted" or "stale"', "unknown always fails, with exit code 3"
            )
            return CheckFailOn.REFUTED
        return CheckFailOn(value)

    # -- waivers --

    def _waivers(self, table: Mapping[str, Any]) -> tuple[Waiver, ...]:
        given = table.get("waivers", [])
        if not isinstance(given, list) or not all(isinstance(waiver, dict) for waiver in given):
            self._wrong(("waivers",), "`waivers` must be a list of tables", "write [[waivers]] before each")
            return ()
        found = [self._waiver(("waivers", number), waiver) for number, waiver in enumerate(given)]
        return tuple(waiver for waiver in found if waiver is not None)

    def _waiver(self, path: KeyPath, table: dict[str, Any]) -> Waiver | None:
        self._known(path, table, self.schema["$defs"]["waiver"])
        names = ("invariant", "key", "allow", "reason", "owner")
        texts = {name: self._text(path, table, name, needed=True) for name in names}
        allowance = self._allowance((*path, "allow"), texts["allow"]) if texts["allow"] is not None else None
        expires = table.get("expires")
        if isinstance(expires, datetime) or not isinstance(expires, date):
            where = path if expires is None else (*path, "expires")
            message = "`expires` must be a date: the last day on which the waiver applies"
            self._wrong(where, message, "for example expires = 2027-01-31")
            return None
        if allowance is None or None in texts.values():
            return None
        known = {name: value for name, value in texts.items() if value is not None}
        span = self.document.span((*self.inside, *path))
        return Waiver(known["invariant"], known["key"], allowance, known["reason"], known["owner"], expires, span)

    def _allowance(self, path: KeyPath, text: str) -> Allowance | None:
        try:
            read = read_invariants(Source(f"{self.document.source.name}#waiver", f'allow "waiver": {text}'))
        except InputError as error:
            for found in error.diagnostics:
                self._wrong(path, f"the waived access cannot be read: {found.message}", found.hint)
            return None
        if read.invariants or len(read.allowances) != 1:
            hint = 'for example allow = "role/reports in 111122223333 can kms:Decrypt"'
            self._wrong(path, "`allow` must be one sentence", hint)
            return None
        if read.allowances[0].scope.keys is not None:
            self._wrong(path, "the key of a waiver is named by `key`, not by `on` in the sentence")
            return None
        return read.allowances[0]
