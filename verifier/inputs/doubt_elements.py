"""Principals, actions and resources with unknown values, taken narrowly and widely.

In: the value of an element. Out: the value that matches fewest requests, and what matches most.
Guarantee: the narrow value matches nothing that the element might not match; the wide one all that it might.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifier.inputs.nodes import Items, Members, Node, Scalar, text_at
from verifier.inputs.unknown import Pieces, Resolved, Unknown
from verifier.model.policy import PolicyKind

Limit = tuple[tuple[str, ...], str, str] | None
"""A condition that holds for whomever an unknown principal might name: operators that can say it, the condition key, the value. `None`: it
might name anyone."""

_ACCOUNT = re.compile(r"arn:[^:]+:(?:iam|sts)::([0-9]{12}):")
_ROLE = re.compile(r"arn:[^:*?]+:iam::[0-9]{12}:role/")
_SERVICE = (("Bool",), "aws:PrincipalIsAWSService", "true")
_PROVIDER = "Federated"
_NOBODY = (_PROVIDER, "CanonicalUser")
"""Principals of these types call no KMS operation (P6)."""


@dataclass(frozen=True)
class Principals:
    """The principals of an element that are known, in a value of the same form (`None` for none), and for each of the others what limits
    whom it might name."""

    known: Node | None
    unknown: tuple[Limit, ...]


def split(value: Node) -> tuple[list[Node], list[Unknown]]:
    """The listed values that are known, and those that are not."""
    listed = value.items if isinstance(value, Items) else [value]
    return [node for node in listed if not isinstance(node, Unknown)], [node for node in listed if isinstance(node, Unknown)]


def listed(like: Node, values: list[Node]) -> Node:
    """The values as a list in the place of an element."""
    return Items(like.source, like.start, like.end, values)


def narrowed_list(name: str, value: Node) -> Node | None:
    """`Action`, `Resource` and their negations, so that they match fewest requests; `None` where that is none at all."""
    known, unknown = split(value)
    if not unknown:
        return value
    if not name.startswith("Not"):
        return listed(value, known) if known else None
    patterns = [_pattern(name, node) for node in unknown]
    return None if "*" in patterns else listed(value, [*known, *map(text_at, unknown, patterns)])


def widened_list(key: Scalar, value: Node) -> tuple[Scalar, Node]:
    """`Action`, `Resource` and their negations, so that they match most requests."""
    known, unknown = split(value)
    if not unknown:
        return key, value
    if not key.text.startswith("Not"):
        return key, listed(value, [*known, *(text_at(node, _pattern(key.text, node)) for node in unknown)])
    if known:
        return key, listed(value, known)
    return text_at(key, key.text.removeprefix("Not")), text_at(value, "*")


def wildcards(node: Unknown) -> str:
    """The text with `*` for each part that is not known."""
    return "".join("*" if piece is None else piece for piece in node.pieces)


def _pattern(name: str, node: Unknown) -> str:
    """A pattern that matches whatever the text might. In a `Resource` a wildcard stays in its field (L6), so an unknown part before the
    sixth one makes it `*`."""
    head = node.pieces[0] or ""
    text = wildcards(node)
    if name.endswith("Action"):
        return text if ":" in head else "*"
    return text if head.count(":") >= 5 and "${" not in text and not is_part_of_variable(node.pieces) else "*"


def is_part_of_variable(pieces: Pieces) -> bool:
    """Whether a part that is not known may begin in a policy variable, or end in one."""
    before = any(piece is not None and re.search(r"\$(?:\{[^}]*)?$", piece) for piece in pieces[:-1])
    return before or any(piece is not None and re.match(r"[^{]*\}", piece) for piece in pieces[1:])


def principals_of(value: Node, kind: PolicyKind) -> Principals:
    """The principals of a `Principal` or `NotPrincipal` element. In a trust policy a `Federated` one names an identity provider, whose
    identities are callers (E2w)."""
    if isinstance(value, Unknown):
        return Principals(None, (_limit("AWS", value),))
    if not isinstance(value, Members):
        return Principals(value, ())
    pairs: list[tuple[Scalar, Node]] = []
    limits: list[Limit] = []
    for key, named in value.pairs:
        known, unknown = split(named)
        if key.text in _NOBODY and not (kind is PolicyKind.TRUST and key.text == _PROVIDER):
            known, unknown = [*known, *(text_at(node, "unknown") for node in unknown)], []
            named = listed(named, known)
        if known:
            pairs.append((key, listed(named, known) if unknown else named))
        limits += [_limit(key.text, node) for node in unknown]
    whole = Resolved(value.source, value.start, value.end, pairs) if pairs or not value.pairs else None
    return Principals(whole, tuple(limits))


def _limit(type_: str, node: Unknown) -> Limit:
    """What limits whom a principal might name: services; the roles whose ARN begins as it does; the account in it. The identities of a
    provider are of no account."""
    if type_ == "Service":
        return _SERVICE
    if type_ == _PROVIDER:
        return None
    head = node.pieces[0] or ""
    found = _ACCOUNT.match(head)
    if found is None:
        return None
    if _ROLE.match(head):
        return ("ArnLike", "ArnEquals", "StringLike"), "aws:PrincipalArn", wildcards(node)
    return ("StringEquals", "StringLike"), "aws:PrincipalAccount", found.group(1)
