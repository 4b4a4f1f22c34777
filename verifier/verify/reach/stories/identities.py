"""Tasks about users, roles, groups and managed policies, also those that make or tag them → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.model.estate import Estate, Group, Identity, ManagedPolicy
from verifier.model.invariant import ConditionExpression, ConditionNot, conditions_in
from verifier.model.policy import Effect, Policy, PolicyKind, arn_account, arn_kind
from verifier.model.results.verdict import Reason
from verifier.model.steps import chains
from verifier.model.steps.descriptions import MOST_VERSIONS, StepKind
from verifier.problem.semantics.targets import Target, step_target
from verifier.verify.reach.documents import (
    administrator,
    as_boundary,
    conditions_of,
    identity_policy,
    in_force,
    managed_policy,
    trust_policy,
)
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.offers.identity_policies import BOUNDARY_ARN
from verifier.verify.reach.stories.asking import Requests, tagging, tags_of, test, with_tags
from verifier.verify.reach.stories.plans import JoinGroup, Make
from verifier.verify.reach.stories.scene import Made, Scene, fixed, step
from verifier.verify.reach.stories.session_tags import CALLER_TAGS, OF_RESOURCES, choices

OWN_NAME = "escalation"


def moves_to_put_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """An inline policy: in the place of one that denies, if there is one, or beside all others."""
    owner = task.fact.subject
    inline = _inline(scene.estate, owner)
    denying = [policy for policy in inline if policy.denies]
    names = (*(policy.name for policy in denying), OWN_NAME)
    added = [chains.PolicyAdded(owner, identity_policy(f"{owner}#{name}", name)) for name in names]
    found = scene.requests_of(StepKind.PUT_POLICY, added[0], task.by)
    yield from (step(StepKind.PUT_POLICY, fixed(one), *found) for one in added)


def _inline(estate: Estate, owner: str) -> list[Policy]:
    owners: tuple[Identity | Group, ...] = (*estate.identities, *estate.groups)
    policies = (policy for one in owners if one.arn == owner for policy in one.policies)
    return [policy for policy in policies if policy.identity.startswith(f"{owner}#")]


def moves_to_attach_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """AWS's managed policy that allows everything, one that was made for it, or one of the input."""
    owner, by = task.fact.subject, task.by
    arns = task.fact.details
    if task.fact.kind is FactKind.ATTACHED:
        new = (fact.subject for fact in task.derivation.premises if fact.kind is FactKind.MADE)
        own = tuple(arn for arn in new if arn_kind(arn) == "policy")
        arns = own or (administrator(owner.split(":")[1]),)
    (arn,) = arns
    policy = in_force(scene.estate, arn)
    if policy is None:
        yield Reason("U3", f"the document of {arn} is not in the input")
        return
    attached = test("ArnEquals", "iam:PolicyARN", arn)
    made = scene.taken(StepKind.ATTACH_POLICY, chains.PolicyAdded(owner, policy), by, attached)
    if isinstance(made, Reason) and task.fact.kind is FactKind.ATTACHED:
        made = Reason("U3", f"managed policies whose documents are not in the input can be attached to {owner}")
    yield made


def moves_to_new_version(task: Make, scene: Scene) -> Iterator[Made]:
    """Another document of a managed policy, in the place of an old one where it has as many as it can have."""
    arn = task.fact.subject
    change = chains.VersionSet(arn, identity_policy(arn, arn.rsplit("/", 1)[1]))
    found = [*scene.requests_of(StepKind.NEW_VERSION, change, task.by)]
    managed = managed_policy(scene.estate, arn)
    if not isinstance(found[0], Reason) and managed is not None and len(managed.versions) >= MOST_VERSIONS:
        found.append(scene.by_the_same(step_target(scene.estate, arn), found[0].request, "iam:DeletePolicyVersion"))
    yield step(StepKind.NEW_VERSION, fixed(change), *reversed(found))


