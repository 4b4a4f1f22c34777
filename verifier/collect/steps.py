"""Steps: what is read at one go, and what it is called in the manifest.

In: steps. Out: files, through their `work`. Guarantee: a step that is in the manifest is not done again; several run at
a time, but no more than was asked; the first error that the others would meet as well ends them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from verifier.collect.folder import Folder
from verifier.collect.reading import Refused
from verifier.frozen import Frozen
from verifier.model.choices import Progress
from verifier.model.results.collection import NotRead, SnapshotPart


class CollectionStep(Frozen):
    """`name` is that in the manifest, unique; `account`, `region` and `key` are as in `NotRead`. `work` reads and
    writes."""

    name: str
    part: SnapshotPart
    account: str
    work: Callable[[], None]
    region: str | None = None
    key: str | None = None

    def missed(self, operation: str, code: str) -> NotRead:
        """The record that it was not possible."""
        return NotRead(self.part, self.account, operation, code, self.region, self.key)


@dataclass
class Runner:
    """Runs steps, `workers` at a time. `total` and `reused` count all of them, and those that an earlier run had
    done."""

    folder: Folder
    workers: int
    progress: Progress | None = None
    total: int = 0
    reused: int = 0
    tried: int = 0

    def run(self, steps: Sequence[CollectionStep]) -> None:
        """Does those that are not done. Raises what a step raises, `Refused` apart."""
        todo = [step for step in steps if step.name not in self.folder.done]
        self.total += len(steps)
        self.reused += len(steps) - len(todo)
        self.tried += len(steps) - len(todo)
        pool = ThreadPoolExecutor(self.workers)
        try:
            pending: dict[Future[None], CollectionStep] = {pool.submit(self._one, step): step for step in todo}
            while pending:
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    step = pending.pop(future)
                    future.result()
                    self.tried += 1
                    if self.progress:
                        self.progress(
                            self.tried, self.total, f"{step.part.label} {step.key or step.region or step.account}"
                        )
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, step: CollectionStep) -> None:
        try:
            step.work()
        except Refused as error:
            self.folder.missed(step.name, step.missed(error.operation, error.code))
        else:
            self.folder.finished(step.name)
