"""Who an invariant is about: tree, or a text on a command line → `CallerSet`.

In: the callers of a sentence; a text that names callers as such a sentence does (docs/invariants.md), or an account, an
organization, a root user's ARN or a service's name alone. Out: a `CallerSet`; errors go to the findings.
Guarantee: what is in error stands for `UNREADABLE`, never for nobody or everybody; in a text it is an `InputError` that
shows the place. A role or user is never taken for one of any account unless the text says so.
"""

from __future__ import annotations

import re

from verifier.language.invariants.conditions import read_comparison
from verifier.language.invariants.names import ACCOUNT, ORGANIZATION, DeclaredNames
from verifier.model import invariant as model
from verifier.model.caller_sets import both, either, is_empty
from verifier.model.invariant import CallerSet, InAccount, InOrganization, KeyAccount, OfKind, ServiceLike
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.syntax import invariants_tree as tree
from verifier.syntax.findings import Findings
from verifier.syntax.invariants import parse_callers
from verifier.syntax.source import Source
from verifier.syntax.text import brief, did_you_mean

_KINDS: dict[str, model.CallerSet] = {
    "callers": model.AnyCaller(),
    "users": model.OfKind(CallerKind.USER),
    "roles": model.OfKind(CallerKind.ROLE),
    "root users": model.OfKind(CallerKind.ROOT),
    "federated users": model.OfKind(CallerKind.FEDERATED),
    "services": model.OfKind(CallerKind.SERVICE),
    "service-linked roles": model.OfKind(CallerKind.ROLE, service_linked=True),
}
_SCOPE = "an account (twelve digits), an organization (`o-…`) or a declared name of one or of callers"
UNREADABLE = model.InAccount("")
"""Stands for callers that are in error. It is neither nobody nor everybody, so that no second error follows."""

_SERVICES = {"role": "iam", "user": "iam", "federated-user": "sts", "assumed-role": "sts"}
"""The service in the ARNs of callers, by the beginning of their last field."""
_PROVIDERS = ("oidc-provider/", "saml-provider/")
"""How the last field of a provider's ARN begins: it stands for the identities of the provider (E2w)."""
_BEGINNINGS = {"iam": ("role/", "user/", "*", *_PROVIDERS), "sts": ("assumed-role/", "federated-user/")}
_SERVICE = re.compile(r"[a-z0-9.*?-]+", re.ASCII)
_KINDS_OF_CALLERS = (
    "anyone",
    "caller",
    "callers",
    "federated",
    "role",
    "roles",
    "root",
    "service",
    "services",
    "user",
    "users",
)
_CALLERS = (
    "callers: a declared name, `role/NAME in ACCOUNT`, `user/NAME in ACCOUNT`, an ARN pattern or a kind of caller"
)

_ROOT_USER = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", re.ASCII)
_WHOLE_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?", re.ASCII)


def read_callers(node: tree.CallersNode, names: DeclaredNames) -> model.CallerSet:
    """The callers of any included term and of no excluded one."""
    included = either(tuple(_read_term(term, names) for term in node.included))
    if not node.excluded:
        return included
    return both((included, model.CallersNot(either(tuple(_read_term(term, names) for term in node.excluded)))))


def read_some_callers(node: tree.CallersNode, names: DeclaredNames) -> model.CallerSet:
    """The same; that there is no such caller is an error (S3)."""
    callers = read_callers(node, names)
    if is_empty(callers):
        names.findings.error(node.start, node.end, "there is no such caller", rule="S3")
    return callers


def _read_term(term: tree.Term, names: DeclaredNames) -> model.CallerSet:
    qualifiers = list(term.qualifiers)
    if isinstance(term.head, tree.NamedCallers) and _is_path(term.head.name):
        # Its first `in …` or `outside …` says of which account the role or user is.
        scoped = next((qualifier for qualifier in qualifiers if isinstance(qualifier, tree.Within)), None)
        if scoped is not None and scoped.inside:
            qualifiers.remove(scoped)
            head = _read_path(term.head.name, read_scope(scoped.scope, names), names)
        else:
            head = _read_path(term.head.name, model.AnyCaller() if scoped else None, names)
    else:
        head = _read_head(term.head, names)
    return both((head, *(_read_qualifier(qualifier, names) for qualifier in qualifiers)))


