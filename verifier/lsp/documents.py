"""Documents among others, and what kind a text is. It may be half typed: what cannot be parsed is known by its
words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar

from msgspec import field

from verifier.configuration.reading import FILE_NAMES
from verifier.frozen import Frozen
from verifier.inputs.cloudformation import is_template
from verifier.inputs.policy_file import is_policy
from verifier.inputs.snapshot.parts import SNAPSHOT
from verifier.inputs.text.files import SUFFIXES, Files
from verifier.inputs.text.nodes import Members, Node, Scalar, member, values_of
from verifier.invariant_files import SUFFIX
from verifier.model.policy import PolicyKind
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
        return (
            DocumentKind.TEMPLATE
            if _TEMPLATE.search(text)
            else DocumentKind.POLICY
            if _POLICY.search(text)
            else DocumentKind.OTHER
        )
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
    """What a policy document is attached to, as far as its elements tell; `None` for a policy of another service's
    resource."""
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
