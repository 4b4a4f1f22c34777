"""Tasks about code that runs as a role already, or that is given one → moves (E5).

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Workload
from verifier.model.request import Caller, CallerKind
from verifier.model.results.verdict import Reason
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import Became
from verifier.model.steps.workload_kind import Way
from verifier.model.steps.workloads import KINDS
from verifier.problem.semantics.targets import step_target, workload_target
from verifier.verify.reach.facts import Passed
from verifier.verify.reach.offers.code_that_runs import all_running
from verifier.verify.reach.stories.asking import test
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, step


def change_code(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role as which code runs that is changed or entered, or to which the role is passed: that of the
    offer first, by the decisive request of that."""
    role, offer = task.fact.subject, task.derivation.offer
    assert offer is not None
    passed = offer.passed
    codes = [one for one in all_running(scene.state.estate) if (one.arn == offer.code if passed else role in one.roles)]
    for code in sorted(codes, key=lambda one: one.arn != offer.code):
        kind = KINDS[code.kind]
        for way in sorted(kind.handing if passed else kind.ways, key=lambda one: one[0][0] != offer.action):
            yield _changed(role, code, way, task.derivation.by, scene, passed)


def _changed(role: str, code: Workload, way: Way, by: str, scene: Scene, passed: Passed | None) -> Made:
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
            target = step_target(scene.state.estate, arn) if arn == given else workload_target(account, arn, own_tags)
            services = [passed.service] if passed is not None and arn == given else []
            when = [test("StringEquals", "iam:PassedToService", service) for service in services]
            others.append(scene.by_the_same(target, first.request, name, *when))
        return step(
            StepKind.CHANGE_CODE, lambda _: Became(Caller(CallerKind.ROLE, role, account, "example")), first, *others
        )
    return first
