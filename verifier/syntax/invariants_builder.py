"""Builds the tree of a file of invariants as the parser goes.

In: the children of each rule of `invariants.lark`. Out: the nodes of `invariants_tree`. Guarantee: one method for each
rule; nothing is looked up or dropped.
"""

from __future__ import annotations

import re
from typing import Any

from lark import Token, Transformer

from verifier.syntax.diagnostic import SyntaxFault
from verifier.syntax.invariants_tree import (
    AllowanceNode,
    CallersNode,
    Circumstance,
    Comparison,
    ConditionNode,
    Creation,
    Declaration,
    EveryKey,
    FileNode,
    Form,
    HasTag,
    InvariantNode,
    Joined,
    KeyName,
    KeysAccount,
    Listed,
    Named,
    Negated,
    Noun,
    Qualifier,
    RootOf,
    ScopeName,
    ScopeSet,
    Sentence,
    ServiceNamed,
    SupposedNode,
    SuppositionNode,
    TaggedKeys,
    Term,
    Test,
    Use,
    What,
    Within,
    Word,
)

_UNSEEN = r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
_ODD = re.compile(rf'\\["\\]|(\\.)|({_UNSEEN})', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')

Children = list[Any]
"""Tokens, nodes, and `None` for what is left out; each rule knows which are its own."""

_NOUNS = {"caller": "callers", "anyone": "callers", "user": "users", "role": "roles", "service": "services"}


class TreeBuilder(Transformer[Token, FileNode]):
    """One method for each rule of the grammar; the parser calls them as it goes."""

    def file(self, children: Children) -> FileNode:
        return FileNode(tuple(children))

    def declaration(self, children: Children) -> Declaration:
        kind, name, definition = children
        end = definition[-1].end if kind == "actions" else definition.end
        return Declaration(str(kind), word(name), definition, _start(kind), end)

    def definition(self, children: Children) -> Word:
        return word(children[0])

    argument = service_name = tag_name = action = value = definition

    def invariant(self, children: Children) -> InvariantNode:
        _, name, _, body = children
        return InvariantNode(word(name), body, *_bounds(children))

    def allowance(self, children: Children) -> AllowanceNode:
        _, name, _, *sentence = children
        return AllowanceNode(word(name), _sentence(Form.UNSAID, sentence, sentence[0]), *_bounds(children))

    def supposition(self, children: Children) -> SuppositionNode:
        _, name, _, body = children
        return SuppositionNode(word(name), body, *_bounds(children))

    def none_calls(self, children: Children) -> SupposedNode:
        return SupposedNode(children[1], children[-1], *_bounds([children[0], *children[-1]]))

    def nobody_calls(self, children: Children) -> SupposedNode:
        nobody, qualifiers, _, excluded, _, actions = children
        return SupposedNode(_whoever(nobody, qualifiers or (), excluded or ()), actions, *_bounds([nobody, *actions]))

    def nobody_changes(self, children: Children) -> SupposedNode:
        return SupposedNode(children[-1], (), *_bounds(children))

    def no_sharing(self, children: Children) -> SupposedNode:
        return SupposedNode(None, (), *_bounds(children))

    def use(self, children: Children) -> Use:
        builtin, name, *rest, _, keys = children
        arguments = tuple(item for item in rest if item is not None)
        return Use(word(name), arguments, keys, *_bounds([builtin, name, *arguments, *(keys or ())]))

    # --- sentences ---

    def none(self, children: Children) -> Sentence:
        return _sentence(Form.NO, children, children[1])

    def nobody(self, children: Children) -> Sentence:
        nobody, qualifiers, _, excluded = children[:4]
        return _sentence(Form.NO, children, _whoever(nobody, qualifiers or (), excluded or ()))

    def only(self, children: Children) -> Sentence:
        return _sentence(Form.ONLY, children, children[1])

    def always(self, children: Children) -> Sentence:
        return _sentence(Form.ALWAYS, children, children[0])

    def unsaid(self, children: Children) -> Sentence:
        return _sentence(Form.UNSAID, children, children[0])

    def only_when(self, children: Children) -> Sentence:
        callers, _, eventually, what, _, when, condition = children
        circumstance = Circumstance(condition, False, *_bounds([when, condition]))
        return Sentence(Form.ONLY_WHEN, callers, what, circumstance, *_bounds(children), _adverb(eventually))

    def what(self, children: Children) -> What:
        actions, _, excluded, _, keys = children
        parts = [*actions, *(excluded or ()), *(keys or ())]
        return What(actions, excluded or (), keys, None, *_bounds(parts))

    # --- grants ---

    def listed(self, children: Children) -> Listed:
        _, _, operations, _, keys, _, _, callers, _, role = children
        return Listed(operations or (), keys, callers, role, *_bounds(children))

    def as_grantee(self, children: Children) -> Word:
        return Word("grantee", *_bounds(children))

    def as_retiring(self, children: Children) -> Word:
        return Word("retiring principal", *_bounds(children))

    def creating(self, children: Children) -> What:
        create, created, operations, _, grantees, _, retiring, _, keys = children
        end = _last([created, *(operations or ()), grantees, retiring])
        creation = Creation(operations or (), grantees, retiring, _start(create), end)
        return What((), (), keys, creation, _start(create), _last([creation, *(keys or ())]))

    def created(self, children: Children) -> Word:
        return Word(str(children[-1]), *_bounds(children))

    def allowing(self, children: Children) -> Any:
        return children[-1]

    such_callers = allowing

    def whoever(self, children: Children) -> CallersNode:
        _, noun, qualifiers, _, excluded = children
        return _whoever(noun, qualifiers or (), excluded or ())

    def whoever_is(self, children: Children) -> CallersNode:
        qualifiers, _, excluded = children
        return _whoever(qualifiers[0], qualifiers, excluded or ())

    def circumstance(self, children: Children) -> Circumstance:
        return Circumstance(children[1], children[0] == "unless", *_bounds(children))

    # --- callers ---

    def callers(self, children: Children) -> CallersNode:
        included, _, excluded = children
        return CallersNode(included, excluded or (), *_bounds([*included, *(excluded or ())]))

    def terms(self, children: Children) -> tuple[Term, ...]:
        return tuple(child for child in children if isinstance(child, Term))

    def term(self, children: Children) -> Term:
        head, qualifiers = children
        return Term(head, qualifiers or (), *_bounds([head, *(qualifiers or ())]))

    def noun(self, children: Children) -> Noun:
        if isinstance(children[-1], Noun):
            return children[-1]._replace(start=_bounds(children)[0])
        *adjective, noun = (str(child) for child in children)
        return Noun(" ".join([*adjective, _NOUNS.get(noun, noun)]), *_bounds(children))

    def named(self, children: Children) -> Named:
        return Named(word(children[0]), *_bounds(children))

    def service(self, children: Children) -> ServiceNamed:
        return ServiceNamed(children[1], *_bounds(children))

    def root(self, children: Children) -> RootOf:
        return RootOf(children[-1], *_bounds(children))

    def qualifiers(self, children: Children) -> tuple[Qualifier, ...]:
        return tuple(child for child in children if isinstance(child, Within | HasTag))

    def inside(self, children: Children) -> Within:
        return Within(children[-1], True, *_bounds(children))

    def outside(self, children: Children) -> Within:
        return Within(children[-1], False, *_bounds(children))

    def with_tag(self, children: Children) -> HasTag:
        tag, comparison = children[2:]
        return HasTag(tag, comparison or _phrase("is present", tag), *_bounds(children))

    def without_tag(self, children: Children) -> HasTag:
        return HasTag(children[2], _phrase("is absent", children[2]), *_bounds(children))

    def scope_name(self, children: Children) -> ScopeName:
        kind = str(children[0]) if len(children) == 2 else None
        return ScopeName(kind, word(children[-1]), *_bounds(children))

    def keys_account(self, children: Children) -> KeysAccount:
        return KeysAccount(*_bounds(children))

    def scopes(self, children: Children) -> ScopeSet:
        return ScopeSet(tuple(children), *_bounds(children))

    # --- actions and keys ---

    def actions(self, children: Children) -> tuple[Any, ...]:
        return tuple(children)

    keys = actions

    def key_name(self, children: Children) -> KeyName:
        return KeyName(word(children[0]), children[1] is not None, *_bounds(children))

    def every_key(self, children: Children) -> EveryKey:
        return EveryKey(*_bounds(children))

    def tagged_keys(self, children: Children) -> TaggedKeys:
        tag, operator, value = children[3:]
        return TaggedKeys(tag, value, operator == "like", *_bounds(children))

    # --- conditions ---

    def either(self, children: Children) -> Joined:
        return Joined(_operands(children), False, *_bounds(children))

    def both(self, children: Children) -> Joined:
        return Joined(_operands(children), True, *_bounds(children))

    def negated(self, children: Children) -> ConditionNode:
        operand = children[1]
        # `not not` is nothing, so a run of them makes no deep tree.
        return operand.operand if isinstance(operand, Negated) else Negated(operand, *_bounds(children))

    def test(self, children: Children) -> Test:
        return Test(None, children[0], children[1], *_bounds(children))

    def any_of(self, children: Children) -> Test:
        return Test("any of", children[2], children[3], *_bounds(children))

    def all_of(self, children: Children) -> Test:
        return Test("all of", children[2], children[3], *_bounds(children))

    def applied(self, children: Children) -> Test:
        operator, key, *values = children
        comparison = Comparison(word(operator), tuple(values), True, *_bounds(children))
        return Test(None, key, comparison, *_bounds(children))

    def condition_key(self, children: Children) -> Word:
        token = children[0]
        if token.type != "QUOTED_KEY":
            return word(token)
        quote = token.index('"')
        name = _decode(token[quote:], _start(token) + quote)
        return Word(token[:quote] + name, *_bounds(children), True)

    def comparison(self, children: Children) -> Comparison:
        operator = [child for child in children if isinstance(child, Token)]
        values = tuple(children[-1]) if isinstance(children[-1], list) else ()
        phrase = Word(" ".join(operator), *_bounds(operator))
        end = values[-1].end if values else phrase.end
        return Comparison(phrase, values, operator[0].type == "OPERATOR", phrase.start, end)

    def single(self, children: Children) -> Children:
        return children

    group = single


def word(token: Token) -> Word:
    """The word that a token is, decoded if it is quoted. Raises `SyntaxFault` for an escape that is none."""
    start = _start(token)
    if token.type != "STRING":
        return Word(str(token), start, start + len(token))
    return Word(_decode(token, start), start, start + len(token), True)


def _decode(literal: str, start: int) -> str:
    """What a quoted word that stands at `start` holds: `\\"` and `\\\\` are the only escapes."""
    inside = literal[1:-1]
    for match in _ODD.finditer(inside):
        at = start + 1 + match.start()
        if match.group(1):
            hint = 'write `\\\\` for a backslash, `\\"` for a quote'
            raise SyntaxFault(at, at + 2, f"`{match.group(1)}` is not an escape", hint)
        if match.group(2):
            raise SyntaxFault(at, at + 1, f"U+{ord(match.group(2)):04X} cannot stand in text, for it does not print")
    return _ESCAPE.sub(r"\1", inside)


def _sentence(form: Form, children: Children, callers: CallersNode) -> Sentence:
    eventually, what, circumstance = children[-3:]
    return Sentence(form, callers, what, circumstance, *_bounds(children), _adverb(eventually))


def _adverb(eventually: Any) -> Word | None:
    """The word `eventually`, where it is there."""
    return word(eventually) if isinstance(eventually, Token) and eventually.type == "EVENTUALLY" else None


def _whoever(place: Any, qualifiers: tuple[Qualifier, ...], excluded: tuple[Term, ...]) -> CallersNode:
    """Every caller that meets the qualifiers, but the excluded ones; said by what stands at `place`."""
    everyone = Noun("callers", *_bounds([place]))
    term = Term(everyone, qualifiers, *_bounds([place, *qualifiers]))
    return CallersNode((term,), excluded, *_bounds([place, *qualifiers, *excluded]))


def _phrase(operator: str, place: Word) -> Comparison:
    return Comparison(Word(operator, place.start, place.end), (), False, place.start, place.end)


def _operands(children: Children) -> tuple[ConditionNode, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


def _bounds(children: Children) -> tuple[int, int]:
    """Where the first child begins and the last one ends."""
    return _start(children[0] if children[0] is not None else children[1]), _last(children)


def _start(node: Any) -> int:
    return (node.start_pos or 0) if isinstance(node, Token) else int(node.start)


def _last(children: Children) -> int:
    last = next(child for child in reversed(children) if child is not None)
    return _start(last) + len(last) if isinstance(last, Token) else int(last.end)
