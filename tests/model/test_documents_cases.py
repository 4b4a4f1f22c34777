"""Each case is a policy document (`LABEL-what.KIND.json`) beside everything that is said about it (`….txt`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.language.policies.documents import read_policy
from verifier.model.policy import PolicyKind
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source

CASES = sorted((Path(__file__).parent / "documents_cases").glob("*.json"))


def diagnostics_of(path: Path) -> tuple[Diagnostic, ...]:
    kind = PolicyKind[path.suffixes[0].removeprefix(".").upper()]
    try:
        policy = read_policy(Source("policy.json", path.read_bytes().decode()), kind, identity="i", name="n")
    except InputError as error:
        return error.diagnostics
    return policy.warnings


def told(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    assert span is not None
    hint = f" -- {diagnostic.hint}" if diagnostic.hint else ""
    place = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"
    return f"{place}: {diagnostic.severity.value} {diagnostic.rule}: {diagnostic.message}{hint}\n"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_document_case(path: Path) -> None:
    said = "".join(told(diagnostic) for diagnostic in diagnostics_of(path))
    assert said == path.with_suffix(".txt").read_text()


def test_there_are_cases() -> None:
    assert len(CASES) > 50
