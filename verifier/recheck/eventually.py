"""One entry of a certificate about `can eventually`: a set of facts that holds at first, that no step leaves, and short
of the goal.

In: the entry as JSON, the estate, the key, the invariant, the readings that are held. Out: nothing, or `Rejected` with
the reason.
Guarantee: an accepted entry proves that the invariant holds of its key for chains of every length. Every step of the
catalogue on every object of the estate is asked about anew: that no caller who is held, with the changes of the set,
may make a request for it, unless what it gives is in the set already. None of the code that finds what callers can
bring about has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial

from verifier.frozen import Frozen
from verifier.language.invariants.grantees import with_grantees
from verifier.model.caller_sets import with_named_accounts
from verifier.model.estate import Account, Estate
from verifier.model.invariant import AnyCaller, Expectation, Invariant, Tagged, parts_of
from verifier.model.policy import Policy, arn_account
from verifier.model.reference import actions, matching
from verifier.model.steps.actions import GRANT_TO_ROLES, STACK_SETS, StepResource, step_action, step_actions
from verifier.model.steps.catalogue import OF_KEYS, catalogue_version
from verifier.model.steps.supposition import SuppositionKind
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.predicates import Tokens, exactly, literal_tokens
from verifier.problem.expression import FALSE, Expression, Present, Some, conjunction, disjunction
from verifier.problem.facts.shared import made_by_service
from verifier.problem.question import Formula, formula_over, scope
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.caller_sets import callers, not_ruled_out
from verifier.problem.semantics.permissions import own_denies, permissions
from verifier.problem.semantics.possible_changes import REQUEST_TAG, RESOURCE_TAG
from verifier.problem.semantics.targets import Target, TargetKind, key_target, step_target
from verifier.problem.space import Space, acts
from verifier.problem.steps.doubtful import alike, doubtful_on_keys, uncatalogued
from verifier.problem.steps.many import together
from verifier.recheck.check import check_entry
from verifier.recheck.closed_set import ClosedSet, FactText, given_by
from verifier.recheck.formula import Json
from verifier.recheck.tables import Rejected

_MATERIAL = frozenset(a.name for a in actions() if a.grant_operation) - {
    *("kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey", "kms:GetPublicKey")
}
_ALIASES = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
OF_THE_KEY = {
    "kms:PutKeyPolicy": "key policy",
    **dict.fromkeys(("kms:TagResource", "kms:UntagResource"), "key tags"),
    **dict.fromkeys(_ALIASES, "aliases"),
}
"""What a step on the key makes true of it; a grant of an operation aside."""
_FURTHER = {
    *("kms:CreateGrant", "kms:ReplicateKey", "kms:CreateKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    *("kms:GetParametersForImport", "kms:ImportKeyMaterial"),
}
OPERATIONS, _TAG_NAMES, _OF_ALIASES = "kms:grantoperations", "aws:tagkeys", {"kms:resourcealiases", "kms:requestalias"}


def check_eventual(entry: Json, estate: Estate, target: Target, invariant: Invariant, readings: SymbolValues) -> None:
    """Raises `Rejected`: for another catalogue or other suppositions, and where a query is not proved, or is
    missing."""
    expected = {"verdict": "proved", **supposed(estate)}
    if {name: entry[name] for name in ("verdict", "catalogue", "supposed")} != expected:
        raise Rejected("it was made with another catalogue of actions, or with other suppositions")
    wanted, queries = list(Reaching.of(estate, target, invariant, entry["facts"]).queries()), entry["queries"]
    if [query["about"] for query in queries] != [about for about, _ in wanted]:
        raise Rejected("its queries are not about the steps of the catalogue on the objects of the estate")
    for query, (about, formula) in zip(queries, wanted, strict=True):
        try:
            check_entry(query, formula(), readings)
        except Rejected as error:
            raise Rejected(f"{about}: {error}") from None


def supposed(estate: Estate) -> dict[str, Json]:
    """What proofs about steps rest on: the catalogue of actions (W1), and what a person takes for granted (W3)."""
    return {"catalogue": catalogue_version(), "supposed": [one.sentence for one in estate.suppositions]}


class Reaching(Frozen, dict=True):
    """What must not be possible for a set of facts to be closed, and for an invariant to hold in it."""

    closed: ClosedSet
    invariant: Invariant

    @staticmethod
    def of(estate: Estate, target: Target, invariant: Invariant, facts: Json) -> Reaching:
        """Raises `Rejected` where a certificate cannot say it."""
        lacking = why_not(estate, target, invariant)
        if lacking is not None or target.key is None:
            raise Rejected(lacking or "steps are followed on keys alone")
        named_invariant = with_grantees(with_named_accounts(invariant, estate, target.key), target.key, estate)
        found = frozenset(tuple(map(str, fact)) for fact in facts)
        partly = {("account", account) for account in partly_listed(estate)}
        if ("account", target.key.account) in found or not partly <= found:
            raise Rejected("the account of the key is given up, or another one that is listed in part is not")
        return Reaching(ClosedSet(estate, target.key, found), replace(named_invariant, eventually=False))

    def queries(self) -> Iterator[tuple[str, Callable[[], Formula]]]:
        """Formulas of which none may be satisfiable, each with what it is about; they are made when they are called
        for."""
        for account in self.closed.estate.accounts:
            if account.id not in self.closed.lost:
                for targets in self._objects(account):
                    yield f"steps on each {targets[0].kind.value} of {account.id}", partial(self._steps, targets)
                further = partial(self._any_of, account, [*_MAKES, *further_steps()])
                yield f"what could be made in {account.id}, and further steps", further
            names = self._doubtful(account)
            if names:
                yield f"doubtful actions in {account.id}", partial(self._any_of, account, names)
        if self._governing is not None:
            yield f"coming into {self._governing}, which governs accounts", self._coming
        yield "the key", self._on_key

    # -- who asks --

    def _formula(self, space: Space, wanted: Expression) -> Formula:
        return self._over(space, space.allowed(), wanted)

    def _over(self, space: Space, decision: Expression, wanted: Expression) -> Formula:
        held = self.closed.held(space, callers(space, self.invariant.callers), self._governing)
        found = conjunction((held, *self.closed.only_given(space), decision, wanted))
        return formula_over(space, decision, (found,), (found,))

    # -- steps on what is no key --

    @cached_property
    def _partition(self) -> str:
        return self.closed.key.partition

    def _objects(self, account: Account) -> Iterator[list[Target]]:
        """The users, roles, groups and managed policies of an account, and itself: what steps are on."""
        managed = [one.arn for one in account.managed if arn_account(one.arn) == account.id]
        for arns in (
            [one.arn for one in account.roles],
            [one.arn for one in account.users],
            [one.arn for one in account.groups],
            managed,
            [f"arn:{self._partition}:iam::{account.id}:root"],
        ):
            own = [step_target(self.closed.estate, arn) for arn in arns if arn.split(":")[1] == self._partition]
            if own:
                yield own

    def _steps(self, targets: Sequence[Target]) -> Formula:
        space = RuledSpace(self.closed.estate, together(targets), possible_changes=self.closed.possible_changes)
        steps = disjunction(acts({name}) & self._beyond(space, name) for name in sorted(space.known_actions))
        return self._formula(space, (space.is_principal | space.is_web) & not_ruled_out(space) & steps)

    def _beyond(self, space: Space, action: str) -> Expression:
        """True iff what the step gives on the request's target is not in the set."""
        return space.requests_where(lambda target: not self.is_in(action, target))

    def is_in(self, action: str, target: Target) -> bool:
        """True iff what a step on a target gives is in the set."""
        if action in _SHARING:
            if target.account != self.closed.key.account or self._supposes_no_sharing:
                return True
        elif given_by(action) is None:
            return True  # what is there is not made; further steps are asked about whatever they are on
        return not self.lacking(action, target)

    def lacking(self, action: str, target: Target) -> frozenset[FactText]:
        """What a step on a target gives and is not in the set; a role that is passed is held where a service starts."""
        fact = ("shared", self.closed.key.arn) if action in _SHARING else fact_of(action, target)
        given = frozenset({fact}) - self.closed.facts
        if action == "iam:PassRole" and target.identity is not None and not given:
            return self.closed.started(target.identity) - self.closed.facts
        return given

    @cached_property
    def _supposes_no_sharing(self) -> bool:
        return any(one.kind is SuppositionKind.SHARING for one in self.closed.estate.suppositions)

    # -- what is not told target by target --

    def _on_anything(self, account: str, names: Iterable[str]) -> RuledSpace:
        """Requests of some actions on whatever there is in an account."""
        root = f"arn:{self._partition}:iam::{account}:root"
        target = Target(TargetKind.DOUBT, self._partition, account, None, root, actions=frozenset(names))
        return RuledSpace(self.closed.estate, target, possible_changes=self.closed.possible_changes)

    def _any_of(self, account: Account, names: Sequence[str]) -> Formula:
        space = self._on_anything(account.id, names)
        return self._formula(space, space.is_principal & not_ruled_out(space))

    def _doubtful(self, account: Account) -> list[str]:
        """The doubtful actions that may bring about what is not in the set (W1): of those that no policy tells apart,
        one."""
        calls = [one for one in self.closed.estate.suppositions if one.kind is SuppositionKind.CALLS]
        doubts = [first for first, *_ in alike(_policies(self.closed.estate), calls)]
        if self._supposes_no_sharing:
            doubts = [one for one in doubts if not one.name.startswith("ram:")]
        return sorted(one.name for one in doubts if not self.closed.brings_nothing(one, account.id))

    @cached_property
    def _governing(self) -> str | None:
        """The management account of the organization, where nothing is known of its identities."""
        organization = self.closed.estate.organization
        listed = {account.id for account in self.closed.estate.accounts}
        if organization is None or organization.management_account in listed:
            return None
        return organization.management_account

    def _coming(self) -> Formula:
        """Those who are in an account from the beginning, or whose own policies may let them assume a role there."""
        account = str(self._governing)
        space = self._on_anything(account, ["sts:AssumeRole"])
        assumes = permissions(space).whole & ~disjunction(own_denies(space))
        asking = space.is_principal & not_ruled_out(space)
        return self._over(space, asking, space.in_account(account) | assumes)

    # -- the key --

    def _on_key(self) -> Formula:
        key = self.closed.key
        tags, aliases = ("key tags", key.arn) in self.closed.facts, ("aliases", key.arn) in self.closed.facts
        now = replace(key, tags=None if tags else key.tags, aliases=None if aliases else key.aliases)
        keys = tuple(now if known.arn == key.arn else known for known in self.closed.estate.keys)
        space = RuledSpace(
            replace(self.closed.estate, keys=keys), key_target(now), possible_changes=self.closed.possible_changes
        )
        space.allowed()  # which asks for the tags and aliases that some policy tests
        wanted = scope(space, replace(self.invariant, callers=AnyCaller(), unless_directly=False))
        steps = [] if tags else [*self._tagging(space)]
        if not aliases and any(name in _OF_ALIASES for name, _ in space.views):
            steps.append(acts(_ALIASES))
        if ("key policy", key.arn) not in self.closed.facts:
            steps.append(acts({"kms:PutKeyPolicy"}))
        further = frozenset(name for names in OF_KEYS.values() for name in names) - {*OF_THE_KEY, *_FURTHER}
        in_doubt = doubtful_on_keys(uncatalogued(_policies(self.closed.estate)))
        steps += [self._granting(space), self._by_material(), acts(further | in_doubt)]
        return self._formula(space, wanted | space.is_principal & not_ruled_out(space) & disjunction(steps))

    def _tagging(self, space: Space) -> Iterator[Expression]:
        """Requests that set or take away a tag that something asks for."""
        for name in sorted({name for name, _ in space.views if name.startswith(RESOURCE_TAG)}):
            own = name.removeprefix(RESOURCE_TAG)
            space.known(REQUEST_TAG + own)
            space.set_view(_TAG_NAMES)
            named = Some(_TAG_NAMES, frozenset({Tokens(literal_tokens(own, fold=True))}), True)
            yield acts({"kms:TagResource"}) & Present(REQUEST_TAG + own)
            yield acts({"kms:UntagResource"}) & named

    def _granting(self, space: Space) -> Expression:
        """True iff the request may be for a grant of an operation that is not in the set. A service that asks for one
        says itself for whom it is: some name roles that are held."""
        space.set_view(OPERATIONS)
        given = {exactly(fact[2].removeprefix("kms:")) for fact in self.closed.facts if fact[0] == "grant"}
        beyond = Some(OPERATIONS, frozenset(given), False) if given else Present(OPERATIONS)
        to_roles = (made_by_service(space, one) & self.closed.beside_roles_of(one, space) for one in GRANT_TO_ROLES)
        to_some = disjunction((~made_by_service(space), *to_roles))
        return acts({"kms:CreateGrant"}) & to_some & (beyond | ~Present(OPERATIONS))

    def _by_material(self) -> Expression:
        """True iff the request takes the key's material, or what it encrypted, to where nobody is asked any more
        (W2)."""
        wanted = frozenset[str]().union(*(matching(pattern.value) for pattern in self.invariant.actions))
        away = ("kms:ReplicateKey", "kms:ImportKeyMaterial") if wanted & _MATERIAL else ()
        leaving = ("kms:ReEncryptFrom",) if "kms:Decrypt" in wanted else ()
        return acts((*away, *leaving)) if away else FALSE


