"""What SARIF, the annotations of a pull request and JUnit say alike: rules, and notices about places.

In: nothing (plain data), texts for rule IDs, spans. Out: frozen structs made from reports, comparisons and lint
reports; places as programs name them.
Guarantee: a notice is about something that fails, or that is not known; what is proved is no notice. The exit code is
that of what the notices count as. Texts are as in the input: whoever writes them out makes them safe for where they go.
A thing in a file that is named after a `#` (`plan.json#aws_kms_key.payments`) is the file and a name, with no region:
its lines are not lines of the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import Enum
from pathlib import PurePath
from urllib.parse import quote

from verifier.frozen import Frozen
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable

_MOST_CHARACTERS = 80


class NoticeLevel(Enum):
    """How bad it is, in the words of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class NoticeRule(Frozen):
    """What was checked. `id` is stable from run to run; `text` says what must hold; `label` is the rule of the
    semantics that it rests on, `security` how bad it is for the security of what is checked, from 0 to 10 (above 9
    critical, from 7 high, from 4 medium); `page` is the page of AWS whose advice it is."""

    id: str
    name: str
    text: str
    label: str = "D2"
    security: float = 8.0
    page: str | None = None


class Notice(Frozen):
    """One thing that a rule found. `fingerprint` names it from run to run, however the input is laid out; `parts` is a
    digest of what the statements involved mean. `related` are further places, each with a sentence. `excuse` says why
    it does not fail the run. `counts_as` is what it means for the exit code, PROVED where it does not count; `subject`
    is the ID of the subject that it is about. `flow` are the steps by which it comes about, in order, each with a
    sentence."""

    rule: str
    level: NoticeLevel
    title: str
    message: str
    fingerprint: str
    span: Span = NOWHERE
    related: tuple[tuple[Span, str], ...] = ()
    parts: str | None = None
    target: str | None = None
    status: str | None = None
    excuse: str | None = None
    excused_by: str | None = None
    counts_as: Status = Status.REFUTED
    subject: str = ""
    flow: tuple[tuple[Span, str], ...] = ()

    @property
    def excused(self) -> str:
        """` (waiver: until the migration)`, to go behind what it says; empty where nothing excuses it."""
        return f" ({self.excused_by}: {self.excuse})" if self.excuse else ""


def unknown_notice(rule: str, title: str, message: str, fingerprint: str, span: Span, subject: str = "") -> Notice:
    """A notice of what is not known: a warning, which counts."""
    level, counts_as = NoticeLevel.WARNING, Status.UNKNOWN
    return Notice(rule, level, title, message, fingerprint, span, counts_as=counts_as, subject=subject)


LEVELS = {True: (NoticeLevel.ERROR, Status.REFUTED), False: (NoticeLevel.NOTE, Status.PROVED)}
"""The level of what counts and of what does not, and what it counts as."""


class NoticeSubject(Frozen):
    """What was looked at: a key, a policy. `rules` are the IDs of the rules that each such subject is held to, as far
    as a report lists those that nothing broke."""

    id: str
    name: str
    rules: tuple[str, ...] = ()


class Notices(Frozen):
    """Everything that a run found. `summary` is one line about all of it; `inputs` are (file, SHA-256)."""

    rules: tuple[NoticeRule, ...]
    notices: tuple[Notice, ...]
    summary: str
    exit_code: int
    inputs: tuple[tuple[str, str], ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    subjects: tuple[NoticeSubject, ...] = ()
    concluded: tuple[str, ...] = ()
    """Sentences: what was concluded about the own account and Region (S4). All that was found rests on it."""
    answered: bool = True
    """Whether the run came to an answer, or the notices are about why it did not."""

    @property
    def first_file(self) -> Span:
        """The first file that was read, where formats show what has no place. `NOWHERE` iff none was."""
        return Span(self.inputs[0][0], 0, 0, 0, 0) if self.inputs else NOWHERE


def slug(name: str) -> str:
    """`no external account can decrypt` → `no-external-account-can-decrypt`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_MOST_CHARACTERS].strip("-") or "invariant"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """A rule ID for each name, all different: a number tells apart those that would be the same."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name not in found:
            base = slug(name)
            number = next(n for n in range(1, len(taken) + 2) if (base if n == 1 else f"{base}-{n}") not in taken)
            found[name] = base if number == 1 else f"{base}-{number}"
            taken.add(found[name])
    return found


class Place(Frozen):
    """`name` is a thing in the file, `None` where the place is a region of the file's own text, or all of it."""

    path: str
    name: str | None
    region: Span | None

    @property
    def uri(self) -> str:
        """A URI reference (RFC 3986)."""
        path = PurePath(self.path)
        text = quote(path.as_posix(), safe="/~")
        return f"file://{text}" if path.is_absolute() else text

    @property
    def absolute(self) -> bool:
        """True iff the path is from the root, or leads out of the folder that it is from."""
        path = PurePath(self.path)
        return path.is_absolute() or ".." in path.parts


def place(span: Span) -> Place | None:
    """`None` for what no file holds."""
    if span == NOWHERE or not span.file:
        return None
    path, mark, name = span.file.partition("#")
    if not path:
        return None
    return Place(printable(path), name if mark else None, span if span.line and not mark else None)
