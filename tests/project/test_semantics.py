"""docs/semantics.md: every label that code, pages or tests cite is a rule of it, and every rule has tests, which it
names.

`UPDATE_GOLDEN=1 .venv/bin/pytest tests/project/test_semantics.py` writes the lines *Tests* anew.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest

from verifier.model.readings import READINGS
from verifier.model.rules import rules

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "semantics.md"
TEXTS = tuple(
    path
    for folder in ("verifier", "docs", "grammar", "tests", "tools", "examples", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in (".py", ".md", ".yaml", ".toml", ".lark", ".inv", ".sh") and path != Path(__file__).resolve()
) + tuple(sorted(ROOT.glob("*.md")))
LABEL = re.compile(r"(?<![\w/.:#-])[SRLPCDVUGFWE]\d{1,2}[a-z]?(?!\w)")
OTHERS = {"C0", "P9", "P55", "P99", "R29", "S0"}
"""What tests call other things, or give for a label that does not exist."""
EMITTED = re.compile(r'(?:(?:Finding|Reason|Assumption|LintRule)\(\s*|\brule=|\breturn )"([A-Z]\d?[a-z]?)"')
ELSEWHERE = re.compile(
    r"design\.md|ux\.md|shared/[sd]|\.\./(?:shared|corpus)|\bissue \d"
    r"|(?<![/\"(\[])\bsemantics\.md|(?<!\d, )\bsections? [1-9]\b(?!\.)"
)
AT_HAND = {
    "tests/inputs/test_cloudformation.py": "its tests on collected templates run where these are at hand",
    "tests/project/test_plumbing.py": "`.ci/run` lets tests be skipped for that reason alone",
}
"""Files that may name `../shared`, and why."""


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def files_of(label: str) -> list[str]:
    """The files of cases about a rule; where there are none, the modules of tests that cite it, in the first line if
    there are such."""
    about = re.compile(rf"^rules: \[(?:.*, )?{label}[,\]]", re.MULTILINE)
    cases = [name(path) for path in TEXTS if path.parent == ROOT / "tests" / "cases" and about.search(text(path))]
    cited = re.compile(rf"\b{label}\b")
    modules = (
        [path for path in TEXTS if path.name.startswith("test_") and path.suffix == ".py" and cited.search(text(path))]
        if not cases
        else []
    )
    return (
        cases
        or [name(path) for path in modules if cited.search(text(path).partition("\n")[0])]
        or list(map(name, modules))
    )


def written_lines() -> Iterator[tuple[str, str]]:
    for label in rules():
        names = ", ".join(f"`{found.removeprefix('tests/')}`" for found in files_of(label)) or "none"
        yield label, textwrap.fill(f"Tests: {names}", 150, break_long_words=False, break_on_hyphens=False)


def _with_line(line: str, section: re.Match[str]) -> str:
    return section[1] + line


@pytest.fixture(scope="module", autouse=True)
def _updated() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        written = text(PAGE)
        for label, line in written_lines():
            section = rf"(?s)(\n### {label}\n.*?\n\n)Tests: .*?(?=\n\n|\n\Z)"
            written = re.sub(section, partial(_with_line, line), written, count=1)
        PAGE.write_text(written, encoding="utf-8")
        text.cache_clear()
        rules.cache_clear()


def test_every_heading_is_a_rule_that_can_be_read() -> None:
    assert list(rules()) == re.findall(r"^### (.*)$", text(PAGE), re.MULTILINE)
    assert [rule.label for rule in rules().values() if not rule.text.startswith(f"**{rule.title.split()[0]}")] == []


def test_every_rule_names_its_tests_and_has_some() -> None:
    assert {label: list(rule.tests) for label, rule in rules().items()} == {label: files_of(label) for label in rules()}
    assert [label for label, rule in rules().items() if not rule.tests] == []


def test_every_label_is_a_rule() -> None:
    cited = {(label, name(path)) for path in TEXTS for label in LABEL.findall(text(path)) if label not in OTHERS}
    assert sorted((label, where) for label, where in cited if label not in rules()) == []
    emitted = {label for path in TEXTS if name(path).startswith("verifier/") for label in EMITTED.findall(text(path))}
    assert emitted <= rules().keys() and {"C", "V"} <= emitted


def test_every_rule_cites_aws_or_says_that_it_is_the_projects() -> None:
    pages = [source for rule in rules().values() for source in rule.sources if source.text != "the project"]
    assert [source.text for source in pages if not (source.url or "").startswith("https://docs.aws.amazon.com/")] == []


def test_every_open_question_stands_in_its_rule() -> None:
    assert [
        reading.label
        for reading in READINGS
        if f"◇\n`{reading.label}`" not in rules()[reading.rule].text.replace("◇ ", "◇\n")
    ] == []
    assert set(re.findall(r"◇\s`(.+?)`", text(PAGE))) == {reading.label for reading in READINGS}


def test_nothing_cites_what_a_reader_does_not_have() -> None:
    cited = {name(path): found for path in TEXTS if (found := ELSEWHERE.findall(text(path)))}
    assert {path: found for path, found in cited.items() if path not in AT_HAND} == {}
    assert {found for path in AT_HAND for found in cited[path]} == {"../shared"}
