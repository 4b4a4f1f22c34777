"""The built-in invariants, one function each.

In: the arguments of a built-in, none of them empty. Out: an `Invariant` over ordinary constructs (and `NamedAccount`).
Guarantee: the docstring of each function is what people are told, and states exactly what it demands.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from verifier.model.invariant import (
    ALWAYS,
    AnyCaller,
    AnyInvariant,
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    ConditionAnd,
    ConditionExpression,
    ConditionNot,
    ConditionOr,
    Expectation,
    GrantInvariant,
    Holds,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
    NamedAccount,
    OfKind,
    PrincipalLike,
    SessionLike,
)
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import actions as known_actions
from verifier.model.request import CallerKind
from verifier.syntax.text import brief

Arguments = tuple[str, ...]

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ORGANIZATION = re.compile(r"o-[a-z0-9]+", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9*?-]+(?:\.[a-z0-9*?-]+\.amazonaws\.com)?", re.ASCII)
_CALLER = re.compile(
    r"arn:(?:aws[a-z-]*|\*):iam::(?:[0-9]{12}|\*):(?:role|user)/[^\s]+"
    r"|arn:(?:aws[a-z-]*|\*):sts::(?:[0-9]{12}|\*):(?:assumed-role/[^\s/]+|federated-user)/[^\s/]+"
    r"|(?:role|user)/[^\s]+",
    re.ASCII,
)

CRYPTOGRAPHIC = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey*",
    "kms:Sign",
    "kms:Verify",
    "kms:GenerateMac",
    "kms:VerifyMac",
    "kms:DeriveSharedSecret",
    "kms:Encapsulate",
    "kms:Decapsulate",
)
"""The permissions for cryptographic operations with a key. [AWS KMS Developer Guide, concepts: *Cryptographic operations*]"""

SERVICES = OfKind(CallerKind.SERVICE)


class BuiltinError(Exception):
    """A name or argument that is not understood. `argument` is its index, `None` for the name or the number of arguments."""

    def __init__(self, message: str, argument: int | None = None, hint: str | None = None) -> None:
        self.message = message
        self.argument = argument
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True)
class Builtin:
    """A built-in: its name, its parameters as a person writes them (empty for none), and what it demands."""

    name: str
    parameters: str
    make: Callable[[Arguments], AnyInvariant]

    @property
    def help(self) -> str:
        """What it demands, in one paragraph."""
        return " ".join((self.make.__doc__ or "").split())


# --- the built-ins ---


def _no_external_access(arguments: Arguments) -> Invariant:
    """No caller outside the key's account, and outside the accounts and organizations listed, can use the key in any way, be it by a policy
    or by a grant (`kms:*`; operations without a key are not about it). Service principals are excepted: `no-confused-deputy` is about
    them."""
    inside = CallersOr((KeyAccount(), *_scopes(arguments)))
    text = f"no caller outside {_enumerate(('the account of the key', *arguments))}, service principals excepted, can kms:*"
    return _refused(text, _outside(inside))


def _no_public_access(arguments: Arguments) -> Invariant:
    """No caller can use the key whose account nobody named: neither an Allow statement of the key's policies (as a principal, or in a
    condition that requires the caller's account, ARN or organization) nor a grant nor an argument. So it
    is refuted where some arbitrary account on the internet could use the key. A condition on the network, such as a range of addresses,
    names no account. Service principals are excepted: `no-confused-deputy` is about them."""
    named = CallersOr((KeyAccount(), NamedAccount(), *_scopes(arguments)))
    others = f", nor is one of {_enumerate(arguments)}," if arguments else ""
    text = f"no caller of an account that the key's policies and grants do not name{others} can kms:*, service principals excepted"
    return _refused(text, _outside(named))


def _no_policy_lockout(arguments: Arguments) -> Invariant:
    """Each caller listed can always change the key policy (`kms:PutKeyPolicy`), in whatever circumstances; without arguments, the root
    user of the key's account. `role/NAME` and `user/NAME` are of the key's account; an ARN says its account itself."""
    callers: CallerSet = CallersAnd((OfKind(CallerKind.ROOT), KeyAccount()))
    if arguments:
        callers = CallersOr(tuple(_caller(index, argument) for index, argument in enumerate(arguments)))
    who = _enumerate(arguments) if arguments else "root of the key's account"
    return Invariant("", Expectation.ALLOWED, callers, (Text("kms:PutKeyPolicy"),), None, ALWAYS, (), f"{who} can always kms:PutKeyPolicy")


def _only_via_service(arguments: Arguments) -> Invariant:
    """No caller, service principals included, can use the key for a cryptographic operation unless one of the services listed makes
    the request on the caller's behalf: `kms:ViaService` is there and is one of them. `s3` stands for `s3.*.amazonaws.com`, S3 in every
    Region."""
    patterns = tuple(_via_service(index, argument) for index, argument in enumerate(arguments))
    via = _holds("StringLike", "kms:ViaService", *patterns)
    text = f"callers can use the key for cryptographic operations only when kms:ViaService is {_enumerate(patterns)}"
    return _refused(text, AnyCaller(), ConditionNot(via), CRYPTOGRAPHIC)


def _organization_only(arguments: Arguments) -> Invariant:
    """No caller whose account is not in one of the organizations listed can use the key in any way. The key's own account is not
    excepted: it has to be in the organization, and the input has to say so. Service principals, which are in no organization,
    are excepted."""
    for index, argument in enumerate(arguments):
        if not _ORGANIZATION.fullmatch(argument):
            raise BuiltinError(f"`{brief(argument)}` is not an organization", index, "an organization is written `o-a1b2c3d4e5`")
    inside = CallersOr(tuple(InOrganization(argument) for argument in arguments))
    return _refused(f"no caller outside {_enumerate(arguments)}, service principals excepted, can kms:*", _outside(inside))


def _encryption_context_required(arguments: Arguments) -> Invariant:
    """No caller can use the key for an operation that takes an encryption context without one; with arguments, without a pair of each name
    listed, and of the value where `NAME=VALUE` says one. `kms:CreateGrant` and `kms:RetireGrant` are left out:
    their pairs are those of the grant's constraint (F6)."""
    pairs = tuple(_pair(index, argument) for index, argument in enumerate(arguments))
    demanded = ConditionAnd(pairs or (_holds("Null", "kms:EncryptionContextKeys", "false"),))
    names = tuple(action.name for action in known_actions() if action.encryption_context and action.name not in _NOT_IN_REQUEST)
    text = f"callers can {', '.join(names)} only with {_enumerate(arguments) if arguments else 'something'} in the encryption context"
    return _refused(text, AnyCaller(), ConditionNot(demanded), names)


