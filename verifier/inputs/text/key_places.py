"""Where below a folder keys may be described.

In: a folder that was given as an input, and what was read of it. Out: what else to give, by path from there.
Guarantee: this only says where to look; nothing is read for an answer.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from verifier.inputs.text.folders import shown_below

_KEYS = re.compile(
    r"""\bresource[ \t]+"?aws(?:cc)?_kms_\w*key\b|"aws(?:cc)?_kms_\w*key"[ \t]*:|\bAWS::KMS::(?:Replica)?Key\b"""
)
"""What a configuration has that makes keys: by the Cloud Control API and in templates it gives, the type of these."""
_CALL = re.compile(r"""\bmodule(?:[ \t]+"?\w|"[ \t]*:)""")
_SOURCE = re.compile(r"""\bsource"?[ \t]*[=:][ \t]*"([^"]*)\"""")
_OF_TERRAGRUNT = re.compile(r"""^[ \t]*terraform[ \t]*\{""", re.MULTILINE)
"""How a file of Terragrunt calls its one module."""
_PATH = ("./", "../")
"""How the source of a module begins that is a path."""
_IN_TEMPLATE = re.compile(r"""\bType["']?[ \t]*:[ \t]*["']?AWS::KMS::(?:Replica)?Key\b""")
_RESOURCES = re.compile(r"""^["']?Resources["']?[ \t]*:""", re.MULTILINE)
"""What a template in YAML has at the beginning of a line."""
OF_CONFIGURATIONS = (".tf", ".tofu", ".tf.json", ".tofu.json", ".hcl")
_OF_TEMPLATES = (".json", ".yaml", ".yml", ".template")
"""How the names of files end that may describe keys; those of templates in any case."""
_MOST = 1 << 20
"""Bytes of the longest file that is looked at: those that people write are shorter."""


def places_of_keys(folder: Path, read: Collection[str] = (), *, fetched: bool = False) -> list[Path]:
    """The folders of `.tf`, `.tofu` and `.hcl` files below a folder that make keys, by themselves or by modules of
    theirs, without those that are modules of others; and the templates that make keys. Left out is what was `read`, by
    real path, and such files of the folder itself. With `fetched` these count too, and modules from elsewhere, which
    may make some."""
    try:
        below = shown_below(folder)
    except OSError:
        return []
    configurations, templates = defaultdict[Path, str](str), list[Path]()
    for path in below:
        if path.name.endswith(OF_CONFIGURATIONS):
            text = _text(path)
            configurations[path.parent] += _OF_TERRAGRUNT.sub("module m {", text) if path.suffix == ".hcl" else text
        elif path.suffix.lower() in _OF_TEMPLATES and os.path.realpath(path) not in read:
            templates.append(path)
    folders = {os.path.dirname(path) for path in read if path.endswith(".tf")}
    roots = (root for root in _roots(configurations, fetched) if os.path.realpath(root) not in folders)
    of_keys = (path for path in templates if _is_template_of_keys(_text(path)))
    found = {*roots, *of_keys}
    own = (path for path in below if path.parent == folder and path.name.endswith(OF_CONFIGURATIONS))
    return sorted((found - {folder}).union(own if fetched and folder in found else ()))


def _roots(configurations: Mapping[Path, str], fetched: bool) -> Iterator[Path]:
    """The folders that make keys, and are no modules of others."""
    used = {folder: _modules(folder, text) & configurations.keys() for folder, text in configurations.items()}
    makers = {folder for folder, text in configurations.items() if _KEYS.search(text) or (fetched and _fetches(text))}
    while more := {folder for folder, modules in used.items() if modules & makers} - makers:
        makers |= more
    return (folder for folder in makers if not any(folder in modules for modules in used.values()))


def _modules(folder: Path, text: str) -> set[Path]:
    paths = (source for source in _SOURCE.findall(text) if source.startswith(_PATH))
    return {Path(os.path.normpath(folder / path)) for path in paths} - {folder}


def _fetches(text: str) -> bool:
    """True iff the first source behind some call of a module is no path."""
    for call in _CALL.finditer(text):
        if (found := _SOURCE.search(text, call.end())) is None:
            return False
        if not found[1].startswith(_PATH):
            return True
    return False


def _is_template_of_keys(text: str) -> bool:
    has_resources = text.lstrip().startswith("{") or _RESOURCES.search(text)
    return bool(has_resources) and _IN_TEMPLATE.search(text) is not None


def _text(path: Path) -> str:
    try:
        if not path.is_file() or path.stat().st_size > _MOST:
            return ""
        return path.read_text(encoding="utf-8", errors="ignore")
    except OSError:
        return ""
