"""Where to work, with all that this may need.

In: how many processes, the address of a cluster, the folder of a cache. Out: `Where`. Guarantee: nothing is started or
opened before it is used.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from verifier.runs.cluster import on_cluster
from verifier.runs.earlier import Earlier
from verifier.runs.many import Where
from verifier.runs.processes import in_processes


def work_place(processes: int | None = None, *, cluster: str | None = None, cache: Path | None = None) -> Where:
    """Where to work: `processes` is how many at the most (`None`: one a core), `cluster` the address of a Dask
    scheduler, `cache` the folder of the results of earlier runs; `None` for none."""
    return Where(
        processes,
        in_processes,
        partial(on_cluster, address=cluster) if cluster is not None else None,
        partial(Earlier, folder=cache) if cache is not None else None,
    )
