"""The built-in invariants, one function each, and by name.

In: the arguments of a built-in, none of them empty; or its name with them, as on the command line
(`NAME:ARGUMENT,ARGUMENT`) or in a file of invariants. Out: an `Invariant` over ordinary constructs (and
`NamedAccount`).
Guarantee: the docstring of each function is what people read, and states exactly what it demands. A name or argument
that is not understood is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.language.builtins import parts
from verifier.language.builtins.steps import (
    grant_creation_is_bounded,
    no_escalation_to_decrypt,
    no_policy_takeover,
    no_self_grant,
)
from verifier.model import invariant as model
from verifier.model.invariant_file import AnyInvariant, GrantInvariant
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Text
from verifier.model.reference import actions as known_actions
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, did_you_mean, enumerate_names, printable

_SERVICE = re.compile(r"[a-z0-9*?-]+(?:\.[a-z0-9*?-]+\.amazonaws\.com)?", re.ASCII)

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
"""The permissions for cryptographic operations with a key. [AWS KMS Developer Guide, concepts: *Cryptographic
operations*]"""


class Builtin(Frozen):
    """A built-in: its name, its parameters as a person writes them (empty for none), and what it demands."""

    name: str
    parameters: str
    make: Callable[[parts.Arguments], AnyInvariant]

    @property
    def usage(self) -> str:
        """How it is written: `NAME[:ARGUMENT,…]`, or `NAME:ARGUMENT,…` where it needs one."""
        return self.name + (self.parameters if self.parameters[:1] in ("", "[") else ":" + self.parameters)

    @property
    def help(self) -> str:
        """What it demands, in one paragraph."""
        return " ".join((self.make.__doc__ or "").split())


# --- the built-ins ---


def _no_external_access(arguments: parts.Arguments) -> model.Invariant:
    """No caller outside the key's account, and outside the accounts and organizations listed, can use the key in any
    way, be it by a policy or by a grant (`kms:*`; operations without a key are not about it). Service principals are
    excepted: `no-confused-deputy` is about them."""
    inside = model.CallersOr((model.KeyAccount(), *parts.scopes(arguments)))
    whose = parts.either_of(("the account of the key", *arguments))
    text = f"no caller outside {whose}, service principals excepted, can kms:*"
    return parts.refused(text, parts.callers_outside(inside))


def _no_public_access(arguments: parts.Arguments) -> model.Invariant:
    """No caller can use the key whose account nothing in the input names, and that is in no organization that the input
    names: neither a policy of the key (an Allow or a Deny, in a principal or a condition), nor a grant, nor a resource
    control policy or endpoint policy, nor an inventory, nor an argument. So it is refuted where some arbitrary account
    on the internet could use the key. A pattern of accounts names none, and neither does a condition on the network,
    such as a range of addresses. Service principals are excepted: `no-confused-deputy` is about them."""
    named = model.CallersOr((model.KeyAccount(), model.NamedAccount(), *parts.scopes(arguments)))
    others = f", and not of {parts.either_of(arguments)}" if arguments else ""
    text = f"no caller whose account and organization nothing names{others}, service principals excepted, can kms:*"
    return parts.refused(text, parts.callers_outside(named))


def _no_policy_lockout(arguments: parts.Arguments) -> model.Invariant:
    """Each caller listed can always change the key policy (`kms:PutKeyPolicy`), in whatever circumstances; without
    arguments, the root user of the key's account. `role/NAME` and `user/NAME` are of the key's account; an ARN says its
    account itself."""
    callers = model.CallersOr(parts.listed_callers(arguments)) if arguments else parts.argument_caller(0, "root")
    who = parts.either_of(arguments) if arguments else "root of the key's account"
    return model.Invariant(
        "",
        model.Expectation.ALLOWED,
        callers,
        (Text("kms:PutKeyPolicy"),),
        None,
        model.ALWAYS,
        (),
        f"{who} can always kms:PutKeyPolicy",
    )


def _only_via_service(arguments: parts.Arguments) -> model.Invariant:
    """No caller, service principals included, can use the key for a cryptographic operation unless one of the services
    listed makes the request on the caller's behalf: `kms:ViaService` is there and is one of them. `s3` stands for
    `s3.*.amazonaws.com`, S3 in every Region."""
    patterns = tuple(_via_service(index, argument) for index, argument in enumerate(arguments))
    via = parts.holds("StringLike", "kms:ViaService", *patterns)
    text = (
        f"callers can use the key for cryptographic operations only when kms:ViaService is {parts.either_of(patterns)}"
    )
    return parts.refused(text, model.AnyCaller(), model.ConditionNot(via), CRYPTOGRAPHIC)


def _organization_only(arguments: parts.Arguments) -> model.Invariant:
    """No caller whose account is not in one of the organizations listed can use the key in any way. The key's own
    account is not excepted: it has to be in the organization, and the input has to say so. Service principals, which
    are in no organization, are excepted."""
    for index, argument in enumerate(arguments):
        if not parts.ORGANIZATION_ID.fullmatch(argument):
            raise parts.BuiltinError(
                f"`{brief(argument)}` is not an organization", index, "an organization is written `o-a1b2c3d4e5`"
            )
    inside = model.CallersOr(tuple(model.InOrganization(argument) for argument in arguments))
    return parts.refused(
        f"no caller outside {parts.either_of(arguments)}, service principals excepted, can kms:*",
        parts.callers_outside(inside),
    )


def _encryption_context_required(arguments: parts.Arguments) -> model.Invariant:
    """No caller can use the key for an operation that takes an encryption context without one; with arguments, without
    a pair of each name listed, and of the value where `NAME=VALUE` says one. `kms:CreateGrant` and `kms:RetireGrant`
    are left out:
    their pairs are those of the grant's constraint (F6)."""
    pairs = tuple(_pair(index, argument) for index, argument in enumerate(arguments))
    demanded = model.ConditionAnd(pairs or (parts.holds("Null", "kms:EncryptionContextKeys", "false"),))
    names = tuple(
        action.name for action in known_actions() if action.encryption_context and action.name not in _NOT_IN_REQUEST
    )
    given = parts.either_of(arguments) if arguments else "something"
    text = f"callers can {', '.join(names)} only with {given} in the encryption context"
    return parts.refused(text, model.AnyCaller(), model.ConditionNot(demanded), names)


