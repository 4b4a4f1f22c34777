"""JSON and YAML texts as one kind of tree, each node with its place.

Guarantee: no member is lost (duplicates stand side by side until they are asked for, then they are an error), and a
scalar keeps the characters that were written, so `012345678901` stays an account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from verifier.frozen import Frozen
from verifier.inputs.text.definitions import Definitions
from verifier.model.unmodelled import Unmodelled
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import NOWHERE, Source, Span
from verifier.syntax.text import printable, printable_line

_T = TypeVar("_T")

ScalarType = Literal["string", "plain", "null"]

_MAXIMUM = 200
"""How many errors, and how many warnings, of the whole input are listed one by one."""

_LONGEST_LINE = 1 << 12
"""Characters of the longest line that is shown as an excerpt."""

MAXIMUM_DEPTH = 100
"""Objects and lists inside each other. AWS CLI output and policies stay below 20."""


@dataclass(eq=False, slots=True)  # large inventories hold half a million of these
class Node:
    """A value of the document: the characters `start` (included) to `end` (excluded) of `source.text`."""

    source: Source
    start: int
    end: int
    reported_by: str = field(default="", init=False)
    """What tells it, where a plan tells it and nothing writes it (docs/several-inputs.md)."""

    @property
    def span(self) -> Span:
        """The place in the outermost file."""
        return self.source.span(self.start, self.end)

    @property
    def written(self) -> str:
        return self.source.text[self.start : self.end]


@dataclass(eq=False, slots=True)
class Scalar(Node):
    """A string, a `plain` value (number, Boolean, unquoted YAML; as written) or null (`text` is empty)."""

    text: str
    type: ScalarType


@dataclass(eq=False, slots=True)
class Items(Node):
    """A list."""

    items: list[Node]


@dataclass(eq=False, slots=True)
class Members(Node):
    """An object: its members in order, duplicates included."""

    pairs: list[tuple[Scalar, Node]]

    def has(self, *names: str) -> bool:
        """True iff there is a member of one of these names."""
        return any(key.text in names for key, _ in self.pairs)


def member(node: Node | None, name: str) -> Node | None:
    """The member of an object; `None` where there is none, or the node is no object."""
    pairs = node.pairs if isinstance(node, Members) else []
    return next((value for key, value in pairs if key.text == name), None)


def entries(node: Node | None) -> list[Node]:
    """The entries of a list; none for nothing, and for what is no list."""
    return node.items if isinstance(node, Items) else []


def values_of(node: Node | None) -> list[Node]:
    """The entries of a list, or the one value that stands for a list of it; none for nothing."""
    return node.items if isinstance(node, Items) else [] if node is None else [node]


def text_of(node: Node, name: str) -> str | None:
    """The text of a member, for comparison only; `None` where there is none."""
    found = member(node, name)
    return found.text if isinstance(found, Scalar) else None


def text_at(place: Node, text: str) -> Scalar:
    """A text at the place of another node."""
    return Scalar(place.source, place.start, place.end, text, "string")


def plain(place: Node, text: str) -> Scalar:
    """A number or truth at the place of another node."""
    return Scalar(place.source, place.start, place.end, text, "plain")


def null(place: Node) -> Scalar:
    """Null at the place of another node."""
    return Scalar(place.source, place.start, place.end, "", "null")


def obj(place: Node, /, **found: Node) -> Members:
    """An object at the place of another node."""
    return Members(place.source, place.start, place.end, [(text_at(place, name), node) for name, node in found.items()])


def listing(place: Node, nodes: Iterable[Node]) -> Items:
    """A list at the place of another node."""
    return Items(place.source, place.start, place.end, list(nodes))


def nodes_in(root: Node) -> Iterator[Node]:
    """A node and all that it holds, names of members too, in their order."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, Items):
            pending += reversed(node.items)
        elif isinstance(node, Members):
            pending += [part for pair in reversed(node.pairs) for part in reversed(pair)]


def _diagnostic(
    severity: Severity, node: Node, message: str, *, hint: str | None = None, rule: str | None = None
) -> Diagnostic:
    """A remark on a node, safe to print."""
    span = node.span
    line = node.source.line_text(span.line) if span.line else None
    excerpt = printable_line(line) if line and len(line) <= _LONGEST_LINE else None
    return Diagnostic(severity, printable(message), span, excerpt, printable(hint) if hint else None, rule)


def refusal(node: Node, message: str, *, hint: str | None = None, rule: str | None = None) -> InputError:
    return InputError([_diagnostic(Severity.ERROR, node, message, hint=hint, rule=rule)])


