"""Attributes of requests: what the forms of their values are made of, and those about the caller and about whom a
request names (R2, F1).

In: the partition of the target. Out: `Attribute`s. Guarantee: a domain holds at least every principal, session, issuer
and unique ID that a real request can carry; its seeds are values that people believe (F9). Those of condition keys are
made in `domains`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, TypeVar
from unicodedata import category

from verifier.frozen import Frozen
from verifier.problem.classes.automaton import PRINTABLE
from verifier.problem.classes.predicates import Characters, Predicate, Token, Tokens, exactly, literal_tokens, sequence
from verifier.problem.classes.tables import Line
from verifier.problem.classes.words import Domain

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_LATIN = map(chr, range(256))
TAG = Characters(frozenset(c for c in _LATIN if c not in "_.:/=+-@" and category(c)[0] not in "LNZ"), True)
"""Of tags of users, roles and sessions: letters, numbers, spaces and some symbols [IAM: id_tags, Naming tags]; policies
have no characters above U+00FF."""
DIGITS = Characters(frozenset("0123456789"))
ACCOUNT_DIGITS = ((False, DIGITS),) * 12
LOWER = Characters(frozenset("abcdefghijklmnopqrstuvwxyz0123456789-"))
UPPER = Characters(frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))
NAME = Characters(
    frozenset(PRINTABLE) & frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-")
)
PATH = Characters(frozenset(map(chr, range(0x21, 0x7F))))
"""Of the paths of users, roles and instance profiles: all of ASCII but spaces and controls [API: CreateRole, Path]."""
POLICY_PATH = Characters(NAME.listed | {"/"})
"""Of the paths of managed policies [API: CreatePolicy, Path], and of the URLs of providers."""
PLAUSIBLE_ACCOUNTS = ("444455556666", "777788889999", "123456789012", "999999999999", "555566667777", "888899990000")
PLAUSIBLE_SERVICES = ("s3", "lambda", "ec2", "logs", "cloudtrail", "secretsmanager", "rds", "dynamodb", "sns", "sqs")


class Attribute(Frozen):
    """One thing that a request has or lacks.

    Exactly one of `domain` (strings), `values` (a list), `line` (numbers, instants) or `address` says which values it
    can have. A multi-valued attribute holds a set of them, absent when empty.
    """

    name: str
    domain: Domain | None = None
    values: tuple[str, ...] | None = None
    line: Line | None = None
    address: bool = False
    optional: bool = True
    multivalued: bool = False


class NotInVocabulary(Exception):
    """Something that is not in the frozen vocabulary of a question was to be added to it, or asked about."""


class Freezable(dict[_Key, _Value]):
    """A part of a question's vocabulary. Raises `NotInVocabulary` where a key is set that is not there once it is
    `frozen`."""

    frozen = False

    def __setitem__(self, key: _Key, value: _Value) -> None:
        if self.frozen and key not in self:
            raise NotInVocabulary(key)
        super().__setitem__(key, value)

    def setdefault(self, key: _Key, value: Any = None, /) -> _Value:
        if key not in self:
            self[key] = value
        return self[key]


def some(characters: Characters, least: int = 1) -> tuple[Token, ...]:
    """At least so many characters of a set."""
    return ((False, characters),) * least + ((True, characters),)


_NAMES = some(NAME), sequence(some(PATH), "/", some(NAME))
"""The names of users and roles: without a path, and with one."""
_DOTTED = some(Characters(LOWER.listed | {"."}))
USUAL_SERVICE_NAMES = sequence(_DOTTED, ".amazonaws.com"), sequence(_DOTTED, ".amazonaws.com.cn")
SERVICE_NAMES = (*USUAL_SERVICE_NAMES, sequence(_DOTTED, ".", some(LOWER), ".", some(LOWER)))
"""The names that services have as principals: usually they end in `.amazonaws.com`, and others may have any ending
[IAM: reference_policies_elements_principal, AWS service principals; API: CreateGrant, GranteeServicePrincipal]."""


def words(name: str, *base: tuple[Token, ...], seeds: Sequence[str] = ("example", "other", "another")) -> Attribute:
    """An attribute whose values are the words of some forms."""
    return Attribute(name, Domain(name, tuple(Tokens(b) for b in base), tuple(seeds)))


@cache
def principals(partition: str) -> Attribute:
    """The caller: the ARN of `aws:PrincipalArn`, or a service principal's name (R2, F1)."""
    return Attribute("principal", _principal_domain(partition), optional=False)


@cache
def _principal_domain(partition: str) -> Domain:
    names = map(Tokens, SERVICE_NAMES)
    return Domain("principal", (*caller_arns(partition), *names), plausible_principals(partition, PLAUSIBLE_ACCOUNTS))


WEB_PREFIX = "web:"
"""What a value of the attribute `principal` begins with for an identity of a provider, before the provider's ARN or
name (E2w): so no pattern of principal ARNs matches it."""
BUILT_IN_PROVIDERS = (
    *("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"),
    *("cognito-identity-us-gov.amazonaws.com", "cognito-identity.cn-north-1.amazonaws.com.cn"),
)
"""The web identity providers that need no ARN [IAM: reference_policies_elements_principal], with the names that
Amazon Cognito has in AWS GovCloud (US) and in China [AWS GovCloud (US): govcloud-cog; AWS in China: cognito]."""


