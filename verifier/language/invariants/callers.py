"""Who an invariant is about: tree → `CallerSet`.

In: the callers of a sentence. Out: a `CallerSet`; errors go to the findings.
Guarantee: what is in error stands for `UNREADABLE`, never for nobody or everybody.
"""

from __future__ import annotations

from verifier.language.invariants.conditions import read_comparison
from verifier.language.invariants.names import ACCOUNT, ORGANIZATION, Names
from verifier.language.invariants.principals import UNREADABLE, is_path, read_named, read_path, read_service
from verifier.model.caller_sets import both, either, is_empty
from verifier.model.invariant import (
    AnyCaller,
    CallerSet,
    CallersNot,
    InAccount,
    InOrganization,
    KeyAccount,
    OfKind,
    Tagged,
)
from verifier.model.request import CallerKind
from verifier.syntax.invariants_tree import (
    CallersNode,
    HasTag,
    KeysAccount,
    Named,
    Noun,
    RootOf,
    Scope,
    ScopeName,
    ScopeSet,
    ServiceNamed,
    Term,
    Within,
    Word,
)

_KINDS: dict[str, CallerSet] = {
    "callers": AnyCaller(),
    "users": OfKind(CallerKind.USER),
    "roles": OfKind(CallerKind.ROLE),
    "root users": OfKind(CallerKind.ROOT),
    "federated users": OfKind(CallerKind.FEDERATED),
    "services": OfKind(CallerKind.SERVICE),
    "service-linked roles": OfKind(CallerKind.ROLE, service_linked=True),
}
_SCOPE = "an account (twelve digits), an organization (`o-…`) or a declared name of one or of callers"


def read_callers(node: CallersNode, names: Names) -> CallerSet:
    """The callers of any included term and of no excluded one."""
    included = either(tuple(_read_term(term, names) for term in node.included))
    if not node.excluded:
        return included
    return both((included, CallersNot(either(tuple(_read_term(term, names) for term in node.excluded)))))


def read_some_callers(node: CallersNode, names: Names) -> CallerSet:
    """The same; that there is no such caller is an error (S3)."""
    callers = read_callers(node, names)
    if is_empty(callers):
        names.findings.error(node.start, node.end, "there is no such caller", rule="S3")
    return callers


def _read_term(term: Term, names: Names) -> CallerSet:
    qualifiers = list(term.qualifiers)
    if isinstance(term.head, Named) and is_path(term.head.name):
        # Its first `in …` or `outside …` says of which account the role or user is.
        scoped = next((qualifier for qualifier in qualifiers if isinstance(qualifier, Within)), None)
        if scoped is not None and scoped.inside:
            qualifiers.remove(scoped)
            head = read_path(term.head.name, read_scope(scoped.scope, names), names)
        else:
            head = read_path(term.head.name, AnyCaller() if scoped else None, names)
    else:
        head = _read_head(term.head, names)
    return both((head, *(_read_qualifier(qualifier, names) for qualifier in qualifiers)))


def _read_head(head: Noun | Named | ServiceNamed | RootOf | CallersNode, names: Names) -> CallerSet:
    match head:
        case Noun():
            return _KINDS[head.kind]
        case Named():
            return read_named(head.name, names)
        case ServiceNamed():
            return read_service(head.name, names)
        case RootOf():
            return both((OfKind(CallerKind.ROOT), read_scope(head.scope, names)))
        case CallersNode():
            return read_callers(head, names)


def _read_qualifier(qualifier: Within | HasTag, names: Names) -> CallerSet:
    if isinstance(qualifier, HasTag):
        tag = qualifier.tag
        key = Word(f"aws:PrincipalTag/{tag.value}", tag.start, tag.end, tag.quoted)
        if not tag.value:
            names.error(tag, "the name of a tag is empty")
        condition = read_comparison(None, key, qualifier.comparison, names)
        return Tagged(condition) if condition else UNREADABLE
    scope = read_scope(qualifier.scope, names)
    return scope if qualifier.inside else CallersNot(scope)


# --- scopes ---


def read_scope(scope: Scope, names: Names) -> CallerSet:
    """The callers of the accounts, organizations or declared callers that a scope names."""
    match scope:
        case KeysAccount():
            return KeyAccount()
        case ScopeSet():
            return either(tuple(read_scope(inner, names) for inner in scope.scopes))
        case ScopeName():
            return _read_scope_name(scope, names)


def _read_scope_name(scope: ScopeName, names: Names) -> CallerSet:
    word = scope.name
    if word.value not in names.kinds:
        if ACCOUNT.fullmatch(word.value) and scope.kind != "organization":
            return InAccount(word.value)
        if ORGANIZATION.fullmatch(word.value) and scope.kind != "account":
            return InOrganization(word.value)
    if scope.kind == "account":
        return names.look_up(word, names.accounts, "an account (twelve digits)") or UNREADABLE
    if scope.kind == "organization":
        return names.look_up(word, names.organizations, "an organization (`o-…`)") or UNREADABLE
    return names.look_up(word, names.scopes, _SCOPE) or UNREADABLE
