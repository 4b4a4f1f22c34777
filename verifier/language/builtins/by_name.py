"""Built-in invariants: a name and arguments → `Invariant`.

In: `NAME` or `NAME:ARGUMENT,ARGUMENT` (command line), or a name with arguments (files of invariants).
Out: one `Invariant`. Guarantee: a name or argument that is not understood is an error.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.language.builtins.catalogue import BUILTINS, Builtin
from verifier.language.builtins.parts import Arguments, BuiltinError
from verifier.model.invariant import AnyInvariant
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, did_you_mean, enumerate_names, printable

__all__ = ["BUILTINS", "Builtin", "BuiltinError", "builtin", "instantiate"]


def builtin(spec: str) -> AnyInvariant:
    """The invariant that `--builtin NAME[:ARGUMENT,…]` names. Raises `InputError` if the name or an argument is not
    understood."""
    name, colon, rest = spec.partition(":")
    arguments = tuple(argument.strip() for argument in rest.split(",")) if colon else ()
    try:
        return replace(instantiate(name.strip(), arguments), name=spec)
    except BuiltinError as error:
        raise InputError.of(
            printable(f"--builtin {brief(spec)}: {error.message}"), hint=error.hint and printable(error.hint)
        ) from None


def instantiate(name: str, arguments: Arguments) -> AnyInvariant:
    """A built-in with its arguments; the invariant's name is the built-in's. Raises `BuiltinError`."""
    found = next((candidate for candidate in BUILTINS if candidate.name == name), None)
    if found is None:
        known = tuple(candidate.name for candidate in BUILTINS)
        hint = did_you_mean(name, known) or f"the built-ins are {enumerate_names(known)}"
        raise BuiltinError(f"there is no built-in `{brief(name)}`", None, hint)
    empty = next((index for index, argument in enumerate(arguments) if not argument), None)
    if empty is not None:
        raise BuiltinError(f"an argument of `{name}` is empty", empty, _usage(found))
    if arguments and not found.parameters:
        raise BuiltinError(f"`{name}` takes no arguments", 0)
    if not arguments and found.parameters and not found.parameters.startswith("["):
        raise BuiltinError(f"`{name}` needs an argument", None, _usage(found))
    return replace(found.make(arguments), name=name)


def _usage(found: Builtin) -> str:
    return f"write `{found.usage}`"
