"""What all tests share: examples that are the same every time, that no test reads or writes the user's cache of
results, and that the garbage collector passes over the tests themselves."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.compiled_again import compiled_again
from tests.examples import RANDOM, many

settings.register_profile(
    "tests",
    derandomize=not RANDOM,
    database=None,
    deadline=None,
    max_examples=many(),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")

gc.disable()


def pytest_collection_finish() -> None:
    gc.set_threshold(7_000, 10, 50)  # ten times as many objects, and five times as many rounds, as by itself
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _kept_to_the_end() -> None:
    """The 27,000 tests and what caches hold live to the end: without this each full collection, of which benchmarks ask
    for many, looks at all of them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VERIFIER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def asked_twice() -> Iterator[None]:
    """Every question of a suite is compiled a second time, in the frozen vocabulary."""
    with compiled_again():
        yield
