"""Policy documents: source text → `Policy`.

In: the source of a policy document and what it is attached to. Out: a `Policy` whose every part knows its place,
with the warnings about it. Guarantee: an error anywhere in the document refuses it whole; all are reported together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.language.policies.checks import check_characters, check_sids, check_size, counted_size
from verifier.language.policies.reader import Reader, a_kind, elements
from verifier.language.policies.statement import read_statement
from verifier.model.policy import Policy, PolicyKind, Statement, Text
from verifier.syntax.findings import Findings
from verifier.syntax.policy import parse_policy
from verifier.syntax.policy_tree import Member, PolicyNode, StatementNode, StatementsNode, describe
from verifier.syntax.source import Source
from verifier.syntax.text import brief

_ELEMENTS = ("Version", "Id", "Statement")
_VERSIONS = ("2012-10-17", "2008-10-17")


def read_policy(source: Source, kind: PolicyKind, *, identity: str, name: str) -> Policy:
    """Parses and checks a policy document.

    `identity` and `name` are those of `Policy`. Raises `InputError` with every semantic error of the document
    (L4, P3, P7, L7); or the one syntax error. Equal texts are parsed once (spans are laid anew where the file differs).
    """
    tree = parse_policy(source)
    findings = Findings(source)
    reader = Reader(findings, kind, variables=False)
    members = elements(reader, tree.members, "a policy", _ELEMENTS)
    reader = replace(reader, variables=_read_version(reader, members.get("Version")))
    document_id = _read_id(reader, members.get("Id"))
    statements = tuple(_read_statements(reader, tree, members.get("Statement")))
    check_sids(reader, members.get("Statement"))
    check_characters(reader)
    size = counted_size(source.text, kind)
    check_size(reader, tree, identity, size)
    findings.raise_errors()
    span = source.span(tree.start, tree.end)
    return Policy(kind, identity, name, reader.variables, statements, size, findings.warnings, span, document_id)


def _read_version(reader: Reader, member: Member | None) -> bool:
    """Whether the document has policy variables (L1)."""
    if member is None:
        return False
    value = reader.string(member)
    if value is not None and value.value not in _VERSIONS:
        message = f'unknown `Version` "{brief(value.value)}"; expected "2012-10-17" or "2008-10-17"'
        reader.findings.error(value.start, value.end, message, rule="L4")
    return value is not None and value.value == "2012-10-17"


def _read_id(reader: Reader, member: Member | None) -> Text | None:
    if member is None:
        return None
    value = reader.string(member)
    if reader.kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION):
        message = f"{a_kind(reader.kind)} takes no `Id`"
        reader.findings.error(member.start, member.end, message, rule="L4")
    return reader.text(value) if value is not None else None


def _read_statements(reader: Reader, tree: PolicyNode, member: Member | None) -> Iterator[Statement]:
    expected = "a statement or a list of statements"
    if member is None:
        reader.findings.error(tree.start, tree.start + 1, f"policy has no `Statement`; expected {expected}", rule="L4")
        return
    value = member.value
    if not isinstance(value, StatementsNode):
        reader.wrong_type(member, expected, value)
        return
    if not value.items:
        reader.findings.error(value.start, value.end, "`Statement` is an empty list; expected at least one statement", rule="L4")
    for index, item in enumerate(value.items):
        if not isinstance(item, StatementNode):
            message = f"a statement must be an object, found {describe(item)}"
            reader.findings.error(item.start, item.end, message, rule="L4")
            continue
        statement = read_statement(reader, item, index)
        if statement is not None:
            yield statement
