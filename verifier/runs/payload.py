"""Work as bytes, for processes and clusters, cut into chunks of tasks.

In: work. Out: chunks, and the verdicts of each. Guarantee: a chunk's verdicts depend on nothing but the payload and its
tasks, so that it can be decided anywhere, and again; never by another version of the verifier.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import lru_cache

from verifier.model.results.verdict import Verdict
from verifier.runs.version import rules_version
from verifier.runs.work import TargetTask, Work


class OtherVersion(Exception):
    """Another process has another version of the verifier, whose verdicts must not be mixed with this one's."""


def payload(work: Work) -> bytes:
    """The work as bytes, for a process of the same version. (It goes to processes that the user started or named, never
    to a file.)"""
    return pickle.dumps((rules_version(), work), protocol=pickle.HIGHEST_PROTOCOL)


@lru_cache(maxsize=1)
def received(data: bytes) -> Work:
    """The work in another process. Raises `OtherVersion`."""
    version, work = pickle.loads(data)
    if version != rules_version():
        raise OtherVersion("this worker runs another version of the verifier, or of its dependencies")
    assert isinstance(work, Work)
    return work


def decide_chunk(data: bytes, tasks: Sequence[TargetTask]) -> list[tuple[int, Verdict]]:
    """The verdicts of some tasks, in another process."""
    work = received(data)
    return [answer for task in tasks for answer in work.decide(task)]


def chunks(tasks: Sequence[TargetTask], size: int) -> list[tuple[TargetTask, ...]]:
    """The tasks, so many together that sending them costs little beside deciding them."""
    return [tuple(tasks[at : at + size]) for at in range(0, len(tasks), size)]
