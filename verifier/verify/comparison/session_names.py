"""Roles that nobody can assume: they are supposed to have sessions all the same, of any name. If somebody can on the
other side, and the trust policy says how sessions are to be called, which names are new is not known.

In: two estates. Out: reasons why the answer is unknown.
Guarantee: none only if the roles with a trust policy that tests `sts:RoleSessionName` which nobody can assume are the
same on both sides, of those that both list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from verifier.model.estate import Estate
from verifier.model.principal_names import short_arn
from verifier.model.results.verdict import Reason
from verifier.problem.diagrams.diagram import NOTHING
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.passed_tags import passed_tags
from verifier.problem.sessions.session_tags import SESSION_NAME
from verifier.problem.sessions.trusting import trusting

_NAME = "sts:rolesessionname"


def names_supposed(old: Estate, new: Estate) -> Iterator[Reason]:
    """F3: why sessions may have other names on one side."""
    spans = {
        role.arn: role.span
        for side in (old, new)
        for role in side.roles
        if role.trust is not None and _NAME in role.trust.tested_keys
    }
    for arn in sorted(_not_assumable(old, spans.keys()) ^ _not_assumable(new, spans.keys())):
        if old.identity(arn) is not None and new.identity(arn) is not None:
            text = f"nobody can assume {short_arn(arn)} on one side; there its sessions count as having any name"
            yield Reason("F3", text, spans[arn])


def _not_assumable(estate: Estate, roles: Collection[str]) -> frozenset[str]:
    """Those of some roles that nobody can assume, as far as is known."""
    found = trusting(estate)
    known = sorted({role.arn for role in estate.roles if role.arn in roles} - found.unknown)
    if not known:
        return frozenset()
    space = RuledSpace(estate, Target(TargetKind.NONE, known[0].split(":")[1]))
    passed = passed_tags(space, found, [SESSION_NAME])
    given = {arn: passed.of_role(arn) for arn in known}
    return frozenset(arn for arn, one in given.items() if one is not None and one.passed == NOTHING)
