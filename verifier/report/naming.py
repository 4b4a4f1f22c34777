"""How reports name statements, keys, places, users and roles: short, and safe for a terminal.

A user or role without its account is one of the account of the key that a story is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.grant import Pairs, grant_id
from verifier.model.policy import PolicyKind, Principal, PrincipalType, StatementRef
from verifier.model.request import Caller, CallerKind, Value
from verifier.model.results.verdict import KeySummary, Reason, Report, Status
from verifier.model.steps.descriptions import is_own_key
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
    parts = ["its policy is not known"]
    if key.policy_name is not None:
        parts = [f"policy {key.policy_name}, {counted(key.statements, 'statement')}"]
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
    """`"Reports"`; a statement without `Sid` is named by its place in the policy, a grant by its ID and name."""
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


_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(.+)", re.ASCII | re.DOTALL)
_OF_AWS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:.*/)?([^/]+)", re.ASCII | re.DOTALL)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:oidc|saml)-provider/", re.ASCII)
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]*:([0-9]{12}):.+", re.ASCII | re.DOTALL)
_MOST = 3


class Names(Frozen):
    """`keys` are names by ARN; `home` is the account whose identities go without it, `None` for none."""

    keys: Mapping[str, str] = field(default_factory=dict)
    home: str | None = None

    def of(self, arn: str) -> str:
        """`payments` for a key, `a key of its own` for one that the caller brings; `role/ops`, or
        `role/ops of 111122223333`, for the ARN of an identity; any other text as it is."""
        if arn in self.keys:
            return self.keys[arn]
        if is_own_key(arn):
            return "a key of its own"
        of_aws = _OF_AWS.fullmatch(arn)
        if of_aws is not None:
            return printable(f"AWS's {of_aws[1]}")
        found = _IDENTITY.fullmatch(arn)
        if found is None:
            return printable(arn)
        return printable(found[2] if found[1] == self.home and found[2] != "root" else f"{found[2]} of {found[1]}")

    def caller(self, caller: Caller) -> str:
        """Who a caller is: a session is its role."""
        named = self.of(caller.principal_arn)
        return f"an identity of {named}" if caller.kind is CallerKind.WEB else named

    def callers(self, text: str) -> str:
        """Who gets there, as an answer says it: an ARN, or a description."""
        return f"identities of {self.of(text)}" if _PROVIDER.match(text) else self.of(text)

    def principal(self, principal: Principal) -> str:
        """Whom a policy or a grant names."""
        if principal.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS):
            return "everyone"
        if principal.type is PrincipalType.ACCOUNT and principal.account is not None:
            return f"the account {printable(principal.account)}"
        return self.of(principal.value)


def names_of(keys: Iterable[KeySummary], target: str | None = None) -> Names:
    """The names in a story about a key."""
    found = _KEY.fullmatch(target or "")
    return Names({key.arn: key_name(key) for key in keys}, found[1] if found else None)


def first(texts: Sequence[str], most: int = _MOST) -> str:
    """The first few of some texts, and how many more there are."""
    more = len(texts) - most
    return printable(", ".join(texts[:most])) + (f" and {more:,} more" if more > 0 else "")