def fact_of(action: str, target: Target) -> FactText:
    """What a step on a target gives."""
    found = step_action(action)
    name = found.name if found is not None else action
    kind = given_by(name)
    return (str(kind), str(target.resource), *((name,) if kind == "starts" else ()))


def _policies(estate: Estate) -> Iterator[Policy]:
    for account in estate.accounts:
        yield from account.policies()
    yield from (*estate.key_policies, *estate.surrounding_policies())


# -- what is followed, and what is not --

_MAKES = ("iam:CreateRole", "iam:CreateUser", "iam:CreateGroup")
"""What there was not is in no set: nobody who is held may make it."""
_SHARING = ("ram:CreateResourceShare", "ram:AssociateResourceShare")
NO_MORE = ("iam:CreatePolicy", "iam:DeletePolicyVersion", "sts:SetSourceIdentity")
"""Steps that give nothing by themselves: a managed policy that was made has to be attached, which counts as the most
that can be; a version that is not in force makes room for another one; a session with a source identity is one of the
role's."""


def why_not(estate: Estate, target: Target, invariant: Invariant) -> str | None:
    """Why no set of facts can prove an invariant: what the checker does not follow."""
    key = target.key
    if key is None or key.policies is None:
        return "the policy of the key is not known"
    if not invariant.eventually or invariant.expectation is not Expectation.REFUSED or invariant.unless_directly:
        return "it is about callers who need a step, which a set of facts does not tell from others"
    if any(isinstance(part, Tagged) for part in parts_of(invariant.callers)):
        return "it is about callers by their tags, which steps may change"
    if key.account in partly_listed(estate) or estate.account(key.account) is None:
        return f"there is no complete inventory of {key.account}"
    if any(thing.only_of_steps and thing.label != "E2" for thing in estate.unmodelled):
        left = "a group or managed policy is not listed, or a policy of a bucket or function not followed"
        return f"{left}, which may let callers do more"
    if any(account.all_workloads for account in estate.accounts):
        return "it may rest on what runs as which role, which the checker does not read"
    return None


def further_steps() -> list[str]:
    """The steps of the catalogue of which the checker does not know what they give: nobody who is held may take one."""
    # those are in doubt, of any code
    names = {action.name for action in step_actions() if action.on is not StepResource.WORKLOAD}
    followed = {*_MAKES, *_SHARING, *NO_MORE, *STACK_SETS}
    return sorted(name for name in names - followed if given_by(name) is None)


def partly_listed(estate: Estate) -> list[str]:
    """The accounts in which there may be what their inventories do not list."""
    return [account.id for account in estate.accounts if not account.complete or account.unlisted]
