"""What one principal can do on one target, as offers: a fact that it can make true, and what it needs for that.

In: the rules of targets. Out: `Offer`s of a principal.
Guarantee: each is a request that is allowed once its needs are true, or more than such (over-approximated); none that
could be made is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial, reduce
from itertools import chain, product, repeat
from operator import or_

from verifier.model.steps.actions import GRANT_TO_ROLES
from verifier.model.steps.catalogue import entry
from verifier.model.steps.descriptions import StepKind
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.semantics.possible_changes import GRANT
from verifier.verify.reach.alias_rules import AliasRules
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import Doubt, Fact, FactKind, LastRequest, Offer
from verifier.verify.reach.key_rules import GRANTEE, KeyRules
from verifier.verify.reach.offers.step_requests import requested
from verifier.verify.reach.step_groups import CREATE_KEY, TargetGroup, creating, region_of_each_class

CREATE_GRANT, _TAG = "kms:CreateGrant", "kms:TagResource"
_NOTHING = Cube(0, frozenset())
ANY_CLASS = -1
"""The mask of grantees where no policy tells them apart."""


@dataclass(eq=False)
class KeyOffers:
    """The offers of one key to whoever calls it. `goals` are the numbers of those that are about this key; `creating`
    gives the rules of creating keys, `aliases` those of the aliases that this one may have, `beside` the offers of
    another key of the input. One that may be `made` stands for those of its account that the input does not hold:
    whoever makes one there writes its policy."""

    rules: KeyRules
    goals: tuple[int, ...]
    creating: Callable[[], TargetGroup]
    aliases: Callable[[], AliasRules]
    beside: Callable[[str], KeyOffers | None]
    made: bool = False
    _steps_of: dict[str, _Offered] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.arn, self.region = self.rules.key.arn, self.rules.key.region
        # Of the rules alone: what is kept does not hold on to these offers.
        self._bit, self._doing = cache(self.rules.bit), cache(self.rules.doing)
        self._accesses = cache(partial(_accesses, self.rules))
        self._written = Fact(FactKind.RESOURCE_POLICY, self.arn)

    @cached_property
    def _steps(self) -> tuple[Offer, ...]:
        return tuple(self._all_steps())

    @cached_property
    def gives(self) -> frozenset[Fact]:
        """All that some principal may make true."""
        moved = (move.gives for move in self.aliases().moves) if self.has_aliases else ()
        return frozenset((*(offer.gives for offer in self._steps), *([self._written] if self.made else []), *moved))

    @property
    def has_aliases(self) -> bool:
        """True iff it matters which aliases the key has, and has not."""
        return bool(self.rules.aliases.symbols) and self.rules.key.aliases is not None

    def steps(self, principal: str, wanted: frozenset[Fact]) -> Sequence[Offer]:
        """What a principal can bring about by this key's own requests, of what is `wanted`."""
        if principal not in self._steps_of:
            self._steps_of[principal] = self._offered(principal)
        offers, gives = self._steps_of[principal]
        new = wanted & gives
        return [offer for offer in offers if offer.gives in new] if new else ()

    def _offered(self, principal: str) -> _Offered:
        bit = self._bit(principal)
        own = [offer for offer in self._steps if offer.cube.members & bit]
        copied = any(offer.step is StepKind.REPLICATE for offer in own)
        makes = self.made and principal.split(":")[4:5] == self.arn.split(":")[4:5]
        copies = tuple((one, creating(self.creating(), principal, one)) for one in self._regions) if copied else ()
        here = creating(self.creating(), principal, self.region) if makes else ()
        offers = (self._whole(offer, copies) for offer in own)
        found = (*chain.from_iterable(offers), *self._managing(principal), *map(self._making, here))
        return found, frozenset(offer.gives for offer in found)

    @cached_property
    def _regions(self) -> tuple[str, ...]:
        return region_of_each_class(self.creating(), self.rules.replica_regions)

    def _whole(self, offer: Offer, copies: tuple[tuple[str, tuple[Cube, ...]], ...]) -> Iterator[Offer]:
        """An offer with all that its step takes: a replica takes `kms:CreateKey` in its Region as well (R8)."""
        if offer.step is not StepKind.REPLICATE:
            yield offer
            return
        there = (needed for region, needed in copies if self.rules.is_into(offer.cube, region))
        for cube in dict.fromkeys(chain.from_iterable(there)):
            yield replace(offer, also=(("", CREATE_KEY, cube),))

    def _managing(self, principal: str) -> Iterator[Offer]:
        """What a principal can do to aliases, with permission on the alias and on each key that has or gets it (R4)."""
        for move, cube in self.aliases().managing(principal) if self.has_aliases else ():
            own = self.doing(move.action, principal) if self.arn in move.keys else (_NOTHING,)
            others = [other for arn in move.keys if arn != self.arn and (other := self.beside(arn)) is not None]
            for here, *there in product(own, *(other.doing(move.action, principal) for other in others)):
                also = zip((move.alias, *(other.arn for other in others)), repeat(move.action), (cube, *there))
                target = self.arn if self.arn in move.keys else move.alias
                yield Offer(move.step, move.action, target, here, move.gives, tuple(also), move.after)

    def _making(self, creating: Cube) -> Offer:
        also = (("", CREATE_KEY, creating),)
        return Offer(StepKind.PUT_KEY_POLICY, CREATE_KEY, self.arn, _NOTHING, self._written, also)

    def by_services(self, principal: str) -> list[tuple[str, str, Cube]]:
        """The services that may make grants to roles in the name of a principal, each with an operation and with what
        that takes: as far as it could not create such a grant by itself as well."""
        bit, ways = self._bit(principal), self._by_services
        return [(service, name, cube) for service, name, cube, direct in ways if bit & cube.members & ~direct]

    @cached_property
    def _by_services(self) -> list[tuple[str, str, Cube, int]]:
        found = []
        for operation in self.rules.operations:
            direct = self.rules.granting(operation)
            for service in GRANT_TO_ROLES:
                for cube in self.rules.granting(operation, service):
                    same = (other.members for other in direct if other.covers(cube))
                    found.append((service, operation, cube, reduce(or_, same, 0)))
        return found

    def accesses(self, goal: int, principal: str) -> tuple[LastRequest, ...]:
        """How a principal can make the last request of a goal."""
        bit = self._bit(principal)
        return tuple(access for access in self._accesses(goal) if access.cube.members & bit)

    def doing(self, action: str, principal: str) -> tuple[Cube, ...]:
        """What a principal needs for one of the actions on material."""
        bit = self._bit(principal)
        return tuple(cube for cube in self._doing(action) if cube.members & bit) if bit else ()

    def _all_steps(self) -> Iterator[Offer]:
        arn, rules = self.arn, self.rules
        yield from self._plain(StepKind.PUT_KEY_POLICY, "kms:PutKeyPolicy", Fact(FactKind.RESOURCE_POLICY, arn))
        for operation in rules.operations:
            for cube in rules.granting(operation):
                grantees = dict(cube.values).get(GRANTEE, ANY_CLASS)
                gives = Fact(FactKind.MAY_GRANT, arn, (operation, str(grantees)))
                yield Offer(StepKind.CREATE_GRANT, CREATE_GRANT, arn, cube, gives)
        for tag in rules.tags:
            for cube in rules.tagging(tag):
                mask = dict(cube.values).get(requested(tag), ANY_CLASS)
                facts = (Fact(FactKind.TAG, arn, (tag, str(n))) for n in rules.classes_of_tag(tag, mask))
                yield from (Offer(StepKind.TAG, _TAG, arn, cube, fact) for fact in facts)
            yield from self._tagged_twice(tag)
            gone = Fact(FactKind.TAG, arn, (tag, str(rules.absent(tag))))
            yield from (Offer(StepKind.UNTAG, "kms:UntagResource", arn, cube, gone) for cube in rules.untagging(tag))
        # A key without goals is one under which ciphertexts of another key may come.
        if not self.goals or any(map(self.rules.uses_material, self.goals)):
            for cube in rules.replicating():
                yield Offer(StepKind.REPLICATE, "kms:ReplicateKey", arn, cube, Fact(FactKind.REPLICA, arn))
            for cube in self._doing("kms:ImportKeyMaterial"):
                for other in self._doing("kms:GetParametersForImport"):
                    also = ((arn, "kms:GetParametersForImport", other),)
                    gives = Fact(FactKind.KNOWN, arn)
                    both = Cube(cube.members & other.members, cube.needs, cube.values)
                    yield Offer(StepKind.IMPORT_MATERIAL, "kms:ImportKeyMaterial", arn, both, gives, also)
        if not self.made:
            yield from self._updated()

    def _tagged_twice(self, tag: str) -> Iterator[Offer]:
        """Of two tags whose names differ in case alone a condition reads one, and no page says which (F8): what
        policies ask of a request may be read of one, and what they ask of the key's tag of the other."""
        doubt = Doubt(entry(_TAG), (_TAG,), str(self.rules.key.account))
        for cube in self.rules.tagging_twice(tag):
            for number in self.rules.classes_of_tag(tag, ANY_CLASS):
                fact = Fact(FactKind.TAG, self.arn, (tag, str(number)))
                yield Offer(StepKind.TAG, _TAG, self.arn, cube, fact, doubt=doubt)

    def _updated(self) -> Iterator[Offer]:
        """What the key is open to once it becomes a primary key, or a replica, is in doubt (W1). That takes permission
        on the key itself, whichever of the two it is at first [KMS: multi-region-keys-auth, Updating the primary
        Region]. So does what an action brings about that no data knows (U4)."""
        for name in self.rules.in_doubt:
            doubt = Doubt(entry(name), (name,), str(self.rules.key.account))
            for offer in self._plain(StepKind.SHARE, name, Fact(FactKind.OPEN, self.arn)):
                yield replace(offer, doubt=doubt)

    def may_be_in_doubt(self, principals: Iterable[str], *, changed: bool) -> bool:
        """True iff one of some principals may do something doubtful on the key, or a service may make grants in its
        name: given changes or, unless something is `changed`, none."""
        return any(
            any(self.doing(name, principal) for name in self.rules.in_doubt)
            or any(changed or not cube.needs for *_, cube in self.by_services(principal))
            for principal in principals
        )

    def _plain(self, step: StepKind, action: str, gives: Fact) -> Iterator[Offer]:
        return (Offer(step, action, self.arn, cube, gives) for cube in self._doing(action))


def _accesses(rules: KeyRules, goal: int) -> tuple[LastRequest, ...]:
    """How the last request of a goal can be made: without a grant, or with one of each operation."""
    direct = (LastRequest(cube) for cube in rules.access(goal) if GRANT not in cube.needs)
    of_grants = ((cube, name) for name in rules.operations for cube in rules.access_by(goal, name))
    return (*direct, *(LastRequest(cube, name) for cube, name in of_grants if GRANT in cube.needs))


_Offered = tuple[tuple[Offer, ...], frozenset[Fact]]
"""Offers, and what they give."""


def granted_operations(offer: Offer) -> str:
    """What a grant must allow for an offer: a child grant needs a parent grant that has its operation (G6). Who retires
    one may be its retiring principal (G5)."""
    child = offer.gives.details[0] if offer.gives.kind in (FactKind.MAY_GRANT, FactKind.GRANT) else RETIRE
    return offer.action if child == RETIRE else f"{offer.action}/{child}"
