"""Builds the tree of a file of invariants as the parser goes.

In: the children of each rule of `invariants.lark`. Out: the nodes of `invariants_tree`. Guarantee: one method for each
rule; nothing is looked up or dropped.
"""

from __future__ import annotations

import re
from typing import Any

from lark import Token, Transformer

from verifier.syntax import invariants_tree as tree
from verifier.syntax.diagnostic import SyntaxFault

_UNSEEN = r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
_ODD = re.compile(rf'\\["\\]|(\\.)|({_UNSEEN})', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')

Children = list[Any]
"""Tokens, nodes, and `None` for what is left out; each rule knows which are its own."""

_NOUNS = {"caller": "callers", "anyone": "callers", "user": "users", "role": "roles", "service": "services"}


class TreeBuilder(Transformer[Token, tree.FileNode]):
    """One method for each rule of the grammar; the parser calls them as it goes."""

    def file(self, children: Children) -> tree.FileNode:
        return tree.FileNode(tuple(children))

    def declaration(self, children: Children) -> tree.Declaration:
        kind, name, definition = children
        end = definition[-1].end if kind == "actions" else definition.end
        return tree.Declaration(str(kind), word(name), definition, _start(kind), end)

    def definition(self, children: Children) -> tree.WrittenWord:
        return word(children[0])

    argument = service_name = tag_name = action = value = definition

    def invariant(self, children: Children) -> tree.InvariantNode:
        _, name, _, body = children
        return tree.InvariantNode(word(name), body, *_bounds(children))

    def allowance(self, children: Children) -> tree.AllowanceNode:
        _, name, _, *sentence = children
        return tree.AllowanceNode(
            word(name), _sentence(tree.SentenceForm.CAN, sentence, sentence[0]), *_bounds(children)
        )

    def supposition(self, children: Children) -> tree.SuppositionNode:
        _, name, _, body = children
        return tree.SuppositionNode(word(name), body, *_bounds(children))

    def none_calls(self, children: Children) -> tree.SupposedNode:
        return tree.SupposedNode(children[1], children[-1], *_bounds([children[0], *children[-1]]))

    def nobody_calls(self, children: Children) -> tree.SupposedNode:
        nobody, qualifiers, _, excluded, _, actions = children
        return tree.SupposedNode(
            _whoever(nobody, qualifiers or (), excluded or ()), actions, *_bounds([nobody, *actions])
        )

    def nobody_changes(self, children: Children) -> tree.SupposedNode:
        return tree.SupposedNode(children[-1], (), *_bounds(children))

    def no_sharing(self, children: Children) -> tree.SupposedNode:
        return tree.SupposedNode(None, (), *_bounds(children))

    def use(self, children: Children) -> tree.Use:
        builtin, name, *rest, _, keys = children
        arguments = tuple(item for item in rest if item is not None)
        return tree.Use(word(name), arguments, keys, *_bounds([builtin, name, *arguments, *(keys or ())]))

    # --- sentences ---

    def none(self, children: Children) -> tree.Sentence:
        return _sentence(tree.SentenceForm.NO, children, children[1])

    def nobody(self, children: Children) -> tree.Sentence:
        nobody, qualifiers, _, excluded = children[:4]
        return _sentence(tree.SentenceForm.NO, children, _whoever(nobody, qualifiers or (), excluded or ()))

    def only(self, children: Children) -> tree.Sentence:
        return _sentence(tree.SentenceForm.ONLY, children, children[1])

    def always(self, children: Children) -> tree.Sentence:
        return _sentence(tree.SentenceForm.ALWAYS, children, children[0])

    def can(self, children: Children) -> tree.Sentence:
        return _sentence(tree.SentenceForm.CAN, children, children[0])

    def only_when(self, children: Children) -> tree.Sentence:
        callers, _, eventually, what, _, when, condition = children
        circumstance = tree.Circumstance(condition, False, *_bounds([when, condition]))
        return tree.Sentence(
            tree.SentenceForm.ONLY_WHEN, callers, what, circumstance, *_bounds(children), _adverb(eventually)
        )

    def what(self, children: Children) -> tree.What:
        actions, _, excluded, _, keys = children
        parts = [*actions, *(excluded or ()), *(keys or ())]
        return tree.What(actions, excluded or (), keys, None, *_bounds(parts))

    # --- grants ---

    def listed(self, children: Children) -> tree.Listed:
        _, _, operations, _, keys, _, _, callers, _, role = children
        return tree.Listed(operations or (), keys, callers, role, *_bounds(children))

    def as_grantee(self, children: Children) -> tree.WrittenWord:
        return tree.WrittenWord("grantee", *_bounds(children))

    def as_retiring(self, children: Children) -> tree.WrittenWord:
        return tree.WrittenWord("retiring principal", *_bounds(children))

    def creating(self, children: Children) -> tree.What:
        create, created, operations, _, grantees, _, retiring, _, keys = children
        end = _last([created, *(operations or ()), grantees, retiring])
        creation = tree.Creation(operations or (), grantees, retiring, _start(create), end)
        return tree.What((), (), keys, creation, _start(create), _last([creation, *(keys or ())]))

    def created(self, children: Children) -> tree.WrittenWord:
        return tree.WrittenWord(str(children[-1]), *_bounds(children))

    def allowing(self, children: Children) -> Any:
        return children[-1]

    such_callers = allowing

    def whoever(self, children: Children) -> tree.CallersNode:
        _, noun, qualifiers, _, excluded = children
        return _whoever(noun, qualifiers or (), excluded or ())

    def whoever_is(self, children: Children) -> tree.CallersNode:
        qualifiers, _, excluded = children
        return _whoever(qualifiers[0], qualifiers, excluded or ())

    def circumstance(self, children: Children) -> tree.Circumstance:
        return tree.Circumstance(children[1], children[0] == "unless", *_bounds(children))

    # --- callers ---

    def callers(self, children: Children) -> tree.CallersNode:
        included, _, excluded = children
        return tree.CallersNode(included, excluded or (), *_bounds([*included, *(excluded or ())]))

    def terms(self, children: Children) -> tuple[tree.Term, ...]:
        return tuple(child for child in children if isinstance(child, tree.Term))

    def term(self, children: Children) -> tree.Term:
        head, qualifiers = children
        return tree.Term(head, qualifiers or (), *_bounds([head, *(qualifiers or ())]))

    def noun(self, children: Children) -> tree.Noun:
        if isinstance(children[-1], tree.Noun):
            return children[-1]._replace(start=_bounds(children)[0])
        *adjective, noun = (str(child) for child in children)
        return tree.Noun(" ".join([*adjective, _NOUNS.get(noun, noun)]), *_bounds(children))

    def named(self, children: Children) -> tree.NamedCallers:
        return tree.NamedCallers(word(children[0]), *_bounds(children))

    def service(self, children: Children) -> tree.ServiceNamed:
        return tree.ServiceNamed(children[1], *_bounds(children))

    def root(self, children: Children) -> tree.RootOf:
        return tree.RootOf(children[-1], *_bounds(children))

    def qualifiers(self, children: Children) -> tuple[tree.Qualifier, ...]:
        return tuple(child for child in children if isinstance(child, tree.Within | tree.HasTag))

    def inside(self, children: Children) -> tree.Within:
        return tree.Within(children[-1], True, *_bounds(children))

    def outside(self, children: Children) -> tree.Within:
        return tree.Within(children[-1], False, *_bounds(children))

    def with_tag(self, children: Children) -> tree.HasTag:
        tag, comparison = children[2:]
        return tree.HasTag(tag, comparison or _phrase("is present", tag), *_bounds(children))

    def without_tag(self, children: Children) -> tree.HasTag:
        return tree.HasTag(children[2], _phrase("is absent", children[2]), *_bounds(children))

    def scope_name(self, children: Children) -> tree.ScopeName:
        kind = str(children[0]) if len(children) == 2 else None
        return tree.ScopeName(kind, word(children[-1]), *_bounds(children))

    def keys_account(self, children: Children) -> tree.KeysAccount:
        return tree.KeysAccount(*_bounds(children))

    def scopes(self, children: Children) -> tree.ScopeSet:
        return tree.ScopeSet(tuple(children), *_bounds(children))

    # --- actions and keys ---

    def actions(self, children: Children) -> tuple[Any, ...]:
        return tuple(children)

    keys = actions

    def key_name(self, children: Children) -> tree.KeyName:
        return tree.KeyName(word(children[0]), children[1] is not None, *_bounds(children))

    def every_key(self, children: Children) -> tree.EveryKey:
        return tree.EveryKey(*_bounds(children))

    def tagged_keys(self, children: Children) -> tree.TaggedKeys:
        tag, operator, value = children[3:]
        return tree.TaggedKeys(tag, value, operator == "like", *_bounds(children))

    # --- conditions ---

    def either(self, children: Children) -> tree.Joined:
        return tree.Joined(_operands(children), False, *_bounds(children))

    def both(self, children: Children) -> tree.Joined:
        return tree.Joined(_operands(children), True, *_bounds(children))

    def negated(self, children: Children) -> tree.ConditionNode:
        operand = children[1]
        # `not not` is nothing, so a run of them makes no deep tree.
        return operand.operand if isinstance(operand, tree.Negated) else tree.Negated(operand, *_bounds(children))

    def test(self, children: Children) -> tree.ConditionTest:
        return tree.ConditionTest(None, children[0], children[1], *_bounds(children))

    def any_of(self, children: Children) -> tree.ConditionTest:
        return tree.ConditionTest("any of", children[2], children[3], *_bounds(children))

    def all_of(self, children: Children) -> tree.ConditionTest:
        return tree.ConditionTest("all of", children[2], children[3], *_bounds(children))

    def applied(self, children: Children) -> tree.ConditionTest:
        operator, key, *values = children
        comparison = tree.KeyComparison(word(operator), tuple(values), True, *_bounds(children))
        return tree.ConditionTest(None, key, comparison, *_bounds(children))

    def condition_key(self, children: Children) -> tree.WrittenWord:
        token = children[0]
        if token.type != "QUOTED_KEY":
            return word(token)
        quote = token.index('"')
        name = _decode(token[quote:], _start(token) + quote)
        return tree.WrittenWord(token[:quote] + name, *_bounds(children), True)

    def comparison(self, children: Children) -> tree.KeyComparison:
        operator = [child for child in children if isinstance(child, Token)]
        values = tuple(children[-1]) if isinstance(children[-1], list) else ()
        phrase = tree.WrittenWord(" ".join(operator), *_bounds(operator))
        end = values[-1].end if values else phrase.end
        return tree.KeyComparison(phrase, values, operator[0].type == "OPERATOR", phrase.start, end)

    def single(self, children: Children) -> Children:
        return children

    group = single


def word(token: Token) -> tree.WrittenWord:
    """The word that a token is, decoded if it is quoted. Raises `SyntaxFault` for an escape that is none."""
    start = _start(token)
    if token.type != "STRING":
        return tree.WrittenWord(str(token), start, start + len(token))
    return tree.WrittenWord(_decode(token, start), start, start + len(token), True)


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


def _sentence(form: tree.SentenceForm, children: Children, callers: tree.CallersNode) -> tree.Sentence:
    eventually, what, circumstance = children[-3:]
    return tree.Sentence(form, callers, what, circumstance, *_bounds(children), _adverb(eventually))


def _adverb(eventually: Any) -> tree.WrittenWord | None:
    """The word `eventually`, where it is there."""
    return word(eventually) if isinstance(eventually, Token) and eventually.type == "EVENTUALLY" else None


def _whoever(place: Any, qualifiers: tuple[tree.Qualifier, ...], excluded: tuple[tree.Term, ...]) -> tree.CallersNode:
    """Every caller that meets the qualifiers, but the excluded ones; said by what stands at `place`."""
    everyone = tree.Noun("callers", *_bounds([place]))
    term = tree.Term(everyone, qualifiers, *_bounds([place, *qualifiers]))
    return tree.CallersNode((term,), excluded, *_bounds([place, *qualifiers, *excluded]))


def _phrase(operator: str, place: tree.WrittenWord) -> tree.KeyComparison:
    return tree.KeyComparison(tree.WrittenWord(operator, place.start, place.end), (), False, place.start, place.end)


def _operands(children: Children) -> tuple[tree.ConditionNode, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


def _bounds(children: Children) -> tuple[int, int]:
    """Where the first child begins and the last one ends."""
    return _start(children[0] if children[0] is not None else children[1]), _last(children)


def _start(node: Any) -> int:
    return (node.start_pos or 0) if isinstance(node, Token) else int(node.start)


def _last(children: Children) -> int:
    last = next(child for child in reversed(children) if child is not None)
    return _start(last) + len(last) if isinstance(last, Token) else int(last.end)
