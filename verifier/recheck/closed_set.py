"""A set of facts, and what it says of one request: who may ask, and what may have been brought about before.

In: an estate, a key, facts. Out: expressions over the space of one request.
Guarantee: where every fact that some steps made true is in the set, the callers whom those steps gave and the changes
that they brought about are among those that the expressions admit: the set may say more, never less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property

from verifier.frozen import Frozen
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.invariant import PrincipalLike
from verifier.model.policy import Principal, PrincipalType, arn_account, arn_kind, is_service_linked
from verifier.model.steps.actions import in_ways_to_run, service_name, ways_to_run
from verifier.model.steps.catalogue import ActionEffect, Judgement, doubtful_entries
from verifier.model.steps.supposition import SuppositionKind
from verifier.model.symbols import InGroup, PossibleChange
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.expression import Expression, Symbol, conjunction, disjunction, implies
from verifier.problem.semantics import possible_changes as changes
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.unmodelled import holders
from verifier.problem.semantics.values import Fixed, arn_predicate
from verifier.problem.space import Space, acts

FactText = tuple[str, ...]
"""A kind, what it is about, and of grants and of code that is started the action."""

_OWNERS = ("Role", "User", "Group")
GIVES: Mapping[str, str] = {
    **{f"iam:Put{owner}Policy": "inline" for owner in _OWNERS},
    **{f"iam:Attach{owner}Policy": "attached" for owner in _OWNERS},
    **{f"iam:Delete{owner}Policy": "inline gone" for owner in _OWNERS},
    **{f"iam:Detach{owner}Policy": "detached" for owner in _OWNERS},
    **{f"iam:{does}{owner}PermissionsBoundary": "boundary" for does in ("Put", "Delete") for owner in _OWNERS[:2]},
    **{f"iam:{does}{owner}": "tags" for does in ("Tag", "Untag") for owner in _OWNERS[:2]},
    **dict.fromkeys(("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"), "version"),
    **dict.fromkeys(("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"), "holds"),
    **{one.name: "holds" for one in doubtful_entries() if one.effect is ActionEffect.USERS},
    **dict.fromkeys(("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"), "holds"),
    "iam:UpdateAssumeRolePolicy": "trust",
    "iam:AddUserToGroup": "joined",
    "iam:RemoveUserFromGroup": "left",
    "iam:PassRole": "passed",
    "sts:TagSession": "session tags",
}
"""What a step on a role, user, group or managed policy makes true of it."""


def given_by(action: str) -> str | None:
    """The same of every step; `None` for one that is not told by what it is on, or that is not known."""
    return "starts" if action in in_ways_to_run() else GIVES.get(action)


_CALLERS = {
    changes.INLINE: ("inline",),
    changes.ATTACHED: ("attached",),
    changes.BOUNDARY: ("boundary",),
    changes.INLINE_GONE: ("inline gone", "left"),
    changes.DETACHED: ("detached", "left"),
    changes.SESSION_TAGS: ("session tags", "tags"),
}
"""The changes of callers, each with the kinds of facts about them, or about their groups, that give it."""
_TARGETS = {
    changes.RESOURCE_POLICY: ("trust", "key policy"),
    changes.SHARED: ("shared",),
    changes.TARGET_BOUNDARY: ("boundary",),
    changes.TARGET_TAGS: ("tags",),
}
_BY_ARN = frozenset({PrincipalType.ACCOUNT, PrincipalType.ROLE, PrincipalType.USER, PrincipalType.SESSION})


class ClosedSet(Frozen, dict=True):
    """Facts about an estate, on the way to one of its keys. Of an account that is `lost` everything may be true."""

    estate: Estate
    key: Key
    facts: frozenset[FactText]

    def of(self, *kinds: str) -> frozenset[str]:
        """What some kinds of facts are about."""
        return frozenset(fact[1] for fact in self.facts if fact[0] in kinds)

    @property
    def lost(self) -> frozenset[str]:
        """The accounts in which everybody is held and has every change."""
        return self.of("account")

    @cached_property
    def _joinable(self) -> Mapping[str, tuple[str, ...]]:
        """The users who may have come to be in each group besides its members: all of its account."""
        users = [one.arn for one in self.estate.identities if arn_kind(one.arn) == "user"]
        return {
            group: tuple(user for user in users if arn_account(user) == arn_account(group))
            for group in self.of("joined")
        }

    def _having(self, kinds: tuple[str, ...]) -> frozenset[str]:
        """The users and roles that some kinds of facts are about, by their groups as well."""
        about = self.of(*kinds)
        members = (one.arn for one in self.estate.identities if about.intersection(one.groups))
        joining = (user for group, users in self._joinable.items() if group in about for user in users)
        return frozenset((*about, *members, *joining))

    @cached_property
    def _rewritten(self) -> tuple[frozenset[str], frozenset[str]]:
        """The users and roles with a policy, and those with a boundary, of which a version may have been written."""
        versions = self.of("version")
        own = {one.arn for one in self.estate.identities if changes.managed_by(one) & versions}
        by_group = (
            self._joinable.get(group.arn, ())
            for group in self.estate.groups
            if versions & {policy.identity for policy in group.policies}
        )
        bounded = (
            one.arn
            for one in self.estate.identities
            if one.boundary and one.boundary.identity.removesuffix("#boundary") in versions
        )
        return frozenset(own.union(*by_group)), frozenset(bounded)

    # -- one request --

    @cached_property
    def possible_changes(self) -> frozenset[PossibleChange]:
        """The changes that a question about the set has to speak of."""
        return changes.ALWAYS_POSSIBLE | {InGroup(group) for group in self.of("joined")}

    def held(self, space: Space, in_question: Expression, apart: str | None) -> Expression:
        """True iff the caller is held: one `in_question`, one whom a fact names, or anybody in an account that is lost
        or without an inventory (U1), but for one that is kept `apart`."""
        lost = (space.in_account(account) for account in sorted(self.lost))
        listed = [account.id for account in self.estate.accounts] + ([] if apart is None else [apart])
        other_accounts = space.is_principal & conjunction(~space.in_account(account) for account in listed)
        return in_question | holders(space, sorted(self.of("holds"))) | other_accounts | disjunction(lost)

    def only_given(self, space: Space) -> Iterator[Expression]:
        """Each change is had by those alone whom a fact gives it."""
        written, bounded = self._rewritten
        who = {change: self._having(kinds) for change, kinds in _CALLERS.items()} | {changes.VERSION: written}
        who[changes.BOUNDARY] |= bounded
        # who may pass which tags on is not what it was at first (F3)
        if any(fact[0] not in ("holds", "passed", "starts") for fact in self.facts):
            who[changes.SESSION_TAGS] |= {one.arn for one in self.estate.identities if arn_kind(one.arn) == "role"}
        who |= {InGroup(group): frozenset(users) for group, users in self._joinable.items()}
        lost = disjunction(space.in_account(account) for account in sorted(self.lost))
        for change, arns in sorted(who.items()):
            yield implies(Symbol(change), holders(space, sorted(arns)) | lost)
        for change, kinds in _TARGETS.items():
            given = space.requests_on(self.of(*kinds))
            # Tags of a role do not limit who may pass it [IAM: id_roles_use_passrole]: they may read as any, or as
            # absent.
            yield implies(Symbol(change), given | acts({"iam:PassRole"}) if change == changes.TARGET_TAGS else given)
        granted = {fact[2] for fact in self.facts if fact[0] == "grant"}  # who creates a grant may retire it (G5)
        yield implies(Symbol(changes.GRANT), acts(granted | {"kms:RetireGrant"} if granted else granted))

    # -- roles that services act as --

    def started(self, role: Identity) -> frozenset[FactText]:
        """What a service that may have been made to run code makes true of a role (E4). So may one of which it is not
        known how."""
        account = arn_account(role.arn)
        actions = {fact[2] for fact in self.facts if fact[0] == "starts" and arn_account(fact[1]) == account}
        return self._admits(
            role, lambda service: any(actions.issuperset(way) for way in ways_to_run(service) or ((),)), ()
        )

    def beside_roles_of(self, service: str, space: Space) -> Expression:
        """True iff in the caller's account a role is held that a service may assume, or any may be, as without an
        inventory. Nobody can have the service run code as a role that is not held."""
        held = self.of("holds")
        running = {
            account.id
            for account in self.estate.accounts
            for role in account.roles
            if role.arn in held and self._admits(role, lambda name: service_name(name) == service, ())
        }
        others = (~space.in_account(account.id) for account in self.estate.accounts)
        return conjunction(others) | disjunction(map(space.in_account, sorted(running | self.lost)))

    def brings_nothing(self, doubt: Judgement, account: str) -> bool:
        """True iff the most that a doubtful action can bring about in an account is in the set."""
        listed = self.estate.account(account) or Account(account)
        match doubt.effect:
            case ActionEffect.FRAME:
                return self.estate.organization is None
            case ActionEffect.ORGANIZATION if self.estate.organization is None:
                return account in self.lost
            case ActionEffect.ENDPOINTS:
                return not self.estate.endpoints
            case ActionEffect.KEYS:
                return account != self.key.account
            case ActionEffect.MEMBERS:
                return self.estate.organization is None or account != self.estate.organization.management_account
            case ActionEffect.ACCOUNT | ActionEffect.FEDERATED | ActionEffect.NAMES:
                return account in self.lost
            case ActionEffect.USERS:
                return True  # each user is asked about
            case ActionEffect.RUN | ActionEffect.PASS | ActionEffect.ASSUME:
                # Who holds a role is asked whom it may assume.
                roles = {role.arn for role in listed.roles}
                handed = roles & self.of("passed") if doubt.effect is ActionEffect.PASS else roles
                running = doubt.running if handed or not (doubt.named and listed.complete) else ()
                names = (running + (doubt.services if role.arn in handed else ()) for role in listed.roles)
                given = map(self._given_by, listed.roles, names)
                return account in self.lost or all(map(self.facts.issuperset, given))
        return False

    def _given_by(self, role: Identity, names: tuple[str, ...]) -> frozenset[FactText]:
        """What some services (`*`: any; `web:…`: identities of a provider) make true of a role when they run things as
        it. Only its own service acts as a service-linked role, and of some it is supposed that nobody changes what runs
        as them (W3)."""
        providers = tuple(name for name in names if name.startswith(WEB_PREFIX))
        supposed = (one.callers for one in self.estate.suppositions if one.kind is SuppositionKind.CODE)
        reviewed = (
            arn_predicate((Fixed(whom.pattern.value, True),)) for whom in supposed if isinstance(whom, PrincipalLike)
        )
        if is_service_linked(role.arn) or any(one is not None and one.matches(role.arn) for one in reviewed):
            return frozenset()
        return self._admits(role, lambda service: "*" in names or service_name(service) in names, providers)

    def _admits(
        self, role: Identity, service: Callable[[str], bool], providers: tuple[str, ...]
    ) -> frozenset[FactText]:
        """What one of some services or providers makes true of a role that its trust policy may admit it to, by what
        that names alone: it has a session, with any tags where it may pass some."""
        held, tagged = ("holds", role.arn), ("session tags", role.arn)
        if role.trust is None or role.arn in self.of("trust"):
            return frozenset({held, tagged})

        def named(principal: Principal) -> bool:
            if principal.type is PrincipalType.SERVICE:
                return service(principal.value)
            if principal.type is PrincipalType.FEDERATED:
                web = WEB_PREFIX + principal.value
                return principal.value == "*" or any(fnmatchcase(web, name) for name in providers)
            return principal.type not in _BY_ARN

        found = set[FactText]()
        for statement in role.trust.allows:
            open_to_any = statement.principals is None or statement.not_principal or statement.only_if is not None
            if open_to_any or any(map(named, statement.principals or ())):
                found |= {held, tagged} if names_action(statement, "sts:tagsession") else {held}
        return frozenset(found)
