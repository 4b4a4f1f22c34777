"""Chunks decided by an existing Dask cluster (extra `[cluster]`).

In: work, its tasks, the address of a scheduler. Out: the verdicts of each chunk, as they come.
Guarantee: every chunk is yielded once: Dask gives the chunks of a worker that died to others, and one that was decided
twice counts once. Workers of another version of the verifier are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.verdict import Verdict
from verifier.runs.many import OtherVersion, TargetTask, Work, chunks, decide_chunk, payload
from verifier.syntax.diagnostic import InputError

_CHUNK = 4
RETRIES = 5
"""How often a chunk may lose the worker that it was given to."""
CONNECT = 10
"""Seconds to reach the scheduler, and to find a worker."""


def on_cluster(work: Work, tasks: Sequence[TargetTask], address: str) -> Iterator[list[tuple[int, Verdict]]]:
    """The verdicts of all tasks, by chunk. Raises `InputError` where the cluster cannot be used, and what deciding
    does."""
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise InputError.of("a cluster needs Dask: pip install 'kms-verifier[cluster]'") from None
    try:
        client = Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError.of(f"no Dask scheduler answers at {address}: {str(error) or 'it took too long'}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT)
        except TimeoutError:
            raise InputError.of(f"the Dask scheduler at {address} has no workers") from None
        data = client.scatter(payload(work), broadcast=True, hash=False)
        futures = [
            client.submit(decide_chunk, data, chunk, pure=False, retries=RETRIES) for chunk in chunks(tasks, _CHUNK)
        ]
        try:
            for future in as_completed(futures, loop=client.loop):
                yield future.result()
                future.release()
        except OtherVersion as error:
            raise InputError.of(f"the cluster at {address} cannot be used: {error}") from None
        finally:
            client.cancel(futures)
