"""The README and docs: links lead somewhere, every page is in the site, KMS accepts the keys that AWS CLI commands
name.

`make docs` checks links as well, and what is generated; this is for those who have changed a page and not built the
site.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from botocore.loaders import Loader

from tests.project.shown import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
ON_ALIAS = {
    command
    for page in PAGES
    for command in re.findall(r"aws kms ([\w-]+) [^\n|>]*--key-id alias/", page.read_text(encoding="utf-8"))
}


def test_some_command_is_on_an_alias() -> None:
    assert "describe-key" in ON_ALIAS


@pytest.mark.parametrize("command", sorted(ON_ALIAS))
def test_a_key_is_named_by_its_alias_only_where_the_operation_takes_one(command: str) -> None:
    """API Reference: `KeyId` of most operations that read a key's settings is a key ID or key ARN, and no alias
    (R4)."""
    model = Loader().load_service_model("kms", "service-2")
    operation = "".join(word.capitalize() for word in command.split("-"))
    members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
    assert "alias name" in members["KeyId"]["documentation"]


def _page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _anchors(text: str) -> set[str]:
    """The anchors of a page, as GitHub and the site make them of its headings."""
    headings = re.findall(
        r"^#+ (.+?) *$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    plain = (re.sub(r"\]\([^)]*\)", "", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize(
    "page",
    [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"))],
)
def test_links_lead_somewhere(page: Path) -> None:
    wrong = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if link.startswith("https://") or target.is_relative_to(ROOT / "docs" / "reference"):  # the latter is generated
            continue
        if not target.exists() or (anchor and anchor not in _anchors(target.read_text(encoding="utf-8"))):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize(
    "page", [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))], ids=lambda page: page.name
)
def test_files_of_the_repository_that_a_page_names_are_there(page: Path) -> None:
    """Paths from the root of the project, and modules; `*` stands for some."""
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:verifier|tests|tools|grammar|benchmarks)/[\w*./-]+)`", text)
    paths += [f"{name.replace('.', '/')}*" for name in re.findall(r"`(verifier(?:\.[a-z_]+){2,})`", text)]
    assert [path for path in paths if not _is_there(path)] == []


def _is_there(path: str) -> bool:
    """Also a name that a module or a package has."""
    above = path.rpartition("/")[0]
    return any(ROOT.glob(path)) or (path.endswith("*") and any(ROOT.glob(f"{above}.py")))


def test_every_page_is_in_the_site() -> None:
    listed = set(re.findall(r"(?:- |: )([\w/-]+\.md)$", _page("mkdocs.yml"), re.MULTILINE))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert pages - listed == set(), "name the page in the nav of mkdocs.yml"


def test_the_comparison_has_our_own_answers() -> None:
    """Those of docs/eight-policies.md, which tests/project/test_eight_policies.py holds against the program."""
    row = re.compile(r"^\| `([\w.-]+json)` \| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
    truth = {name: inside for name, inside, _ in row.findall(_page("docs/eight-policies.md"))}
    assert {name: ours for name, _, ours in row.findall(_page("docs/comparison.md"))} == truth
    assert len(truth) == 9
