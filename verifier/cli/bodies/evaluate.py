"""`verifier evaluate`: a JSON request a line in, a JSON answer a line out, in the same order, as they come; and which
request `verifier explain` is about."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from verifier.cli.run import emit, tell
from verifier.frozen import Frozen
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.model.estate import Estate, Key
from verifier.model.request import Request
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, counted, decode_bytes, printable

MOST_LINE_BYTES = 1 << 20
_STDIN = Path("-")


def evaluate_command(
    paths: tuple[Path, ...], requests: Path, *, key_arn: str | None, trace: bool, supplied: Supplied = NOTHING_SUPPLIED
) -> int:
    """Answers every line: one that is no request with `error` and its number, which makes the exit code 2."""
    from verifier.inputs import load_estate

    estate = load_estate(paths, key_arn=key_arn, supplied=supplied)
    answered = malformed = 0
    with open_requests(requests) as stream:
        for number, line in enumerate(_lines(stream), start=1):
            answer = _answer(estate, line, number, trace)
            emit(json.dumps(answer) + "\n")
            answered += 1
            malformed += "error" in answer
    if not answered:
        raise InputError.of(f"no requests in {source_name(requests)}: nothing was decided", rule="S3")
    if malformed:
        tell(f"{malformed} of {answered} lines of {source_name(requests)} hold no request that can be decided")
    return ExitCode.INPUT_ERROR if malformed else ExitCode.PROVED


def source_name(requests: Path) -> str:
    """What to call a file of requests in a message."""
    return "standard input" if requests == _STDIN else printable(str(requests))


def open_requests(requests: Path) -> BinaryIO:
    """A file of requests, or standard input. Raises `InputError`."""
    if requests == _STDIN:
        if sys.stdin is None:
            raise InputError.of("there is no standard input to read requests from")
        return open(sys.stdin.fileno(), "rb", closefd=False)
    try:
        return requests.open("rb")
    except OSError as error:
        raise InputError.of(f"cannot read `{requests}`: {(error.strerror or str(error)).lower()}") from None


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines, without their ends. Of one that is too long only the first `MOST_LINE_BYTES` + 1 bytes are kept."""
    while line := stream.readline(MOST_LINE_BYTES + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > MOST_LINE_BYTES:
            rest = stream.readline(MOST_LINE_BYTES + 1)
        yield line.rstrip(b"\r\n")


def _answer(estate: Estate, line: bytes, number: int, trace: bool) -> dict[str, Any]:
    from verifier.evaluate import decision_to_json, evaluate, request_from_json

    try:
        request = request_from_json(estate, parse_request(line))
    except InputError as error:
        return {"error": "; ".join(diagnostic.message for diagnostic in error.diagnostics), "line": number}
    return decision_to_json(evaluate(estate, request), trace=trace, estate=estate)


def parse_request(line: bytes) -> dict[str, Any]:
    """One line as a JSON object. Raises `InputError` for anything else, also for a member that is given twice."""
    if len(line) > MOST_LINE_BYTES:
        raise InputError.of("the line is longer than 1 MiB")
    try:
        value = json.loads(decode_bytes(line, ""), object_pairs_hook=_members, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError.of(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError.of("not a request: it is nested too deeply") from None
    except ValueError as error:
        raise InputError.of(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError.of(
            f"expected a JSON object with principal, action, resource and context, found {type(value).__name__}"
        )
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError.of(f"member `{twice}` is given twice", rule="L4")
    return members


def _no_constant(name: str) -> Any:
    raise InputError.of(f"{name} is not JSON")


class RequestOptions(Frozen):
    """Where the request stands: in a file, or in the options themselves."""

    file: Path | None = None
    line: int | None = None
    principal: str | None = None
    action: str | None = None
    key: str | None = None
    context: tuple[str, ...] = ()


def request_of(estate: Estate, options: RequestOptions) -> Request:
    """The request that is meant. Raises `InputError`."""
    from verifier.evaluate import request_from_json

    return request_from_json(estate, _given(estate, options))


def check_options(options: RequestOptions) -> None:
    """Raises `InputError` where there is no request, or more than one."""
    if options.file is not None and (options.principal or options.action or options.key or options.context):
        raise InputError.of(
            "the request is given twice", hint="use --request, or --principal with --action, --key and --context"
        )
    if options.file is None and (options.principal is None or options.action is None):
        raise InputError.of(
            "there is no request", hint="give --request FILE, or --principal ARN and --action kms:Decrypt"
        )
    if options.line is not None and options.file is None:
        raise InputError.of("--line goes with --request FILE")


def _given(estate: Estate, options: RequestOptions) -> dict[str, Any]:
    """The request as the JSON object that `verifier evaluate` takes."""
    if options.file is not None:
        return _from_file(options.file, options.line)
    context: dict[str, Any] = {}
    for pair in options.context:
        name, _, value = pair.partition("=")
        before = context.get(name)
        context[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    called = {"principal": options.principal, "action": options.action}
    return {**called, "resource": _resource(estate, options), "context": context}


def _from_file(file: Path, line: int | None) -> dict[str, Any]:
    """The one request of a file, or that of a line."""
    with open_requests(file) as stream:
        data = stream.read(MOST_LINE_BYTES + 1)
    lines = [text for text in data.splitlines() if text.strip()]
    name = source_name(file)
    if not lines:
        raise InputError.of(f"no request in {name}", rule="S3")
    if line is None:
        try:
            return parse_request(data)
        except InputError:
            if len(lines) == 1 or not all(text.lstrip().startswith(b"{") for text in lines):
                raise
        raise InputError.of(f"{name} holds {len(lines)} requests, one a line", hint="say which: --line 1")
    if line > len(lines):
        raise InputError.of(f"{name} has {counted(len(lines), 'line')} with a request, and none is line {line}")
    return parse_request(lines[line - 1])


def _resource(estate: Estate, options: RequestOptions) -> str | None:
    """The ARN of the key that is meant; none for an operation without a key. Raises `InputError` where it is open."""
    from verifier.model.reference import action

    known = action(options.action or "")
    if options.key is None and known is not None and not known.resources:
        return None
    keys = [key for key in estate.keys if options.key is None or _is_called(key, options.key)]
    if len(keys) == 1:
        return keys[0].arn
    if options.key is not None and options.key.startswith("arn:") and not keys:
        return options.key  # the ARN of an alias, say: what it may be is not for here to tell
    names = ", ".join(brief(printable(key.name or key.arn), 40) for key in (keys or estate.keys)[:5])
    several = "several keys of the input are" if options.key else "there are several keys, and"
    problem = several if keys else "no key of the input is"
    what = f"called {printable(brief(options.key))}" if options.key else "none was named with --key"
    raise InputError.of(f"{problem} {what}", hint=f"the keys are {names}")


def _is_called(key: Key, name: str) -> bool:
    aliases = key.aliases or ()
    return name in (key.arn, key.name, key.arn.rsplit("/", 1)[-1], *aliases) or f"alias/{name}" in aliases