@cache
def role_callers(partition: str) -> Attribute:
    """Who may ask to assume a role: callers as of any request, and identities of providers (E2w)."""
    usual = _principal_domain(partition)
    start = sequence(f"{WEB_PREFIX}arn:{partition}:iam::", ACCOUNT_DIGITS)
    providers = (
        Tokens(sequence(start, ":oidc-provider/", some(Characters(POLICY_PATH.listed | {":"})))),
        Tokens(sequence(start, ":saml-provider/", some(NAME))),
        *(exactly(WEB_PREFIX + name) for name in BUILT_IN_PROVIDERS),
    )
    account = f"{WEB_PREFIX}arn:{partition}:iam::{PLAUSIBLE_ACCOUNTS[0]}"
    seeds = (f"{account}:oidc-provider/token.actions.githubusercontent.com", f"{account}:saml-provider/example")
    domain = Domain("principal", (*usual.base, *providers), (*usual.seeds, *seeds, WEB_PREFIX + BUILT_IN_PROVIDERS[0]))
    return Attribute("principal", domain, optional=False)


def caller_arns(partition: str) -> tuple[Tokens, ...]:
    """The ARNs of `aws:PrincipalArn`, of any account."""

    def arn(service: str, resource: str, *rest: str | tuple[Token, ...]) -> Tokens:
        return Tokens(sequence(f"arn:{partition}:{service}::", ACCOUNT_DIGITS, f":{resource}", *rest))

    base = [arn("iam", "root"), arn("sts", "federated-user/", some(NAME, 2))]
    base += [arn("iam", kind, name) for kind in ("user/", "role/") for name in _NAMES]
    # The roles that AWS itself owns, such as `aws:ec2-infrastructure`, whose sessions can be grantees (G2).
    base.append(arn("iam", "role/aws:", some(NAME)))
    return tuple(base)


def plausible_principals(partition: str, accounts: Sequence[str]) -> tuple[str, ...]:
    """Principals of some accounts, and services, that people believe (F9)."""
    seeds = []
    for account_id in accounts:
        start = f"arn:{partition}:iam::{account_id}"
        seeds += [f"{start}:{end}" for end in ("role/example", "user/example", "root", "role/other", "user/other")]
        seeds += [f"{start}:role/aws-service-role/ec2.amazonaws.com/AWSServiceRoleForEC2"]
        seeds += [f"arn:{partition}:sts::{account_id}:federated-user/example"]
    return (*seeds, *(f"{service}.amazonaws.com" for service in PLAUSIBLE_SERVICES))


def named_principals(name: str, partition: str) -> Attribute:
    """Whom a request names as a grantee or retiring principal: an account, a user, a role, a role session or a
    federated user, of any account [API: CreateGrant]; or a service, by its name [KMS Developer Guide:
    ct-creategrant]."""
    account = sequence(f"arn:{partition}:sts::", ACCOUNT_DIGITS)
    sessions = (Tokens(sequence(account, f":{start}", some(NAME), "/", some(NAME))) for start in _SESSIONS)
    plausible = plausible_principals(partition, PLAUSIBLE_ACCOUNTS[:2])
    return Attribute(name, Domain(name, (*caller_arns(partition), *sessions, *map(Tokens, SERVICE_NAMES)), plausible))


_SESSIONS = ("assumed-role/", "assumed-role/aws:")
"""How the last field of a role session's ARN begins; roles that AWS itself owns have sessions too (G2)."""


@cache
def retiring_principals() -> Attribute:
    """The retiring principal that a ListRetirableGrants request is about, of the caller's account: the last field of
    its ARN."""
    base = [literal_tokens("root"), sequence("federated-user/", some(NAME, 2))]
    base += [sequence(kind, name) for kind in ("user/", "role/") for name in _NAMES]
    base += [sequence(start, some(NAME), "/", some(NAME)) for start in _SESSIONS]
    seeds = ("role/example", "user/example", "root", "assumed-role/example/example", "federated-user/example")
    return words("retiring", *base, seeds=seeds)


@cache
def user_ids() -> Attribute:
    """The unique ID of a user, `AIDA…`, or of the role of a session, `AROA…`: what `aws:userid` begins with."""
    base = (sequence(kind, some(UPPER)) for kind in ("AIDA", "AROA"))
    return words("userid", *base, seeds=("AROAEXAMPLEROLEID1234", "AIDAEXAMPLEUSERID1234"))


ORDINARY_SESSION = "example"
"""A session name that people believe."""


@cache
def session_names() -> Attribute:
    """The name of a role session (R2). An attribute of its own, since a key can have a grant for each of thousands of
    sessions."""
    return words("session", some(NAME), seeds=(ORDINARY_SESSION, "another"))


@cache
def issuers() -> Attribute:
    """Who issued a federated session, in the session's own account: `root`, or `user/…` as at the end of the user's ARN
    (R2)."""
    base = (literal_tokens("root"), *(sequence("user/", name) for name in _NAMES))
    return words("issuer", *base, seeds=("root", "user/example", "user/other"))


ACCOUNT_ID, UNIQUE_ID = r"(?<![0-9])[0-9]{12}(?![0-9])", "A(?:IDA|ROA)[A-Z0-9]{12,}"
"""Regular expressions for the IDs of accounts, and of users and roles."""


def spelt_out(form: str, predicates: Iterable[Predicate]) -> tuple[str, ...]:
    """The IDs of a form that predicates on text spell out."""
    fixed = " ".join(predicate.fixed for predicate in predicates if isinstance(predicate, Tokens))
    return tuple(dict.fromkeys(re.findall(form, fixed)))
