"""Resources that depend on each other.

In: a template. Out: an error for each circle. Guarantee: CloudFormation refuses such a template too, so nothing in it is resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.inputs.cloudformation.template import Resource, Template
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar

_PART = re.compile(r"\$\{([^}!][^}]*)\}")


def check_circles(remarks: Remarks, template: Template) -> None:
    """Records an error where resources depend on each other in a circle."""
    graph = {name: dict(_references(template, resource)) for name, resource in template.resources.items()}
    done: set[str] = set()
    for start in graph:
        pending: list[tuple[str, Iterator[str]]] = [] if start in done else [(start, iter(graph[start]))]
        path = dict.fromkeys(name for name, _ in pending)
        while pending:
            name, left = pending[-1]
            target = next((t for t in left if t not in done), None)
            if target is None:
                done.add(name)
                pending.pop()
                del path[name]
            elif target in path:
                way = list(path)
                circle = " → ".join([*way[way.index(target) :], target])
                remarks.error(graph[name][target], f"resources depend on each other in a circle: {circle}")
                return
            else:
                pending.append((target, iter(graph[target])))
                path[target] = None


def _references(template: Template, resource: Resource) -> Iterator[tuple[str, Node]]:
    """The resources that a resource refers to, each with a place where it does."""
    for entry in resource.depends_on:
        if entry.text in template.resources:
            yield entry.text, entry
    pending: list[Node] = list(resource.properties.values())
    while pending:
        node = pending.pop()
        if isinstance(node, Items):
            pending += node.items
        elif isinstance(node, Members):
            for key, value in node.pairs:
                yield from ((name, value) for name in _named(key.text, value) if name in template.resources)
                pending.append(value)


def _named(function: str, argument: Node) -> Iterator[str]:
    """The names that a function's argument has, if it is one that refers to something."""
    text = argument.items[0] if isinstance(argument, Items) and argument.items else argument
    if not isinstance(text, Scalar):
        return
    if function == "Ref":
        yield text.text
    elif function == "Fn::GetAtt":
        yield text.text.split(".", 1)[0]
    elif function == "Fn::Sub":
        yield from (match.strip().split(".", 1)[0] for match in _PART.findall(text.text))
