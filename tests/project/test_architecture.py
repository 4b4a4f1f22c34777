"""docs/architecture.md: its picture is that of the imports, the files that it names are there, and what verdicts rest
on stays readable."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from typing import get_type_hints

import grimp
import pytest

from tools.architecture import PAGE, PICTURE, ROOT, entered, imported, listed, picture, trusted

TEXT = PAGE.read_text("utf-8")
GRAPH = grimp.build_graph("verifier", exclude_type_checking_imports=True, cache_dir=None)
DECIDING = (
    "verifier.evaluate.engine",
    "verifier.language.policies.documents",
    "verifier.problem.rules",
    "verifier.recheck.check",
)
STEPPING = ("verifier.evaluate.steps", "verifier.recheck.eventually")


def modules(files: dict[str, int]) -> set[str]:
    """The modules of some files; those of folders alone, which hold a docstring, aside."""
    named = {name.removesuffix(".py").replace("/", ".") for name in files if name.endswith(".py")}
    return {name for name in named if not name.endswith(".__init__")}


def below(*roots: str) -> set[str]:
    """What modules import, directly or by way of others, and themselves."""
    return {*roots}.union(*(GRAPH.find_upstream_modules(root) for root in roots)) - {"verifier.evaluate.steps"}


def test_the_picture_is_that_of_the_imports() -> None:
    drawn = PICTURE.search(TEXT)
    assert drawn and drawn.group() == picture(), "python tools/architecture.py --write draws it anew"


def test_the_files_that_the_walk_names_are_there() -> None:
    named = [
        name
        for name in re.findall(r"`([a-z]+/[\w/*]+\.py)`", TEXT.partition("## What a sceptic")[0])
        if not name.startswith("tools/")
    ]
    assert len(named) >= 12
    assert [
        name
        for name in named
        if not list((ROOT / "verifier").glob(name)) and not list((ROOT / "verifier" / "problem").glob(name))
    ] == []


def test_what_verdicts_rest_on_has_fewer_lines_than_the_page_says() -> None:
    limit = re.search(r"fewer than ([\d,]+) lines", TEXT)
    assert limit and sum(trusted(TEXT).values()) < int(limit.group(1).replace(",", ""))


def test_of_verdicts_about_requests_steps_decide_nothing() -> None:
    every, steps, built_on = trusted(TEXT), listed(TEXT, "trusted of steps"), modules(listed(TEXT, "built on"))
    assert modules(every) - modules(steps) == below(*DECIDING) - built_on
    limit = re.search(r"fewer than ([\d,]+) of them bear on verdicts about requests", TEXT)
    assert limit and sum(every.values()) - sum(steps.values()) < int(limit.group(1).replace(",", ""))


def test_what_verdicts_rest_on_and_what_that_is_built_on_is_all_that_it_imports() -> None:
    """So nothing that only remarks on a request, shows, or looks for a candidate has a part in a verdict."""
    counted, built_on = modules(trusted(TEXT)), modules(listed(TEXT, "built on"))
    assert below(*DECIDING, *STEPPING) == counted | built_on
    assert not counted & built_on and len(counted) > 90


def test_checks_of_a_policy_change_nothing_of_what_is_read() -> None:
    """What reads a policy uses checks that return nothing: they can refuse it, or warn, and no more. `counted_size`
    decides nothing."""
    counted = modules(trusted(TEXT))
    reading = [import_module(name) for name in sorted(counted) if name.startswith("verifier.language.policies.")]
    found = [(module, one) for module in reading for one in vars(module).values() if inspect.isfunction(one)]
    checks = {
        one
        for module, one in found
        if one.__module__.startswith("verifier.language.policies.") and one.__module__ not in counted
    }
    assert len(checks) >= 9
    assert {one.__name__ for one in checks if get_type_hints(one)["return"] is not type(None)} == {"counted_size"}


def test_a_name_that_no_file_has_is_an_error() -> None:
    with pytest.raises(ValueError, match="no file is named"):
        trusted("<!-- trusted --> `verifier/model/nothing.py` <!-- end -->")


def test_one_proof_does_not_enter_more_files_than_it_did() -> None:
    files, functions = entered()
    assert 50 < files <= 112 and files < functions
    assert imported() <= 104
