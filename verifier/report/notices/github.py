"""Notices → annotations of a pull request: the workflow commands of GitHub Actions.

In: `Notices`. Out: lines `::error file=…,line=…::…`. Guarantee: a notice is one line, and no text of the input can end
its line, its property or begin another command (`%`, line ends, and in properties `:` and `,` are escaped; other
controls are written as `\\x1b`). https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from verifier.report.notices.notices import Notice, NoticeLevel, Notices, place
from verifier.syntax.source import Span
from verifier.syntax.text import printable

_SHOWN = 10
"""Annotations of a level that GitHub shows of a step."""
_COMMANDS = {NoticeLevel.ERROR: "error", NoticeLevel.WARNING: "warning", NoticeLevel.NOTE: "notice"}


def render_github(notices: Notices) -> str:
    """An annotation with the counts, one for each thing that was concluded (S4), and one for each notice; with a final
    newline. The counts come first: what is beyond the first ten of a level GitHub does not show."""
    level = NoticeLevel.NOTE if notices.exit_code == 0 else NoticeLevel.ERROR
    counts = Counter(
        [level, *([NoticeLevel.NOTE] * len(notices.concluded)), *(notice.level for notice in notices.notices)]
    )
    more = f"; GitHub shows {_SHOWN} annotations of a level, the log has all" if max(counts.values()) > _SHOWN else ""
    summary = (
        f"::{_COMMANDS[level]} title=kms-verifier::{_data(f'{notices.summary}; exit code {notices.exit_code}{more}')}"
    )
    supposed = [f"::notice title=kms-verifier supposes::{_data(text)}" for text in notices.concluded]
    return "\n".join([summary, *supposed, *map(_annotation, notices.notices)]) + "\n"


def _annotation(notice: Notice) -> str:
    properties = [*_where(notice.span), ("title", notice.title)]
    written = ",".join(f"{name}={_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in properties)
    return f"::{_COMMANDS[notice.level]} {written}::{_data(notice.message + notice.excused)}"


def _where(span: Span) -> Iterator[tuple[str, str]]:
    found = place(span)
    if found is None:
        return
    yield "file", found.path
    if found.region is not None:
        yield "line", str(span.line)
        yield "endLine", str(span.end_line)
        if span.line == span.end_line:  # columns are taken for one line alone
            yield "col", str(span.column)
            yield "endColumn", str(span.end_column)


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
