"""Tasks that make users, roles, groups or managed policies, or tag users and roles → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.model.estate import Estate, Group, Identity, ManagedPolicy
from verifier.model.invariant import ConditionExpression, ConditionNot, conditions_in
from verifier.model.results.verdict import Reason
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import Created, IdentityTagged
from verifier.problem.semantics.targets import Target, step_target
from verifier.verify.reach.documents import identity_policy, trust_policy
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.offers.session_tags import OF_CALLERS, OF_RESOURCES, choices
from verifier.verify.reach.stories.asking import test
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, administrator, as_boundary, in_force, step
from verifier.verify.reach.stories.tagging import Requests, tagging, tags_of, with_tags


def create(task: Make, scene: Scene) -> Iterator[Made]:
    """A user or role without policies, a role that lets everyone in; a group; a managed policy that allows
    everything."""
    arn, by, offer = task.fact.subject, task.derivation.by, task.derivation.offer
    kind = arn.split(":", 5)[5].split("/", 1)[0]
    assert offer is not None
    target = step_target(scene.state.estate, arn)
    if kind not in ("role", "user"):
        made: Group | ManagedPolicy = Group(arn)
        if kind == "policy":
            made = ManagedPolicy(arn, (("v1", identity_policy(arn, arn.rsplit("/", 1)[1])),), "v1")
        yield scene.taken(StepKind.CREATE, Created(made), by, test("Null", "aws:TagKeys", "true"))
        return
    identity = offer.identity
    assert identity is not None
    if kind == "role":
        identity = replace(identity, trust=trust_policy(arn, {*scene.callers, by, *scene.later}))
    tag_sets = choices(scene.state.estate, scene.about(by) | {arn})[:MOST]
    for bounded in _boundaries(scene.state.estate, identity) if offer.gives.kind is FactKind.UNBOUNDED else [identity]:
        document = bounded.boundary and in_force(
            scene.state.estate, bounded.boundary.identity.removesuffix("#boundary")
        )
        if bounded.bounded and document is None:
            yield Reason("U3", f"{arn} can be made with a permissions boundary whose document is not in the input")
            continue
        bounded = replace(bounded, boundary=document and as_boundary(document))
        yield from (_identity(replace(bounded, tags=tags), target, by, scene, kind) for tags in ((), *tag_sets))


def _boundaries(estate: Estate, identity: Identity) -> Iterator[Identity]:
    """A user or role without a permissions boundary, with the one that allows everything, and with each of its
    account."""
    yield replace(identity, bounded=False, boundary=None)
    partition, account = identity.arn.split(":")[1], identity.arn.split(":")[4]
    managed = (one.arn for known in estate.accounts if known.id == account for one in known.managed)
    for arn in (administrator(partition), *managed):
        yield replace(identity, bounded=True, boundary=as_boundary(identity_policy(arn, arn)))


MOST = 6
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
        return found, scene.by_the_same(
            about, found.request, f"iam:Tag{kind.capitalize()}", *tagging(tags_of(found.request))
        )

    made = with_tags(identity.tags, ask)
    return step(StepKind.CREATE, lambda request: Created(replace(identity, tags=tags_of(request))), *made)


def tag_identity(task: Make, scene: Scene) -> Iterator[Made]:
    """Each choice of tags that policies speak of, and each tag taken away; the kind of step that the task names
    first."""
    owner, by = task.fact.subject, task.derivation.by
    kind = owner.split(":", 5)[5].split("/", 1)[0].capitalize()
    target = step_target(scene.state.estate, owner)

    def tagged() -> Iterator[Made]:
        listed = choices(
            scene.state.estate, scene.about(by) | {owner}, (*OF_CALLERS, *OF_RESOURCES), conditions_in(scene.when)
        )
        for tags in dict.fromkeys((*scene.tags(owner), *listed)):
            found = with_tags(tags, lambda when: (scene.request(target, by, f"iam:Tag{kind}", *when),))
            yield step(StepKind.TAG_IDENTITY, lambda request: IdentityTagged(owner, tags_of(request)), *found)

    def untagged() -> Iterator[Made]:
        for name, _ in target.identity.tags if target.identity is not None else ():
            named = test("StringEquals", "aws:TagKeys", name, any_value=True)
            only = ConditionNot(test("StringNotEquals", "aws:TagKeys", name, any_value=True))
            yield scene.taken(StepKind.UNTAG_IDENTITY, IdentityTagged(owner, removed=(name,)), by, named, only)

    ways = (tagged, untagged) if task.derivation.step is StepKind.TAG_IDENTITY else (untagged, tagged)
    for way in ways:
        yield from way()
    yield Reason("E0", f"no tags of {owner} were found that help")
