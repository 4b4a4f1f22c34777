"""Grants that a service makes in the name of a caller, to a role that is passed to it, as offers in doubt (W1).

In: doubts, the accounts of which an inventory is there. Out: `Offer`s.
Guarantee: a role to which a service of `GRANT_TO_ROLES` makes a grant for a caller is one as which that caller may have
it run code, by a step or a doubtful action; of an account without an inventory it may be any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from verifier.frozen import Frozen
from verifier.model.policy import arn_account
from verifier.model.steps.actions import service_name
from verifier.model.steps.catalogue import entry
from verifier.model.steps.descriptions import StepKind
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import Doubt, Fact, FactKind, Facts, Offer
from verifier.verify.reach.key_rules import GRANTEE
from verifier.verify.reach.needs import Needs
from verifier.verify.reach.offers.doubts import Doubts
from verifier.verify.reach.offers.offers import ANY_CLASS, CREATE_GRANT, KeyOffers
from verifier.verify.reach.step_groups import Bundle

_Roles = dict[str, tuple[Fact, ...]]
"""Roles, or an account that stands for all of its own, each with what must be true for a service to run code as it."""


class GrantedByServices(Frozen):
    """What services may grant in the name of whoever calls them; `listed` are the accounts with an inventory."""

    doubts: Doubts
    needs: Needs
    listed: Collection[str]

    def offered(self, key: KeyOffers, by: str, facts: Facts) -> list[Offer]:
        """The grants on a key that a principal may have made, but for what it could grant by itself."""
        ways = key.by_services(by)
        if not ways:
            return []
        doubt = Doubt(entry(CREATE_GRANT), (CREATE_GRANT,), str(key.rules.key.account))
        roles: dict[str, _Roles] = {}
        found: dict[Fact, Offer] = {}
        for service, operation, cube in ways:
            grantees = dict(cube.values).get(GRANTEE, ANY_CLASS)
            if service not in roles:
                roles[service] = dict(self._roles(service, by, facts))
            for role, after in roles[service].items():
                gives = Fact(FactKind.GRANT, key.arn, (operation, str(grantees), role, service))
                request = StepKind.CREATE_GRANT, CREATE_GRANT, key.arn, cube
                found[gives] = Offer(*request, gives, after=after, doubt=doubt, accounts=frozenset({arn_account(by)}))
        return [offer for gives, offer in found.items() if gives not in facts]

    def _roles(self, service: str, by: str, facts: Facts) -> Iterator[tuple[str, tuple[Fact, ...]]]:
        if arn_account(by) not in self.listed:
            yield arn_account(by), ()
            return
        doubts = self.doubts if facts.others else self.doubts.plain
        for changes, bundles in doubts.bundles(by).items():
            needed = self.needs.met(Cube(0, changes), "", None, by, facts)
            if needed is None:
                continue
            for bundle in bundles:
                for role in bundle.group.each(self._running(bundle, service)):
                    own = bundle.giving(role, facts)
                    if own is not None and facts.keys() >= {*bundle.after}:
                        yield role, (*needed, *own, *bundle.after)

    def _running(self, bundle: Bundle, service: str) -> int:
        """The roles of a bundle as which a service may run code: by what it is passed to, or changed by."""
        if bundle.gives.kind is not FactKind.HOLDS:
            return 0
        if bundle.doubt is not None:
            entry = bundle.doubt.entry
            names = (*entry.services, *entry.running)
            return bundle.targets & self.doubts.admitting(bundle.group, names, service)
        by = service_name(bundle.passed.service) if bundle.passed is not None else bundle.action.split(":")[0]
        return bundle.targets if by == service else 0
