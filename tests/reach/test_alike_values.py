"""Values that nothing tells apart: as many as it takes to try each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verifier.problem.diagrams.diagram import Diagrams
from verifier.verify.reach.permissions import first_alike

WIDTHS = {"before": 3, "whom": 6, "after": 3}
CUBES = st.fixed_dictionaries({name: st.integers(0, (1 << width) - 1) for name, width in WIDTHS.items()})


@given(st.lists(st.lists(CUBES, max_size=3), max_size=3))
def test_two_values_are_alike_iff_each_set_is_the_same_for_both(sets: list[list[dict[str, int]]]) -> None:
    diagrams = Diagrams(WIDTHS)
    nodes = [
        diagrams.any_of(diagrams.all_of(diagrams.literal(name, mask) for name, mask in cube.items()) for cube in cubes)
        for cubes in sets
    ]
    said = [tuple(diagrams.restrict(node, {"whom": number}) for node in nodes) for number in range(WIDTHS["whom"])]
    assert first_alike(diagrams, nodes, "whom") == tuple(said.index(one) for one in said)


def test_nothing_is_said_of_a_variable_that_no_set_can_be_about() -> None:
    assert first_alike(Diagrams(WIDTHS), (), "someone") == ()
