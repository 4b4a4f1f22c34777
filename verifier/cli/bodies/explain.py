"""Which request `verifier explain` is about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verifier.cli.bodies.evaluate import MOST_LINE_BYTES, open_requests, parse_request, source_name
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Key
from verifier.model.request import Request
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, counted, printable


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
    """The ARN of the key that is meant; none for an operation without a key. Raises `InputError` where it is not clear
    which."""
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