def _read_head(
    head: tree.Noun | tree.NamedCallers | tree.ServiceNamed | tree.RootOf | tree.CallersNode, names: DeclaredNames
) -> model.CallerSet:
    match head:
        case tree.Noun():
            return _KINDS[head.kind]
        case tree.NamedCallers():
            return _read_named(head.name, names)
        case tree.ServiceNamed():
            return _read_service(head.name, names)
        case tree.RootOf():
            return both((model.OfKind(CallerKind.ROOT), read_scope(head.scope, names)))
        case tree.CallersNode():
            return read_callers(head, names)


def _read_qualifier(qualifier: tree.Within | tree.HasTag, names: DeclaredNames) -> model.CallerSet:
    if isinstance(qualifier, tree.HasTag):
        tag = qualifier.tag
        key = tree.WrittenWord(f"aws:PrincipalTag/{tag.value}", tag.start, tag.end, tag.quoted)
        if not tag.value:
            names.error(tag, "the name of a tag is empty")
        condition = read_comparison(None, key, qualifier.comparison, names)
        return model.Tagged(condition) if condition else UNREADABLE
    scope = read_scope(qualifier.scope, names)
    return scope if qualifier.inside else model.CallersNot(scope)


# --- scopes ---


def read_scope(scope: tree.Scope, names: DeclaredNames) -> model.CallerSet:
    """The callers of the accounts, organizations or declared callers that a scope names."""
    match scope:
        case tree.KeysAccount():
            return model.KeyAccount()
        case tree.ScopeSet():
            return either(tuple(read_scope(inner, names) for inner in scope.scopes))
        case tree.ScopeName():
            return _read_scope_name(scope, names)


def _read_scope_name(scope: tree.ScopeName, names: DeclaredNames) -> model.CallerSet:
    word = scope.name
    if word.value not in names.kinds:
        if ACCOUNT.fullmatch(word.value) and scope.kind != "organization":
            return model.InAccount(word.value)
        if ORGANIZATION.fullmatch(word.value) and scope.kind != "account":
            return model.InOrganization(word.value)
    if scope.kind == "account":
        return names.look_up(word, names.accounts, "an account (twelve digits)") or UNREADABLE
    if scope.kind == "organization":
        return names.look_up(word, names.organizations, "an organization (`o-…`)") or UNREADABLE
    return names.look_up(word, names.scopes, _SCOPE) or UNREADABLE


def _is_path(word: tree.WrittenWord) -> bool:
    """True iff a word is `role/NAME` or the like."""
    kind, slash, _ = word.value.partition("/")
    return bool(slash) and kind in _SERVICES


def _read_path(word: tree.WrittenWord, scope: model.CallerSet | None, names: DeclaredNames) -> model.CallerSet:
    """`role/NAME` in a scope: one ARN for each account. Without a scope, and without `Names.home`, it is an error."""
    _check_pattern(word, names)
    kind, _, rest = word.value.partition("/")
    if not rest or rest.endswith("/") or (kind == "assumed-role" and rest.count("/") != 1):
        expected = "`role/NAME`, `user/NAME`, `assumed-role/NAME/SESSION` or `federated-user/NAME`"
        names.error(word, f"`{brief(word.value)}` is not complete", f"write {expected}")
    scope = scope or names.home
    if scope is None:
        pattern = _arn(word, "*", names).value
        hint = f"write `{word.value} in ACCOUNT`, or `{pattern}` for every account"
        names.error(word, f"`{brief(word.value)}` of which account?", hint)
        return UNREADABLE
    return _within(word, scope, names)


def _within(word: tree.WrittenWord, scope: model.CallerSet, names: DeclaredNames) -> model.CallerSet:
    match scope:
        case model.InAccount():
            return _principals(word, scope.account, names)
        case model.CallersOr():
            return model.CallersOr(tuple(_within(word, operand, names) for operand in scope.operands))
        case _:
            return both((_principals(word, "*", names), scope))


def _arn(word: tree.WrittenWord, account: str, names: DeclaredNames) -> Text:
    """The ARN pattern for `role/NAME` and the like; the partition is left open, since a query has one (R7)."""
    service = _SERVICES[word.value.partition("/")[0]]
    return Text(f"arn:*:{service}::{account}:{word.value}", names.text(word).span)


def _principals(word: tree.WrittenWord, account: str, names: DeclaredNames) -> model.CallerSet:
    pattern = _arn(word, account, names)
    return model.SessionLike(pattern) if word.value.startswith("assumed-role/") else model.PrincipalLike(pattern)


