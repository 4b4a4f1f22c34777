"""Limits, requests and changes in a few words, for reports about regions.

In: parts of a comparison. Out: texts without markup; `RegionGroup`s of the regions of one direction, those of the same
actions that the same changes caused. Guarantee: every text of the input has passed through `printable`. A request is in
a group iff it is in one of its regions, that is, iff it meets all `common` limits and those of one case of its callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from verifier.frozen import Frozen
from verifier.model.policy import Effect, StatementRef, short_arn
from verifier.model.request import CallerKind, Request
from verifier.model.results.access import Actions, Alternative, Callers, Limit, LimitKind, Region
from verifier.model.results.comparison import Change, RegionChange
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY
from verifier.report.naming import Places, statement_name, value_text
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, printable

_MOST_CONTEXT = 3
"""Pairs of a request's context that an example shows."""
_MOST_CASES, _MOST_CHARACTERS = 3, 240
_VIA_SERVICE = "kms:viaservice"
_BELIEVED = (CallerKind.ROLE, CallerKind.USER)
"""The kinds of caller that make the better example."""


def limit_text(limit: Limit) -> str:
    """`kms:ViaService is absent`; what is not about a condition key is a sentence of its own."""
    text = f"{limit.subject} {limit.text}" if limit.kind is LimitKind.CONDITION else limit.text
    return printable(text) + (f" [{printable(limit.rule)}]" if limit.kind is LimitKind.READING and limit.rule else "")


def case_text(case: Alternative) -> str:
    """The limits of one alternative, joined by `and`."""
    return joined_by_and([limit_text(limit) for limit in case])


def joined_by_and(texts: Sequence[str]) -> str:
    """Texts joined by `and`; of several, those that have an `or` of their own are in brackets."""
    return " and ".join(f"({text})" if len(texts) > 1 and ", or " in text else text for text in texts)


def row_text(row: CallerRow, *, in_full: bool) -> str:
    """`every role of 444455556666, if its own account's policies allow it`."""
    callers = printable(row.callers.text)
    if not row.exact:
        return f"{callers}, {TOO_MANY}"
    if () in row.cases:
        return callers
    if in_full:
        return f"{callers}, if {_either(row.cases)}"
    cases = tuple(map(without_the_obvious, row.cases))
    text = f"{callers}, if {_either(cases)}"
    federated = row.callers.kinds == (CallerKind.FEDERATED,)  # what they can follows from what their issuers can
    if federated or len(cases) > _MOST_CASES or len(text) > _MOST_CHARACTERS:
        return f"{callers}, under conditions that --verbose tells"
    return text


def _either(cases: tuple[Alternative, ...]) -> str:
    return ", or if ".join(map(case_text, cases))


def without_the_obvious(case: Alternative) -> Alternative:
    """That an account's policies allow goes without saying that they do not deny as well (U1)."""
    allowed = any(limit.subject == OUTSIDE_ALLOW for limit in case)
    return tuple(limit for limit in case if not (allowed and limit.subject == OUTSIDE_DENY))


TOO_MANY = "under conditions that are too many to list"
INEXACT = "some conditions are too many to list; the callers and actions are all there"
"""Of an answer whose conditions were not all said."""

# -- requests --


def witness_text(region: Region, *, in_full: bool = False) -> str:
    """`role/example of 444455556666 calls kms:Decrypt directly`, of a region that has a request."""
    witness = region.witness
    assert witness is not None, "a region without a request"
    request = witness.request
    parts = [f"{caller_text(request)} calls {printable(request.action)}"]
    present = {key.lower() for key, _ in request.context}
    subjects = {limit.subject.lower() for case in region.when for limit in case}
    if _VIA_SERVICE not in present and _VIA_SERVICE in subjects:
        parts.append("directly")
    shown = [
        f"{printable(key)} = {brief(value_text(value))}"
        for key, value in request.context[: None if in_full else _MOST_CONTEXT]
    ]
    if shown:
        more = len(request.context) - len(shown)
        parts.append("with " + ", ".join(shown) + (f" and {more} more" if more else ""))
    for label, value in witness.readings:
        parts.append(f"if the reading {printable(label)} is {'yes' if value else 'no'}")
    return " ".join(parts)


