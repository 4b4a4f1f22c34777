"""Reads every policy example of the AWS KMS Developer Guide, and says which are refused and why.

    python tools/guide_examples.py MIRROR

MIRROR is a git repository with the guide's pages in `doc_source/*.md` (github.com/awsdocs/aws-kms-developer-guide). An
example is what stands in a fenced block and is a policy, or one or more statements of one: as it stands, inside the
output of a command, in a string of a log record, or in a string of a program. The page is the file of every place that
is printed, so an error points into the guide. Prints a line for each example with what is said of it, and the counts;
ends with exit code 1 if an example is refused. Nothing of the guide is kept.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from verifier.language.policies.documents import read_policy
from verifier.model.policy import PolicyKind
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.nested import nested_source
from verifier.syntax.source import Source

COMMIT = "3447fd9"
"""The state of the guide that docs/guide-examples.md is about."""

_FENCED = re.compile(r"^(?P<indent> *)```[^\n]*\n(?P<body>.*?)^ *```", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)", re.MULTILINE)
_JSON_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_CONDITION = re.compile(r'\s*"Condition"\s*:')
_EFFECT = re.compile(r'"Effect\\*"')
"""What every statement has once, also in a string."""
_AROUND = {
    "statement": ('{"Version": "2012-10-17", "Statement": [', "]}"),
    "condition": (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": '
        '"*", ',
        "}}",
    ),
}
"""What makes a part of a policy a whole one, by its form."""


@dataclass(frozen=True)
class Example:
    """One policy of the guide. `form` says what stands there: a `policy`, a `statement`, a `condition` alone, or
    strings of a `program`."""

    source: Source
    kind: PolicyKind
    form: str

    @property
    def line(self) -> int:
        """The line of the page on which it begins."""
        start = len(self.source.text) - len(self.source.text.lstrip())
        return self.source.span(start + len(_around(self.form)[0]), len(self.source.text)).line

    @property
    def statements(self) -> int:
        """How many statements of the page it has."""
        return len(_EFFECT.findall(self.source.text)) - len(_EFFECT.findall(_around(self.form)[0]))


def pages(mirror: str) -> Iterator[Source]:
    """The pages of the guide, in the order of their names."""
    for name in _git(mirror, "ls-tree", "--name-only", f"{COMMIT}:doc_source").split():
        if name.endswith(".md"):
            yield Source(name, _git(mirror, "show", f"{COMMIT}:doc_source/{name}"))


def examples(page: Source) -> Iterator[Example]:
    """The policies of a page, in the order of its text."""
    for block in _FENCED.finditer(page.text):
        heading = _HEADING.findall(page.text, 0, block.start())[-1]
        for source, form in _documents(page, block.start("body"), block.end("body")):
            yield Example(source, _kind(source.text, heading), form)


def outcome(example: Example) -> tuple[Diagnostic, ...] | InputError:
    """The warnings about an example, or why it is refused."""
    try:
        return read_policy(example.source, example.kind, identity="guide", name="guide").warnings
    except InputError as error:
        return error


def _git(mirror: str, *arguments: str) -> str:
    return subprocess.run(["git", "-C", mirror, *arguments], capture_output=True, text=True, check=True).stdout


def _around(form: str) -> tuple[str, str]:
    return _AROUND.get(form, ("", ""))


def _kind(text: str, heading: str) -> PolicyKind:
    """What a policy is attached to: the headings of the guide say which are endpoint policies; trust policies speak of
    `sts`."""
    if "endpoint policy" in heading:
        return PolicyKind.ENDPOINT
    if '"sts:AssumeRole"' in text:
        return PolicyKind.TRUST
    return PolicyKind.KEY if '"Principal"' in text or '"NotPrincipal"' in text else PolicyKind.IDENTITY


def _documents(page: Source, start: int, end: int) -> Iterator[tuple[Source, str]]:
    """The policies in one block, each as a source of its own whose places are those of the page, with its form."""
    body = page.text[start:end]
    if _CONDITION.match(body):
        yield _wrapped(page, start, end, "condition"), "condition"
    elif re.match(r'\s*(//|#) .*\\"Statement\\"', body, re.DOTALL):
        yield _joined(page, start, end), "program"
    else:
        yield from _objects(page, start, end)
        yield from ((source, "policy") for source in _strings(page, start, end))


def _objects(page: Source, start: int, end: int) -> Iterator[tuple[Source, str]]:
    """The policies and the runs of statements among the JSON objects between two places."""
    position = page.text.find("{", start, end)
    while position >= 0:
        after = _balanced(page.text, position, end)
        form = _form(page.text[position:after])
        if form == "statement":
            after = _more(page.text, after, end)
        if form:
            yield _wrapped(page, position, after, form), form
        else:
            yield from _objects(page, position + 1, after)
        position = page.text.find("{", after, end)


def _strings(page: Source, start: int, end: int) -> Iterator[Source]:
    """The policies in JSON strings, as log records hold them."""
    for match in _JSON_STRING.finditer(page.text, start, end):
        if '\\"Statement\\"' in match[0] and match[0].startswith('"{'):
            yield nested_source(page, match.start(), match.end())


def _form(text: str) -> str | None:
    """What an object is by its own members. Where it is not JSON, by the first of the telling names in it."""
    try:
        members = set(json.loads(text))
    except ValueError:
        members = set(re.findall(r'"(Statement|Effect|Role|Records|Grants|eventVersion)"', text)[:1])
    return "policy" if "Statement" in members else "statement" if "Effect" in members else None


def _balanced(text: str, start: int, end: int) -> int:
    """The end of the object that begins at `start`; where its braces do not balance, the end of the block."""
    depth = 0
    for match in re.compile(r'"(?:\\.|[^"\\\n])*"|[{}]').finditer(text, start, end):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return end


def _more(text: str, after: int, end: int) -> int:
    """The end of the last of the statements that follow, separated by commas."""
    while match := re.compile(r"\s*,\s*(?=\{)").match(text, after, end):
        after = _balanced(text, match.end(), end)
    return after


def _wrapped(page: Source, start: int, end: int, form: str) -> Source:
    """The text between two places, made a whole policy of version 2012-10-17."""
    before, behind = _around(form)
    offsets = [start] * len(before) + list(range(start, end)) + [end] * (len(behind) + 1)
    return Source(page.name, before + page.text[start:end] + behind, page, offsets)


def _joined(page: Source, start: int, end: int) -> Source:
    """The strings of a program that together are the policy: from the one that opens it to the one that closes it."""
    pieces, offsets = [], []
    for match in _JSON_STRING.finditer(page.text, page.text.index('"{"', start, end), end):
        piece = nested_source(page, match.start(), match.end())
        pieces.append(piece.text)
        offsets += [piece.root_offset(index) for index in range(len(piece.text))]
        if piece.text == "}":
            break
    return Source(page.name, "".join(pieces), page, [*offsets, offsets[-1] + 1])


def told(example: Example, result: tuple[Diagnostic, ...] | InputError) -> Iterator[str]:
    """A line for an example, and one for each error or warning."""
    refused = isinstance(result, InputError)
    yield (
        f"{example.source.root().name}:{example.line}  {example.kind.value}, {example.form}  "
        f"{'REFUSED' if refused else 'read'}"
    )
    for entry in result.diagnostics if isinstance(result, InputError) else result:
        yield f"    {entry.severity.value} {entry.span}: {entry.message} [{entry.rule}]"


def summary(
    guide: Sequence[Source], results: Sequence[tuple[Example, tuple[Diagnostic, ...] | InputError]]
) -> Iterator[str]:
    """The counts. Statements on the pages that are in no example would have been passed over."""
    on_pages = sum(len(_EFFECT.findall(page.text)) for page in guide)
    yield f"{sum(example.statements for example, _ in results)} of the {on_pages} statements on {len(guide)} pages"
    counts: Counter[str] = Counter()
    for example, result in results:
        refused = isinstance(result, InputError)
        counts["refused" if refused else "read"] += 1
        counts["with a warning"] += not refused and bool(result)
        counts[f"as {example.kind.value}"] += 1
    yield f"{len(results)} examples: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def main() -> int:
    """Reads the command line. Exit code 1 if an example is refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("mirror")
    guide = list(pages(parser.parse_args().mirror))
    results = [(example, outcome(example)) for page in guide for example in examples(page)]
    for example, result in results:
        print("\n".join(told(example, result)))
    print("\n".join(summary(guide, results)))
    return int(any(isinstance(result, InputError) for _, result in results))


if __name__ == "__main__":
    raise SystemExit(main())
