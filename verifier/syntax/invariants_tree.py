"""The tree of a file of invariants: its sentences as written, with their places.

In: nothing (plain data), made by `verifier.syntax.invariants`.
Guarantee: `start` and `end` are offsets into the text, the end exclusive. Quoted words are decoded; names are not yet
looked up.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class WrittenWord(NamedTuple):
    """A word as written, or what a quoted one holds."""

    value: str
    start: int
    end: int
    quoted: bool = False


# --- conditions ---


class KeyComparison(NamedTuple):
    """What follows a condition key: `operator` is a sign or phrase of the language (`=`, `not like`, `is present`), or
    the name of an IAM operator where `explicit`."""

    operator: WrittenWord
    values: tuple[WrittenWord, ...]
    explicit: bool
    start: int
    end: int


class ConditionTest(NamedTuple):
    """A condition key compared. `quantifier` is `any of`, `all of` or `None`."""

    quantifier: str | None
    key: WrittenWord
    comparison: KeyComparison
    start: int
    end: int


class Negated(NamedTuple):
    """`not` before a condition."""

    operand: ConditionNode
    start: int
    end: int


class Joined(NamedTuple):
    """Conditions joined by `and` (`every`) or by `or`."""

    operands: tuple[ConditionNode, ...]
    every: bool
    start: int
    end: int


ConditionNode = ConditionTest | Negated | Joined

# --- callers ---


class ScopeName(NamedTuple):
    """An account, an organization or a declared name. `kind` is the word before it (`account`, `organization`), if
    any."""

    kind: str | None
    name: WrittenWord
    start: int
    end: int


class KeysAccount(NamedTuple):
    """`the key's account`."""

    start: int
    end: int


class ScopeSet(NamedTuple):
    """Several scopes in braces: any of them."""

    scopes: tuple[Scope, ...]
    start: int
    end: int


Scope = ScopeName | KeysAccount | ScopeSet


class Within(NamedTuple):
    """`in SCOPE`, or `outside SCOPE` where not `inside`."""

    scope: Scope
    inside: bool
    start: int
    end: int


class HasTag(NamedTuple):
    """`with tag NAME …`; without a comparison, that the tag is there."""

    tag: WrittenWord
    comparison: KeyComparison
    start: int
    end: int


Qualifier = Within | HasTag


class Noun(NamedTuple):
    """Callers of a kind; `kind` is the plural, such as `callers` or `root users`."""

    kind: str
    start: int
    end: int


class NamedCallers(NamedTuple):
    """Callers by a declared name, by `role/NAME` and the like, or by an ARN pattern."""

    name: WrittenWord
    start: int
    end: int


class ServiceNamed(NamedTuple):
    """`service s3.amazonaws.com`."""

    name: WrittenWord
    start: int
    end: int


class RootOf(NamedTuple):
    """`root of SCOPE`."""

    scope: Scope
    start: int
    end: int


class Term(NamedTuple):
    """A head with all the qualifiers that must hold of it."""

    head: Noun | NamedCallers | ServiceNamed | RootOf | CallersNode
    qualifiers: tuple[Qualifier, ...]
    start: int
    end: int


class CallersNode(NamedTuple):
    """The callers of any of the `included` terms and of none of the `excluded` ones."""

    included: tuple[Term, ...]
    excluded: tuple[Term, ...]
    start: int
    end: int


# --- keys ---


class KeyName(NamedTuple):
    """A declared key, an ARN or an alias; with `replicas`, the related multi-Region keys as well."""

    name: WrittenWord
    replicas: bool
    start: int
    end: int


class EveryKey(NamedTuple):
    """`every key`."""

    start: int
    end: int


class TaggedKeys(NamedTuple):
    """`keys with tag NAME`, with `= VALUE` or `like PATTERN` (`pattern`)."""

    tag: WrittenWord
    value: WrittenWord | None
    pattern: bool
    start: int
    end: int


KeyNode = KeyName | EveryKey | TaggedKeys

# --- sentences ---


class SentenceForm(Enum):
    """The forms of a sentence; the value is how to speak of it."""

    NO = "no … can"
    ONLY = "only … can"
    ALWAYS = "… can always"
    ONLY_WHEN = "… can … only when"
    CAN = "… can"


class Creation(NamedTuple):
    """`create a grant`: the grant that a request asks for. `operations` is empty for any; `grantees` and `retiring` are
    `None` for any."""

    operations: tuple[WrittenWord, ...]
    grantees: CallersNode | None
    retiring: CallersNode | None
    start: int
    end: int


class What(NamedTuple):
    """The actions, or the creation of a grant, and the keys if they are said."""

    actions: tuple[WrittenWord, ...]
    excluded: tuple[WrittenWord, ...]
    keys: tuple[KeyNode, ...] | None
    creation: Creation | None
    start: int
    end: int


class Circumstance(NamedTuple):
    """`when CONDITION`, or `unless CONDITION`."""

    condition: ConditionNode
    unless: bool
    start: int
    end: int


class Sentence(NamedTuple):
    """One sentence. `eventually` is the word, where it stands after `can`."""

    form: SentenceForm
    callers: CallersNode
    what: What
    circumstance: Circumstance | None
    start: int
    end: int
    eventually: WrittenWord | None = None


class Listed(NamedTuple):
    """`no grant … names CALLERS`. `operations` is empty for any; `role` is `grantee`, `retiring principal` or `None`
    for either."""

    operations: tuple[WrittenWord, ...]
    keys: tuple[KeyNode, ...] | None
    callers: CallersNode
    role: WrittenWord | None
    start: int
    end: int


class Use(NamedTuple):
    """`builtin NAME(ARGUMENTS)`."""

    name: WrittenWord
    arguments: tuple[WrittenWord, ...]
    keys: tuple[KeyNode, ...] | None
    start: int
    end: int


class InvariantNode(NamedTuple):
    """An invariant."""

    name: WrittenWord
    body: Sentence | Listed | Use
    start: int
    end: int


class AllowanceNode(NamedTuple):
    """`allow "…": CALLERS can …`; the form of the sentence is `CAN`."""

    name: WrittenWord
    body: Sentence
    start: int
    end: int


class SupposedNode(NamedTuple):
    """What is supposed. With `actions`, that the callers call none of them; with callers alone, that nobody changes
    what runs as these roles; with neither, that no key is shared."""

    callers: CallersNode | None
    actions: tuple[WrittenWord, ...]
    start: int
    end: int


class SuppositionNode(NamedTuple):
    """`suppose "…": …`."""

    name: WrittenWord
    body: SupposedNode
    start: int
    end: int


class Declaration(NamedTuple):
    """`KIND NAME = …`; what is declared is a word, callers, or actions."""

    kind: str
    name: WrittenWord
    definition: WrittenWord | CallersNode | tuple[WrittenWord, ...]
    start: int
    end: int


class FileNode(NamedTuple):
    """A whole file, in its order."""

    items: tuple[Declaration | InvariantNode | AllowanceNode | SuppositionNode, ...]
