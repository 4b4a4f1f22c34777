"""The offers of roles, users, groups and managed policies to whoever calls for them.

In: an estate, readings that are held. Out: `StepOffers`.
Guarantee: as of `offers`: none that could be made is missing. Targets that every policy treats alike share one question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from verifier.model.estate import Account, Estate, Identity, ManagedPolicy
from verifier.model.invariant import CallerSet
from verifier.model.policy import Effect, Policy
from verifier.model.reach import StepKind
from verifier.model.reference import actions
from verifier.model.step_actions import COMPUTE
from verifier.problem.powers import ALWAYS, attach, joined
from verifier.problem.predicates import Predicate, exactly, like
from verifier.problem.steps.permissions import step_permissions
from verifier.problem.targets import step_target
from verifier.verify.reach.cubes import ANYONE, CALLER, outside
from verifier.verify.reach.facts import Fact, FactKind, Offer
from verifier.verify.reach.narrowed import for_steps, is_about_steps
from verifier.verify.reach.step_rules import RulesOfMany, TargetRules

POLICY_ARN, PASSED_TO = "iam:policyarn", "iam:passedtoservice"
ON_ROLE = ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PassRole", "sts:AssumeRole", "sts:TagSession")
BY_PROVIDERS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
ON_USER = ("iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
ON_GROUP = ("iam:PutGroupPolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup")
ON_POLICY = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
SHARING = ("ram:CreateResourceShare", "ram:AssociateResourceShare")


def administrator(partition: str) -> str:
    """AWS's managed policy that allows everything."""
    return f"arn:{partition}:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class Subject:
    """One target, and the actions that are asked about. Those of one kind and account are asked about `together`."""

    arn: str
    actions: tuple[str, ...]
    together: tuple[str, str]
    identity: Identity | None = None


