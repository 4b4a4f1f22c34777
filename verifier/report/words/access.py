"""Rows of who can, and of findings, in a few words: conditions, ways in, callers that are alike, verdicts.

In: parts of a `WhoCan` or of a `FindingsReport`. Out: texts without markup, safe for a terminal; exit codes. Guarantee:
what a short text leaves out it says that it leaves out, and `in_full` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.frozen import Frozen
from verifier.model.choices import Zone
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.readings import READINGS
from verifier.model.request import CallerKind
from verifier.model.results.access import (
    Access,
    AccessWay,
    Alternative,
    ExternalAccess,
    FindingsReport,
    KeyAccess,
    KeyFindings,
    LimitKind,
    Region,
    WhoCan,
)
from verifier.model.results.verdict import Status
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import Places, rule_label, statement_name
from verifier.report.words.regions import TOO_MANY, case_text, joined_by_and, limit_text, without_the_obvious
from verifier.report.words.verdicts import exit_code
from verifier.syntax.text import counted, printable

_MOST_CASES, _MOST_CHARACTERS, _MOST_WAYS, _MOST_NAMES = 2, 200, 2, 3
ALIKE = 4
"""So many callers of one account who can do the same share a row."""


def who_can_exit_code(answer: WhoCan) -> ExitCode:
    """0 where the answer is complete, 3 otherwise: that nobody can is an answer."""
    return exit_code(Status.PROVED if key.complete else Status.UNKNOWN for key in answer.keys)


# -- conditions --


def when_text(region: Region, *, in_full: bool) -> str:
    """`always`, `if kms:ViaService is s3.us-west-2.amazonaws.com, or in 2 further cases`; in full, the cases of one
    that has several are told apart from it (`cases_in_full`)."""
    if not region.exact:
        return TOO_MANY
    if region.always:
        return "always"
    if in_full:
        return f"if {case_text(region.when[0])}" if len(region.when) == 1 else f"in any of {len(region.when)} cases"
    if only_federated(region):
        return "as far as whoever issued it can, under conditions that --verbose tells"
    cases = sorted(region.when, key=_rank)
    plain = [case for case in cases[:_MOST_CASES] if not any(_rank(case)[:2])]
    texts = [_case(case) for case in plain or cases[:1]]
    if sum(map(len, texts)) > _MOST_CHARACTERS:
        texts = texts[:1]
    more = len(cases) - len(texts)
    return f"if {', or if '.join(texts)}" + (f", or in {counted(more, 'further case')} (--verbose)" if more else "")


def cases_in_full(region: Region) -> list[str]:
    """Every case of a region that has several."""
    if not region.exact or len(region.when) < 2:
        return []
    return [f"if {case_text(case)}" for case in sorted(region.when, key=_rank)]


def only_federated(region: Region) -> bool:
    """True iff its callers are federated-user sessions alone: what they can follows from what their issuers can."""
    return region.callers.kinds == (CallerKind.FEDERATED,)


def _rank(case: Alternative) -> tuple[bool, int]:
    """Cases that need a reading, and long ones, come last."""
    return any(limit.kind is LimitKind.READING for limit in case), len(case_text(case))


def _case(case: Alternative) -> str:
    shown = [limit for limit in without_the_obvious(case) if limit.kind is not LimitKind.READING]
    open_ = [rule_label(limit.subject) for limit in case if limit.kind is LimitKind.READING]
    readings = [f"one reading of {' and '.join(open_)} holds"] if open_ else []
    return joined_by_and([*map(limit_text, shown), *readings])


def readings_needed(regions: Iterable[Region]) -> list[str]:
    """The labels of the readings that some region needs, in the order of the semantics."""
    needed = {
        limit.subject for region in regions for case in region.when for limit in case if limit.kind is LimitKind.READING
    }
    return [reading.label for reading in READINGS if reading.label in needed]


def reading_question(label: str) -> str:
    return next(reading.question for reading in READINGS if reading.label == label)


# -- ways --


def ways_text(row: Access, *, in_full: bool, together: bool = False) -> str:
    """`"Reports"`, `"Delegate to IAM" with policy decrypt`; several joined by `or`. For callers listed `together` the
    policies of each are not named. `way_places` says where they are."""
    if row.ways is None:
        return "some of " + ", ".join(map(access_statement, row.region.through))
    texts = list(dict.fromkeys(_way(way, together) for way in row.ways))
    shown = texts if in_full else texts[:_MOST_WAYS]
    more = len(texts) - len(shown)
    return " or ".join(shown) + (f" or {more} more" if more else "")


def _way(way: AccessWay, together: bool) -> str:
    if not way:
        return "no statement: the account's own policies decide"
    of_key = [statement for statement in way if statement.kind is not PolicyKind.IDENTITY]
    own = [statement for statement in way if statement.kind is PolicyKind.IDENTITY]
    texts = [access_statement(statement) for statement in of_key]
    texts += ["a policy of its own"] if own and together else [access_statement(statement) for statement in own]
    return " with ".join(texts)


def access_statement(statement: StatementRef) -> str:
    """A statement's name; that of an identity policy without `Sid` is the policy's."""
    if statement.kind is PolicyKind.IDENTITY and not statement.sid:
        return f"policy {printable(statement.policy_name)}"
    return statement_name(statement)


def way_places(groups: Iterable[CallerGroup]) -> list[str]:
    """Where the statements are that the ways name, each once: `"Delegate to IAM" (key-policy.json:4)`."""
    found: dict[StatementRef, None] = {}
    for group in groups:
        for row in group.first:
            own = (s for s in row.region.through if not group.together or s.kind is not PolicyKind.IDENTITY)
            found.update(dict.fromkeys(own))
    places = Places()
    ordered = sorted(found, key=lambda statement: (statement.span.file, statement.span.line))
    texts = (f"{access_statement(one)} {places.place(one.span)}".rstrip() for one in ordered)
    return [text for text in texts if text.endswith(")")]


def way_shape(row: Access) -> tuple[object, ...]:
    """What is alike in the ways of two callers, whatever their own policies are called."""
    if row.ways is None:
        return (None,)
    found = {
        tuple("own" if statement.kind is PolicyKind.IDENTITY else statement for statement in way) for way in row.ways
    }
    return tuple(sorted(found, key=repr))


# -- callers --


class CallerGroup(Frozen):
    """Callers that share rows: one, or several that are alike, each with rows of the same actions and conditions."""

    rows: tuple[tuple[Access, ...], ...]
    """The rows of each caller."""

    @property
    def first(self) -> tuple[Access, ...]:
        """The rows of the first, which stand for those of all."""
        return self.rows[0]

    @property
    def together(self) -> bool:
        """True iff there are several."""
        return len(self.rows) > 1


def caller_groups(rows: Sequence[Access], *, in_full: bool) -> list[CallerGroup]:
    """The rows by caller, and callers that are alike together."""
    by_caller: dict[object, list[Access]] = {}
    for row in rows:
        callers = row.region.callers
        by_caller.setdefault(callers.names or callers.text, []).append(row)
    groups: dict[object, list[tuple[Access, ...]]] = {}
    for name, own in by_caller.items():
        groups.setdefault(name if in_full else _likeness(own), []).append(tuple(own))
    return [CallerGroup(part) for group in groups.values() for part in _parts(tuple(group))]


def _parts(group: tuple[tuple[Access, ...], ...]) -> list[tuple[tuple[Access, ...], ...]]:
    return [group] if len(group) >= ALIKE else [(one,) for one in group]


def _likeness(own: Sequence[Access]) -> object:
    callers = own[0].region.callers
    who = (callers.kinds, callers.accounts) if callers.names else callers.text
    return who, tuple((row.region.actions, row.region.when, row.region.exact, way_shape(row)) for row in own)


def callers_text(group: CallerGroup) -> str:
    """`role/reports`, or `12 roles of 111122223333: role/a, role/b, role/c and 9 more`."""
    texts = [printable(rows[0].region.callers.text) for rows in group.rows]
    if not group.together:
        return texts[0]
    callers = group.first[0].region.callers
    kind = _KINDS.get(callers.kinds[0], "callers") if callers.kinds else "callers"
    of = f" of {callers.accounts[0]}" if callers.accounts else ""
    more = f" and {len(texts) - _MOST_NAMES} more" if len(texts) > _MOST_NAMES else ""
    return f"{len(texts):,} {kind}{of}: {', '.join(texts[:_MOST_NAMES])}{more}"


_KINDS = {
    CallerKind.ROLE: "roles",
    CallerKind.USER: "users",
    CallerKind.ROOT: "root users",
    CallerKind.FEDERATED: "federated users",
    CallerKind.SERVICE: "services",
}


# -- verdicts --


def actions_text(answer: WhoCan) -> str:
    """`kms:Decrypt, kms:ReEncrypt*`."""
    return printable(", ".join(answer.actions))


def question_text(answer: WhoCan) -> str:
    """`who can kms:Decrypt`, `what role/reports can`, and who was left out."""
    actions = actions_text(answer)
    of_actions = "" if answer.actions == ("kms:*",) else f" of {actions}"
    found = f"who can {actions}" if answer.caller is None else f"what {printable(answer.caller)} can{of_actions}"
    return found + (f", except {printable(', '.join(answer.excluding))}" if answer.excluding else "")


def completeness_text(answer: WhoCan, key: KeyAccess) -> str:
    """A sentence on whether the list is complete."""
    what = "do anything" if answer.actions == ("kms:*",) else actions_text(answer)
    if not key.complete:
        return "This list is not complete, or not exact:"
    if key.rows:
        of = " of these callers" if answer.caller is not None or answer.excluding else ""
        return f"This list is complete: proved that no other request{of} is allowed."
    nobody = "Nobody else" if answer.excluding else "Nobody"
    who = f"{nobody} can" if answer.caller is None else f"{printable(answer.caller)} cannot"
    return f"{who} {what}: proved that no request is allowed."


def findings_exit_code(report: FindingsReport) -> ExitCode:
    """1 where there are findings (services among them, if they count), 3 where something is not known, 0 otherwise."""
    return exit_code(status for key in report.keys for status in _statuses(report, key))


def _statuses(report: FindingsReport, key: KeyFindings) -> Iterator[Status]:
    if counted_findings(report, key):
        yield Status.REFUTED
    if not key.complete:
        yield Status.UNKNOWN
    yield Status.PROVED


def counted_findings(report: FindingsReport, key: KeyFindings) -> tuple[ExternalAccess, ...]:
    return (*key.findings, *key.services) if report.count_services else key.findings


def zone_text(report: FindingsReport) -> str:
    """`zone of trust: the key's own account and 444455556666`."""
    own = "the key's own account" if report.zone is Zone.ACCOUNT else "the organization of the key's account"
    return f"zone of trust: {' and '.join([own, *map(printable, report.trusted)])}"


def as_row(finding: ExternalAccess) -> Access:
    """A finding as a row of access, for what is said alike of both."""
    return Access(finding.region, finding.ways)


def findings_verdict(key: KeyFindings) -> str:
    """A sentence on whether the findings are all there is."""
    if not key.complete:
        return "These findings are not all, or not exact:"
    if not key.findings:
        return "No external access: proved that no request from outside the zone is allowed."
    if len(key.findings) == 1:
        return "It is the only one: proved that no other request from outside the zone is allowed."
    proved = "proved that no other request from outside the zone is allowed"
    return f"These are all: {proved}. None of them is covered by the others."


def headline(key: KeyFindings) -> str:
    """`2 findings, 1 of them public`."""
    number, public = len(key.findings), sum(finding.public for finding in key.findings)
    if not number:
        return "no finding" if key.complete else "not known"
    return counted(number, "finding") + (f", {public} public" if public else "")
