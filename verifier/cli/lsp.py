"""`verifier lsp`: the language server, on the standard streams."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli.command import command
from verifier.syntax.diagnostic import InputError


@command(
    short_help="Serve an editor (language server).",
    epilog="Exit codes: 0 the editor ended it; 2 usage error; 4 internal error.",
)
def lsp(
    *,
    seconds: Annotated[
        float,
        typer.Option(
            "--seconds",
            metavar="SECONDS",
            min=1,
            max=600,
            help="The most that the proofs about one document may take; past it, unknown.",
        ),
    ] = 20.0,
) -> int:
    """Serve an editor: the language server protocol on standard input and output.

    For files of invariants, key policies, CloudFormation templates and verifier.toml: errors as they are typed, what is
    known of a word, verdicts on invariants, definitions, completion, and the edits of `lint` and `suggest`. An editor
    starts it; docs/editor.md says how.

    \b
    pip install 'kms-verifier[lsp]'
    verifier lsp
    """
    try:
        import pygls  # noqa: F401
    except ImportError:
        raise InputError.of(
            "`verifier lsp` needs pygls, which is not installed", hint="pip install 'kms-verifier[lsp]'"
        ) from None
    from verifier.lsp.server import Server

    Server(seconds).run()
    return 0