class StepOffers:
    """Everything that is not a key."""

    def __init__(self, estate: Estate, partition: str, held: Mapping[str, bool], issued: CallerSet = ANYONE) -> None:
        self._estate = estate
        self._narrow = for_steps(estate)
        self._partition = partition
        self._held = held
        self._issued = issued
        self._strangers: tuple[str, ...] = ()
        self._rules: dict[tuple[str, str], RulesOfMany] = {}
        self._rules_by_target: dict[str, TargetRules] = {}
        self._by_principal: dict[str, tuple[Offer, ...]] = {}

    def steps(self, principal: str) -> tuple[Offer, ...]:
        """What a principal can bring about."""
        if principal not in self._by_principal:
            found = (self._offered(subject, principal) for subject in self._subjects)
            self._by_principal[principal] = tuple(chain.from_iterable(found))
        return self._by_principal[principal]

    def take_in(self, strangers: Iterable[str]) -> None:
        """Roles and users that policies name and no inventory lists."""
        self._strangers = tuple(dict.fromkeys(strangers))
        self.__dict__.pop("_subjects", None)
        for kept in (self._by_principal, self._rules, self._rules_by_target):
            kept.clear()

    def questions(self) -> Iterator[Iterable[Predicate]]:
        """What each target asks about callers."""
        first = {subject.together: subject for subject in self._subjects}
        return (self._rules_of(subject).questions for subject in first.values())

    @cached_property
    def powers(self) -> frozenset[str]:
        """The powers that the input leaves room for."""
        found = set(ALWAYS)
        for account in self._estate.accounts:
            found |= {attach(managed.arn) for managed in account.managed if managed.default is not None and self._useful(managed)}
            found |= {joined(group.arn) for group in account.groups if group.policies}
        return frozenset(found)

    @staticmethod
    def _useful(managed: ManagedPolicy) -> bool:
        default = dict(managed.versions).get(managed.default or "")
        return default is not None and gives_something(default)

    # -- targets --

    @cached_property
    def _subjects(self) -> tuple[Subject, ...]:
        found = list(chain.from_iterable(map(self._in_account, self._estate.accounts)))
        known = {subject.arn for subject in found}
        accounts = {arn.split(":")[4] for arn in self._strangers} | {key.account for key in self._estate.keys}
        found += [self._subject(arn) for arn in self._strangers if arn not in known]
        roots = (f"arn:{self._partition}:iam::{account}:root" for account in sorted(accounts))
        return (*found, *(self._subject(root) for root in roots if root not in known))

    def _in_account(self, account: Account) -> Iterator[Subject]:
        for identity in (*account.roles, *account.users):
            yield self._subject(identity.arn, identity)
        yield from (self._subject(group.arn) for group in account.groups)
        yield from (self._subject(managed.arn) for managed in account.managed if managed.arn.split(":")[4] == account.id)
        yield self._subject(f"arn:{self._partition}:iam::{account.id}:root")

    def _subject(self, arn: str, identity: Identity | None = None) -> Subject:
        kind = arn.split(":", 5)[5].split("/")[0]
        return Subject(arn, _ACTIONS[kind], (kind, arn.split(":")[4]), identity)

    def _rules_of(self, subject: Subject) -> TargetRules:
        if subject.arn not in self._rules_by_target:
            if subject.together not in self._rules:
                self._rules[subject.together] = self._asked_together(subject)
            self._rules_by_target[subject.arn] = self._rules[subject.together].of(subject.arn)
        return self._rules_by_target[subject.arn]

    def _asked_together(self, subject: Subject) -> RulesOfMany:
        """The question about all targets of the kind and account of one."""
        alike = {found.arn: found for found in (*self._subjects, subject) if found.together == subject.together}
        targets = [replace(step_target(self._narrow, arn), identity=found.identity) for arn, found in alike.items()]
        asked = {POLICY_ARN: (exactly(administrator(self._partition)), like("arn:*:iam::aws:policy/*"))}
        found = step_permissions(self._narrow, targets, self.powers, self._held, asked, lambda space: outside(space, self._issued))
        return RulesOfMany(next(found))

    # -- offers --

    def _offered(self, subject: Subject, by: str) -> Iterator[Offer]:
        rules = self._rules_of(subject)
        bit = rules.bit(by)
        if bit:
            yield from _OFFERED[subject.actions](self, subject, rules, bit)

    def _plain(self, subject: Subject, rules: TargetRules, bit: int, action: str, step: StepKind, gives: Fact) -> Iterator[Offer]:
        for cube in rules.doing(action):
            if cube.callers & bit:
                yield Offer(step, action, subject.arn, cube, gives)

    def _on_role(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        arn = subject.arn
        yield from self._writes(subject, rules, bit, "iam:PutRolePolicy", "iam:AttachRolePolicy")
        trust = Fact(FactKind.RESOURCE_POLICY, arn)
        yield from self._plain(subject, rules, bit, "iam:UpdateAssumeRolePolicy", StepKind.PUT_TRUST, trust)
        for action in ("sts:AssumeRole", *BY_PROVIDERS):
            yield from self._plain(subject, rules, bit, action, StepKind.ASSUME_ROLE, Fact(FactKind.HOLDS, arn))
        for assuming in rules.doing("sts:AssumeRole"):
            if assuming.callers & bit:
                tagged = self._plain(subject, rules, bit, "sts:TagSession", StepKind.ASSUME_ROLE, Fact(FactKind.SESSION_TAGS, arn))
                yield from (replace(offer, also=((arn, "sts:AssumeRole", assuming),)) for offer in tagged)
        yield from self._passed(subject, rules, bit)

    def _passed(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        """`iam:PassRole` to a service that the role trusts, and that the caller can make start something."""
        passing = [cube for cube in rules.doing("iam:PassRole", PASSED_TO) if cube.callers & bit]
        if not passing:
            return
        account = self._subject(f"arn:{self._partition}:iam::{subject.arn.split(':')[4]}:root")
        starts = self._rules_of(account)
        by = starts.joint.finite.tables[CALLER]
        for service, action in COMPUTE.items():
            to_service = rules.mask(PASSED_TO, exactly(service))
            trusted = [cube for cube in rules.doing("sts:AssumeRole") if cube.callers & rules.bit(service)]
            started = [cube for cube in starts.doing(action) if cube.callers & starts.bit(self._name(rules, bit))] if trusted and by else []
            for cube in passing:
                mask = dict(cube.values).get(PASSED_TO, -1)
                if to_service is None or mask & to_service:
                    for trusting in trusted:
                        for starting in started:
                            also = ((subject.arn, "trust", trusting), (account.arn, action, starting))
                            yield Offer(StepKind.PASS_ROLE, "iam:PassRole", subject.arn, cube, Fact(FactKind.HOLDS, subject.arn), also)

    def _name(self, rules: TargetRules, bit: int) -> str:
        return rules.joint.finite.tables[CALLER].members(bit.bit_length() - 1, 1)[0]

    def _on_user(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        yield from self._writes(subject, rules, bit, "iam:PutUserPolicy", "iam:AttachUserPolicy")
        for action in ON_USER[2:]:
            yield from self._plain(subject, rules, bit, action, StepKind.BECOME_USER, Fact(FactKind.HOLDS, subject.arn))

    def _on_group(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        yield from self._writes(subject, rules, bit, "iam:PutGroupPolicy", "iam:AttachGroupPolicy")
        yield from self._plain(subject, rules, bit, "iam:AddUserToGroup", StepKind.JOIN_GROUP, Fact(FactKind.JOINED, subject.arn))

    def _on_policy(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        gives = Fact(FactKind.VERSION, subject.arn)
        yield from self._plain(subject, rules, bit, "iam:CreatePolicyVersion", StepKind.NEW_VERSION, gives)
        managed = self._managed[subject.arn]
        if len(managed.versions) > 1 or not managed.complete:
            yield from self._plain(subject, rules, bit, "iam:SetDefaultPolicyVersion", StepKind.SET_VERSION, gives)

    def _on_account(self, subject: Subject, rules: TargetRules, bit: int) -> Iterator[Offer]:
        for key in self._estate.keys:
            if key.account == subject.arn.split(":")[4]:
                for action in SHARING:
                    yield from self._plain(subject, rules, bit, action, StepKind.SHARE, Fact(FactKind.SHARED, key.arn))

    @cached_property
    def _managed(self) -> dict[str, ManagedPolicy]:
        return {managed.arn: managed for account in self._estate.accounts for managed in account.managed}

    def _writes(self, subject: Subject, rules: TargetRules, bit: int, put: str, attaching: str) -> Iterator[Offer]:
        """Inline policies, and managed ones: AWS's that allows everything, another one of AWS's that the input does not hold, one that it
        does."""
        owner = subject.arn
        yield from self._plain(subject, rules, bit, put, StepKind.PUT_POLICY, Fact(FactKind.INLINE, owner))
        of_aws = rules.mask(POLICY_ARN, like("arn:*:iam::aws:policy/*"))
        known = frozenset(self._managed)
        for cube in rules.doing(attaching, POLICY_ARN):
            if not cube.callers & bit:
                continue
            mask = dict(cube.values).get(POLICY_ARN, -1)
            unknown = of_aws is None or bool(mask & of_aws) and not rules.only_known(POLICY_ARN, mask & of_aws, known)
            if unknown:
                yield Offer(StepKind.ATTACH_POLICY, attaching, owner, cube, Fact(FactKind.ATTACHED, owner))
            for arn in self._attachable(owner, everything=unknown):
                number = rules.joint.finite.tables[POLICY_ARN].class_of(arn) if of_aws is not None else None
                if of_aws is None or (number is not None and mask >> number & 1):
                    yield Offer(StepKind.ATTACH_POLICY, attaching, owner, cube, Fact(FactKind.ATTACH, owner, (arn,)))

    def _attachable(self, owner: str, everything: bool) -> Iterator[str]:
        """The managed policies of the input that it is of use to attach: what gives something and, unless everything can be had by one of
        AWS's, what gives nothing and may be given another document afterwards. A policy is attached within its account."""
        for arn in self._managed:
            of_aws, of_account = arn.split(":")[4] == "aws", arn.split(":")[4] == owner.split(":")[4]
            if (of_aws or of_account) and (attach(arn) in self.powers or not (everything or of_aws)):
                yield arn


_ACTIONS = {
    "role": (*ON_ROLE, *BY_PROVIDERS),
    "user": ON_USER,
    "group": ON_GROUP,
    "policy": ON_POLICY,
    "root": (*SHARING, *COMPUTE.values()),
}
_OFFERED: Mapping[tuple[str, ...], Callable[[StepOffers, Subject, TargetRules, int], Iterator[Offer]]] = {
    _ACTIONS["role"]: StepOffers._on_role,
    ON_USER: StepOffers._on_user,
    ON_GROUP: StepOffers._on_group,
    ON_POLICY: StepOffers._on_policy,
    _ACTIONS["root"]: StepOffers._on_account,
}


def gives_something(policy: Policy) -> bool:
    """Whether a policy has an Allow that matters for a chain: about keys or steps."""
    allows = [statement for statement in policy.statements if statement.effect is Effect.ALLOW]
    return any(is_about_steps(s) or s.not_action or any(_about_keys(text.value) for text in s.actions or ()) for s in allows)


def _about_keys(pattern: str) -> bool:
    return any(like(pattern.lower()).matches(action.name.lower()) for action in actions())
