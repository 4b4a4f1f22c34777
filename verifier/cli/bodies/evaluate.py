"""`verifier evaluate`: a JSON request a line in, a JSON answer a line out, in the same order, as they come."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from verifier.cli.run import emit, tell
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.model.estate import Estate
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import decode_bytes, printable

MOST_LINE_BYTES = 1 << 20
_STDIN = Path("-")


def evaluate_command(
    paths: tuple[Path, ...], requests: Path, *, key_arn: str | None, trace: bool, supplied: Supplied = NOTHING_SUPPLIED
) -> int:
    """Answers every line. A line that is no request is answered with `error` and its number, and makes the exit code
    2."""
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
    """One line as a JSON object. Raises `InputError` for anything else; a member given twice is an error, never a
    choice."""
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
