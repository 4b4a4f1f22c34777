"""Tasks that make users, roles, groups or managed policies → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.reach import Created, StepKind
from verifier.model.verdict import Reason
from verifier.problem.targets import Target, step_target
from verifier.verify.reach.asking import test
from verifier.verify.reach.documents import identity_policy, trust_policy
from verifier.verify.reach.plans import Make
from verifier.verify.reach.scene import Made, Scene, step

_MADE_BY = {"role": "iam:CreateRole", "user": "iam:CreateUser", "group": "iam:CreateGroup", "policy": "iam:CreatePolicy"}


def create(task: Make, scene: Scene) -> Iterator[Made]:
    """A user or role without policies, a role that lets everyone in; a group; a managed policy that allows everything."""
    arn, by, offer = task.fact.subject, task.derivation.by, task.derivation.offer
    kind = arn.split(":", 5)[5].split("/", 1)[0]
    assert offer is not None
    target = step_target(scene.state.estate, arn)
    if kind not in ("role", "user"):
        found = scene.request(target, by, _MADE_BY[kind], test("Null", "aws:TagKeys", "true"))
        made: Group | ManagedPolicy = Group(arn)
        if kind == "policy":
            made = ManagedPolicy(arn, (("v1", identity_policy(arn, arn.rsplit("/", 1)[1])),), "v1")
        yield step(StepKind.CREATE, lambda _: Created(made), found)
        return
    identity = offer.identity
    assert identity is not None
    if identity.bounded and identity.boundary is None:
        yield Reason("U3", f"{arn} can be made with a permissions boundary whose document is not in the input")
        return
    if kind == "role":
        identity = replace(identity, trust=trust_policy(arn, {*scene.callers, by, *scene.later}))
    yield _identity(identity, target, by, scene, kind)


def _identity(identity: Identity, target: Target, by: str, scene: Scene, kind: str) -> Made:
    boundary = identity.boundary.identity.removesuffix("#boundary") if identity.boundary is not None else None
    bounded = test("Null", "iam:PermissionsBoundary", "true")
    if boundary is not None:
        bounded = test("ArnEquals", "iam:PermissionsBoundary", boundary)
    found = scene.request(replace(target, identity=identity), by, _MADE_BY[kind], bounded, test("Null", "aws:TagKeys", "true"))
    return step(StepKind.CREATE, lambda _: Created(identity), found)
