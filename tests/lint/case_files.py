"""Cases of the linter: a policy beside the findings that it must have, all of them and no others.

In: `tests/lint/cases/*.yaml`, a document a case. Out: `LintCase`s. Guarantee: a member that this module does not know
is an error.

The input of a case is told as in `tests/cases/README.md` (`key_policy`, `policy`, `keys`, `inventory`, …). `expect`
lists the findings: `rule`, `statement` (its index, left out for the document), `at` (how the text at the place begins),
and as far as wanted `policy` (its name), `severity`, `evidence` (`proof` or `witness`), `says` (a part of the message),
`rests_on` (indices of statements), `rewrite` (the claim) and `becomes` (members of the rewritten statement).
`undecided` lists rules whose questions stay open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.case_format import Case
from tests.yaml_files import documents
from verifier.model.estate import Estate

CASES = Path(__file__).parent / "cases"
_INPUT = {
    "key_arn",
    "key_policy",
    "policy",
    "policy_text",
    "keys",
    "snapshot",
    "inventory",
    "organization",
    "vpc_endpoints",
    "grants",
}
_OWN = {"title", "expect", "undecided"}
_EXPECTED = {"rule", "statement", "policy", "severity", "at", "evidence", "says", "rests_on", "rewrite", "becomes"}


@dataclass(frozen=True)
class LintCase:
    """One case: `expect` are the findings, `undecided` the rules (or `None`) of what is not decided."""

    name: str
    title: str
    document: Mapping[str, Any]
    expect: tuple[Mapping[str, Any], ...]
    undecided: tuple[str | None, ...]

    def load(self, folder: Path) -> tuple[Estate, str]:
        """The estate that the input describes, and the text of the file that it was read from."""
        import verifier

        written = Case(self.name, self.title, (), self.document, (), (), None, ())
        path = written.write(folder)
        return verifier.load(path, key_arn=written.key_arn if written.is_single_policy else None), path.read_text(
            encoding="utf-8"
        )


def load_cases() -> Iterator[LintCase]:
    """Every case, in order of files."""
    for path in sorted(CASES.glob("*.yaml")):
        for index, document in enumerate(documents(path), start=1):
            yield _case(f"{path.stem}-{index}", document)


def _case(name: str, document: Mapping[str, Any]) -> LintCase:
    unknown = [set(document) - _INPUT - _OWN, *(set(one) - _EXPECTED for one in document["expect"])]
    if any(unknown):
        raise ValueError(f"{name}: unknown members {unknown}")
    given = {member: value for member, value in document.items() if member in _INPUT}
    return LintCase(name, document["title"], given, tuple(document["expect"]), tuple(document.get("undecided", ())))
