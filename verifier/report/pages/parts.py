"""What the pages of several commands have: keys, reasons, open questions, how an answer ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.results.verdict import KeySummary, Reason, Status
from verifier.report.access_words import reading_question
from verifier.report.document import Heading, Item, Items, Role, Said
from verifier.report.naming import SETTLES, Places, key_name, rule_label
from verifier.report.region_words import INEXACT
from verifier.report.text import counted
from verifier.syntax.text import printable

MARKS = {Status.PROVED: Role.GOOD, Status.REFUTED: Role.BAD, Status.UNKNOWN: Role.DOUBT}


def key_heading(key: KeySummary, mark: Role | None = None) -> Heading:
    """A key: its name and ARN, what was given of it."""
    policy = f"policy {printable(key.policy_name)}, {counted(key.statements, 'statement')}" if key.policy_name is not None else None
    parts = [policy or "its policy is not known"]
    parts += [counted(key.grants, "grant")] if key.grants is not None else []
    parts += [f"SCPs {counted(key.service_levels, 'level')}"] if key.service_levels is not None else []
    parts += [f"RCPs {counted(key.resource_levels, 'level')}"] if key.resource_levels is not None else []
    parts += [f"state {printable(key.state)}"] if key.state and key.state != "Enabled" else []
    arn = [printable(key.arn)] if key_name(key) != key.arn else []
    return Heading(Said(key_name(key), Role.NAME), (*arn, " · ".join(parts)), mark)


def reason_items(reasons: Iterable[Reason], *remarks: str, exact: bool = True) -> Items:
    """Why something is not known, each with its place and rule, and what else is to be remarked."""
    found = [reason_item(reason) for reason in reasons]
    texts = [*([INEXACT] if not exact and not found else []), *remarks]
    return Items((*found, *map(Item, texts)), margin=2)


def reason_item(reason: Reason, label: str = "", places: Places | None = None) -> Item:
    """Why something is not known."""
    where = (places or Places()).place(reason.span)
    return Item(reason.text, label, f"{where} {rule_label(reason.rule)}".strip())


def open_questions(what: str, needed: Iterable[str]) -> Iterator[Items]:
    """The readings that some of an answer depends on; nothing for none."""
    questions = [Item(reading_question(label), tail=rule_label(label)) for label in needed]
    if questions:
        text = f"some {what} depend on what AWS's documentation leaves open; {SETTLES}"
        yield Items((Item(text, "readings"), *questions), columns=12)


def data_counts(data_version: str) -> list[str]:
    """Which data of KMS an answer was made with."""
    return [f"KMS data {data_version}"] if data_version else []
