"""The documents that a `data.aws_iam_policy_document` merges.

In: a data source; documents, values that are not known among them. Out: their statements, in the order of the provider.
Guarantee: what the provider would refuse, or orders by a `Sid` that is not known, is not merged. [Terraform AWS
provider: aws_iam_policy_document]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from verifier.inputs.resources.resource import Resource
from verifier.inputs.terraform.documents import member_given
from verifier.inputs.terraform.hcl_kinds import STAND_INS
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, text_of, values_of
from verifier.inputs.text.unknown import UnknownNode, replaced
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_MOST = 1_000
"""Statements of other documents; no policy of 32 KiB holds as many."""
STATEMENT_BLOCKS = {
    "Sid": "sid",
    "Effect": "effect",
    "Principal": "principals",
    "NotPrincipal": "not_principals",
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
    "Condition": "condition",
}
"""Elements of a statement, and what each is in a `statement` block."""
_NAMES = {name.casefold(): name for name in ("Version", "Id", "Statement", *STATEMENT_BLOCKS)}
"""Names of members that the provider looks for."""


def documents_to_merge(resolver: Resolver, data: Resource, name: str) -> list[Node]:
    """The documents in an attribute, read where they are texts."""
    found: list[Node] = []
    for item in values_of(resolver.value(data, name)):
        document: Node = item
        if isinstance(item, Scalar):
            if item.type == "null" or not item.text:
                continue
            with suppress(InputError):
                document = read_json(Source(f"{resolver.plan.file}#{data.address}.{name}", item.text))
        found.append(document)
    return found


def merged_statements(documents: Iterable[Node]) -> list[Node] | None:
    """The statements of documents that are merged; `None` where one of them is not known, or the provider refuses
    it."""
    found: list[Node] = []
    for document in documents:
        statements = member_given(document, "Statement")
        if not isinstance(statements, Items) or len(found) + len(statements.items) > _MOST:
            return None
        if any(map(_is_respelt, (document, *statements.items))):
            return None
        found += map(_as_read, statements.items)
    return found


def _is_respelt(node: Node) -> bool:
    """True iff a member has the name of another one but for its case, which the provider takes for that. [Go:
    encoding/json]"""
    names = [key.text for key, _ in node.pairs] if isinstance(node, Members) else []
    return any(_NAMES.get(name.casefold(), name) != name for name in names)


def _as_read(statement: Node) -> Node:
    """A statement as the provider reads it: of conditions with a value that is neither a text, a truth nor a list it
    leaves that key out, and may learn not to; it fails at a list that has more than texts. [Terraform AWS provider:
    internal/service/iam/policy_model.go, UnmarshalJSON of conditions]"""
    conditions = member_given(statement, "Condition")
    keys = [value for _, value in conditions.pairs] if isinstance(conditions, Members) else []
    values = [value for tests in keys if isinstance(tests, Members) for _, value in tests.pairs]
    others = (value for value in values if isinstance(value, Scalar) and value.type != "string")
    left_out = [value for value in others if value.text not in ("true", "false")]
    items = (item for value in values if isinstance(value, Items) for item in value.items)
    left_out += [item for item in items if isinstance(item, Scalar) and item.type != "string"]
    if not left_out or not isinstance(statement, Members):
        return statement
    provider = "the provider leaves out what is neither text nor truth, so it is to be quoted"
    why = f"a condition of a source document: {provider}"
    return replaced(statement, "Condition", UnknownNode(left_out[0], [why]))


def repeated_sid(statements: Sequence[Node] | None) -> str | None:
    """A `Sid` that two statements have."""
    sids = [sid for statement in statements or () if (sid := text_of(statement, "Sid"))]
    return next((sid for sid in sids if sids.count(sid) > 1), None)


def _is_open(statement: Node) -> bool:
    """True iff the `Sid` of a statement is not known, or something in it may stand for what is not."""
    sid = member_given(statement, "Sid")
    return isinstance(sid, UnknownNode) or STAND_INS.search(text_of(statement, "Sid") or "") is not None


def is_order_open(statements: Sequence[Node], later: Sequence[Node]) -> bool:
    """True iff a `Sid` is not known that decides which statements later ones take the place of."""
    return bool(statements and later) and any(map(_is_open, (*statements, *later)))


def overridden(statements: list[Node], later: Sequence[Node]) -> list[Node]:
    """The statements with each later one put in the place of that with its `Sid`, or at the end."""
    found = list(statements)
    for statement in later:
        sid = text_of(statement, "Sid")
        at = next((index for index, other in enumerate(found) if sid and text_of(other, "Sid") == sid), len(found))
        found[at : at + 1] = [statement]
    return found
