"""How reports name statements, keys and places: short, and safe for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from verifier.model.grant import Pairs, grant_id
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.request import Value
from verifier.model.results.verdict import KeySummary, Reason, Report, Status
from verifier.model.symbols import SymbolName
from verifier.report.document import Heading, Item, Role, Said
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted, printable

_KINDS = {
    PolicyKind.BOUNDARY: "boundary",
    PolicyKind.SESSION: "session policy",
    PolicyKind.SCP: "SCP",
    PolicyKind.RCP: "RCP",
    PolicyKind.ENDPOINT: "endpoint policy",
    PolicyKind.TRUST: "trust policy",
}
"""What goes before a statement of a policy that limits others: of key and identity policies, the file says enough."""

SETTLES = "`--reading LABEL=yes|no` settles it, `verifier readings` explains it"
"""What to do about an open question."""
_WHOLE_ID, _SHORT_ID = 16, 8
"""How long the ID of a grant may be to be written out, and how much is written of a longer one."""


class Places:
    """Writes places: the file in full where it is first named, then only the line as long as the file stays the same.
    `exact` places have the column as well. `made` are policies and grants, by `StatementRef.policy`, that a step of a
    story made, with its number."""

    def __init__(self, *, exact: bool = False, made: Mapping[str, int] | None = None) -> None:
        self._file: str | None = None
        self._exact = exact
        self._made = made or {}

    def place(self, span: Span) -> str:
        """`(key-policy.json:4)`, then `(:61)`; nothing for what no file holds."""
        if span == NOWHERE:
            return ""
        file = "" if span.file == self._file else printable(span.file)
        self._file = span.file
        column = f":{span.column}" if self._exact else ""
        return f"({file}:{span.line}{column})" if span.line else f"({printable(span.file)})"

    def statement(self, statement: StatementRef) -> str:
        """`"Reports" (key-policy.json:32)`; without a file, the policy's name stands for the place."""
        step = self._made.get(statement.policy)
        where = self.place(statement.span) if step is None else f"(of step {step})"
        if not where and statement.sid and grant_id(statement) is None:
            where = f"({printable(statement.policy_name)})"
        kind = f"{_KINDS[statement.kind]} " if statement.kind in _KINDS else ""
        name = statement_name(statement)
        if statement.kind is PolicyKind.TRUST and not statement.sid:
            name = f"statement {statement.index + 1}"  # a trust policy has no name of its own
        return f"{kind}{name} {where}".rstrip()


def reason_item(reason: Reason, label: str = "", places: Places | None = None) -> Item:
    """Why something is not known, with the place and the rule behind it."""
    where = (places or Places()).place(reason.span)
    return Item(reason.text, label, f"{where} {rule_label(reason.rule)}".strip())


def key_heading(key: KeySummary, mark: Role | None = None) -> Heading:
    """A key: its name and ARN, what was given of it."""
    policy = (
        f"policy {key.policy_name}, {counted(key.statements, 'statement')}" if key.policy_name is not None else None
    )
    parts = [policy or "its policy is not known"]
    if key.grants is not None:
        parts.append(counted(key.grants, "grant"))
    if key.service_levels is not None:
        parts.append(f"SCPs {counted(key.service_levels, 'level')}")
    if key.resource_levels is not None:
        parts.append(f"RCPs {counted(key.resource_levels, 'level')}")
    if key.state and key.state != "Enabled":
        parts.append(f"state {key.state}")
    arn = [key.arn] if key_name(key) != key.arn else []
    return Heading(Said(key_name(key), Role.NAME), (*arn, " · ".join(parts)), mark)


def readings_text(readings: Iterable[tuple[SymbolName, bool]]) -> str:
    """`C2=yes, P5=no`."""
    return ", ".join(f"{label}={'yes' if value else 'no'}" for label, value in readings)


def status_counts(statuses: Sequence[Status]) -> str:
    """`1 proved, 2 refuted`."""
    return ", ".join(f"{statuses.count(status)} {status.value}" for status in Status if status in statuses)


def value_text(value: Value) -> str:
    """A value of a condition key; a set in braces."""
    return printable(value) if isinstance(value, str) else "{" + ", ".join(map(printable, value)) + "}"


def pairs_text(pairs: Pairs) -> str:
    """`{tenant = acme, stage = prod}`, safe for a terminal."""
    return "{" + ", ".join(printable(f"{name} = {value}") for name, value in pairs) + "}"


def statement_name(statement: StatementRef) -> str:
    """`"Reports"`; a statement without `Sid` is named by its place in the policy, a grant by the beginning of its ID,
    and its name."""
    grant = grant_id(statement)
    if grant is not None:
        name = f' "{statement.sid}"' if statement.sid else ""
        more = statement.policy_name.removeprefix(f"grant {grant}")  # of several that count as one, how many there are
        return printable(f"grant {grant if len(grant) <= _WHOLE_ID else grant[:_SHORT_ID] + '…'}{name}{more}")
    if statement.sid:
        return f'"{printable(statement.sid)}"'
    return f"statement {statement.index + 1} of {printable(statement.policy_name)}"


def key_name(key: KeySummary) -> str:
    """The key's name, or the last part of its ARN."""
    return printable(key.name or key.arn.rsplit("/", 1)[-1])


def shown_target(report: Report, target: str) -> str:
    """The name of the key with the ARN `target`; any other target as it is."""
    return printable(report.name_of(target))


def rule_label(rule: str) -> str:
    """`[P5]`."""
    return f"[{printable(rule)}]"
