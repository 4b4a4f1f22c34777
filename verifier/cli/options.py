"""Options that several commands share, and their checks.

In: texts of the command line. Out: values of the types that the commands take; a wrong one is a usage error (exit code
2).
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verifier.cli import completion
from verifier.cli.run import Color
from verifier.model.choices import ACCOUNT_PATTERN, MOST_STEPS, REGION_PATTERN, Engine
from verifier.syntax.text import did_you_mean

if TYPE_CHECKING:
    from verifier.inputs.supplied import Supplied
    from verifier.model.results.verdict import Status

EXIT_CODES = (
    "Exit codes: 0 all proved; 1 something refuted; 2 usage or input error; 3 something unknown; 4 internal error."
)


Output = StrEnum("Output", "TEXT JSON")
"""How a report is written."""

ListOutput = StrEnum("ListOutput", "TEXT JSON CSV")
"""How a list is written."""


def kept_in(cache: bool) -> Path | None:
    """Where results and large inputs are remembered; `None` for nowhere, for which SQLite need not be imported."""
    if not cache:
        return None
    from verifier.runs.cache import cache_folder

    return cache_folder()


def fixed_readings(reading: FixedReadings = []) -> dict[str, bool]:
    """The readings that `--reading LABEL=yes|no` fixes (checked before)."""
    return {label: answer == "yes" for label, _, answer in (value.partition("=") for value in reading)}


def _seconds(text: str) -> float:
    if not re.fullmatch(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e-?[0-9]{1,2})?", text) or not float(text):
        raise typer.BadParameter("expected a number of seconds greater than 0")
    return float(text)


def _checked_readings(values: list[str]) -> list[str]:
    """Checks `LABEL=yes|no`. A label that does not exist, or one fixed both ways, is a usage error."""
    if not values:
        return values
    from verifier.model.readings import READINGS

    labels = [reading.label for reading in READINGS]
    answers: dict[str, str] = {}
    for value in values:
        label, _, answer = value.partition("=")
        if label not in labels:
            raise typer.BadParameter(
                f"{label!r} is no reading; {_suggestion(label, labels)}`verifier readings` lists them"
            )
        if answer not in ("yes", "no"):
            raise typer.BadParameter(f"expected {label}=yes or {label}=no")
        if answers.setdefault(label, answer) != answer:
            raise typer.BadParameter(f"{label} is given as yes and as no")
    return values


def _suggestion(word: str, known: list[str]) -> str:
    hint = did_you_mean(word, known)
    return f"{hint} " if hint else ""


def _statuses(values: list[str]) -> list[str]:
    """Checks words such as `refuted,unknown`. One that no verdict has is a usage error."""
    known = ["proved", "refuted", "unknown"]
    for word in _words(values):
        if word not in known:
            raise typer.BadParameter(f"no verdict is {word!r}; {_suggestion(word, known)}they are {', '.join(known)}")
    return values


def _words(values: list[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",")]


def _listed(only: Only = []) -> ListedStatuses:
    """Which verdicts `--only` lists (checked before); without it all."""
    from verifier.model.results.verdict import Status

    return frozenset(map(Status, _words(only)) if only else Status)


def _supplied(
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],
    parameters: ParameterFiles = [],
    harmless: HarmlessOption = [],
) -> SuppliedOptions:
    """What the options say about a plan or template (checked before); a parameter that is given by itself goes before
    one of a file. Raises `InputError`."""
    from verifier.inputs.supplied import Supplied

    values = {name: value for name, _, value in (given.partition("=") for given in parameter)}
    tags: tuple[tuple[str, str], ...] = ()
    if parameters:
        from verifier.inputs.supplied import read_parameter_files

        of_files, tags = read_parameter_files(parameters)
        values = of_files | values
    return Supplied(account, region, values, harmless=tuple(harmless), stack_tags=tags)


def _account(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(ACCOUNT_PATTERN, value):
        raise typer.BadParameter("expected an account of twelve digits")
    return value


def _region(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(REGION_PATTERN, value):
        raise typer.BadParameter("expected a Region, such as us-west-2")
    return value


def _parameters(values: list[str]) -> list[str]:
    """Checks `NAME=VALUE`. A parameter that is given two values is a usage error."""
    parameters: dict[str, str] = {}
    for given in values:
        name, equals, value = given.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"expected NAME=VALUE, found {given!r}")
        if parameters.setdefault(name, value) != value:
            raise typer.BadParameter(f"{name} is given twice")
    return values


Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="Snapshots (JSON, YAML or a folder), Terraform plans and states (terraform show -json), folders of .tf "
        "files, CloudFormation templates, key policies, and folders of these; `-` is standard input.",
        show_default=False,
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option(
        "--account",
        metavar="ACCOUNT",
        callback=_account,
        help="The account of a policy's key, or of what a plan or template makes, if it does not tell.",
    ),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", metavar="REGION", callback=_region, help="Their Region, likewise.")
]
ParameterOption = Annotated[
    list[str],
    typer.Option(
        "--parameter",
        metavar="NAME=VALUE",
        callback=_parameters,
        help=(
            "A parameter of a CloudFormation template; a variable, `terraform.workspace`, a data source's attribute "
            "(`data.TYPE.NAME.ATTRIBUTE`) or a provider's account or Region (`provider.aws.ALIAS.account`) of "
            "Terraform; or what a placeholder of a key policy stands for; may be repeated."
        ),
    ),
]
ParameterFiles = Annotated[
    list[Path],
    typer.Option(
        "--parameters",
        metavar="FILE",
        help="Parameters of CloudFormation templates from a file, as the AWS CLI or CodePipeline takes it; may be "
        "repeated.",
    ),
]
HarmlessOption = Annotated[
    list[str],
    typer.Option(
        "--harmless",
        metavar="ADDRESS",
        help=(
            "The address or logical ID of what a verdict says is not read, and changes nobody's access to a key: a "
            "resource that runs a command, a module or a stack, as in `module.*.null_resource.build`; may be repeated. "
            "Each verdict then supposes so."
        ),
    ),
]
SuppliedOptions = Annotated["Supplied", _supplied]
"""`--account`, `--region`, `--parameter`, `--parameters` and `--harmless`: what they say about a plan or template."""
KeyArnOption = Annotated[
    str | None,
    typer.Option(metavar="ARN", help="The key that a single policy belongs to, where nothing else tells it."),
]
InvariantFilesOption = Annotated[
    list[Path],
    typer.Option(
        metavar="FILE", help="A file of invariants; may be repeated. Without it: the *.inv files beside the input."
    ),
]
Builtins = Annotated[
    list[str],
    typer.Option(
        metavar="NAME[:ARGS]",
        autocompletion=completion.complete_builtins,
        help="A built-in invariant; may be repeated (`verifier builtins`).",
    ),
]
EngineOption = Annotated[
    Engine,
    typer.Option(
        help=(
            "What decides: Z3 or a SAT solver on classes and boxes, or the string solver of Z3 or cvc5 on the "
            "formula over strings."
        )
    ),
]
Certificate = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write for each proof what `verifier recheck` checks it by (needs python-sat)."),
]
Steps = Annotated[
    int | None,
    typer.Option(
        "--steps",
        metavar="N",
        min=0,
        max=MOST_STEPS,
        help=(
            "Where an invariant says `can eventually`: asks about chains of up to N steps; 0 asks what callers can do "
            "at once. Without it: chains of every length."
        ),
    ),
]
Suppose = Annotated[
    list[str],
    typer.Option(
        "--suppose",
        metavar="SENTENCE",
        help=(
            "What is taken for granted in answers about steps, such as `nobody calls sso:*`; may be repeated "
            "(docs/invariants.md)."
        ),
    ),
]
CrossCheck = Annotated[
    bool,
    typer.Option(
        "--cross-check",
        help="Hold each verdict against a second engine, on the formula over strings (cvc5's, if installed).",
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        parser=_seconds,
        help="The most that each question may take: an invariant on a key, a key of a list or comparison, a query of "
        "`lint` or `explain`; past it, unknown.",
    ),
]
FixedReadings = Annotated[
    list[str],
    typer.Option(
        metavar="LABEL=yes|no",
        callback=_checked_readings,
        autocompletion=completion.complete_readings,
        help="Settles an open question of AWS's documentation (see `verifier readings`).",
    ),
]
Readings = Annotated[dict[str, bool], fixed_readings]
"""`--reading`, as the values of readings."""
Caching = Annotated[
    bool,
    typer.Option(
        "--cache/--no-cache", help="Whether to keep results for the next run, and to use those of earlier ones."
    ),
]
Processes = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="How many processes prove; one a core if it is not given.")
]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The Dask scheduler whose workers are to prove (tcp://host:8786; needs the extra [cluster]).",
    ),
]
AllowEmpty = Annotated[
    bool,
    typer.Option(
        "--allow-empty", help="Let an input without keys pass, with a notice; otherwise it is an input error."
    ),
]
ColorOption = Annotated[
    Color,
    typer.Option(
        help="When to colour what goes to a terminal; auto: on a terminal, or as NO_COLOR and FORCE_COLOR say."
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Of text on stdout only the summary, a line with the counts.")
]
Only = Annotated[
    list[str],
    typer.Option(
        metavar="STATUS,…",
        callback=_statuses,
        help="Which verdicts people are shown: proved, refuted, unknown. All of them count, also for the exit code.",
    ),
]
ListedStatuses = Annotated["frozenset[Status]", _listed]
"""`--only`, as the statuses of the verdicts that are listed."""
KeysOption = Annotated[
    list[str],
    typer.Option(
        "--key",
        metavar="KEY",
        autocompletion=completion.keys,
        help="A key by name, alias, ARN or ID; may be repeated. Without it: every key of the input.",
    ),
]


def verbose(help: str) -> Any:
    """The option `--verbose` of a command; `help` says what it shows."""
    return typer.Option("--verbose", help=help)
