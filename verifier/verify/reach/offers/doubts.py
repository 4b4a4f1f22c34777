"""What doubtful actions may bring about, as offers: more than steps, and never less than they can (W1).

In: the offers of steps, an estate. Out: `Doubts`: the bundles of both. Guarantee: whatever a request that is no step
and that the catalogue does not call harmless can bring about is among them, as far as it goes in the account of whoever
makes it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, reduce
from itertools import chain, product
from operator import or_

from verifier.model.estate import Estate
from verifier.model.policy import StatementRef, arn_account, arn_kind
from verifier.model.steps.actions import service_name, ways_to_run
from verifier.model.steps.catalogue import ActionEffect, Head, entry
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import TargetKind
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.distinctions import tells_names_apart, tells_sessions_apart
from verifier.verify.reach.facts import Doubt, Fact, FactKind, is_federated
from verifier.verify.reach.key_rules import UPDATE_PRIMARY
from verifier.verify.reach.needs import Identities
from verifier.verify.reach.offers.code_that_runs import BOUNDED, roles_running
from verifier.verify.reach.offers.doubtful_permissions import DoubtfulPermissions
from verifier.verify.reach.offers.extent import Anything, Extent, Most
from verifier.verify.reach.offers.newly_made import BY_PROVIDERS, trusted
from verifier.verify.reach.offers.passed_roles import passable, passable_services, tagged_bundles, trusting_roles
from verifier.verify.reach.offers.step_offers import StepOffers
from verifier.verify.reach.step_groups import OF_TARGETS, Bundle, Gives, TargetGroup


@dataclass(eq=False)
class Doubts:
    """The offers of steps, and those of doubtful actions, for one partition. `permissions` are those of each account,
    `principals` one for each class of callers, `condition_keys` those by which the last requests are told from
    others. Raises `TooLarge`."""

    estate: Estate
    identities: Identities
    steps: StepOffers
    permissions: Mapping[str, DoubtfulPermissions]
    principals: Sequence[str]
    condition_keys: frozenset[str]
    without_changes: bool = False
    _counts: dict[tuple[str, ...], Counter[Head]] = field(default_factory=dict, init=False)
    _bundles: dict[tuple[object, ...], Mapping[frozenset[PossibleChange], Sequence[Bundle]]] = field(
        default_factory=dict, init=False
    )

    @cached_property
    def plain(self) -> Doubts:
        """The same of those who have brought about nothing but whom they hold: what needs no change."""
        return replace(self, steps=self.steps.plain, without_changes=True)

    @cached_property
    def _extent(self) -> Extent:
        return Extent(self.estate, self.identities, self.principals, self.condition_keys)

    @property
    def groups(self) -> Sequence[TargetGroup]:
        return self.steps.groups

    def bundles(self, principal: str) -> Mapping[frozenset[PossibleChange], Sequence[Bundle]]:
        """What a principal can bring about, or may, by the changes that it needs: by steps first."""
        found = {needs: list(bundles) for needs, bundles in self.steps.bundles(principal).items()}
        for needs, bundles in self.of(principal).items():
            found.setdefault(needs, []).extend(bundles)
        return found

    def of(self, principal: str) -> Mapping[frozenset[PossibleChange], Sequence[Bundle]]:
        """What it may bring about by doubtful actions alone."""
        permissions = self._own(principal)
        if permissions is None:
            return {}
        # Whom it may pass a role to the groups of roles say.
        classes = self.steps.classes(principal)
        federating = permissions.federating(principal) if self.sessions_apart and self.issues(principal) else None
        whom = permissions.account, permissions.representative(principal)
        key = (*whom, federating, classes, _issues_sessions(principal))
        if key not in self._bundles:
            found: dict[frozenset[PossibleChange], list[Bundle]] = {}
            for doubt, cube in sorted(
                permissions.doubts(principal), key=lambda one: one[0].entry.effect is not ActionEffect.FEDERATED
            ):
                if cube.needs and self.without_changes:
                    continue
                for bundle in chain.from_iterable(map(self.steps.apart, self._effects(doubt, cube, principal))):
                    if bundle.targets:
                        found.setdefault(bundle.needs, []).append(bundle)
            self._bundles[key] = found
        return self._bundles[key]

    def places(self, principal: str, doubt: Doubt) -> tuple[StatementRef, ...]:
        """The statements that may allow a principal a doubtful action."""
        permissions = self._own(principal)
        return () if permissions is None else permissions.places(principal, doubt.entry.name)

    def counted(self, principals: tuple[str, ...]) -> Counter[Head]:
        """How many doubtful actions some principals may do, by their heads."""
        if principals not in self._counts:
            of: dict[DoubtfulPermissions | None, list[str]] = {}
            for principal in principals:
                of.setdefault(self._own(principal), []).append(principal)
            entries = chain.from_iterable(one.entries(own) for one, own in of.items() if one is not None)
            self._counts[principals] = Counter(entry.head for entry in dict.fromkeys(entries))
        return self._counts[principals]

    def _own(self, principal: str) -> DoubtfulPermissions | None:
        return self.permissions.get(arn_account(principal)) if principal.startswith("arn:") else None

    # -- effects --

    def _effects(self, doubt: Doubt, cube: Cube, by: str) -> Iterator[Bundle]:
        match doubt.entry.effect:
            case ActionEffect.RUN | ActionEffect.PASS:
                yield from self._acting(doubt, cube, by)
            case ActionEffect.ASSUME:
                yield from self._roles_of_service_roles(doubt, cube)
            case ActionEffect.ACCOUNT:
                yield from self._at_once(doubt, cube, self._extent.anything(doubt.account))
            case ActionEffect.ORGANIZATION:
                yield from self._at_once(doubt, cube, self._extent.governing(doubt.account))
            case ActionEffect.MEMBERS:
                yield from self._at_once(doubt, cube, self._extent.anything(*self._extent.members(doubt.account)))
            case ActionEffect.FEDERATED if _issues_sessions(by) and self.sessions_apart:
                yield from self._federated(doubt, by)
            case ActionEffect.USERS:
                yield from self._as_users(doubt, by)
            case ActionEffect.NAMES if self._names_apart:
                yield from self._at_once(doubt, cube, self._extent.anything(doubt.account))
            case ActionEffect.FRAME:
                yield from self._at_once(doubt, cube, self._extent.without_controls(doubt.account))
            case ActionEffect.ENDPOINTS if self._extent.has_endpoint(doubt.account):
                yield from self._at_once(doubt, cube, self._extent.keys_of(None))
            # whether the key is the primary one is a question of the key (`KeyOffers`)
            case ActionEffect.KEYS if any(name != UPDATE_PRIMARY for name in doubt.names):
                yield from self._at_once(doubt, cube, self._extent.keys_of(doubt.account))

    def _as_users(self, doubt: Doubt, by: str) -> Iterator[Bundle]:
        """The users on whom the caller may make one of the requests: asked as what steps are on (`step_offers`)."""
        for group in self._of(TargetKind.USER, doubt.account):
            found: dict[Cube, list[str]] = {}
            for name in doubt.names:
                for own in group.allowed(name, by):
                    found.setdefault(own, []).append(name)
            for own, (first, *others) in found.items():
                exact = Doubt(entry(first), (first, *others), doubt.account)
                gives = Gives(FactKind.HOLDS)
                yield Bundle(StepKind.BECOME_USER, first, group, own.members, (own,), gives, doubt=exact)

    def _acting(self, doubt: Doubt, cube: Cube, by: str) -> Iterator[Bundle]:
        """The roles that the caller may pass to one of the services; and those that one of them runs things as without
        that, which may be those of listed code alone (`BOUNDED`)."""
        supposed, entry = self.permissions[doubt.account], doubt.entry
        passes = entry.effect is ActionEffect.PASS
        passed, unpassed = (entry.services, entry.running) if passes else ((), entry.services)
        naming = self._naming(doubt, by)
        for group in self._of(TargetKind.ROLE, doubt.account):
            free = group.unlinked & ~supposed.reviewed(group.arns)
            running = product(naming, self._trusting(group, unpassed))
            handed = product(self._passable(group, by, passed), self._trusting(group, passed)) if passed else ()
            for one, (name, two) in chain(running, handed):
                needs = (cube, two, one)
                targets = one.members & two.members & free
                held = Bundle(StepKind.PASS_ROLE, entry.name, group, targets, needs, Gives(FactKind.HOLDS), doubt=doubt)
                yield from tagged_bundles(held, name)

    def _naming(self, doubt: Doubt, by: str) -> list[Cube]:
        """What it takes of the caller to name some role that it may pass to the services, if the request must name one:
        nothing where the input does not list all roles."""
        account = self.estate.account(doubt.account)
        if not doubt.entry.named or (account is not None and not account.complete):
            return [Cube(-1, frozenset())]
        groups = self._of(TargetKind.ROLE, doubt.account)
        found = chain.from_iterable(self._passable(group, by, doubt.entry.services) for group in groups)
        needs = dict.fromkeys(one.needs.difference(OF_TARGETS) for one in found if one.members)
        return [Cube(-1, own) for own in needs]

    def _roles_of_service_roles(self, doubt: Doubt, cube: Cube) -> Iterator[Bundle]:
        """The roles that a role as which the services run things, `asker`, may assume: the caller names one of them.
        Where the trust policy of a role was written anew for a service, the caller is taken to hold the role itself,
        since whoever wrote it could let in anybody. Nothing runs as a role that the caller makes, unless it passes it.
        """
        name, gives = doubt.entry.name, Gives(FactKind.HOLDS)
        for group in self._of(TargetKind.ROLE, doubt.account):
            for _, two in self._trusting(group, doubt.entry.services):
                members = two.members & group.unlinked
                if two.needs.intersection(OF_TARGETS):
                    yield Bundle(StepKind.PASS_ROLE, name, group, members, (cube, two), gives, doubt=doubt)
                    continue
                for asker in sorted({*group.each(members)} - self.steps.made):
                    yield from self._assumed_by(doubt, cube, asker)

    def _assumed_by(self, doubt: Doubt, cube: Cube, asker: str) -> Iterator[Bundle]:
        """The roles that one such role may assume."""
        name, gives = doubt.entry.name, Gives(FactKind.HOLDS)
        for group in self.groups:
            for three in group.allowed("sts:AssumeRole", asker) if group.kind is TargetKind.ROLE else ():
                needs, own = Cube(-1, three.needs.intersection(OF_TARGETS)), three.needs.difference(OF_TARGETS)
                members, by = three.members & group.unlinked, (asker, own)
                yield Bundle(StepKind.PASS_ROLE, name, group, members, (cube, needs), gives, doubt=doubt, asker=by)

    def _passable(self, group: TargetGroup, by: str, names: tuple[str, ...]) -> list[Cube]:
        """The roles that a principal may pass to one of some services; to any, where providers are among these."""
        if any(name == "*" or name.startswith(WEB_PREFIX) for name in names):
            return group.allowed("iam:PassRole", by)
        among = self._among(names)
        others = [service for service in among if not ways_to_run(service)]
        return [*passable(group, by, among, known=True), *(passable(group, by, others, known=False) if others else ())]

    def _among(self, names: tuple[str, ...]) -> list[str]:
        return [service for service in passable_services(self.estate) if "*" in names or service_name(service) in names]

    def _trusting(self, group: TargetGroup, names: tuple[str, ...]) -> Iterator[tuple[str, Cube]]:
        """The roles that admit one of some services, or identities of providers, with its name; of some services those
        that listed code has."""
        for name in (name for name in names if name.endswith(BOUNDED)):
            known = sum(map(group.bit, roles_running(self.estate, group.account, name.removesuffix(BOUNDED))))
            for service, one in self._trusting(group, (name.removesuffix(BOUNDED),)):
                yield service, replace(one, members=one.members & known)
        others = (
            f"{name}.amazonaws.com"
            for name in names
            if not name.startswith(WEB_PREFIX) and name != "*" and not name.endswith(BOUNDED)
        )
        for service in dict.fromkeys((*self._among(names), *others)):
            yield from ((service, one) for one in trusting_roles(group, service))
        for provider in self._providers:
            if any(name.startswith(WEB_PREFIX) and fnmatchcase(provider, name) for name in names):
                yield from ((provider, one) for action in BY_PROVIDERS for one in group.allowed(action, provider))

    @cached_property
    def sessions_apart(self) -> bool:
        """False only if federated sessions may do nothing that those who issue them may not."""
        return tells_sessions_apart(self.estate, self.condition_keys)

    @cached_property
    def _names_apart(self) -> bool:
        return tells_names_apart(self.estate, self.condition_keys)

    def issues(self, principal: str) -> bool:
        """True iff a principal may come to issue federated sessions."""
        own = self._own(principal) if _issues_sessions(principal) else None
        found = own.doubts(principal) if own is not None else ()
        return any(doubt.entry.effect is ActionEffect.FEDERATED for doubt, _ in found)

    def _federated(self, doubt: Doubt, by: str) -> Iterator[Bundle]:
        """The step of `sts:GetFederationToken`, by the names that sessions may be given."""
        names = [one for one in self.principals if is_federated(one) and arn_account(one) == doubt.account]
        for cube, sessions in self.permissions[doubt.account].sessions(by, names):
            most = self._extent.most(("federated", sessions), (Fact(FactKind.HOLDS, one) for one in sessions))
            if cube.needs and self.without_changes:
                continue
            yield from (replace(one, step=StepKind.FEDERATE, doubt=None) for one in self._at_once(doubt, cube, most))

    def _at_once(self, doubt: Doubt, cube: Cube, most: Most) -> Iterator[Bundle]:
        for group in self._of(TargetKind.ACCOUNT, doubt.account):
            targets = group.bit(group.root) if most.facts else 0
            request = StepKind.SHARE, doubt.entry.name, group, targets, (cube,)
            yield Anything(*request, Gives(FactKind.OPEN), doubt=doubt, most=most)

    def _of(self, kind: TargetKind, account: str) -> Iterator[TargetGroup]:
        return (group for group in self.groups if group.kind is kind and group.account == account)

    def admitting(self, group: TargetGroup, names: Sequence[str], service: str) -> int:
        """The roles that admit a service, if it is one of some services; of listed code where these are `BOUNDED`."""
        own = tuple(name for name in names if name.removesuffix(BOUNDED) == service)
        if not own and "*" in names:
            own = (service,)
        return reduce(or_, (one.members for _, one in self._trusting(group, own)), 0)

    @cached_property
    def _providers(self) -> tuple[str, ...]:
        named = {*trusted(self.estate), *(one for account in self.estate.accounts for one in account.providers or ())}
        made = (one for one in self.steps.made if ":oidc-provider/" in one)  # a SAML provider is made by a step
        return tuple(WEB_PREFIX + one for one in sorted((named - self.steps.made).union(made) - {"*"}))


def _issues_sessions(principal: str) -> bool:
    """True iff it may be who calls `sts:GetFederationToken` [API: GetFederationToken]: a user, or a root user."""
    return principal.endswith(":root") or arn_kind(principal) == "user"
