"""What other tools say of examples/eight-policies, as docs/comparison.md has it.

    python -m venv /tmp/checkov && /tmp/checkov/bin/pip install checkov
    python -m venv /tmp/iamprover && /tmp/iamprover/bin/pip install iamprover
    python tools/other_tools.py --checkov /tmp/checkov/bin/checkov --iamprover /tmp/iamprover/bin/iamprover

In: the programs. Out: the table, in Markdown. Each tool gets the input that suits it best: checkov a resource with the
policy in it, iamprover the key policy with roles of two other accounts that have no policies of their own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import verifier

POLICIES = Path(__file__).resolve().parents[1] / "examples" / "eight-policies"
OWN = "111122223333"
OTHERS = ("444455556666", "777788889999")
KEY = f"arn:aws:kms:us-west-2:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def by_verifier(path: Path) -> str:
    """The verdict on "inside the account"."""
    questions = verifier.invariants(POLICIES / "access.inv")
    asked = [question for question in questions if question.name == "inside the account"]
    (verdict,) = verifier.prove(verifier.load(path, key_arn=None if "plan" in path.name else KEY), asked).verdicts
    return verdict.status.value


def by_checkov(program: str, path: Path, folder: Path) -> str:
    """Whether CKV_AWS_33, its check of who is let in, passes."""
    if "plan" in path.name:
        target = path
    else:
        target = folder / "main.tf"
        target.write_text(f'resource "aws_kms_key" "key" {{\n  policy = <<EOT\n{path.read_text()}\nEOT\n}}\n')
    said = _json(program, "-f", str(target), "--check", "CKV_AWS_33", "--skip-download", "--output", "json")
    return "passes" if said["summary"]["passed"] else "fails"


def by_iamprover(program: str, path: Path, folder: Path) -> str:
    """Whether it proves that nobody else can decrypt, `--check-anonymous` included."""
    questions, account = folder / "invariants.yaml", folder / "account.json"
    forbidden = {
        "id": "inside",
        "forbid": {"action": "kms:Decrypt", "resource": KEY},
        "unless_principal": [f"arn:aws:iam::{OWN}:*"],
    }
    questions.write_text(json.dumps({"invariants": [forbidden]}))
    if "plan" in path.name:
        given = ["--tf-plan", str(path), "--tf-account-id", OWN]
    else:
        roles = [{"arn": f"arn:aws:iam::{other}:role/example", "policies": []} for other in OTHERS]
        account.write_text(
            json.dumps({"principals": roles, "resource_policies": [{"document": json.loads(path.read_text())}]})
        )
        given = ["--account", str(account)]
    ran = subprocess.run(
        [program, "verify", *given, "--invariants", str(questions), "--check-anonymous"], capture_output=True, text=True
    )
    return {0: "proved", 2: "refuted"}.get(ran.returncode, "no answer")


def _json(*command: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--checkov", required=True)
    parser.add_argument("--iamprover", required=True)
    given = parser.parse_args()
    print("| policy | kms-verifier | checkov | iamprover |\n| --- | --- | --- | --- |")
    for path in sorted(POLICIES.glob("*.json")):
        with TemporaryDirectory() as name:
            folder = Path(name)
            cells = (
                by_verifier(path),
                by_checkov(given.checkov, path, folder),
                by_iamprover(given.iamprover, path, folder),
            )
        print(f"| `{path.name}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