def _read_named(word: tree.WrittenWord, names: DeclaredNames) -> model.CallerSet:
    """Callers by a declared name or an ARN pattern."""
    if word.value.startswith("arn:") or word.value.count(":") >= 5:
        return _read_arn(word, names)
    if word.value in names.accounts or word.value in names.organizations or ACCOUNT.fullmatch(word.value):
        what = "an organization" if word.value in names.organizations else "an account"
        remedy = f"write `callers in {word.value}`; several after `in` or `outside` go in braces, `{{a, b}}`"
        names.error(word, f"`{word.value}` is {what}, not a caller", remedy)
        return UNREADABLE
    if word.quoted or set(word.value) & set("/*:"):
        names.error(word, f"`{brief(word.value)}` names no callers; expected {_CALLERS}", _hint(word.value))
        return UNREADABLE
    return names.look_up(word, names.callers, _CALLERS, (*_KINDS_OF_CALLERS, "nobody")) or UNREADABLE


def _hint(text: str) -> str | None:
    if text == "*":
        return "every caller is `anyone`"
    return did_you_mean(text.partition("/")[0], _SERVICES) if "/" in text else None


def _read_arn(word: tree.WrittenWord, names: DeclaredNames) -> model.CallerSet:
    """An ARN pattern of callers: of `aws:PrincipalArn`, or of a role session's own ARN."""
    _check_pattern(word, names)
    problem = _arn_problem(word.value)
    if problem:
        names.error(word, problem[0], problem[1])
    text = names.text(word)
    if word.value.split(":", 5)[-1].startswith(_PROVIDERS):
        return model.IdentityOf(text)
    return model.SessionLike(text) if ":assumed-role/" in word.value else model.PrincipalLike(text)


def _arn_problem(arn: str) -> tuple[str, str | None] | None:
    """Why no caller has such an ARN, and what to write."""
    fields = arn.split(":", 5)
    if len(fields) < 6:
        lacking = f"`{brief(arn)}` has {len(fields)} fields of an ARN's six"
        return lacking, "for example `arn:aws:iam::111122223333:role/*`"
    _, _, service, region, account, resource = fields
    beginnings = _BEGINNINGS.get(service)
    if beginnings is None or region:
        hint = "the ARNs of callers begin with `arn:PARTITION:iam::` or `arn:PARTITION:sts::`"
        return f"no caller has the ARN `{brief(arn)}`", hint
    if resource == "root":
        hint = f"write `root of {account}` for that user, `callers in {account}` for the whole account"
        return "the ARN of a root user can be read in two ways", hint
    if not resource.startswith(beginnings):
        return f"no caller has the ARN `{brief(arn)}`", "callers are " + ", ".join(f"`{item}…`" for item in beginnings)
    if not ACCOUNT.fullmatch(account) and "*" not in account and "?" not in account:
        return f"`{brief(account)}` is not an account; expected twelve digits", "`*` stands for every account"
    return None


def _check_pattern(word: tree.WrittenWord, names: DeclaredNames) -> None:
    if "${" in word.value:
        hint = "compare it in a condition: `when aws:PrincipalArn ArnLike …`"
        names.error(word, "policy variables do not work in the ARN of a caller", hint, "L7")


def _read_service(word: tree.WrittenWord, names: DeclaredNames) -> model.CallerSet:
    """`service NAME`, where the name may be a pattern."""
    if not _SERVICE.fullmatch(word.value) or not set(word.value) & set(".*"):
        name = word.value if re.fullmatch(r"[a-z0-9-]+", word.value) else "s3"
        names.error(word, f"`{brief(word.value)}` is not the name of a service", f"for example `{name}.amazonaws.com`")
    return model.ServiceLike(names.text(word))


def read_caller_set(text: str, name: str) -> CallerSet:
    """The callers that a text names; `role/NAME` without an account is one of the key's account. `name` is what the
    text is, for errors: `--except`. Raises `InputError`."""
    return _alone(text.strip()) or read_caller_text(Source(name, text), KeyAccount())


def _alone(text: str) -> CallerSet | None:
    """What is not written so within a sentence."""
    if ACCOUNT.fullmatch(text):
        return InAccount(text)
    if ORGANIZATION.fullmatch(text):
        return InOrganization(text)
    root = _ROOT_USER.fullmatch(text)
    if root is not None:
        return both((OfKind(CallerKind.ROOT), InAccount(root[1])))
    return ServiceLike(Text(text)) if _WHOLE_SERVICE.fullmatch(text) else None


def read_caller_text(source: Source, home: KeyAccount | None = None) -> CallerSet:
    """A set of callers as invariants write it, without any declarations; of what names no account, it is `home`. Raises
    `InputError`."""
    names = DeclaredNames(Findings(source), home=home)
    callers = read_some_callers(parse_callers(source), names)
    names.findings.raise_errors()
    return callers
