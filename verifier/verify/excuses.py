"""What of the requests that break an invariant is beyond its waivers and its baseline.

In: an estate, a refuted invariant on a key; scopes that are waived; an earlier estate. Out: `Beyond`.
Guarantee: nothing is beyond only where it was shown, over all requests, that each one that breaks the invariant is
certainly in a waived scope, or broke the invariant in the earlier estate as well (as the same request there, under the
same readings and free facts). What could not be settled is a reason, and then nothing is excused (S1).
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Expectation, Invariant
from verifier.model.invariant_file import Allowance, GrantInvariant
from verifier.model.own_place import check_region
from verifier.model.request import Outcome
from verifier.model.results.access import Region
from verifier.model.results.verdict import Counterexample, NamedByGrant, Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.verify.limits import within_limits
from verifier.verify.listed_grants import GrantFinding, grant_findings
from verifier.verify.meaning import meaning
from verifier.verify.preparation import not_known, resolved_allowance, resolved_invariant
from verifier.verify.regions import Describer


class Beyond(Frozen):
    """`regions` are what breaks the invariant beyond the waivers and the baseline, `grants` likewise for one about
    listed grants; `reasons` say why the rest could not be settled. `used` tells of each waiver whether it covers
    something that breaks the invariant; `better` whether something that broke it in the baseline does not break it any
    more."""

    regions: tuple[Region, ...] = ()
    grants: tuple[NamedByGrant, ...] = ()
    reasons: tuple[Reason, ...] = ()
    used: tuple[bool, ...] = ()
    better: bool = False

    @property
    def nothing(self) -> bool:
        """True iff everything that breaks the invariant is excused."""
        return not (self.regions or self.grants or self.reasons)

    @property
    def counterexample(self) -> Counterexample | None:
        """A request that breaks the invariant and is not excused."""
        return next((region.witness for region in self.regions if region.witness is not None), None)


def beyond(
    estate: Estate,
    key: Key,
    invariant: Invariant,
    waived: Sequence[Allowance] = (),
    earlier: tuple[Estate, Key] | None = None,
    held: SymbolValues | None = None,
    timeout: float | None = None,
) -> Beyond:
    """What breaks an invariant about requests; without waivers and an earlier estate, all that does. `held` fixes
    readings; `timeout` is in seconds.

    Raises `InputError` for a waiver about a Region where nothing tells the key's (S4).
    """
    check_region(estate, [allowance.scope for allowance in waived])
    target = key_target(key)
    sides = [QuestionSide(estate, target)]
    if earlier is not None and not_known(key_target(earlier[1])) is None:
        sides.insert(0, QuestionSide(earlier[0], key_target(earlier[1])))
    scopes = [
        resolved_invariant(estate, target, invariant),
        *(resolved_allowance(estate, target, allowance) for allowance in waived),
    ]
    too_large = "the policies tell apart too much to say what is excused"
    found = within_limits(timeout, too_large, lambda: _beyond(join(sides, scopes), held or {}, invariant))
    return Beyond(reasons=(found,), used=(True,) * len(waived)) if isinstance(found, Reason) else found


def _beyond(joint: Joint, held: SymbolValues, invariant: Invariant) -> Beyond:
    joint.hold(held)
    diagrams, last = joint.diagrams, len(joint.sides) - 1
    breaking = _breaking(joint, invariant, last)
    left = diagrams.minus(breaking, diagrams.any_of(joint.scopes[1:]))
    better = False
    if last:
        before = _breaking(joint, invariant, 0)
        left = diagrams.minus(left, joint.counterparts_in(0, before))
        better = _possible(joint, 0, diagrams.minus(before, joint.counterparts_in(last, breaking)))
    wanted = Outcome.DENY if invariant.expectation is Expectation.ALLOWED else Outcome.ALLOW
    regions = Describer(joint, last, wanted).describe(left)
    reasons = list(regions.undecided)
    unknown = diagrams.minus(left, joint.known_action)
    if not regions.found and _possible(joint, last, unknown):
        action = "an action that the reference data does not know"
        reasons.append(Reason("U4", f"{action} could break it beyond what is excused"))
    used = tuple(_possible(joint, last, diagrams.both(breaking, scope)) for scope in joint.scopes[1:])
    return Beyond(tuple(found.region for found in regions.found), (), tuple(reasons), used, better)


def _breaking(joint: Joint, invariant: Invariant, number: int) -> DiagramNode:
    """The requests in the scope that are decided as they must not be, on a side."""
    allowed = joint.sides[number].allowed
    wrong = joint.diagrams.complement(allowed) if invariant.expectation is Expectation.ALLOWED else allowed
    return joint.diagrams.both(joint.scopes[0], wrong)


def _possible(joint: Joint, number: int, node: DiagramNode) -> bool:
    return node != NOTHING and joint.diagrams.both(node, joint.care(number, node).care) != NOTHING


def grants_beyond(
    estate: Estate, key: Key, invariant: GrantInvariant, earlier: tuple[Estate, Key], held: SymbolValues | None = None
) -> Beyond:
    """The grants that break an invariant about listed grants and did not do so in an earlier estate. One that may break
    it is a reason, unless it may have done so as well."""
    now, before = (list(grant_findings(*one, invariant, held or {})) for one in ((estate, key), earlier))
    known, still = ({_meant(one) for one in found if one.breaks} for found in (before, now))
    perhaps = set(map(_meant, before))
    left = [one.about for one in now if one.breaks and _meant(one) not in known]
    reasons = (one.reason for one in now if one.reason is not None and _meant(one) not in perhaps)
    grants = tuple(one for one in left if isinstance(one, NamedByGrant))
    return Beyond(grants=grants, reasons=tuple(reasons), better=bool(known - still))


def _meant(finding: GrantFinding) -> object:
    """What a finding is about: of two estates the same iff that means the same."""
    about = finding.about
    return (meaning(about.grant), about.role) if isinstance(about, NamedByGrant) else about
