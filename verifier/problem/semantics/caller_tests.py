"""The callers of a request, as tests on its attribute `principal`.

In: predicates, ARNs, accounts, names. Out: expressions that hold of the requests of such callers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import lru_cache

from verifier.model.readings import F1_SERVICE
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.domains import LONGEST_NAME
from verifier.problem.classes.predicates import (
    ANY,
    COLON,
    SLASH,
    OneOf,
    Predicate,
    Token,
    Tokens,
    exactly,
    least_length,
    like,
    like_arn,
    like_tokens,
    sequence,
    within,
)
from verifier.problem.expression import FALSE, Expression, Symbol, Test
from verifier.problem.semantics.targets import Target

_CACHE_SIZE = 4096
"""Expressions about callers that are remembered from one question to the next."""


def account_pattern(account: str) -> Tokens:
    """The principal ARNs of an account's callers."""
    return like_arn(f"arn:*:*::{account}:*")


@lru_cache(_CACHE_SIZE)
def _in_account(account: str) -> Expression:
    return Test("principal", account_pattern(account))


IS_WEB = Test("principal", like(WEB_PREFIX + "*"))


class CallerTests(ABC):
    """What a space of requests says of callers."""

    target: Target

    @abstractmethod
    def known(self, name: str) -> str:
        """The name, with its attribute in being."""

    def principal(self, predicate: Predicate) -> Expression:
        """True iff the caller's `aws:PrincipalArn`, or service name, satisfies a predicate."""
        return Test("principal", predicate)

    is_user = Test("principal", like_arn("arn:*:iam::*:user/*"))
    """IAM users."""
    is_role = Test("principal", like_arn("arn:*:iam::*:role/*"))
    """Role sessions."""
    is_service_linked = Test("principal", like_arn("arn:*:iam::*:role/aws-service-role/*"))
    """Sessions of service-linked roles."""
    is_root = Test("principal", like_arn("arn:*:iam::*:root"))  # and not a role `aws:root` of AWS's own
    """Root users."""
    is_federated = Test("principal", like_arn("arn:*:sts::*:federated-user/*"))
    """Federated-user sessions."""
    is_principal = Test("principal", like("arn:*"))
    """Callers with an ARN: neither service principals nor identities of a provider."""
    is_service = ~is_principal
    """Service principals (R2)."""
    is_web: Expression = FALSE
    """Identities of web and SAML providers, which nothing but a role knows (E2w)."""

    def of_provider(self, provider: str) -> Expression:
        """True iff the caller is an identity of one provider: its ARN, or the name of a built-in one (E2w)."""
        return self.is_web & self.principal(exactly(WEB_PREFIX + provider))

    def in_account(self, account: str) -> Expression:
        """True iff the caller is of an account: never a service principal."""
        return _in_account(account)

    def one_of(self, arns: frozenset[str]) -> Expression:
        """True iff the caller has one of these principal ARNs."""
        return self.principal(OneOf(arns)) if arns else FALSE

    def session_named(self, tokens: tuple[Token, ...]) -> Expression:
        """True iff the caller is a role session whose session name matches."""
        return Test(self.known("session"), Tokens(tokens))

    def session_among(self, names: frozenset[str]) -> Expression:
        """True iff the caller is a role session with one of these session names."""
        return Test(self.known("session"), OneOf(names))

    def role_named(self, account: tuple[Token, ...], name: tuple[Token, ...]) -> Expression:
        """True iff the caller is a session of a role in a matching account whose name, without the path, matches."""
        return self.last_component("role/", account, name)

    def last_component(self, kind: str, account: tuple[Token, ...], name: tuple[Token, ...]) -> Expression:
        """True iff the caller's ARN is that of a user or role (`kind`: `user/`, `role/`) in a matching account whose
        name, without the path, matches."""
        narrow = within(name, SLASH)
        if narrow is None or least_length(Tokens(narrow)) > LONGEST_NAME:
            return FALSE
        start = sequence(f"arn:{self.target.partition}:iam::", account, f":{kind}")
        with_path = sequence(start, ((True, ANY),), "/", narrow)
        return self.principal(Tokens((*start, *narrow))) | self.principal(Tokens(with_path))

    def federated_by(self, user_arn: str) -> Expression:
        """True iff the caller is a federated session that a user issued."""
        _, partition, _, _, account, resource = user_arn.split(":", 5)
        if partition != self.target.partition:
            return FALSE  # R7
        return self.is_federated & self.in_account(account) & self.issuer(exactly(resource))

    def issuer(self, predicate: Predicate) -> Expression:
        """True iff the caller is a federated session whose issuer satisfies a predicate: `root`, or `user/…`."""
        return Test(self.known("issuer"), predicate)

    @property
    def issued_by_user(self) -> Expression:
        """True iff the caller is a federated session that some user issued, not the root user."""
        return self.is_federated & self.issuer(Tokens(like_tokens("user/*")))

    @property
    def has_service_value(self) -> Expression:
        """True iff it is a service principal's request, which carries the keys of the reading F1-service."""
        return self.is_service & Symbol(F1_SERVICE)

    def account_matching(self, tokens: Tokens) -> Expression:
        """True iff the caller is of an account that matches."""
        narrow = within(tokens.tokens, COLON)
        if narrow is None:
            return FALSE
        service = ((True, ANY.without(COLON)),)
        arn = sequence(f"arn:{self.target.partition}:", service, "::", narrow, ":", ((True, ANY),))
        return self.principal(Tokens(arn))
