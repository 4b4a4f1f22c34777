"""Which resources of a template refer to which.

In: a template. Out: the names that each resource refers to; an error where resources depend on each other in a circle. Guarantee:
CloudFormation refuses such a circle too, so nothing in it is resolved. [CloudFormation Template Reference: DependsOn attribute]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from verifier.inputs.cloudformation.template import Resource, Template
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar

_PART = re.compile(r"\$\{([^}!][^}]*)\}")


def check_circles(remarks: Remarks, template: Template) -> None:
    """Records an error where resources depend on each other in a circle."""
    graph = {
        name: {**_depends(template, resource), **references(template, resource.properties.values())}
        for name, resource in template.resources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        way = list(reversed(error.args[1]))
        remarks.error(graph[way[0]][way[1]], f"resources depend on each other in a circle: {' → '.join(way)}")


def _depends(template: Template, resource: Resource) -> dict[str, Node]:
    return {entry.text: entry for entry in resource.depends_on if entry.text in template.resources}


def references(template: Template, values: Iterable[Node]) -> dict[str, Node]:
    """The resources that some values refer to, each with a place where they do."""
    found: dict[str, Node] = {}
    pending: list[Node] = list(values)
    while pending:
        node = pending.pop()
        if isinstance(node, Items):
            pending += node.items
        elif isinstance(node, Members):
            for key, value in node.pairs:
                found |= dict.fromkeys(_named(key.text, value), value)
                pending.append(value)
    return {name: place for name, place in found.items() if name in template.resources}


def _named(function: str, argument: Node) -> Iterator[str]:
    """The names that a function's argument has, if it is one that refers to something."""
    text = argument.items[0] if isinstance(argument, Items) and argument.items else argument
    if not isinstance(text, Scalar):
        return
    if function in ("Ref", "Fn::GetAtt"):
        yield text.text.split(".", 1)[0]  # AWS SAM has `Ref` with a dot: of the alias and the version of a function
    elif function == "Fn::Sub":
        yield from (match.strip().split(".", 1)[0] for match in _PART.findall(text.text))
