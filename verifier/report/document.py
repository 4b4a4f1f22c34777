"""What a command says, once: `pages` make documents of results, `render` makes text, Markdown and HTML of documents.

In: nothing (plain data). Out: frozen structs. Guarantee: texts of the input stand here as they are; whoever renders
them makes them safe for where they go, so that no page has to. What is folded away on a page, `--verbose` tells in
text. What was concluded about where the keys are (S4) every format of every command tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.results.verdict import Assumption, KeySummary, Status, Story
from verifier.syntax.source import Span

if TYPE_CHECKING:
    from verifier.model.policy import Policy, StatementRef
    from verifier.model.results.access import KeyAccess


class Role(Enum):
    """What words are, which says how they look."""

    NAME = "name"
    CODE = "code"
    QUOTED = "quoted"
    """Code within a sentence, which text has in backticks."""
    COMMAND = "command"
    """Never broken, to be copied."""
    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    DIM = "dim"


WORST = (Role.BAD, Role.DOUBT, Role.DIM, Role.GOOD)
"""What fails first."""
MARKS = {Status.PROVED: Role.GOOD, Status.REFUTED: Role.BAD, Status.UNKNOWN: Role.DOUBT}


class Said(Frozen):
    """Words of one role."""

    text: str
    role: Role


class Apart(Frozen):
    """Pieces none of which is broken, with something between them; spaces alone are a dot on a page."""

    pieces: tuple[Words, ...]
    between: str = "   "


Words: TypeAlias = "str | Said | Apart | Sequence[Words]"


class Heading(Frozen):
    """`beside` is what there is to say of the thing in a line; `mark` how it fares, which text says otherwise."""

    words: Words
    beside: tuple[str, ...] = ()
    mark: Role | None = None


class Para(Frozen):
    """A paragraph. `mark` stands before it."""

    words: Words
    mark: Role | None = None


class Item(Frozen):
    """One thing of a list. `label` stands before it, in columns of its own."""

    words: Words
    label: Words = ""
    tail: str = ""
    mark: Role | None = None
    below: tuple[Block, ...] = ()


class ItemList(Frozen):
    """A list. In text it is indented by `margin`, labels take `columns`, what does not fit on a line hangs by `hang`
    (as what stands behind the label, if not given)."""

    items: tuple[Item, ...]
    margin: int = 0
    columns: int = 0
    hang: int | None = None

    def labelled(self) -> Iterator[tuple[str, Item]]:
        """The items, each with its label or that of those before it, which text writes once."""
        last = ""
        for item in self.items:
            last = plain_text(item.label).strip() or last
            yield last, item


class Row(Frozen):
    """Cells side by side; what stands `below` them is in the last one on a page."""

    cells: tuple[Words, ...]
    below: tuple[ItemList, ...] = ()


class TableBlock(Frozen):
    """`widths` are the columns of cells in text, which has no titles. `grouped`: there the first cell is a line by
    itself, once for all rows that share it, and not in `widths`. `apart`: a line between rows."""

    titles: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[Row, ...]
    grouped: bool = False
    apart: bool = False


class Listing(Frozen):
    """Things by name only; in short the first `most` of them."""

    label: str
    names: tuple[str, ...]
    most: int | None = None


class Supposed(Frozen):
    """What the answer supposes. What was concluded (S4) is at the end of a page, where there is always room."""

    assumptions: tuple[Assumption, ...]
    label: str = "supposes"
    columns: int = 12
    margin: int = 0


class Folded(Frozen):
    """What is folded away on a page. In text it is there with `--verbose`, without it `instead` is; or always behind
    `line`, if given, which has `aside` at its right.

    `lead` stands before it on a page; `number` is that of the row of an overview that leads here; a page has it `open`
    at first. A comment has no room for what is `quiet`; what is `on_page` only a page has."""

    title: Words
    blocks: tuple[Block, ...]
    instead: tuple[Block, ...] = ()
    line: Words = ""
    aside: str = ""
    lead: tuple[Block, ...] = ()
    number: int | None = None
    open: bool = False
    quiet: bool = False
    on_page: bool = False


class Lines(Frozen):
    """Lines as they are, such as a difference or JSON."""

    lines: tuple[str, ...]
    language: str = ""
    margin: int = 0


class Overview(Frozen):
    """On a page and in a comment a table of all verdicts: how each fares, its name, the key. Each has a `Folded`."""

    rows: tuple[tuple[Words, str, str], ...]


class Excerpts(Frozen):
    """Only on a page: texts of files side by side, with the lines of spans marked; each side has its mark and its
    spans. For statements whose text is not at hand, their policies are written as they were read."""

    texts: Mapping[str, str]
    sides: tuple[tuple[str, tuple[Span, ...]], ...]
    policies: Mapping[str, Policy] = field(default_factory=dict)
    statements: tuple[StatementRef, ...] = ()


class Figure(Frozen):
    """Only on a page: a picture of who reaches a key, and of stories (by what they refute), which name `keys`."""

    access: KeyAccess
    stories: tuple[tuple[str, Story], ...]
    keys: tuple[KeySummary, ...]


class BlockGroup(Frozen):
    """Blocks that belong together, with no line between them."""

    blocks: tuple[Block, ...]


Block: TypeAlias = (
    "Heading | Para | ItemList | TableBlock | Listing | Supposed | Folded | Lines | Overview | Excerpts | Figure"
    " | BlockGroup"
)


class Document(Frozen):
    """All of an answer. `counts` are its last line, with the exit code. `in_full` is `--verbose`. `number` is how many
    keys, policies or verdicts it is about."""

    title: str
    blocks: tuple[Block, ...]
    counts: tuple[Words, ...]
    exit_code: int | None
    in_full: bool = False
    title_in_text: bool = True
    number: int = 0

    @property
    def gap(self) -> str:
        """What stands between the counts in text."""
        return " · " if self.title_in_text else " " * 6

    @property
    def is_large(self) -> bool:
        """True iff the counts stand first as well."""
        return self.number > MOST_WITHOUT_SUMMARY


MOST_WITHOUT_SUMMARY = 20
"""How many verdicts, keys or policies an answer is about whose counts stand at its end alone."""
GAP = Para("")
"""An empty line of text."""
MARGIN, LABEL = 12, 13
"""Columns before what is said of a verdict, and those of the labels there: `allowed by`, `not stopped`, `to see it`."""


def block_group(blocks: Iterable[Block | None]) -> BlockGroup:
    """A group of the blocks that are there."""
    return BlockGroup(tuple(block for block in blocks if block is not None))


def labelled(label: str, texts: Iterable[Words], margin: int = 0, columns: int = 12) -> ItemList:
    """Items of which the first has a label, which is that of all."""
    return ItemList(tuple(Item(text, "" if number else label) for number, text in enumerate(texts)), margin, columns)


def supposed_in(blocks: Iterable[Block]) -> Iterator[Assumption]:
    """All that blocks suppose."""
    for block in blocks:
        if isinstance(block, Supposed):
            yield from block.assumptions
        elif isinstance(block, BlockGroup | Folded):
            yield from supposed_in(block.blocks)


def plain_text(words: Words) -> str:
    """Words without their roles."""
    match words:
        case str():
            return words
        case Said():
            return words.text
        case Apart():
            return words.between.join(map(plain_text, words.pieces))
    return "".join(map(plain_text, words))


def role_of(words: Words) -> Role | None:
    """The role of the first words, which says how a thing fares."""
    match words:
        case Said(_, role):
            return role
        case [first, *_]:
            return role_of(first) if not isinstance(first, str) else None
    return None


class Supposing(Protocol):
    """Something that holds only if some things do."""

    @property
    def assumptions(self) -> tuple[Assumption, ...]: ...


def of_all(answers: Iterable[Supposing]) -> tuple[Assumption, ...]:
    """What some answers suppose."""
    return tuple(dict.fromkeys(assumption for answer in answers for assumption in answer.assumptions))


def concluded(assumptions: Iterable[Assumption]) -> list[Assumption]:
    """Those that tell the own account or Region, which the input does not say (S4)."""
    return list(dict.fromkeys(assumption for assumption in assumptions if assumption.is_conclusion))


def conclusions(assumptions: Iterable[Assumption]) -> tuple[str, ...]:
    """The same as sentences."""
    return tuple(f"{found.text} [{found.rule}]" for found in concluded(assumptions))
