"""What the stacks of several templates hand to each other: `Export` of an output, and `Fn::ImportValue`.

In: the functions of each template of the input. Out: the value that is exported by a name; `None` where it cannot be told.
Guarantee: a name that two outputs export, or one that may not be made, is not known; a circle, or a very long chain, is cut.
[CloudFormation User Guide: Outputs]
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.nodes import Node, Scalar, member

_DEEPEST = 10
"""Exports that are made of each other, over several stacks."""


class Exports:
    """The exports of all templates."""

    def __init__(self, templates: Sequence[Functions]) -> None:
        self._templates = templates
        self._outputs: dict[str, list[tuple[Functions, Node]]] | None = None
        self._open: list[str] = []

    def __call__(self, name: str) -> Node | None:
        """The value that is exported by a name."""
        found = self._found().get(name, [])
        if len(found) != 1 or name in self._open or len(self._open) >= _DEEPEST:
            return None
        functions, value = found[0]
        self._open.append(name)
        try:
            return functions.value(value)
        finally:
            self._open.pop()

    def _found(self) -> dict[str, list[tuple[Functions, Node]]]:
        """The outputs by the names that they are exported by. While the names are being found there are none."""
        if self._outputs is None:
            self._outputs = {}
            listed: dict[str, list[tuple[Functions, Node]]] = {}
            for functions in self._templates:
                for output in functions.template.outputs.values():
                    name, value = functions.text(member(member(output, "Export"), "Name")), member(output, "Value")
                    condition = member(output, "Condition")
                    made = condition is None or (isinstance(condition, Scalar) and functions.conditions.holds(condition, condition.text))
                    if name is not None and value is not None and made:
                        listed.setdefault(name, []).append((functions, value))
            self._outputs = listed
        return self._outputs
