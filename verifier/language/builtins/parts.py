"""What the built-in invariants are made of: arguments, callers, conditions.

In: the arguments of a built-in. Out: parts of an `Invariant`. Guarantee: an argument that is not understood is a
`BuiltinError` that says which it is.
"""

from __future__ import annotations

import re

from verifier.model import invariant as model
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import actions as known_actions
from verifier.model.request import CallerKind
from verifier.syntax.text import brief

Arguments = tuple[str, ...]

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
ORGANIZATION_ID = re.compile(r"o-[a-z0-9]+", re.ASCII)
"""An organization, such as `o-a1b2c3d4e5`."""
_CALLER = re.compile(
    r"arn:(?:aws[a-z-]*|\*):iam::(?:[0-9]{12}|\*):(?:role|user)/[^\s]+"
    r"|arn:(?:aws[a-z-]*|\*):sts::(?:[0-9]{12}|\*):(?:assumed-role/[^\s/]+|federated-user)/[^\s/]+"
    r"|(?:role|user)/[^\s]+",
    re.ASCII,
)


SERVICES = model.OfKind(CallerKind.SERVICE)


class BuiltinError(Exception):
    """A name or argument that is not understood. `argument` is its index, `None` for the name or the number of
    arguments."""

    def __init__(self, message: str, argument: int | None = None, hint: str | None = None) -> None:
        self.message = message
        self.argument = argument
        self.hint = hint
        super().__init__(message)


def refused(
    text: str, callers: model.CallerSet, when: model.ConditionExpression = model.ALWAYS, actions: Arguments = ("kms:*",)
) -> model.Invariant:
    """That such requests are refused. Operations without a key are taken away from `kms:*`: they are decided without
    the key."""
    keyless = tuple(Text(action.name) for action in known_actions() if "key" not in action.resources)
    but = keyless if actions == ("kms:*",) else ()
    return model.Invariant("", model.Expectation.REFUSED, callers, tuple(map(Text, actions)), None, when, but, text)


def callers_outside(inside: model.CallerSet) -> model.CallerSet:
    """All callers but these, and but service principals."""
    return model.CallersAnd((model.CallersNot(inside), model.CallersNot(SERVICES)))


def listed_callers(arguments: Arguments) -> tuple[model.CallerSet, ...]:
    """The callers that arguments name. Raises `BuiltinError`."""
    return tuple(argument_caller(index, argument) for index, argument in enumerate(arguments))


def others(arguments: Arguments) -> model.CallerSet:
    """All callers but those listed, and the federated sessions that they issue."""
    if not arguments:
        return model.AnyCaller()
    named = model.CallersOr(listed_callers(arguments))
    return model.CallersNot(model.CallersOr((named, model.IssuedBy(named))))


def scopes(arguments: Arguments) -> tuple[model.CallerSet, ...]:
    """The accounts and organizations that arguments name. Raises `BuiltinError`."""
    return tuple(argument_scope(index, argument) for index, argument in enumerate(arguments))


def argument_scope(index: int, argument: str) -> model.InAccount | model.InOrganization:
    """The account or organization that an argument names. Raises `BuiltinError`."""
    if _ACCOUNT.fullmatch(argument):
        return model.InAccount(argument)
    if ORGANIZATION_ID.fullmatch(argument):
        return model.InOrganization(argument)
    hint = "an account has twelve digits, an organization is written `o-a1b2c3d4e5`"
    raise BuiltinError(f"`{brief(argument)}` is neither an account nor an organization", index, hint)


def argument_caller(index: int, argument: str) -> model.CallerSet:
    """The callers that an argument names: a role or user, one session, `root`. Raises `BuiltinError`."""
    if argument == "root":
        return model.CallersAnd((model.OfKind(CallerKind.ROOT), model.KeyAccount()))
    if not _CALLER.fullmatch(argument):
        hint = "write an ARN, or `role/NAME`, `user/NAME` or `root` for one of the key's account"
        raise BuiltinError(f"`{brief(argument)}` is not a caller", index, hint)
    if argument.startswith("arn:"):
        return (
            model.SessionLike(Text(argument)) if ":assumed-role/" in argument else model.PrincipalLike(Text(argument))
        )
    return model.CallersAnd((model.PrincipalLike(Text(f"arn:*:iam::*:{argument}")), model.KeyAccount()))


def but(arguments: Arguments) -> str:
    """Words for the callers that are excepted; nothing where none are."""
    return f" but {either_of(arguments)}" if arguments else ""


def holds(operator: str, key: str, *values: str, of_set: str | None = None) -> model.Holds:
    """A condition with a plain operator, or with one on every or some value of a multi-valued key (C1)."""
    return model.Holds(Condition(Operator(operator, of_set, False), Text(key), tuple(map(Text, values))))


def either_of(words: Arguments) -> str:
    """The words, of which any is meant."""
    return " or ".join(words)
