"""What the readers of a document's parts share: its kind, its version, its findings; and reading strings.

In: nodes of the tree. Out: `Text`s with spans; errors go to the findings (L4).
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.policy import PolicyKind, Text
from verifier.syntax.findings import Findings
from verifier.syntax.policy_tree import Atom, Child, ListNode, Member, Misfit, ScalarKind, StatementNode, describe
from verifier.syntax.source import Span
from verifier.syntax.text import brief, did_you_mean, enumerate_names

WITHOUT_PRINCIPAL = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION, PolicyKind.SCP)
"""The policies whose statements name no principals (P7)."""


class Reader(Frozen):
    """The document being read. `variables` is true for version 2012-10-17 (L1)."""

    findings: Findings
    kind: PolicyKind
    variables: bool

    def error(self, at: Member | StatementNode | Child, message: str, *, rule: str, hint: str | None = None) -> None:
        self.findings.error(at.start, at.end, message, hint=hint, rule=rule)

    def warning(self, at: Member | StatementNode | Child, message: str, *, rule: str, hint: str | None = None) -> None:
        self.findings.warning(at.start, at.end, message, hint=hint, rule=rule)

    def span(self, start: int, end: int) -> Span:
        """The place of the characters `[start, end)` of the document."""
        return self.findings.source.span(start, end)

    def text(self, scalar: Atom) -> Text:
        """A scalar as a text; its span holds the quotes."""
        return Text(scalar.value, self.span(scalar.start, scalar.end))

    def string(self, member: Member) -> Atom | None:
        """The value of an element that must be one string."""
        value = member.value
        if isinstance(value, Atom) and value.kind is ScalarKind.STRING:
            return value
        self.wrong_type(member, "a string", value, hint=_quotes_hint(value))
        return None

    def strings(self, member: Member) -> tuple[Atom, ...]:
        """The values of an element that must be one non-empty string or a list of such (L2)."""
        expected = "a string or a list of strings"
        found = []
        for value in self.items(member, expected):
            if not isinstance(value, Atom) or value.kind is not ScalarKind.STRING:
                self.wrong_type(member, expected, value, hint=_quotes_hint(value))
            elif not value.value:
                self.error(value, f"`{brief(member.name)}` holds an empty string", rule="L4")
            else:
                found.append(value)
        return tuple(found)

    def items(self, member: Member, expected: str) -> tuple[Atom | Misfit, ...]:
        """The scalar, or the items of the non-empty list, that a member has for its value (L2, L4)."""
        value = member.value
        if isinstance(value, Atom):
            return (value,)
        if not isinstance(value, ListNode):
            self.wrong_type(member, expected, value)
            return ()
        if not value.items:
            self.error(value, f"`{brief(member.name)}` is an empty list; expected at least one value", rule="L4")
        return value.items

    def wrong_type(self, member: Member, expected: str, value: Child, *, hint: str | None = None) -> None:
        """Records that the value of a member, or an item of it, has the wrong JSON type."""
        message = f"`{brief(member.name)}` must be {expected}, found {describe(value)}"
        self.error(value, message, hint=hint, rule="L4")


def unique_members(reader: Reader, members: tuple[Member, ...], where: str) -> dict[str, Member]:
    """The members by name; a name given twice is an error (L4), and the first one is kept."""
    found: dict[str, Member] = {}
    for member in members:
        first = found.setdefault(member.name, member)
        if first is not member:
            line = reader.span(first.start, first.end).line
            message = f"duplicate member `{brief(member.name)}` in {where}; the first is on line {line}"
            reader.error(member, message, rule="L4")
    return found


def read_elements(reader: Reader, members: tuple[Member, ...], where: str, known: tuple[str, ...]) -> dict[str, Member]:
    """The members of a policy or of a statement by name; unknown names are errors (L3, L4)."""
    found = unique_members(reader, members, where)
    for name, member in found.items():
        if name not in known:
            message = f"unknown element `{brief(name)}` in {where}; expected {enumerate_names(known)}"
            reader.error(member, message, hint=did_you_mean(name, known), rule="L4")
        elif member.end - member.start != len(name) + 2:
            reader.error(member, f"the name of the element `{brief(name)}` is written with escapes", rule="L4")
    return {name: member for name, member in found.items() if name in known}


def _quotes_hint(value: Child) -> str | None:
    unquoted = isinstance(value, Atom) and value.kind in (ScalarKind.NUMBER, ScalarKind.BOOLEAN)
    return "write it in double quotes" if unquoted else None


def a_kind(kind: PolicyKind) -> str:
    """A kind of policy with its article: `an identity policy`."""
    return f"an {kind.value}" if kind is PolicyKind.IDENTITY else f"a {kind.value}"