def _no_confused_deputy(arguments: parts.Arguments) -> model.Invariant:
    """No service principal can use the key in a request that does not say for whom: `aws:SourceArn`,
    `aws:SourceAccount`, `aws:SourceOrgID` and `aws:SourceOrgPaths` all absent. With arguments, in a request that is not
    for a resource of one of the accounts and organizations listed, by any of the four. Calls that a service makes on a
    caller's behalf are that caller's, and are not meant."""
    sources = tuple(condition for index, argument in enumerate(arguments) for condition in _source(index, argument))
    keys = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
    absent = model.ConditionAnd(tuple(parts.holds("Null", key, "true") for key in keys))
    when = model.ConditionNot(model.ConditionOr(sources)) if sources else absent
    of_whom = f"of {parts.either_of(arguments)}" if arguments else "present"
    return parts.refused(f"services can kms:* only when {parts.either_of(keys)} is {of_whom}", parts.SERVICES, when)


def _grants_stay_inside(arguments: parts.Arguments) -> GrantInvariant:
    """No grant that the input lists names, as grantee or retiring principal, a caller outside the key's account, and
    outside the accounts and organizations listed. Services are excepted. Whether such a grant can be created is another
    question: `no … can create a grant to …`."""
    inside = model.CallersOr((model.KeyAccount(), *parts.scopes(arguments)))
    text = (
        f"no grant names a caller outside {parts.either_of(('the account of the key', *arguments))}, services excepted"
    )
    return GrantInvariant("", parts.callers_outside(inside), None, text=text)


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
    Builtin("grant-creation-is-bounded", "OPERATION|CONSTRAINT,…", grant_creation_is_bounded),
    Builtin("no-escalation-to-decrypt", "[:CALLER,…]", no_escalation_to_decrypt),
    Builtin("no-self-grant", "[:CALLER,…]", no_self_grant),
    Builtin("no-policy-takeover", "CALLER,…", no_policy_takeover),
)
"""Every built-in, in the order in which they are listed to people."""


# --- parts ---


def _via_service(index: int, argument: str) -> str:
    if not _SERVICE.fullmatch(argument):
        hint = "write `s3` (in every Region), or `s3.us-west-2.amazonaws.com`"
        raise parts.BuiltinError(f"`{brief(argument)}` is not a service", index, hint)
    return argument if "." in argument else f"{argument}.*.amazonaws.com"


def _pair(index: int, argument: str) -> model.ConditionExpression:
    name, equals, value = argument.partition("=")
    if not name:
        raise parts.BuiltinError(f"`{brief(argument)}` has no name", index, "write `NAME`, or `NAME=VALUE`")
    key = f"kms:EncryptionContext:{name}"
    return parts.holds("StringEquals", key, value) if equals else parts.holds("Null", key, "false")


def _source(index: int, argument: str) -> tuple[model.ConditionExpression, ...]:
    if isinstance(parts.argument_scope(index, argument), model.InOrganization):
        within = parts.holds("StringLike", "aws:SourceOrgPaths", f"{argument}/*", of_set=FOR_ANY)
        return parts.holds("StringEquals", "aws:SourceOrgID", argument), within
    of_account = parts.holds("StringEquals", "aws:SourceAccount", argument)
    return of_account, parts.holds("ArnLike", "aws:SourceArn", f"arn:*:*:*:{argument}:*")


# -- by name --


def builtin(spec: str) -> AnyInvariant:
    """The invariant that `--builtin NAME[:ARGUMENT,…]` names. Raises `InputError` if the name or an argument is not
    understood."""
    name, colon, rest = spec.partition(":")
    arguments = tuple(argument.strip() for argument in rest.split(",")) if colon else ()
    try:
        return replace(instantiate(name.strip(), arguments), name=spec)
    except parts.BuiltinError as error:
        raise InputError.of(
            printable(f"--builtin {brief(spec)}: {error.message}"), hint=error.hint and printable(error.hint)
        ) from None


def instantiate(name: str, arguments: parts.Arguments) -> AnyInvariant:
    """A built-in with its arguments; the invariant's name is the built-in's. Raises `BuiltinError`."""
    found = next((candidate for candidate in BUILTINS if candidate.name == name), None)
    if found is None:
        known = tuple(candidate.name for candidate in BUILTINS)
        hint = did_you_mean(name, known) or f"the built-ins are {enumerate_names(known)}"
        raise parts.BuiltinError(f"there is no built-in `{brief(name)}`", None, hint)
    empty = next((index for index, argument in enumerate(arguments) if not argument), None)
    if empty is not None:
        raise parts.BuiltinError(f"an argument of `{name}` is empty", empty, _usage(found))
    if arguments and not found.parameters:
        raise parts.BuiltinError(f"`{name}` takes no arguments", 0)
    if not arguments and found.parameters and not found.parameters.startswith("["):
        raise parts.BuiltinError(f"`{name}` needs an argument", None, _usage(found))
    return replace(found.make(arguments), name=name)


def _usage(found: Builtin) -> str:
    return f"write `{found.usage}`"
