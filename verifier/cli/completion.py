"""What a shell completes values with: names that the program knows. Paths are the shell's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from typer import Context

_MOST_FILES, _MOST_BYTES = 1_000, 4 << 20
"""What is read while somebody waits for a completion."""
Completions = Iterator[tuple[str, str]]
"""Values that begin as what was typed, each with what it is about."""


def complete_builtins(incomplete: str) -> Completions:
    from verifier.language.builtins.catalogue import BUILTINS

    return ((one.name, one.help.partition(". ")[0]) for one in BUILTINS if one.name.startswith(incomplete))


def complete_readings(incomplete: str) -> Completions:
    """The open questions, each with both answers."""
    from verifier.model.readings import READINGS

    answers = ((f"{one.label}={said}", getattr(one, said)) for one in READINGS for said in ("yes", "no"))
    return (found for found in answers if found[0].startswith(incomplete))


def complete_rules(incomplete: str) -> Completions:
    from verifier.model.rules import rules as known

    return ((rule.label, rule.title) for rule in known().values() if rule.label.startswith(incomplete))


def complete_actions(incomplete: str) -> Completions:
    from verifier.model.reference import actions as known

    return ((one.name, "") for one in known() if one.name.startswith(incomplete))


def keys(ctx: Context, incomplete: str) -> Completions:
    """The keys of the input that was typed before, by all their names. Nothing where it cannot be read, or is large."""
    words = [
        *ctx.args,
        *(str(word) for value in ctx.params.values() if isinstance(value, list | tuple) for word in value),
    ]
    paths = [path for word in dict.fromkeys(words) if (path := Path(word)).exists()]
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    if not paths or sum(file.stat().st_size for file in files[:_MOST_FILES]) > _MOST_BYTES or len(files) > _MOST_FILES:
        return
    from verifier.inputs import load_estate
    from verifier.syntax.diagnostic import InputError
    from verifier.verify.named import names_of_key

    with suppress(InputError):
        for key in load_estate(paths, steps=False, tags=False).keys:
            yield from ((name, key.arn) for name in sorted(names_of_key(key)) if name.startswith(incomplete))


def among(formats: Sequence[str], incomplete: str) -> Completions:
    """The formats that a command writes, each alone or as what goes to a file."""
    named = (form + ending for form in formats for ending in ("", "="))
    return ((one, "") for one in named if one.startswith(incomplete))