def _no_confused_deputy(arguments: Arguments) -> Invariant:
    """No service principal can use the key in a request that does not say for whom: `aws:SourceArn`, `aws:SourceAccount` and
    `aws:SourceOrgID` all absent. With arguments, in a request that is not for a resource of one of the accounts and organizations
    listed, by any of the three. Calls that a service makes on a caller's behalf are that caller's, and are not meant."""
    sources = tuple(condition for index, argument in enumerate(arguments) for condition in _source(index, argument))
    absent = ConditionAnd(tuple(_holds("Null", key, "true") for key in ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID")))
    when = ConditionNot(ConditionOr(sources)) if sources else absent
    of_whom = f"of {_enumerate(arguments)}" if arguments else "present"
    return _refused(f"services can kms:* only when aws:SourceArn, aws:SourceAccount or aws:SourceOrgID is {of_whom}", SERVICES, when)


def _grants_stay_inside(arguments: Arguments) -> GrantInvariant:
    """No grant that the input lists names, as grantee or retiring principal, a caller outside the key's account, and outside the accounts
    and organizations listed. Services are excepted. Whether such a grant can be created is another question: `no … can create a grant
    to …`."""
    inside = CallersOr((KeyAccount(), *_scopes(arguments)))
    text = f"no grant names a caller outside {_enumerate(('the account of the key', *arguments))}, services excepted"
    return GrantInvariant("", _outside(inside), None, text=text)


_NOT_IN_REQUEST = frozenset({"kms:CreateGrant", "kms:RetireGrant"})

BUILTINS = (
    Builtin("no-external-access", "[:ACCOUNT|ORGANIZATION,…]", _no_external_access),
    Builtin("no-public-access", "[:ACCOUNT|ORGANIZATION,…]", _no_public_access),
    Builtin("no-policy-lockout", "[:CALLER,…]", _no_policy_lockout),
    Builtin("only-via-service", "SERVICE,…", _only_via_service),
    Builtin("organization-only", "ORGANIZATION,…", _organization_only),
    Builtin("encryption-context-required", "[:NAME[=VALUE],…]", _encryption_context_required),
    Builtin("no-confused-deputy", "[:ACCOUNT|ORGANIZATION,…]", _no_confused_deputy),
    Builtin("grants-stay-inside", "[:ACCOUNT|ORGANIZATION,…]", _grants_stay_inside),
)
"""Every built-in, in the order in which they are listed to people."""


# --- parts ---


def _refused(text: str, callers: CallerSet, when: ConditionExpression = ALWAYS, actions: Arguments = ("kms:*",)) -> Invariant:
    """That such requests are refused. Operations without a key are taken away from `kms:*`: they are decided without the key."""
    keyless = tuple(Text(action.name) for action in known_actions() if "key" not in action.resources)
    return Invariant(
        "", Expectation.REFUSED, callers, tuple(map(Text, actions)), None, when, keyless if actions == ("kms:*",) else (), text
    )


def _outside(inside: CallerSet) -> CallerSet:
    return CallersAnd((CallersNot(inside), CallersNot(SERVICES)))


def _scopes(arguments: Arguments) -> tuple[CallerSet, ...]:
    return tuple(_scope(index, argument) for index, argument in enumerate(arguments))


def _scope(index: int, argument: str) -> InAccount | InOrganization:
    if _ACCOUNT.fullmatch(argument):
        return InAccount(argument)
    if _ORGANIZATION.fullmatch(argument):
        return InOrganization(argument)
    hint = "an account has twelve digits, an organization is written `o-a1b2c3d4e5`"
    raise BuiltinError(f"`{brief(argument)}` is neither an account nor an organization", index, hint)


def _caller(index: int, argument: str) -> CallerSet:
    if not _CALLER.fullmatch(argument):
        raise BuiltinError(
            f"`{brief(argument)}` is not a caller", index, "write an ARN, or `role/NAME` or `user/NAME` for one of the key's account"
        )
    if argument.startswith("arn:"):
        return SessionLike(Text(argument)) if ":assumed-role/" in argument else PrincipalLike(Text(argument))
    return CallersAnd((PrincipalLike(Text(f"arn:*:iam::*:{argument}")), KeyAccount()))


def _via_service(index: int, argument: str) -> str:
    if not _SERVICE.fullmatch(argument):
        raise BuiltinError(f"`{brief(argument)}` is not a service", index, "write `s3` (in every Region), or `s3.us-west-2.amazonaws.com`")
    return argument if "." in argument else f"{argument}.*.amazonaws.com"


def _pair(index: int, argument: str) -> ConditionExpression:
    name, equals, value = argument.partition("=")
    if not name:
        raise BuiltinError(f"`{brief(argument)}` has no name", index, "write `NAME`, or `NAME=VALUE`")
    key = f"kms:EncryptionContext:{name}"
    return _holds("StringEquals", key, value) if equals else _holds("Null", key, "false")


def _source(index: int, argument: str) -> tuple[ConditionExpression, ...]:
    if isinstance(_scope(index, argument), InOrganization):
        return (_holds("StringEquals", "aws:SourceOrgID", argument),)
    of_account = _holds("StringEquals", "aws:SourceAccount", argument)
    return of_account, _holds("ArnLike", "aws:SourceArn", f"arn:*:*:*:{argument}:*")


def _holds(operator: str, key: str, *values: str) -> Holds:
    return Holds(Condition(Operator(operator, None, False), Text(key), tuple(map(Text, values))))


def _enumerate(words: Arguments) -> str:
    return " or ".join(words)