def caller_text(request: Request) -> str:
    """`role/reports of 111122223333`, the name of a service."""
    caller = request.caller
    if caller.kind is CallerKind.SERVICE:
        return printable(caller.principal_arn)
    name = short_arn(caller.principal_arn)
    if caller.kind is CallerKind.ROOT:
        name = f"root of {caller.account}"
    return printable(f"{name}, issued by {short_arn(caller.issuer)}," if caller.issuer else name)


# -- changes --


def change_text(change: Change) -> str:
    """`"Partner" lost its kms:ViaService condition`, `Deny "Organization only" was removed`, or a whole sentence."""
    statement = change.new or change.old
    if statement is None:
        return printable(change.text)
    effect = "Deny " if statement.effect is Effect.DENY else ""
    return f"{effect}{_kind(statement)}{statement_name(statement)} {printable(change.text)}"


def _kind(statement: StatementRef) -> str:
    """`SCP ` and the like, as `Places.statement` says it; nothing for a key policy, an identity policy or a grant."""
    whole = Places().statement(statement)
    name = statement_name(statement)
    return whole[: whole.index(name)] if name in whole else ""


class SidePlaces(Frozen):
    """Names places on both sides: what is in the folder that a side is by its path from there."""

    old: str
    new: str

    def of(self, change: Change) -> str:
        """`key-policy.json:45 → 44`: where OLD and where NEW say it; empty for what no file holds."""
        old, new = change.places
        if change.old is not None or change.new is not None:
            old = change.old.span if change.old else NOWHERE
            new = change.new.span if change.new else NOWHERE
        first, second = _place(old, self.old), _place(new, self.new)
        if first is None or second is None or first == second:
            only = first or second
            return _line(*only) if only is not None else ""
        return f"{_line(*first)} → {second[1] if first[0] == second[0] else _line(*second)}"


def _place(span: Span, side: str) -> tuple[str, int] | None:
    if span == NOWHERE:
        return None
    path, root = PurePath(span.file), PurePath(side)
    if path == root:
        return printable(path.name), span.line
    return printable(str(path.relative_to(root) if path.is_relative_to(root) else path)), span.line


def _line(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file


class CallerRow(Frozen):
    """Some callers of a group. `cases` are the alternatives, without the limits that all of the group have in common;
    one empty case: no further limit. `exact` is false where the conditions were too many to say."""

    callers: Callers
    cases: tuple[Alternative, ...]
    exact: bool


class RegionGroup(Frozen):
    """Regions of the same actions and causes."""

    actions: Actions
    common: tuple[Limit, ...]
    rows: tuple[CallerRow, ...]
    because: tuple[Change, ...]
    regions: tuple[RegionChange, ...]

    @property
    def conditions(self) -> str:
        """What all of them have in common, readings aside."""
        return case_text(tuple(limit for limit in self.common if limit.kind is not LimitKind.READING))

    @property
    def readings(self) -> list[str]:
        """The readings that all of them need."""
        return [f"only if {limit_text(limit)}" for limit in self.common if limit.kind is LimitKind.READING]

    @property
    def example(self) -> RegionChange | None:
        """The region whose request is the plainest."""
        shown = [change for change in self.regions if change.region.witness is not None]
        return min(shown, key=_plainness, default=None)


def region_groups(changes: Iterable[RegionChange]) -> tuple[RegionGroup, ...]:
    """The groups, in the order of their first regions."""
    found: dict[tuple[object, ...], list[RegionChange]] = {}
    for change in changes:
        actions = change.region.actions
        found.setdefault((actions.names, actions.others, change.because, change.cannot), []).append(change)
    return tuple(_group(tuple(regions)) for regions in found.values())


def _group(regions: tuple[RegionChange, ...]) -> RegionGroup:
    alternatives = [alternative for change in regions for alternative in change.region.when]
    first = alternatives[0] if alternatives else ()
    common = tuple(limit for limit in first if all(limit in other for other in alternatives))
    rows = tuple(
        CallerRow(
            change.region.callers,
            tuple(tuple(limit for limit in alternative if limit not in common) for alternative in change.region.when),
            change.region.exact,
        )
        for change in regions
    )
    return RegionGroup(regions[0].region.actions, common, rows, regions[0].because, regions)


def _plainness(change: RegionChange) -> tuple[int, int]:
    witness = change.region.witness
    assert witness is not None
    kind = witness.request.caller.kind
    return _BELIEVED.index(kind) if kind in _BELIEVED else len(_BELIEVED), len(witness.request.context)
