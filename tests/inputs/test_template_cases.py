"""Cases about templates, as files in `templates`: what CloudFormation makes of one, argued from its pages, and so which
verdicts hold.

A case has `title`, `source`, `argument`, and

- `resources` and `sections` (left out: none), texts of a YAML template; `$KEY` is a key that delegates to its own
  account, to whose policy indented statements may follow, and `$ROLE` a role that EC2 may assume, to whose properties
  more may follow. Or `json`, a whole template.
- `parameters`, as they are given; `$ARN` in one is the ARN of a key that is there before. `roles` and `groups`, an
  inventory of the account beside the template: for each the statements of a policy. `key`, that key beside it: its
  statements after the delegation.
- `expect`: for each invariant, a sentence or the name of a built-in, the verdict; `because`, a text that the reasons of
  all that are unknown have. Or `refused`, a text of the error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

import verifier
from tests.inputs.samples import ACCOUNT, POLICY, details
from tests.inputs.samples import KEY as ARN
from tests.inputs.test_cloudformation import KEY, ROLE
from tests.yaml_files import documents
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

CASES = Path(__file__).parent / "templates"
MEMBERS = {
    "title",
    "source",
    "argument",
    "resources",
    "sections",
    "json",
    "parameters",
    "roles",
    "groups",
    "key",
    "expect",
    "because",
    "refused",
}


def cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for case in documents(path):
            yield pytest.param(case, id=f"{path.stem}: {case['title']}")


def entry(arn: str, statements: list[Any]) -> dict[str, Any]:
    """A role or group with one policy, or none."""
    kind, name = arn.split(":", 5)[5].split("/")
    title = kind.capitalize()
    policies = [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]
    return {
        f"{title}Name": name,
        f"{title}Id": f"A{name.upper()}",
        "Arn": arn,
        f"{title}PolicyList": policies if statements else [],
    }


def paths(folder: Path, case: dict[str, Any]) -> list[Path]:
    """The template, and the snapshot beside it if the case has one."""
    if "json" in case:
        template = folder / "template.json"
        template.write_text(case["json"], encoding="utf-8")
    else:
        template = folder / "template.yaml"
        resources = (
            case["resources"].replace("$KEY\n", dedent(KEY)).replace("$ROLE\n", dedent(ROLE)).replace("$ARN", ARN)
        )
        template.write_text(f"{case.get('sections', '')}Resources:\n{indent(resources, '  ')}", encoding="utf-8")
    if not {"roles", "groups", "key"} & set(case):
        return [template]
    roles, groups = (
        [entry(f"arn:aws:iam::{ACCOUNT}:{kind}/{name}", policy) for name, policy in case.get(f"{kind}s", {}).items()]
        for kind in ("role", "group")
    )
    found: dict[str, Any] = {}
    if "roles" in case or "groups" in case:
        found["accounts"] = {ACCOUNT: {"authorization_details": details(RoleDetailList=roles, GroupDetailList=groups)}}
    if "key" in case:
        policy = {"Version": "2012-10-17", "Statement": [*POLICY["Statement"], *case["key"]]}
        found["keys"] = [{"arn": ARN, "policy": policy, "grants": {"Grants": []}, "aliases": {"Aliases": []}}]
    snapshot = folder / "snapshot.json"
    snapshot.write_text(json.dumps(found), encoding="utf-8")
    return [template, snapshot]


def verdict(estate: Any, sentence: str) -> tuple[str, str]:
    """The verdict on an invariant, and its reason."""
    if " " in sentence:
        text = f'account own = {ACCOUNT}\naccount partner = 444455556666\ninvariant "it": {sentence}\n'
        asked = read_invariants(Source("it.inv", text)).invariants
    else:
        asked = (verifier.builtin(sentence),)
    (found,) = verifier.prove(estate, asked).verdicts
    return found.status.value, found.reason.text if found.reason is not None else ""


@pytest.mark.parametrize("case", [*cases()])
def test_what_a_template_makes_decides_the_verdict(tmp_path: Path, case: dict[str, Any]) -> None:
    assert set(case) <= MEMBERS and {"title", "source", "argument"} <= set(case)
    supplied = Supplied(
        ACCOUNT,
        "us-west-2",
        {name: str(value).replace("$ARN", ARN) for name, value in case.get("parameters", {}).items()},
    )
    given = paths(tmp_path, case)
    if "refused" in case:
        with pytest.raises(InputError) as caught:
            load_estate(given, supplied=supplied)
        assert any(case["refused"] in error.message for error in caught.value.diagnostics), caught.value
        return
    estate = load_estate(given, supplied=supplied)
    found = {sentence: verdict(estate, sentence) for sentence in case["expect"]}
    assert {sentence: status for sentence, (status, _) in found.items()} == case["expect"], found
    for status, reason in found.values():
        assert status != "unknown" or case.get("because", "") in reason
