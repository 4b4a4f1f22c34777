"""Tasks that pass a role to a service, or change or enter code that runs as one → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.estate import Estate, Workload
from verifier.model.invariant import ConditionExpression, ConditionOr
from verifier.model.policy import arn_account
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.steps.actions import step_action
from verifier.model.steps.chains import Became
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workload_kind import RequestsOfWay
from verifier.model.steps.workloads import KINDS
from verifier.problem.semantics.targets import Target, step_target
from verifier.problem.subjects import workload_target
from verifier.verify.reach.documents import policies_of
from verifier.verify.reach.facts import Passed
from verifier.verify.reach.stories.asking import said, test
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, fixed, step


def moves_to_pass_role(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role that a service was given: by the name that the role's trust policy has for the service."""
    role, offer = task.fact.subject, task.derivation.offer
    assert offer is not None and offer.passed is not None
    passed = offer.passed
    if not passed.actions:
        unknown = "which actions make that service use it is not known"
        yield Reason("E4", f"{role} may be passed to {passed.service}, and {unknown}")
        return
    target = step_target(scene.estate, passed.through or role)
    to_service = test("StringEquals", "iam:PassedToService", passed.service)
    first = scene.request(target, task.by, "iam:PassRole", to_service, *_associated(scene, task.by, passed))
    rest: tuple[Counterexample | Reason, ...] = ()
    if not isinstance(first, Reason):
        rest = (*_into_profile(scene, first.request, passed), *_started(scene, first.request, role, passed))
    session = Caller(CallerKind.ROLE, role, arn_account(role), "example")
    yield step(StepKind.PASS_ROLE, fixed(Became(session)), first, *rest)


def _associated(scene: Scene, by: str, passed: Passed) -> Iterator[ConditionExpression]:
    """Where policies ask for the resource that the role will be of: it is of the service that is given the role [IAM:
    reference_policies_iam-condition-keys, iam:AssociatedResourceArn]."""
    if any(ASSOCIATED.lower() in policy.tested_keys for policy in policies_of(scene.estate, scene.about(by))):
        services = sorted({action.split(":")[0] for action in passed.actions})
        account = arn_account(passed.account)
        like = test("ArnLike", ASSOCIATED, *(f"arn:*:{service}:*:{account}:*" for service in services))
        yield ConditionOr((test("Null", ASSOCIATED, "true"), like))


def _into_profile(scene: Scene, first: Request, passed: Passed) -> Iterator[Counterexample | Reason]:
    """The requests by which a role comes into an instance profile."""
    for action in passed.into:
        yield scene.by_the_same(step_target(scene.estate, str(passed.profile)), first, action)


def _started(scene: Scene, first: Request, role: str, passed: Passed) -> Iterator[Counterexample | Reason]:
    """The requests by which a service comes to run code: on one resource of each type, all in one Region."""
    by_type: dict[str, list[str]] = {}
    for action in passed.actions:
        known = step_action(action)
        resource = known.resource if known is not None else None
        by_type.setdefault(resource if resource is not None else action, []).append(action)
    when: list[ConditionExpression] = []
    for actions in by_type.values():
        profiles = (passed.profile,) if passed.profile is not None else _holding(scene.estate, role)
        named = [test("ArnEquals", INSTANCE_PROFILE, *profiles)] if profiles and _names_a_profile(actions[0]) else []
        found = _on_one(scene, first, passed.account, actions, (*when, *named))
        if not when and not isinstance(found[0], Reason):
            regions = said(found[0].request, "aws:RequestedRegion")
            when += [test("StringEquals", "aws:RequestedRegion", region) for region in regions]
        yield from found


INSTANCE_PROFILE, ASSOCIATED = "ec2:InstanceProfile", "iam:AssociatedResourceArn"


def _names_a_profile(action: str) -> bool:
    known = step_action(action)
    return known is not None and INSTANCE_PROFILE.lower() in known.condition_keys


def _holding(estate: Estate, role: str) -> tuple[str, ...]:
    """The instance profiles that hold a role."""
    return tuple(one.arn for account in estate.accounts for one in account.profiles or () if one.role == role)


def _on_one(
    scene: Scene, first: Request, account: str, actions: Sequence[str], when: Sequence[ConditionExpression]
) -> list[Counterexample | Reason]:
    """Requests of the caller of the first for some actions: what is found for one is tried for the others."""
    target, failed = step_target(scene.estate, account), list[Reason]()
    for leading in actions:
        lead = scene.by_the_same(target, first, leading, *when)
        found = [
            lead if isinstance(lead, Reason) or one == leading else _the_same(scene, lead, target, one)
            for one in actions
        ]
        failed += [one for one in found if isinstance(one, Reason)]
        if not any(isinstance(one, Reason) for one in found):
            return found
    return [failed[0]]


def _the_same(scene: Scene, lead: Counterexample, target: Target, action: str) -> Counterexample | Reason:
    """A request for another action on what a request is about."""
    found = scene.by_the_same(target, lead.request, action)
    if isinstance(found, Reason) or found.request.resource == lead.request.resource:
        return found
    also = scene.asker.also(scene.estate, lead, action)
    failed = Reason("E4", f"nothing was found on which {lead.request.action} and {action} are both allowed")
    return failed if isinstance(also, Reason) else also


# -- code --


def moves_to_change_code(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role as which code runs that is changed or entered, or to which the role is passed: that of the
    offer first, by the decisive request of that."""
    role, offer = task.fact.subject, task.derivation.offer
    assert offer is not None
    passed = offer.passed
    codes = [one for one in scene.estate.workloads if (one.arn == offer.code if passed else role in one.roles)]
    for code in sorted(codes, key=lambda one: one.arn != offer.code):
        kind = KINDS[code.kind]
        for way in sorted(kind.handing if passed else kind.ways, key=lambda one: one[0][0] != offer.action):
            yield _changed(role, code, way, task.by, scene, passed)


def _changed(role: str, code: Workload, way: RequestsOfWay, by: str, scene: Scene, passed: Passed | None) -> Made:
    _, partition, _, region, account, _ = code.arn.split(":", 5)
    (action, _), *further = way
    first = scene.request(workload_target(account, code.arn, code.tags), by, action)
    if not isinstance(first, Reason):
        parent = code.arn.split("/")[1] if code.arn.count("/") > 1 else "default"
        own = {"partition": partition, "region": region, "account": account, "arn": code.arn, "parent": parent}
        given = own["role"] = passed.through or role if passed is not None else role
        others = []
        for name, resource in further:
            arn = resource.format(**own) or code.arn
            own_tags = code.tags if arn == code.arn else None
            target = step_target(scene.estate, arn) if arn == given else workload_target(account, arn, own_tags)
            services = [passed.service] if passed is not None and arn == given else []
            when = [test("StringEquals", "iam:PassedToService", service) for service in services]
            others.append(scene.by_the_same(target, first.request, name, *when))
        session = Caller(CallerKind.ROLE, role, account, "example")
        return step(StepKind.CHANGE_CODE, fixed(Became(session)), first, *others)
    return first
