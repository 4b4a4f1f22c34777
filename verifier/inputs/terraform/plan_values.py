"""Values of a plan as nodes, and the references of its expressions taken apart.

Guarantee: what is not known is an `UnknownNode` node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from verifier.inputs.resources.resource import is_any_unknown
from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform.json_text import Number, string
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.inputs.text.unknown import LazyObject, OpenReference, UnknownNode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.syntax.text import printable

Index = int | str | None
"""The key of an instance: a number for `count`, a text for `for_each`."""

ModulePath = tuple[tuple[str, Index], ...]
"""The module calls that lead to a module instance, outermost first."""
ModuleName = tuple[str, ...]
"""The names of the calls that lead to a module."""

_STEP = re.compile(r'\.?([A-Za-z_][\w-]*)|\.?\[(?:(-?[0-9]+)|"((?:[^"\\]|\\.)*)")\]|\.([0-9]+)')
_LONGEST = 150
"""Digits of a number that Terraform keeps in JSON: its numbers have 512 bits."""
_CALL = re.compile(r'module\.([^.\[\]]+)(?:\[(?:([0-9]+)|"((?:[^"\\]|\\.)*)")\])?(?:\.|$)')


def node_of(place: Source, value: Any, unknown: Any = False, names: Sequence[str] = ()) -> Node:
    """A JSON value as a node; `unknown` is true of what is not known, for `names`. Nodes in it stay."""
    if isinstance(value, Node):
        return value
    if unknown is True or (value is None and is_any_unknown(unknown)):
        return OpenReference(Node(place, 0, 0), names)
    if isinstance(value, dict):
        inside = unknown if isinstance(unknown, dict) else {}
        keys = [*value, *(key for key in inside if key not in value and inside[key] is True)]
        found = {key: node_of(place, value.get(key), inside.get(key), names) for key in keys}
        return Members(place, 0, 0, [(Scalar(place, 0, 0, key, "string"), node) for key, node in found.items()])
    if isinstance(value, list):
        flags = unknown if isinstance(unknown, list) else []
        return Items(place, 0, 0, [node_of(place, item, flag, names) for item, flag in zip_longest(value, flags)])
    if isinstance(value, str):
        return kinds.text_value(Node(place, 0, 0), value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = _number(Decimal(value.text if isinstance(value, Number) else repr(value)))
        why = ["a zero with a sign, or a number of more digits than Terraform keeps"]
        return UnknownNode(Node(place, 0, 0), why) if number is None else Scalar(place, 0, 0, number, "plain")
    return Scalar(place, 0, 0, "" if value is None else json.dumps(value), "null" if value is None else "plain")


def _number(value: Decimal) -> str | None:
    """A number as Terraform writes it; `None` where Terraform may round it, since it has too many digits, and of `-0`,
    which is equal to `0` and written otherwise."""
    if value.is_zero() and value.is_signed():
        return None
    if not value.is_finite() or not -_LONGEST < value.adjusted() < _LONGEST or len(value.as_tuple().digits) > _LONGEST:
        return None
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


PathStep = str | int
"""A name or key, or a position."""


def steps_of(reference: str) -> list[PathStep] | None:
    """A reference such as `module.keys["eu"].arn` in steps; `None` for one of more than names and keys."""
    found = list(_STEP.finditer(reference))
    if "".join(match[0] for match in found) != reference:
        return None
    parts = [match.groups() for match in found]
    return [name or (int(number or old) if key is None else json.loads(f'"{key}"')) for name, number, key, old in parts]


def traversals(references: Any) -> list[str]:
    """The references of an expression without what each is a part of (`a.b.c`, not `a.b`)."""
    found: list[str] = []
    for reference in references if isinstance(references, list) else ():
        text = str(reference)
        if not found or not (found[-1] == text or found[-1].startswith((f"{text}.", f"{text}["))):
            found.append(text)
    return list(dict.fromkeys(found))


def value_within(node: Node, steps: Sequence[PathStep]) -> Node | None:
    """What a node has at the end of some steps; `None` for nothing. A part of what is not known is not known."""
    for step in steps:
        if isinstance(node, UnknownNode) and not isinstance(node, LazyObject):
            return node
        found = kinds.value_at(node, str(step))
        if found is None:
            return None
        node = found
    return node


def module_path(address: object) -> ModulePath:
    """The path of a module instance, from its address. Raises `InputError`."""
    text = "" if address is None else string(address, "the address of a module")
    found = list(_CALL.finditer(text))
    if "".join(match[0] for match in found) != text:
        raise InputError.of(f"`{printable(text)[:200]}` is not the address of a module")
    return tuple(
        (name, int(number) if number is not None else key) for name, number, key in (match.groups() for match in found)
    )


def inside_modules(address: str) -> str:
    """An address without the modules that lead to it; empty for that of a module."""
    start = 0
    while (call := _CALL.match(address, start)) is not None:
        start = call.end()
    return address[start:]


def name_of(path: ModulePath) -> ModuleName:
    """The module of an instance."""
    return tuple(name for name, _ in path)


def only_instance(name: ModuleName) -> ModulePath:
    """The instance of a module of which there is one, or all of its instances."""
    return tuple((step, None) for step in name)


def qualified(module: ModulePath, reference: str) -> str:
    """A reference as it would be read from the root module: with the calls that lead to its module."""
    calls = (f"module.{name}{'' if index is None else f'[{json.dumps(index)}]'}." for name, index in module)
    return "".join(calls) + reference


IN_DOUBT = " (?)"
"""The end of the name of a resource that may be made any number of times: nothing refers to it."""


RUN_VALUES = ("terraform.workspace", "path.cwd")
"""What depends on how Terraform is run, and is supplied for a folder as variables are. [Terraform language: References
to Named Values, filesystem and workspace info]"""


DERIVED_TYPES = ("aws_arn", "aws_caller_identity", "aws_iam_policy_document", "aws_partition", "aws_region")
"""Data sources of which what is known is derived; attributes of others can be supplied."""
CALLER_ACCOUNT = ("aws_caller_identity", "account_id")
"""Of these data sources the one attribute that can be supplied."""
_SUPPLIED_DATA = re.compile(
    rf"(?:.+\.)?data\.(?:{CALLER_ACCOUNT[0]}\.[^.]+\.{CALLER_ACCOUNT[1]}|(?!(?:{'|'.join(DERIVED_TYPES)})\.)[^.]+\.[^.]+\.[^.]+)$"
)


AFTER_APPLY = "known after apply"


def after_apply(name: str) -> str:
    """How an unknown value is named."""
    can_be_supplied = name.endswith(RUN_VALUES) or _SUPPLIED_DATA.match(name)
    when = "only known when Terraform runs; --parameter tells it" if can_be_supplied else AFTER_APPLY
    return f"{name} ({when})"
