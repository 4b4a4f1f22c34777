"""The list of faults of `make mutation`: it does not rot while the rooms change, and it leaves no rule out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.test_cases import LABELS
from tools.mutation_faults import ROOMS, ROOT, Edit, Fault, changed, load_exemptions, load_faults, places, problems
from tools.mutation_page import NOT_TRIED, page, rows_of
from tools.mutation_runs import NOTHING, Result, stages

FAULTS = load_faults()


def _named(fault: Fault) -> str:
    return f"{fault.label}: {fault.title}"


@pytest.mark.parametrize("fault", FAULTS, ids=_named)
def test_each_fault_can_be_made(fault: Fault) -> None:
    assert list(problems(ROOT, [fault])) == []


def test_the_page_tells_of_every_fault_in_every_place_and_of_no_other() -> None:
    told = rows_of((ROOT / "docs" / "mutation.md").read_text(encoding="utf-8"))
    assert told.keys() - {fault.name for fault in FAULTS} == set()
    assert {
        fault.name
        for fault in FAULTS
        for where in places(fault)
        if told.get(fault.name, {}).get(where, NOT_TRIED) == NOT_TRIED
    } == set()


def test_faults_are_told_apart() -> None:
    assert len({_named(fault) for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_rule_label_has_a_fault_in_each_room_or_a_reason(room: str) -> None:
    made = {fault.label for fault in FAULTS if room in fault.edits}
    excused = {exemption.label for exemption in load_exemptions()}
    assert made | excused == set(LABELS)
    assert made & excused == set()


def test_most_faults_are_made_in_both_rooms() -> None:
    both = {fault.label for fault in FAULTS if "both" in places(fault)}
    assert both | {exemption.label for exemption in load_exemptions()} == set(LABELS)


def test_every_exemption_has_a_reason() -> None:
    assert all(exemption.reason.strip() for exemption in load_exemptions())


# -- the tool --


def _fault(old: str, new: str, *more: Edit) -> Fault:
    return Fault("D1", "a fault", {"evaluate": (Edit("gate.py", old, new), *more)}, {})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for room in ROOMS:
        (tmp_path / "verifier" / room).mkdir(parents=True)
        (tmp_path / "verifier" / room / "gate.py").write_text("first = True\nsecond = True\n", encoding="utf-8")
    return tmp_path


def test_a_fault_changes_its_text_alone(tree: Path) -> None:
    gate = tree / "verifier" / "evaluate" / "gate.py"
    assert changed(tree, _fault("first = True", "first = False"), "evaluate") == {
        gate: "first = False\nsecond = True\n"
    }
    assert gate.read_text(encoding="utf-8") == "first = True\nsecond = True\n"


def test_several_texts_of_one_file_are_changed_together(tree: Path) -> None:
    fault = _fault("first = True", "first = False", Edit("gate.py", "second = True", "second = False"))
    assert list(changed(tree, fault, "evaluate").values()) == ["first = False\nsecond = False\n"]


def test_a_fault_in_both_rooms_changes_both(tree: Path) -> None:
    edits = (Edit("gate.py", "first = True", "first = False"),)
    fault = Fault("D1", "a fault", dict.fromkeys(ROOMS, edits), {})
    assert list(places(fault)) == ["evaluate", "problem", "both"]
    assert [path.parent.name for path in changed(tree, fault, "both")] == list(ROOMS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= True", "= False"),
        ("third", "fourth"),
        ("first = True", "first = True"),
        ("first = True", "first = ("),
        ("first = True", "first = other"),
    ],
    ids=["twice", "nowhere", "unchanged", "not Python", "no such name"],
)
def test_a_fault_that_cannot_be_made_is_told(tree: Path, old: str, new: str) -> None:
    with pytest.raises(ValueError, match=r"D1 \(a fault\)"):
        changed(tree, _fault(old, new), "evaluate")
    assert len(list(problems(tree, [_fault(old, new)]))) == 1


def test_a_missing_file_is_told(tree: Path) -> None:
    fault = Fault("D1", "a fault", {"problem": (Edit("gone.py", "a", "b"),)}, {})
    assert len(list(problems(tree, [fault]))) == 1


def test_the_cases_of_the_rule_are_asked_first_and_then_everything() -> None:
    first, *others = stages("V", "evaluate")
    assert first.only
    assert all(name.startswith(tuple("abcdefghijklmnopqrstuvwxyz")) for name in first.only)
    assert [stage.only for stage in others] == [()] * len(others)
    assert [stage.paths[0] for stage in others] == ["tests/test_cases.py", "tests/test_agreement.py", "tests/evaluate"]


def test_agreement_is_not_asked_about_the_same_fault_in_both_rooms() -> None:
    assert all("agreement" not in stage.name for stage in stages("V", "both"))
    assert {path for stage in stages("V", "both") for path in stage.paths} >= {"tests/evaluate", "tests/problem"}


def test_without_a_fault_all_tests_are_run() -> None:
    assert list(places(NOTHING)) == ["evaluate", "problem", "both"]
    assert changed(ROOT, NOTHING, "both") == {}
    assert all(not stage.only for stage in stages(NOTHING.label, "problem"))


SURVIVOR = Fault("P1", "one that survives", {"evaluate": (), "problem": ()}, {"both": "no page tells it"})


def test_what_is_expected() -> None:
    assert Result(SURVIVOR, "evaluate", "agreement").expected
    assert not Result(SURVIVOR, "evaluate", "").expected
    assert Result(SURVIVOR, "both", "").expected
    assert not Result(SURVIVOR, "both", "unit tests").expected
    assert not Result(SURVIVOR, "evaluate", "agreement", broken=True).expected


REST = Fault("ask", "one elsewhere", {"verifier": ()}, {}, ("tests/verify/test_verdicts.py",))


def test_a_fault_outside_the_rooms_is_in_one_place(tree: Path) -> None:
    fault = replace(REST, edits={"verifier": (Edit("evaluate/gate.py", "first = True", "first = False"),)})
    assert list(places(fault)) == ["verifier"]
    assert list(changed(tree, fault, "verifier").values()) == ["first = False\nsecond = True\n"]


def test_the_tests_that_a_fault_names_are_there() -> None:
    named = {path for fault in FAULTS for path in fault.tests}
    assert named and {path for path in named if not (ROOT / path).exists()} == set()
    assert [_named(fault) for fault in FAULTS if ("verifier" in fault.edits) is not bool(fault.tests)] == []


def test_a_page_keeps_what_it_says_of_other_faults_and_its_runs() -> None:
    one, other = (next(fault for fault in FAULTS if bool(fault.tests) is rest) for rest in (False, True))
    first = page([Result(one, "evaluate", "cited cases"), Result(other, "verifier", "")])
    noted = first.replace("## All faults", "## Runs\n\nOne.\n\n## All faults")
    second = page([Result(one, "problem", "agreement"), Result(other, "verifier", "tests/x.py::test_y")], noted)
    assert "3 faults were tried: 3 were seen, 0 survived." in second
    assert f"| {one.label} | {one.title} | cited cases | agreement | – |" in second
    assert f"| {other.label} | {other.title} | tests/x.py::test_y |" in second
    assert "## Runs\n\nOne.\n\n## All faults" in second


def test_the_page_names_survivors_with_their_reasons() -> None:
    seen = Fault("D1", "one that is seen", {"evaluate": ()}, {})
    results = [
        Result(SURVIVOR, "evaluate", "agreement"),
        Result(SURVIVOR, "both", ""),
        Result(seen, "evaluate", "cited cases"),
    ]
    text = page(results)
    assert "3 faults were tried: 2 were seen, 1 survived." in text
    assert "- **P1**, one that survives, in both: no page tells it" in text
    assert "| P1 | one that survives | agreement | – | **survives** |" in text
    assert "| D1 | one that is seen | cited cases | – | – |" in text
    assert all(exemption.label in text for exemption in load_exemptions())
