"""What the pages of answers about keys have: actions, examples, reasons, open questions, the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.results.access import Region
from verifier.model.results.verdict import Reason
from verifier.report.document import Item, ItemList, Role, Said, Words
from verifier.report.naming import SETTLES, reason_item, rule_label
from verifier.report.words.access import reading_question
from verifier.report.words.regions import INEXACT, witness_text

_PAIR = "kms:encryptioncontext:"
_CASE = (
    "names of the encryption context compare without case; of pairs whose names differ in case alone, conditions "
    "read one"
)


def actions_said(region: Region, *, in_full: bool) -> Said:
    """The actions of a region; in full, each by its name."""
    return Said(", ".join(region.actions.names) if in_full else region.actions.text, Role.CODE)


def example_items(region: Region, *, in_full: bool) -> Iterator[Item]:
    """A request of a region, if it has one; in full, with the command that sends it."""
    if region.witness is not None:
        yield Item(witness_text(region, in_full=in_full), "for example")
        if in_full and region.witness.command:
            yield Item(Said(region.witness.command, Role.COMMAND), "to see it")


def reason_items(reasons: Iterable[Reason], *remarks: str, exact: bool = True) -> ItemList:
    """Why something is not known, each with its place and rule, and what else is to be remarked."""
    found = [reason_item(reason) for reason in reasons]
    texts = [*([INEXACT] if not exact and not found else []), *remarks]
    return ItemList((*found, *map(Item, texts)), margin=2)


def open_questions(what: str, needed: Iterable[str]) -> Iterator[ItemList]:
    """The readings that some of an answer depends on; nothing for none."""
    questions = [Item(reading_question(label), tail=rule_label(label)) for label in needed]
    if questions:
        text = f"some {what} depend on what AWS's documentation leaves open; {SETTLES}"
        yield ItemList((Item(text, "readings"), *questions), columns=12)


def footnote(regions: Iterable[Region]) -> ItemList:
    """How conditions on the encryption context read its names, once for all of them (F7), if there are any."""
    limits = (limit for region in regions for case in region.when for limit in case)
    reads_pairs = any(limit.subject.lower().startswith(_PAIR) for limit in limits)
    return ItemList((Item(_CASE, "note", rule_label("F7")),) if reads_pairs else (), columns=12)


def data_counts(data_version: str) -> list[Words]:
    """Which data of KMS an answer was made with."""
    return [Said(f"KMS data {data_version}", Role.DIM)] if data_version else []
