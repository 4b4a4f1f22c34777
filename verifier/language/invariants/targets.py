"""What an invariant is about: actions and keys; in sentences about grants (`no grant … names …`, `can create a grant
…`) operations and grantees: tree → model.

In: the lists of a sentence. Out: patterns and `KeySelector`s; a `GrantInvariant`, or the parts of an `Invariant` about
`kms:CreateGrant`; errors go to the findings.
Guarantee: every action pattern matches an action that KMS has, and some action is left after `except` (S3); every
operation is one that a grant can allow (G1: the list is closed), and every set of grantees can be told from the ARN of
the grantee alone; what cannot is an error.
"""

from __future__ import annotations

import re

from verifier.language.invariants.callers import read_callers, read_some_callers
from verifier.language.invariants.names import DeclaredNames
from verifier.model.caller_sets import asks_for_tags, is_empty
from verifier.model.invariant import (
    ALWAYS,
    CallerSet,
    ConditionExpression,
    Holds,
    KeyAlias,
    KeyArn,
    KeyFamily,
    KeySelector,
    KeyTag,
)
from verifier.model.invariant_file import GrantInvariant, GrantRole
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import actions as known_actions
from verifier.model.reference import matching
from verifier.syntax.invariants_tree import (
    CallersNode,
    Creation,
    EveryKey,
    KeyName,
    KeyNode,
    Listed,
    TaggedKeys,
    What,
    WrittenWord,
)
from verifier.syntax.text import brief, did_you_mean

_KEY_ARN = re.compile(
    r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(?:(key/[A-Za-z0-9-]+)|(alias/[A-Za-z0-9/_:-]+))", re.ASCII
)
_ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]+", re.ASCII)
_ANY_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?]+", re.ASCII)
_ACTIONS = "an action such as `kms:Decrypt`, or a declared name of actions"
_KEYS = "a key: a declared name, an ARN, `alias/NAME`, `every key` or `keys with tag …`"


def read_actions(words: tuple[WrittenWord, ...], names: DeclaredNames) -> tuple[Text, ...]:
    """The patterns of a list of actions; declared names are replaced by what they stand for."""
    patterns: list[Text] = []
    for word in words:
        if ":" in word.value or "*" in word.value or word.quoted:
            _check_pattern(word, names)
            patterns.append(names.text(word))
        else:
            patterns += _read_declared(word, names)
    return tuple(patterns)


def read_any_actions(words: tuple[WrittenWord, ...], names: DeclaredNames) -> tuple[Text, ...]:
    """The patterns of a list of actions of any services."""
    for word in words:
        if not _ANY_ACTION.fullmatch(word.value):
            names.error(
                word, f"`{brief(word.value)}` is not an action; expected `SERVICE:ACTION`, such as `lambda:Update*`"
            )
    return tuple(map(names.text, words))


def check_actions_left(
    what: What, patterns: tuple[Text, ...], excluded: tuple[Text, ...], names: DeclaredNames
) -> None:
    """S3: an error if no action that KMS has is in the scope."""
    found: frozenset[str] = frozenset().union(*(matching(pattern.value) for pattern in patterns))
    if found and not found.difference(*(matching(pattern.value) for pattern in excluded)):
        names.findings.error(what.actions[0].start, what.end, "no action is left after `except`", rule="S3")


def read_keys(nodes: tuple[KeyNode, ...] | None, names: DeclaredNames) -> tuple[KeySelector, ...] | None:
    """The selectors of a list of keys; `None` for every key."""
    if nodes is None:
        return None
    selectors = tuple(_read_key(node, names) for node in nodes)
    if any(selector is None for selector in selectors):
        return None
    return tuple(selector for selector in selectors if selector is not None)


def read_key_definition(word: WrittenWord, names: DeclaredNames) -> KeySelector | None:
    """What `key NAME = …` declares; `None`, with an error recorded, if it is neither an ARN nor an alias."""
    match = _KEY_ARN.fullmatch(word.value)
    if match and match.group(1):
        return KeyArn(word.value)
    if match or _ALIAS.fullmatch(word.value):
        return KeyAlias(word.value)
    hint = "for example arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab, or alias/payments"
    names.error(word, f"`{brief(word.value)}` is not the ARN of a KMS key or alias, nor the name of an alias", hint)
    return None


def _check_pattern(word: WrittenWord, names: DeclaredNames) -> None:
    service, colon, _ = word.value.partition(":")
    if not colon:
        hint = "every action is `kms:*`" if word.value == "*" else None
        names.error(word, f"`{brief(word.value)}` is not an action; expected {_ACTIONS}", hint)
    elif service.lower() != "kms":
        names.error(word, f"`{brief(word.value)}` is not an action of KMS; expected `kms:…`")
    elif not matching(word.value):
        hint = did_you_mean(word.value, (action.name for action in known_actions()))
        names.error(word, f"KMS has no action that `{brief(word.value)}` matches", hint, "R3")


