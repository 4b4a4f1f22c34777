"""The application of one command.

In: a function that returns the exit code. Out: what typer runs. Guarantee: what goes wrong in it ends as `run` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from inspect import Parameter, Signature, isfunction, signature
from itertools import chain
from pathlib import Path
from typing import Any

import typer

from verifier.cli.options import AllowEmpty, ColorOption, Output
from verifier.cli.outputs import Ending, Sink, check_no_input, exit_code_of, sinks
from verifier.cli.run import Color, run
from verifier.model.choices import FORMATS

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def command(
    short_help: str, epilog: str | None = None, *, writes: str = "", may_be_empty: bool = False
) -> Callable[[Callable[..., int]], typer.Typer]:
    """Makes the application of one command of a function that returns the exit code; its docstring is the help. What
    goes wrong in it ends as `run` says, and is written to its `--output`: `writes` names the schema of what that has.
    Where its input `may_be_empty`, there is `--allow-empty`, of which the function hears nothing. A parameter that is
    annotated with a function (`SuppliedOptions`) has the options of that. Each has `--color`."""

    def made(body: Callable[..., int]) -> typer.Typer:
        app = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, context_settings=SETTINGS
        )
        taken = signature(body, eval_str=True).parameters
        shown = [option.replace(kind=Parameter.KEYWORD_ONLY) for one in taken.values() for option in _options(one)]
        if may_be_empty:
            shown.append(Parameter("allow_empty", Parameter.KEYWORD_ONLY, default=False, annotation=AllowEmpty))
        shown += [Parameter("color", Parameter.KEYWORD_ONLY, default=Color.AUTO, annotation=ColorOption)]

        @wraps(body)
        def ended(**named: Any) -> None:
            output = named.get("output") if writes else Output.TEXT
            outputs = (
                sinks(output, FORMATS, quiet=bool(named.get("quiet")))
                if isinstance(output, list)
                else (Sink(str(output)),)
            )
            ending = Ending(writes, outputs, bool(named.get("allow_empty")))

            def answer() -> int:
                given = (value for name, value in named.items() if name != "output")  # each may name what is read
                words = chain.from_iterable(value if isinstance(value, list) else [value] for value in given)
                check_no_input((sink.path for sink in outputs), (Path(str(word)) for word in words if word))
                return exit_code_of(lambda: body(**{name: _value(one, named) for name, one in taken.items()}), ending)

            run(answer, named["color"])

        # Typer reads the first through `inspect.signature`, the second through `typing.get_type_hints`.
        vars(ended)["__signature__"] = Signature(shown)
        ended.__annotations__ = {option.name: option.annotation for option in shown}
        app.command(short_help=short_help, epilog=epilog)(ended)
        return app

    return made


def _maker(one: Parameter) -> Callable[..., Any] | None:
    """The function of options that makes a value, if several options or their texts are not the value themselves."""
    return next(filter(isfunction, getattr(one.annotation, "__metadata__", ())), None)


def _options(one: Parameter) -> Iterable[Parameter]:
    maker = _maker(one)
    return (one,) if maker is None else signature(maker, eval_str=True).parameters.values()


def _value(one: Parameter, named: Mapping[str, Any]) -> Any:
    maker = _maker(one)
    return named[one.name] if maker is None else maker(**{option.name: named[option.name] for option in _options(one)})
