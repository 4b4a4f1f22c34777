"""Query sets, engines that take turns, and what is told of a run."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from verifier.bench.answering import answered
from verifier.bench.families import FAMILIES, overlapping_queries, statement_queries
from verifier.bench.plots import html_of
from verifier.bench.queries import Query
from verifier.bench.records import AnswerCounts, Clock, EngineAnswer, EngineRun, Machine, Run
from verifier.bench.running import QueryContradiction, _agree
from verifier.bench.sets import QueryFolders, collect_queries
from verifier.bench.tables import against, by_family, csv_of, geometric, json_of, saved_run, tables_text
from verifier.model.choices import Engine
from verifier.syntax.diagnostic import InputError

MACHINE = Machine("Linux", "a processor", 2, 1024, "3.11.7", (("verifier", "0.1.0"),), 0.0)
RESULTS = (
    EngineRun("sat", "q1", "family", 8, EngineAnswer.SAT, (1.0, 2.0, 3.0), AnswerCounts(10, 5, 7, 1, 1)),
    EngineRun("cvc5-strings", "q1", "family", 8, EngineAnswer.SAT, (8.0,)),
    EngineRun("sat", "q2", "family", 16, EngineAnswer.UNSAT, (4.0,)),
    EngineRun("cvc5-strings", "q2", "family", 16, EngineAnswer.TIMEOUT, note="=cmd()<script>alert(1)</script>\x1b[31m"),
)
RUN = Run(
    ("families",),
    ("sat", "cvc5-strings"),
    3,
    2.0,
    "2026-01-01T00:00:00+00:00",
    MACHINE,
    RESULTS,
    (("sat", 60.0),),
    ("a file: no policy",),
)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_each_small_query_has_the_answer_that_its_family_says(family: str) -> None:
    """By both engines on classes; for the larger ones the benchmark itself tells."""
    asked: dict[str, Query] = {}
    for query in FAMILIES[family]():
        asked.setdefault(query.family if family != "adversarial" else query.name, query)
    for query in asked.values():
        said = {engine: answered(query, engine, 20)[0] for engine in (Engine.SAT, Engine.Z3)}
        if query.name == "adversarial-product":  # more classes than any budget: no answer is an honest one
            assert EngineAnswer.SAT not in said.values()
            continue
        assert len(set(said.values())) == 1 and all(answer.answered for answer in said.values()), (query.name, said)
        if query.family.endswith("-unsat"):
            assert set(said.values()) == {EngineAnswer.UNSAT}, query.name
        elif family != "statements" and query.family.endswith("-sat"):
            assert set(said.values()) == {EngineAnswer.SAT}, query.name


def test_the_same_arguments_give_the_same_queries() -> None:
    assert [(q.name, q.estate, q.invariant) for q in statement_queries((8,), 2)] == [
        (q.name, q.estate, q.invariant) for q in statement_queries((8,), 2)
    ]
    assert [query.size for query in overlapping_queries((3, 5))] == [3, 3, 5, 5]


def test_a_set_that_does_not_exist_and_folders_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no query set `nothing`"):
        collect_queries(["nothing"], QueryFolders())
    with pytest.raises(InputError, match="nothing to ask"):
        collect_queries(["examples", "corpus"], QueryFolders(tmp_path, tmp_path))
    found = collect_queries(["scp-levels", "corpus"], QueryFolders(tmp_path, tmp_path))
    assert found.queries and any("is not there" in reason for reason in found.skipped)
    with pytest.raises(InputError, match="`corpus` needs `--corpus FOLDER`"):
        collect_queries(["scp-levels", "corpus"], QueryFolders(tmp_path))
    assert "the corpus: `--corpus FOLDER` was not given" in collect_queries(["all"], QueryFolders(tmp_path)).skipped


def test_the_corpus_is_managed_policies_key_policies_and_templates(tmp_path: Path) -> None:
    """A managed policy that AWS has withdrawn has no ARN in the data, and is asked about all the same; what is no
    policy is told."""
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    trusting = {**statement, "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [trusting]}}}
    files = {
        "managed-policies/a/Withdrawn.json": {
            "arn": None,
            "document": {"Version": "2012-10-17", "Statement": [statement]},
        },
        "managed-policies/a/Nothing.json": [],
        "kms-json/key.json": {"Version": "2012-10-17", "Statement": [trusting]},
        "kms-cfn/a/two.json": {"Resources": {"One": key, "Two": key}},
        "kms-cfn/a/none.json": {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}},
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    found = collect_queries(["corpus"], QueryFolders(tmp_path, tmp_path))
    assert [query.family for query in found.queries] == ["managed-policies", "key-policies", "templates", "templates"]
    assert {answered(query, Engine.SAT, 20)[0] for query in found.queries} == {EngineAnswer.SAT}
    assert [reason.partition(":")[0] for reason in found.skipped] == ["Nothing.json", "none.json"]


def test_the_many_are_over_two_thousand_and_the_hundred_a_hundred() -> None:
    from verifier.bench.sets import SETS

    assert len(SETS["hundred"](QueryFolders()).queries) == 100
    assert len({query.name for query in SETS["many"](QueryFolders()).queries}) >= 2000


# -- figures --


def test_ratios_are_on_what_both_answered_and_timeouts_are_no_times() -> None:
    first, second = by_family(RUN)
    assert (first.answered, first.queries, first.timeouts, first.ratio) == (2, 2, 0, 1.0)
    assert first.mean == pytest.approx((2 * 4) ** 0.5) and first.middle == 3.0
    assert (second.answered, second.queries, second.timeouts, second.ratio) == (1, 2, 1, 4.0)
    assert geometric([]) is None and geometric([2.0, 8.0]) == pytest.approx(4)


def test_a_saved_run_is_read_back_and_compared_with(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json_of(RUN))
    assert saved_run(path) == RUN
    slower = replace(
        RUN, results=(replace(RESULTS[0], times=(4.0,)), replace(RESULTS[2], answer=EngineAnswer.SAT), *RESULTS[1::2])
    )
    shift = against(slower, RUN)[0]
    assert shift.ratio == pytest.approx(2**0.5) and shift.changed == ("q2: unsat → sat",)
    assert "slower" in tables_text(slower, RUN)
    assert "slower" in html_of(slower, RUN) and "slower" not in html_of(slower)
    for text in ("{}", "not json", json_of(RUN).replace("kms-verifier/bench", "other")):
        path.write_text(text)
        with pytest.raises(InputError):
            saved_run(path)


def test_a_busy_machine_is_told_and_so_is_the_clock() -> None:
    busy = replace(RUN, machine=replace(MACHINE, load=1.5), clock=Clock.CPU)
    for told in (tables_text(busy), html_of(busy)):
        assert "other work ran" in told and "too long" not in told and "processor" in told
    assert "too long" in tables_text(replace(busy, clock=Clock.WALL))
    assert "other work ran" not in tables_text(RUN) and "clock on the wall" in tables_text(RUN)


def test_text_has_no_escapes_of_its_input_and_csv_no_formulas() -> None:
    hostile = replace(RUN, results=tuple(replace(result, family="x\x1b[31m") for result in RESULTS))
    assert "\x1b" not in tables_text(hostile)
    rows = list(csv.reader(io.StringIO(csv_of(RUN))))
    assert len(rows) == 5 and rows[4][-1].startswith("'=cmd")


def test_the_page_is_self_contained_and_escapes_what_it_shows() -> None:
    hostile = replace(RUN, results=tuple(replace(result, family="<script>alert(1)</script>") for result in RESULTS))
    page = html_of(hostile)
    assert "<script" not in page and "&lt;script&gt;" in page and "default-src 'none'" in page
    for part in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>")
    assert page.count("<svg") == 3
    dots = page.rsplit("<svg", 1)[1].count("<circle")
    assert dots == 2, "what was not answered in time is shown as well"


def test_two_answers_that_contradict_each_other_are_an_error() -> None:
    query = next(iter(statement_queries((2,), 1)))
    _agree(
        query, {Engine.SAT: EngineAnswer.SAT, Engine.Z3: EngineAnswer.TIMEOUT, Engine.CVC5_STRINGS: EngineAnswer.SAT}
    )
    with pytest.raises(QueryContradiction, match="sat says sat, z3 says unsat"):
        _agree(query, {Engine.SAT: EngineAnswer.SAT, Engine.Z3: EngineAnswer.UNSAT})
