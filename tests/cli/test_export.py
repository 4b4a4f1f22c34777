"""`verifier export`: formulas that z3 and cvc5 accept, and that say what the verifier says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.families import INVARIANTS, KEY, overlap_problems, random_policy
from tests.cli.conftest import Run
from verifier.model.choices import Engine
from verifier.model.results.verdict import Status
from verifier.solve.session import Sat, Undecided, Unsat
from verifier.solve.string_solvers import solver_answer
from verifier.verify.export import export
from verifier.verify.proving import prove

GRANTS = 'invariant "no grant":\n  no grant that allows kms:Decrypt names a caller outside prod\n'
SAID = {Sat: Status.REFUTED, Unsat: Status.PROVED}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (tmp_path / "policy.json").write_text(json.dumps(random_policy(3, 6)))
    (tmp_path / "rules.inv").write_text(
        INVARIANTS + 'invariant "no grant":\n  no grant that allows kms:Decrypt names a caller outside prod\n'
    )
    return tmp_path / "policy.json"


def test_each_question_is_a_file_that_cvc5_answers_as_the_verifier_does(run: Run, policy: Path) -> None:
    folder = policy.parent / "formulas"
    result = run("export", str(policy), "--smtlib", "--directory", str(folder), "--key-arn", KEY)
    assert result.code == 3 and "'no grant' on" in result.err and result.out == ""
    verdicts = json.loads(run("prove", str(policy), "--key-arn", KEY, "--output", "json").out)["verdicts"]
    files = sorted(folder.iterdir())
    assert [re.sub(r"^\d+-|-key-.*", "", file.name) for file in files][:2] == [
        "nobody-deletes-it",
        "no-other-account-deletes-it",
    ]
    for file, verdict in zip(files, verdicts, strict=False):
        said = solver_answer(Engine.CVC5_STRINGS, file.read_text(), 20)
        assert SAID[type(said)].value == verdict["status"]


def test_z3_accepts_every_formula_and_contradicts_none() -> None:
    answered = 0
    for problem in overlap_problems(4):
        (exported,) = export(problem.estate, problem.invariants, {})
        (verdict,) = prove(problem.estate, problem.invariants).verdicts
        assert exported.text is not None
        said = solver_answer(Engine.Z3_STRINGS, exported.text, 20)
        assert not isinstance(said, Undecided) and SAID[type(said)] is verdict.status
        answered += 1
    assert answered == 4


def test_on_stdout_the_formulas_are_one_stream(run: Run, policy: Path) -> None:
    result = run("export", str(policy), "--smtlib", "--key-arn", KEY, "--reading", "P5=no")
    assert result.out.count("(reset)") == 4 and result.out.count("(check-sat)") == 5
    assert result.out.count("; the reading P5 is held at no") == 5
    assert result.out.isascii()


def test_a_name_cannot_leave_its_comment(run: Run, policy: Path) -> None:
    (policy.parent / "rules.inv").write_text(
        INVARIANTS.replace("nobody deletes it", "x\u2028(assert false)\u0085(exit)\u202e")
    )
    out = run("export", str(policy), "--smtlib", "--key-arn", KEY).out
    assert out.isascii()
    assert all(line.startswith(("(", "; ")) for line in out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--smtlib"),
        (("--smtlib", "--reading", "P9=no"), "P9"),
        (("--smtlib", "--directory", "{}/policy.json/x"), "cannot write"),
    ],
)
def test_usage_errors(run: Run, policy: Path, arguments: tuple[str, ...], told: str) -> None:
    result = run("export", str(policy), "--key-arn", KEY, *(argument.format(policy.parent) for argument in arguments))
    assert result.code == 2 and told in result.err


def test_s3_nothing_to_write_is_an_error(run: Run, policy: Path) -> None:
    (policy.parent / "rules.inv").write_text("account prod = 111122223333\n" + GRANTS)
    result = run("export", str(policy), "--smtlib", "--key-arn", KEY)
    assert result.code == 2 and "S3" in result.err