class OwnRegion(Frozen):
    """What stands for the Region of keys of a file, the text that refers to it there, empty where nothing does, and the
    Regions that are named where what is read may hang on it. Of a file that does not tell its partition `partitions`
    are the others that it may be in; if it `tells` it, that is the Region's, whatever else it names. `span` is the
    place of what is first in it, or of the first name of a Region; where several Regions are not told, `more` are the
    first things in each."""

    region: str
    refers: str
    named: frozenset[str] = frozenset()
    partitions: tuple[str, ...] = ()
    span: Span = NOWHERE
    more: tuple[str, ...] = ()
    tells: bool = False


@dataclass
class Remarks:
    """Collects errors and warnings of the whole input, so that all are reported together; past `_MAXIMUM` of a kind
    they are counted. `unknown_statements` are what statements with unknown parts might say, by name, and
    `written_statements` these statements, as they are written."""

    errors: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)
    unknown_statements: dict[str, Unmodelled] = field(default_factory=dict)
    written_statements: dict[str, Node] = field(default_factory=dict)
    omitted: Counter[Severity] = field(default_factory=Counter)
    concluded: dict[str, None] = field(default_factory=dict)
    """Sentences: what was concluded about where a key is, which the input does not say (S4)."""
    own_accounts: dict[str, list[str]] = field(default_factory=dict)
    """The policy files of which the account was concluded, by account (S4)."""
    own_regions: dict[str, OwnRegion] = field(default_factory=dict)
    """The files with keys in a Region that nothing tells (S4)."""
    regions_taken: list[object] = field(default_factory=list)
    """What is written of each Region that nothing but the user tells."""
    not_read: dict[str, tuple[Span, str | None]] = field(default_factory=dict)
    """What may hold keys, and is not read (S3), with its place, and what to do."""
    no_keys: list[str] = field(default_factory=list)
    """Which policies are of no key, and why (S3)."""
    by_id: dict[str, Node] = field(default_factory=dict)
    """The ARNs that were made of the ID of a key where nothing tells the Region, with the places of the IDs."""
    definitions: Definitions = field(default_factory=Definitions)
    """What the names stand for that the input is written with."""
    hints: list[Callable[[Diagnostic], Diagnostic]] = field(default_factory=list)
    """What gives an error without a hint one, where it knows one."""

    def error(self, node: Node, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        if self._has_room(Severity.ERROR):
            self.errors.append(_diagnostic(Severity.ERROR, node, message, hint=hint, rule=rule))

    def ask(self, node: Node, message: str, *, hint: str, rule: str) -> None:
        """Records an error that an answer mends, unless one that the same answer mends is recorded already."""
        if all(found.hint != hint for found in self.errors):
            self.error(node, message, hint=hint, rule=rule)

    def warning(self, node: Node, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        if self._has_room(Severity.WARNING):
            self.warnings.append(_diagnostic(Severity.WARNING, node, message, hint=hint, rule=rule))

    def unread(self, node: Node, message: str, *, hint: str | None = None) -> None:
        """Records, with a warning, that something may hold keys that are not read."""
        said = f"{message}: no key in it is checked"
        self.not_read.setdefault(message, (node.span, hint))
        self.warning(node, said, hint=hint)

    def add_warnings(self, warnings: Iterable[Diagnostic]) -> None:
        """Records the warnings of a policy."""
        self.warnings += [warning for warning in warnings if self._has_room(Severity.WARNING)]

    def keep(self, read: Callable[[], _T]) -> _T | None:
        """What `read` returns, or `None` after its errors are recorded."""
        try:
            return read()
        except InputError as error:
            self.errors += [found for found in error.diagnostics if self._has_room(Severity.ERROR)]
            return None

    def raise_errors(self) -> None:
        """Raises `InputError` with the errors so far, each once; does nothing if there are none. Where an account or a
        Region is asked for (S4), what is not read may have told it: that follows."""
        errors: Iterable[Diagnostic] = self.errors
        for with_hint in self.hints:
            errors = map(with_hint, errors)
        if self.errors:
            asks = any(error.rule == "S4" for error in self.errors)
            unread = {span for span, _ in self.not_read.values()} if asks else ()
            why = dict.fromkeys(warning for warning in self.warnings if warning.span in unread)
            raise InputError([*dict.fromkeys(errors), *self._counted(Severity.ERROR), *why])

    def all_warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings so far, each once; the last one counts those left out."""
        return (*dict.fromkeys(self.warnings), *self._counted(Severity.WARNING))

    def _has_room(self, severity: Severity) -> bool:
        recorded = self.errors if severity is Severity.ERROR else self.warnings
        if len(recorded) < _MAXIMUM:
            return True
        self.omitted[severity] += 1
        return False

    def _counted(self, severity: Severity) -> tuple[Diagnostic, ...]:
        count = self.omitted[severity]
        return (Diagnostic(severity, f"{count} more like these are not shown"),) if count else ()