def moves_to_set_version(task: Make, scene: Scene) -> Iterator[Made]:
    """An older document of a managed policy: the one that allows most, by its statements, first."""
    arn = task.fact.subject
    managed = managed_policy(scene.estate, arn)
    assert managed is not None
    others = [policy for version, policy in managed.versions if version != managed.default]
    others.sort(key=lambda one: sum(-1 if s.effect is Effect.ALLOW else 1 for s in one.statements))
    found = scene.requests_of(StepKind.SET_VERSION, chains.VersionSet(arn, others[0]), task.by) if others else ()
    yield from (step(StepKind.SET_VERSION, fixed(chains.VersionSet(arn, policy)), *found) for policy in others)
    if not managed.complete or not others:
        yield Reason("U3", f"{arn} has no other version in the input")


def moves_to_put_trust(task: Make, scene: Scene) -> Iterator[Made]:
    """A trust policy that lets everyone in."""
    role = task.fact.subject
    policy = trust_policy(role, scene.about(task.by))
    yield scene.taken(StepKind.PUT_TRUST, chains.TrustPut(role, policy), task.by)


def moves_to_join_group(task: JoinGroup, scene: Scene) -> Iterator[Made]:
    """A user in a group, or out of one."""
    if task.leaves:
        yield scene.taken(StepKind.LEAVE_GROUP, chains.GroupLeft(task.user, task.group), task.by)
    else:
        yield scene.taken(StepKind.JOIN_GROUP, chains.GroupJoined(task.user, task.group), task.by)


def moves_to_remove_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """A policy that is deleted, or detached."""
    removed = chains.PolicyRemoved(task.fact.subject, *task.fact.details)
    attached = [test("ArnEquals", "iam:PolicyARN", removed.managed)] if removed.managed is not None else []
    yield scene.taken(StepKind.REMOVE_POLICY, removed, task.by, *attached)


def moves_to_other_boundary(task: Make, scene: Scene) -> Iterator[Made]:
    """No boundary, or another one; the kind of step that the task names first."""
    ways = (_delete_boundary, _put_boundary)
    for way in ways if task.derivation.step is StepKind.DELETE_BOUNDARY else reversed(ways):
        yield from way(task.fact.subject, task.by, scene)


def _delete_boundary(owner: str, by: str, scene: Scene) -> Iterator[Made]:
    yield scene.taken(StepKind.DELETE_BOUNDARY, chains.BoundaryPut(owner, None), by)


def _put_boundary(owner: str, by: str, scene: Scene) -> Iterator[Made]:
    """AWS's policy that allows everything, one of the input, or one that policies ask for."""
    everything = administrator(owner.split(":")[1])
    conditions = conditions_of(scene.estate, scene.about(by))
    asking = (one for one in conditions if one.key.value.lower() == BOUNDARY_ARN)
    named = (*(one.arn for one in scene.estate.managed), *(text.value for one in asking for text in one.values))
    own = (arn for arn in named if _MANAGED.fullmatch(arn) and arn_account(arn) in ("aws", arn_account(owner)))
    for arn in dict.fromkeys((everything, *own)):
        policy = in_force(scene.estate, arn)
        document = policy or Policy(PolicyKind.BOUNDARY, arn, arn.rsplit("/", 1)[1], True, ())
        put = chains.BoundaryPut(owner, as_boundary(document), policy is not None)
        yield scene.taken(StepKind.PUT_BOUNDARY, put, by, test("ArnEquals", "iam:PermissionsBoundary", arn))


_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)


def moves_to_share(task: Make, scene: Scene) -> Iterator[Made]:
    """What sharing lets others do is not documented (E3)."""
    yield Reason("L5a", f"what sharing {task.fact.subject} through AWS RAM lets its principals do is not documented")


