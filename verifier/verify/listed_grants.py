"""Invariants about the grants that there are: decided on the data, without a solver.

In: an estate, a key, a `GrantInvariant`. Out: its verdict. Guarantee (S1): Proved only if every grant is listed and
certainly names nobody that it must not; Refuted only with grants that certainly do; what is not known is Unknown, with
the rule and the place.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.caller_sets import possible_kinds, with_names_replaced
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant
from verifier.model.invariant import CallerSet
from verifier.model.invariant_file import GrantInvariant, GrantRole
from verifier.model.policy import Principal
from verifier.model.readings import G2
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Assumption, NamedByGrant, Reason, Status, Verdict
from verifier.model.symbols import SymbolValues
from verifier.model.unmodelled import Influence
from verifier.problem.classes.predicates import like
from verifier.verify.assumptions import keys_selected, where_it_is
from verifier.verify.grant_membership import Surroundings, grantee_membership


def decide_listed(estate: Estate, key: Key, invariant: GrantInvariant, held: SymbolValues) -> Verdict:
    """On one key: refuted iff `grant_findings` has a grant that breaks the invariant; else unknown iff it has some."""
    started = time.perf_counter()
    found = tuple(grant_findings(estate, key, invariant, held))
    broken = tuple(finding.about for finding in found if isinstance(finding.about, NamedByGrant) and finding.breaks)
    if broken:
        verdict = Verdict(invariant, key.arn, Status.REFUTED, grants=broken)
    elif found:
        verdict = Verdict(invariant, key.arn, Status.UNKNOWN, reason=found[0].reason)
    else:
        verdict = Verdict(invariant, key.arn, Status.PROVED)
    supposed = (*where_it_is(estate), *_assumptions(key, invariant, held), *keys_selected(estate, key, invariant))
    return replace(verdict, assumptions=supposed, elapsed=time.perf_counter() - started)


class GrantFinding(Frozen):
    """A grant that breaks an invariant or, with a `reason`, may break it; a name, where it is not read."""

    about: NamedByGrant | str
    reason: Reason | None = None

    @property
    def breaks(self) -> bool:
        """True iff it breaks the invariant for certain."""
        return self.reason is None


def grant_findings(estate: Estate, key: Key, invariant: GrantInvariant, held: SymbolValues) -> Iterator[GrantFinding]:
    """Every grant that breaks an invariant or may break it, those that are not read last. `held` fixes readings."""
    if key.grants is None:
        yield GrantFinding(key.arn, Reason("G1", f"the grants of {key.arn} are not in the input", key.span))
        return
    yield from _Findings(estate, key, invariant, held).all()
    yield from _not_read(estate, key, invariant)


def _not_read(estate: Estate, key: Key, invariant: GrantInvariant) -> Iterator[GrantFinding]:
    """S1: a grant that the input could not read whole is an `Unmodelled`. One of a rule G is kept out of `Key.grants`;
    operations that are not known (U4) matter if the invariant asks for some."""
    for thing in estate.unmodelled:
        of_grants = thing.label.startswith("G") or (thing.label == "U4" and _narrowed(invariant))
        if of_grants and thing.key in (None, key.arn) and thing.influence is not Influence.MAY_REFUSE:
            yield GrantFinding(thing.name, Reason(thing.label, thing.description, thing.span))


def _narrowed(invariant: GrantInvariant) -> bool:
    return all(pattern.value.lower() not in ("*", "kms:*") for pattern in invariant.operations)


def _assumptions(key: Key, invariant: GrantInvariant, held: SymbolValues) -> Iterator[Assumption]:
    if key.grants is not None:
        yield Assumption("U5", "the grants are those that are listed: none is created later")
    if G2 in held and GrantRole.GRANTEE in invariant.roles:
        yield Assumption("G2", f"the reading G2 was held at {'yes' if held[G2] else 'no'}")


class _Findings(Frozen):
    """The search through the grants of one key."""

    estate: Estate
    key: Key
    invariant: GrantInvariant
    held: SymbolValues

    def all(self) -> list[GrantFinding]:
        """In the order of the grants. A caller set is resolved for the key once."""
        callers = with_names_replaced(self.invariant.callers, self.estate, self.key)
        around = Surroundings(self.estate, self.key)
        return [finding for grant in self._on_target() for finding in self._of(grant, callers, around)]

    def _on_target(self) -> tuple[Grant, ...]:
        """The grants that allow one of the operations; all where it may be any, or one that the data does not know."""
        grants = self.key.grants or ()
        if not _narrowed(self.invariant):
            return grants
        patterns = [like(pattern.value, fold=True) for pattern in self.invariant.operations]
        return tuple(grant for grant in grants if any(p.matches(name) for p in patterns for name in grant.operations))

    def _of(self, grant: Grant, callers: CallerSet, around: Surroundings) -> Iterator[GrantFinding]:
        for role in self.invariant.roles:
            principal = grant.grantee if role is GrantRole.GRANTEE else grant.retiring
            if principal is not None:
                yield from self._named(grant, role, principal, callers, around)
            if role is GrantRole.GRANTEE and grant.grantee_hidden:
                yield from self._hidden(grant, callers)

    def _named(
        self, grant: Grant, role: GrantRole, principal: Principal, callers: CallerSet, around: Surroundings
    ) -> Iterator[GrantFinding]:
        found = grantee_membership(principal, callers, around)
        if found.some is None:
            text = f"grant {grant.id} names {principal.value} as {role.value}, and {found.why}"
            yield GrantFinding(NamedByGrant(grant, role), Reason(found.rule, text, grant.span))
        elif found.some:
            yield GrantFinding(NamedByGrant(grant, role))

    def _hidden(self, grant: Grant, callers: CallerSet) -> Iterator[GrantFinding]:
        """G2: a user, role or account that the listing does not name, but no service; under the other reading there is
        none."""
        if self.held.get(G2) is not False and possible_kinds(callers) - {CallerKind.SERVICE}:
            shown = f"grant {grant.id} shows the service {grant.grantee.value} as its grantee"
            text = f"{shown}, and may also be for a user, role or account that it does not show"
            yield GrantFinding(NamedByGrant(grant, GrantRole.GRANTEE), Reason("G2", text, grant.span))