def _read_declared(word: WrittenWord, names: DeclaredNames) -> tuple[Text, ...]:
    if word.value not in names.kinds:
        full = did_you_mean(f"kms:{word.value}", (action.name for action in known_actions()))
        if full:
            names.error(word, f"`{brief(word.value)}` is not declared; expected {_ACTIONS}", full)
            return ()
    return names.look_up(word, names.actions, _ACTIONS) or ()


def _read_key(node: KeyNode, names: DeclaredNames) -> KeySelector | None:
    match node:
        case EveryKey():
            return None
        case TaggedKeys():
            return _read_tag(node, names)
        case KeyName():
            selector = _read_key_name(node.name, names)
            return _family(node, selector, names) if node.replicas else selector


def _read_key_name(word: WrittenWord, names: DeclaredNames) -> KeySelector | None:
    if ":" in word.value or "/" in word.value or word.quoted:
        return read_key_definition(word, names)
    return names.look_up(word, names.keys, _KEYS)


def _family(node: KeyName, selector: KeySelector | None, names: DeclaredNames) -> KeySelector | None:
    """`KEY and its replicas`. That a key is multi-Region shows in its ID; of an alias it is seen when the key is
    known."""
    if not isinstance(selector, KeyArn | KeyAlias):
        return selector
    if isinstance(selector, KeyArn) and ":key/mrk-" not in selector.arn:
        message = f"`{brief(node.name.value)}` is no multi-Region key, so it has no replicas"
        names.findings.error(
            node.start, node.end, message, hint="the ID of a multi-Region key begins with `mrk-`", rule="S3"
        )
    return KeyFamily(selector)


def _read_tag(node: TaggedKeys, names: DeclaredNames) -> KeySelector:
    if not node.tag.value:
        names.error(node.tag, "the name of a tag is empty")
    if node.value is None:
        return KeyTag(node.tag.value, None)
    if not node.pattern and set(node.value.value) & set("*?"):
        names.error(
            node.value, "`=` takes `*` and `?` literally, and no tag holds them", "write `like` for a pattern", "L6"
        )
    if "${" in node.value.value:
        names.error(node.value, "policy variables do not work here", rule="L7")
    return KeyTag(node.tag.value, node.value.value)


def read_listed(node: Listed, names: DeclaredNames) -> GrantInvariant:
    """`no grant … names CALLERS`."""
    callers = read_some_callers(node.callers, names)
    operations = _operations(node.operations, names) or (Text("kms:*"),)
    roles = tuple(role for role in GrantRole if node.role is None or node.role.value == role.value)
    return GrantInvariant("", callers, read_keys(node.keys, names), operations, roles)


def read_creation_operations(creation: Creation, names: DeclaredNames) -> ConditionExpression:
    """That the grant which a request asks for allows one of the operations: a condition on `kms:GrantOperations`."""
    patterns = _operations(creation.operations, names)
    if not patterns:
        return ALWAYS
    allowed = sorted({name.removeprefix("kms:") for pattern in patterns for name in _grantable(pattern.value)})
    values = tuple(Text(name, patterns[0].span) for name in allowed)
    return Holds(
        Condition(Operator("StringEquals", FOR_ANY, False), Text("kms:GrantOperations"), values, patterns[0].span)
    )


def read_grantees(node: CallersNode | None, names: DeclaredNames) -> CallerSet | None:
    """Grantees or retiring principals of the grant that a request asks for; `None` for any."""
    if node is None:
        return None
    callers = read_callers(node, names)
    if asks_for_tags(callers):
        named = "name roles, users, accounts, organizations or services"
        hint = f"{named}; for a grant that is there, write `no grant … names …`"
        message = "a request to create a grant does not show the tags of the grantee or retiring principal"
        names.findings.error(node.start, node.end, message, hint=hint, rule="F6")
    elif is_empty(callers):
        names.findings.error(node.start, node.end, "there is no such caller", rule="S3")
    return callers


def _operations(words: tuple[WrittenWord, ...], names: DeclaredNames) -> tuple[Text, ...]:
    """The patterns of a list of operations; each must match one that a grant can allow."""
    patterns: list[Text] = []
    for word in words:
        read = read_actions((word,), names)
        known = [pattern for pattern in read if matching(pattern.value)]
        if known and not any(_grantable(pattern.value) for pattern in known):
            hint = "grants allow " + ", ".join(sorted(_grantable("kms:*")))
            names.error(word, f"no grant can allow `{word.value}`", hint, "G1")
        patterns += read
    return tuple(patterns)


def _grantable(pattern: str) -> frozenset[str]:
    """The grant operations that a pattern matches, as action names."""
    return matching(pattern) & {action.name for action in known_actions() if action.grant_operation}