def moves_to_create(task: Make, scene: Scene) -> Iterator[Made]:
    """A user without policies, a role that lets everyone in; a group; a managed policy that allows everything."""
    arn, by, offer = task.fact.subject, task.by, task.derivation.offer
    kind = arn_kind(arn)
    assert offer is not None
    target = step_target(scene.estate, arn)
    if kind not in ("role", "user"):
        made: Group | ManagedPolicy = Group(arn)
        if kind == "policy":
            made = ManagedPolicy(arn, (("v1", identity_policy(arn, arn.rsplit("/", 1)[1])),), "v1")
        yield scene.taken(StepKind.CREATE, chains.Created(made), by, test("Null", "aws:TagKeys", "true"))
        return
    identity = offer.identity
    assert identity is not None
    if kind == "role":
        identity = replace(identity, trust=trust_policy(arn, scene.about(by)))
    tag_sets = choices(scene.estate, scene.about(by) | {arn})[:_MOST]
    for bounded in _boundaries(scene.estate, identity) if offer.gives.kind is FactKind.UNBOUNDED else [identity]:
        document = bounded.boundary and in_force(scene.estate, bounded.boundary.identity.removesuffix("#boundary"))
        if bounded.bounded and document is None:
            yield Reason("U3", f"{arn} can be made with a permissions boundary whose document is not in the input")
            continue
        bounded = replace(bounded, boundary=document and as_boundary(document))
        yield from (_identity(replace(bounded, tags=tags), target, by, scene, kind) for tags in ((), *tag_sets))


def _boundaries(estate: Estate, identity: Identity) -> Iterator[Identity]:
    """A user or role without a boundary, with the one that allows everything, and with each of its account."""
    yield replace(identity, bounded=False, boundary=None)
    account = estate.account(arn_account(identity.arn))
    managed = (one.arn for one in account.managed) if account is not None else ()
    for arn in (administrator(identity.arn.split(":")[1]), *managed):
        yield replace(identity, bounded=True, boundary=as_boundary(identity_policy(arn, arn)))


_MOST = 6
"""So many choices of tags are tried."""


def _identity(identity: Identity, target: Target, by: str, scene: Scene, kind: str) -> Made:
    boundary = identity.boundary.identity.removesuffix("#boundary") if identity.boundary is not None else None
    unbounded = test("Null", "iam:PermissionsBoundary", "true")
    bound = unbounded if boundary is None else test("ArnEquals", "iam:PermissionsBoundary", boundary)
    about = replace(target, identity=identity)

    def ask(when: Sequence[ConditionExpression]) -> Requests:
        found = scene.request(about, by, f"iam:Create{kind.capitalize()}", *when, bound)
        if isinstance(found, Reason) or not tags_of(found.request):
            return (found,)
        # [IAM: id_tags_roles, id_tags_users: permissions required for tagging]
        tagged = tagging(tags_of(found.request))
        return found, scene.by_the_same(about, found.request, f"iam:Tag{kind.capitalize()}", *tagged)

    made = with_tags(identity.tags, ask)
    return step(StepKind.CREATE, lambda request: chains.Created(replace(identity, tags=tags_of(request))), *made)


def moves_to_tag_identity(task: Make, scene: Scene) -> Iterator[Made]:
    """Each choice of tags that policies speak of, and each tag taken away; the step that the task names first."""
    owner, by = task.fact.subject, task.by
    kind = arn_kind(owner).capitalize()
    target = step_target(scene.estate, owner)

    def tagged() -> Iterator[Made]:
        whom, keys = scene.about(by) | {owner}, (*CALLER_TAGS, *OF_RESOURCES)
        listed = choices(scene.estate, whom, keys, conditions_in(scene.when))
        for tags in dict.fromkeys((*scene.tags(owner), *listed)):
            found = with_tags(tags, lambda when: (scene.request(target, by, f"iam:Tag{kind}", *when),))
            yield step(StepKind.TAG_IDENTITY, lambda request: chains.IdentityTagged(owner, tags_of(request)), *found)

    def untagged() -> Iterator[Made]:
        for name, _ in target.identity.tags if target.identity is not None else ():
            named = test("StringEquals", "aws:TagKeys", name, any_value=True)
            only = ConditionNot(test("StringNotEquals", "aws:TagKeys", name, any_value=True))
            yield scene.taken(StepKind.UNTAG_IDENTITY, chains.IdentityTagged(owner, removed=(name,)), by, named, only)

    ways = (tagged, untagged) if task.derivation.step is StepKind.TAG_IDENTITY else (untagged, tagged)
    for way in ways:
        yield from way()
    yield Reason("E0", f"no tags of {owner} were found that help")
