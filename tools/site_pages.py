"""The pages of the site that are not in docs/: a hook of MkDocs (mkdocs.yml).

In: the program (commands, built-ins, readings, steps, schemas), and pages of the repository that stand elsewhere. Out:
pages. Links are written for readers of the repository: those that leave docs/ lead to the page that has come into the
site, or else to the repository.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from posixpath import join, normpath, relpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.testing import CliRunner

from verifier.cli import COMMANDS, app
from verifier.cli.listings import Schema

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {"README.md": "index.md"} | {
    name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")
}
"""Pages of the repository outside docs/, and what they are called in the site."""
_OTHER = ".schema.json"
_LINK = re.compile(r"(?<=\]\()([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages."""
    for source, name in ELSEWHERE.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    for name, make in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content="\n".join(make()) + "\n"))
    for name in SCHEMAS:
        files.append(File.generated(config, f"reference/{name}.schema.json", content=_said("schema", name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leads each relative link of a page of the repository to where its target is in the site."""
    name = page.file.src_uri
    source = next((source for source, there in ELSEWHERE.items() if there == name), f"docs/{name}")

    def led(match: re.Match[str]) -> str:
        target = normpath(join(os.path.dirname(source), match[1]))
        inside = ELSEWHERE.get(target, target.removeprefix("docs/"))
        if files.get_file_from_path(inside) is not None:
            return relpath(inside, os.path.dirname(name) or ".")
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"{config.repo_url}/{kind}/main/{target}" if (ROOT / target).exists() else match[1]

    return _LINK.sub(led, markdown)


def _said(*arguments: str) -> str:
    """What the program prints."""
    result = CliRunner().invoke(app, list(arguments), prog_name="verifier", env={"COLUMNS": "100", "NO_COLOR": "1"})
    if result.exit_code:
        raise RuntimeError(f"verifier {' '.join(arguments)}: exit code {result.exit_code}")
    return result.output


def _block(*arguments: str) -> Iterator[str]:
    yield from ("```text", _said(*arguments).rstrip("\n"), "```", "")


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", "What `verifier --help` prints, and `--help` of each command.", "", *_block("--help"))
    for command in COMMANDS:
        yield from (f"## verifier {command}", "", *_block(command, "--help"))


def _listing(title: str, text: str, *arguments: str) -> Callable[[], Iterator[str]]:
    return lambda: iter((f"# {title}", "", text, "", *_block(*arguments)))


def _python() -> Iterator[str]:
    yield from ("# Python", "", "Examples are in [In Python](../python.md).", "", "::: verifier")


def _schemas() -> Iterator[str]:
    yield from (
        "# Schemas",
        "",
        "What the program reads and writes as JSON or TOML; `verifier schema NAME` prints each as JSON Schema.",
        "",
    )
    for name in SCHEMAS:
        schema = json.loads(_said("schema", name))
        yield from (f"## {name}", "", f"{_cell(schema)} [JSON Schema]({name}.schema.json)", "")
        yield from ("| member | type | |", "| --- | --- | --- |", *_members(name, schema, ""), "")
        for part, definition in schema.get("$defs", {}).items():
            if "$id" in definition:  # a schema of its own, with a section of its own
                continue
            yield from (f"### {name} {part}", "", _cell(definition), "")
            rows = tuple(_members(name, definition, ""))
            yield from (
                ("| member | type | |", "| --- | --- | --- |", *rows, "") if rows else (_type(name, definition), "")
            )


def _members(name: str, schema: dict[str, Any], prefix: str) -> Iterator[str]:
    """A row for each member, those of objects within it included."""
    for member, inner in schema.get("properties", {}).items():
        needed = "" if member in schema.get("required", ()) else ", optional"
        yield f"| `{prefix}{member}` | {_type(name, inner)}{needed} | {_cell(inner)} |"
        yield from _members(name, inner, f"{prefix}{member}.")
        yield from _members(
            name, inner.get("items", {}) if isinstance(inner.get("items"), dict) else {}, f"{prefix}{member}[]."
        )
    for option in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _members(name, option, prefix)


def _type(name: str, schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        part = schema["$ref"].rpartition("/")[2]
        page = part.removesuffix(_OTHER)
        return f"[{page}](#{page if part.endswith(_OTHER) else f'{name}-{part.lower()}'})"
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", [schema.get("const")]))
    if options := (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        return " or ".join(dict.fromkeys(_type(name, option) for option in options))
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of {_type(name, schema.get('items', {}))}"
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _cell(schema: dict[str, Any]) -> str:
    return str(schema.get("description", "")).replace("|", "\\|").replace("\n", " ")


SCHEMAS = tuple(str(name.value) for name in Schema)
PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "commands": _commands,
    "python": _python,
    "builtins": _listing("Built-in invariants", "What `verifier builtins` prints.", "builtins"),
    "readings": _listing(
        "Open questions",
        "Questions that AWS's documentation leaves open, as `verifier readings` prints them.",
        "readings",
    ),
    "steps": _listing(
        "Steps",
        "The actions of AWS by which a caller can come to more; [Reach](../reach.md) says how. "
        "`verifier actions` lists all actions, with those in doubt.",
        *("actions", "--head", "step"),
    ),
    "schemas": _schemas,
}
