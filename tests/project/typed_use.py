"""What a user writes with the Python API, held by mypy against the installed package (tests/project/test_typing.py); it
is not run."""

from __future__ import annotations

from typing import Any, assert_type

import verifier

POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}

estate = verifier.loads(POLICY, account="111122223333")
assert_type(estate, verifier.Estate)
assert_type(verifier.load("snapshot.yaml", "plan.json", region="us-west-2"), verifier.Estate)
sentences = verifier.invariants_from({"none": "nobody can kms:Decrypt"}, 'invariant "x": nobody can kms:Encrypt')
report = verifier.prove(estate, [*sentences, verifier.builtin("no-external-access")], timeout=5, readings={"P5": True})
assert_type(report, verifier.Report)
assert_type(verifier.check("verifier.toml"), verifier.Report)
for verdict in report.verdicts:
    assert_type(verdict, verifier.Verdict)
    assert_type(verdict.status, verifier.Status)
    assert_type(report.name_of(verdict.target), str)
    if verdict.counterexample is not None:
        assert_type(verdict.counterexample.request, verifier.Request)
        assert_type(verdict.counterexample.request.caller.kind, verifier.CallerKind)

decision = verifier.decide(
    estate, {"principal": "arn:aws:iam::111122223333:role/api", "action": "kms:Decrypt", "resource": "payments"}
)
assert_type(decision, verifier.Decision)
assert_type(decision.outcome, verifier.Outcome)
comparison = verifier.compare(
    estate, estate, allow=verifier.allowances_from('allow "x": role/api in 111122223333 can kms:Decrypt')
)
assert_type(comparison, verifier.Comparison)
who = verifier.who_can(estate, "kms:Decrypt", keys=["payments"], witnesses=True)
assert_type(who, verifier.WhoCan)
found = verifier.findings(estate, zone="organization")
assert_type(found, verifier.FindingsReport)
linted = verifier.lint(estate)
assert_type(linted, verifier.LintReport)
reached = verifier.reach(estate, to=["kms:Decrypt"])
assert_type(reached, verifier.ReachReport)
suggested = verifier.suggest(estate, sentences)
assert_type(suggested, verifier.Suggestions)
for result in (report, comparison, who, found, linted, reached, suggested):
    assert_type(verifier.render(result, "markdown", estate=estate), str)
    assert_type(verifier.to_dict(result), dict[str, Any])
for table in (report, comparison, who, found, linted):
    assert_type(verifier.records(table), list[dict[str, str | float | None]])
