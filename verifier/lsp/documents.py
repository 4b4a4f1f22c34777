"""Documents among others, what kind a text is, and what is asked about it: by a `verifier.toml` that names it, or by
the `*.inv` files beside it or above it.

A text may be half typed: what cannot be parsed is known by its words. Guarantee: nothing above the folders that an
editor has open is looked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TypeVar

from msgspec import field

from verifier.checking import question_options
from verifier.configuration.reading import FILE_NAMES, ConfigurationError, find_configuration, read_configuration
from verifier.configuration.settings import Configuration
from verifier.frozen import Frozen
from verifier.inputs.cloudformation import is_template
from verifier.inputs.policy_file import is_policy
from verifier.inputs.snapshot.parts import SNAPSHOT
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import SUFFIXES, Files
from verifier.inputs.text.nodes import Members, Node, Scalar, member, values_of
from verifier.invariant_files import SUFFIX, beside
from verifier.model.policy import PolicyKind
from verifier.question import QuestionOptions
from verifier.syntax.diagnostic import InputError
from verifier.syntax.invariants import parse_invariants
from verifier.syntax.invariants_tree import Declaration, InvariantNode
from verifier.syntax.text import printable

_Item = TypeVar("_Item", Declaration, InvariantNode)

MOST_CHARACTERS = 4 << 20
"""Characters of the longest text that is looked at."""

Texts = Mapping[Path, str]
"""What an editor has of files."""


class OpenDocument(Frozen):
    """A document among others: its path, its text, the folders that are open, what an editor has of files."""

    path: Path
    text: str
    folders: tuple[Path, ...] = ()
    texts: Texts = field(default_factory=dict)

    @property
    def held(self) -> Texts:
        """What the editor has of all files, the document among them."""
        return {**self.texts, self.path: self.text}

    @property
    def file(self) -> str:
        """What spans call the document."""
        return printable(str(self.path))

    @property
    def kind(self) -> DocumentKind:
        return document_kind(self.path, self.text)


class DocumentKind(Enum):
    """What a document is. OTHER is none of ours, and nothing is said of it."""

    INVARIANTS = "invariants"
    POLICY = "policy"
    TEMPLATE = "template"
    SNAPSHOT = "snapshot"
    CONFIGURATION = "configuration"
    OTHER = "other"


_TEMPLATE = re.compile(r"AWSTemplateFormatVersion|^\W*Resources\W*:(?s:.*?)\bAWS::\w+::\w+", re.MULTILINE)
_POLICY = re.compile(
    r"""["']?\bVersion["']?\s*:\s*["']?20(?:12-10-17|08-10-17)|["']?\bStatement["']?\s*:\s*(?:\[|\{|\n)"""
)
_TABLE = re.compile(r"^\s*\[+\s*tool\s*\.\s*verifier\b", re.MULTILINE)


def document_kind(path: Path, text: str) -> DocumentKind:
    """The kind of a document, by its name and what it holds."""
    if path.suffix == SUFFIX:
        return DocumentKind.INVARIANTS
    if path.name in FILE_NAMES:
        return DocumentKind.CONFIGURATION if path.name == FILE_NAMES[0] or _TABLE.search(text) else DocumentKind.OTHER
    if path.suffix.lower() not in (*SUFFIXES, ".template"):
        return DocumentKind.OTHER
    if not (_TEMPLATE.search(text) or _POLICY.search(text) or any(word in text for word in SNAPSHOT)):
        return DocumentKind.OTHER
    tree = tree_of(path, text)
    if tree is None:
        kinds = {_TEMPLATE: DocumentKind.TEMPLATE, _POLICY: DocumentKind.POLICY}
        return next((kind for words, kind in kinds.items() if words.search(text)), DocumentKind.OTHER)
    if is_template(tree):
        return DocumentKind.TEMPLATE
    if isinstance(tree, Members) and tree.has(*SNAPSHOT):
        return DocumentKind.SNAPSHOT
    return DocumentKind.POLICY if is_policy(tree) else DocumentKind.OTHER


def tree_of(path: Path, text: str) -> Node | None:
    """The value that a JSON or YAML text holds; `None` where it holds none."""
    try:
        return Files(given={path: text}).node(path)
    except (InputError, RecursionError):
        return None


