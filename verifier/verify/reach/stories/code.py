"""Tasks about code that runs as a role already → moves (E5).

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.estate import Workload
from verifier.model.request import Caller, CallerKind
from verifier.model.results.verdict import Reason
from verifier.model.step_kinds import StepKind
from verifier.model.steps.chains import Became
from verifier.model.steps.workloads import KINDS, Way
from verifier.problem.semantics.targets import workload_target
from verifier.verify.reach.offers.code_that_runs import all_running
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, step


def change_code(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role as which code runs that is changed or entered: that of the offer first, by the decisive request of that."""
    role, offer = task.fact.subject, task.derivation.offer
    assert offer is not None
    codes = [one for one in all_running(scene.state.estate) if role in one.roles]
    for code in sorted(codes, key=lambda one: one.arn != offer.code):
        for way in sorted(KINDS[code.kind].ways, key=lambda one: one[0][0] != offer.action):
            yield _changed(role, code, way, task.derivation.by, scene)


def _changed(role: str, code: Workload, way: Way, by: str, scene: Scene) -> Made:
    _, partition, _, region, account, _ = code.arn.split(":", 5)
    (action, _), *further = way
    first = scene.request(workload_target(account, code.arn, code.tags), by, action)
    if not isinstance(first, Reason):
        parent = code.arn.split("/")[1] if code.arn.count("/") > 1 else "default"
        own = {"partition": partition, "region": region, "account": account, "arn": code.arn, "parent": parent}
        targets = ((name, resource.format(**own) or code.arn) for name, resource in further)
        others = [
            scene.by_the_same(workload_target(account, arn, code.tags if arn == code.arn else None), first.request, name)
            for name, arn in targets
        ]
        return step(StepKind.CHANGE_CODE, lambda _: Became(Caller(CallerKind.ROLE, role, account, "example")), first, *others)
    return first