def items_of(path: Path, texts: Texts, kind: type[_Item]) -> list[_Item]:
    """What a file of invariants has of a kind; nothing while it cannot be parsed."""
    try:
        return [item for item in parse_invariants(Files(given=texts).source(path)).items if isinstance(item, kind)]
    except (InputError, RecursionError):
        return []


def policy_kind(tree: Node) -> PolicyKind | None:
    """What a policy document is attached to, as far as its elements tell; `None` for another service's resource."""
    statements = [statement for statement in values_of(member(tree, "Statement")) if isinstance(statement, Members)]
    if not any(statement.has("Principal", "NotPrincipal") for statement in statements):
        return PolicyKind.IDENTITY
    services = {action.partition(":")[0].lower() for statement in statements for action in _actions(statement)}
    if services and services <= {"sts"}:
        return PolicyKind.TRUST
    return PolicyKind.KEY if not services or services & {"kms", "*"} else None


def _actions(statement: Members) -> list[str]:
    found = [value for name in ("Action", "NotAction") for value in values_of(member(statement, name))]
    return [value.text for value in found if isinstance(value, Scalar)]


class EditorQuestion(Frozen):
    """What is asked, by the files of invariants that `options` name, and the configuration that asks it, if any."""

    options: QuestionOptions
    settings: Configuration

    def includes(self, path: Path) -> bool:
        """True iff a file is an input, or one of the invariants."""
        return path in self.options.invariants or any(path.is_relative_to(given) for given in self.options.paths)


def question_about(scene: OpenDocument) -> EditorQuestion | None:
    """What is asked about a document; `None` where nothing is."""
    path, texts = scene.path, scene.held
    above = list(_above(path, scene.folders))
    for folder in above:
        settings = _settings(folder, texts)
        if settings is not None and _is_of(path, settings):
            return _with_files(question_options(settings), settings, texts)
    settings = settings_for(scene)
    for folder in above:
        found = beside([folder])
        if found:
            alone = path.suffix != SUFFIX and folder == path.parent
            options = QuestionOptions(
                (path if alone else folder,), found, (), settings.key_arn if alone else None, supplied(settings)
            )
            return _with_files(options, settings, texts)
    return None


def files_in_question(scene: OpenDocument) -> frozenset[Path]:
    """The files that the editor has, and that what is asked about a document is about: its inputs and invariants."""
    context = question_about(scene)
    return frozenset(path for path in scene.held if context is not None and context.includes(path))


def settings_for(scene: OpenDocument) -> Configuration:
    """The configuration nearest to a document: it tells the account, the Region and the parameters of what does not."""
    found = (_settings(folder, scene.held) for folder in _above(scene.path, scene.folders))
    return next((settings for settings in found if settings is not None), Configuration(scene.path, ()))


def supplied(settings: Configuration) -> Supplied:
    """What a configuration says of inputs."""
    return question_options(settings).supplied


def _with_files(options: QuestionOptions, settings: Configuration, texts: Texts) -> EditorQuestion:
    """The question with an editor's paths, and the files of invariants beside the input where none are named."""
    paths = tuple(map(_plain, options.paths))
    invariants = tuple(map(_plain, options.invariants)) or (() if options.builtins else beside(paths))
    return EditorQuestion(replace(options, paths=paths, invariants=invariants, texts=texts), settings)


def _above(path: Path, folders: Sequence[Path]) -> Iterator[Path]:
    """The folder of a document and those above it, up to one that the editor has open."""
    tops = [folder for folder in folders if path.is_relative_to(folder)]
    for folder in path.parents:
        yield folder
        if not tops or folder in tops:
            return


def _settings(folder: Path, texts: Texts) -> Configuration | None:
    try:
        return read_configuration(find_configuration(folder), texts)
    except ConfigurationError as error:
        return error.read
    except InputError:
        return None


def _is_of(path: Path, settings: Configuration) -> bool:
    if path in (settings.path, *map(_plain, settings.invariants)):
        return True
    return any(path.is_relative_to(named) for named in map(_plain, settings.inputs))


def _plain(path: Path) -> Path:
    return Path(os.path.abspath(path))
