"""`python -m benchmarks.real_account FILE [FOLDER]`: the account of docs/real-account.md, with the verdicts that the
page tells.

In: the file that the page links to, `examples/files/example.json` of salesforce/cloudsplaining. Out: a table on
standard output; the snapshots and invariants in FOLDER. The exit code is 1 where a verdict is not the page's, and 2
where the file is not there.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import verifier
from verifier import invariant_files

Json = dict[str, Any]
ACCOUNT, REGION = "200611803367", "eu-central-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/privesc-high-priv-service-role"
NOTHING_RUNS: Json = {
    "instances": {"Reservations": []},
    "managed_instances": {"InstanceInformationList": []},
    "ecs_task_definitions": [],
    "codebuild_projects": {"projects": []},
    "glue_jobs": {"Jobs": []},
    "glue_dev_endpoints": {"DevEndpoints": []},
    "sagemaker_notebooks": [],
    "stacks": {"Stacks": []},
}
FUNCTION = {"FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:report", "Role": ROLE}

EXPECTED = {
    "fp1-allow-and-deny-user": "proved proved proved",
    "fp2-allow-and-deny-multiple-policies-user": "proved proved proved",
    "fp3-deny-iam-user": "proved proved proved",
    "fp4-nonExploitableResourceConstraint-user": "proved proved proved",
    "fp5-nonExploitableConditionConstraint-user": "refuted refuted proved",
    "privesc-CloudFormationUpdateStack-user": "unknown proved proved",
    "privesc-ec2InstanceConnect-user": "unknown unknown proved",
    "privesc-sageMakerCreatePresignedNotebookURL-user": "unknown proved proved",
    "privesc-ssmSendCommand-user": "unknown unknown proved",
    "privesc-ssmStartSession-user": "unknown unknown proved",
    "privesc16-PassRoleToNewLambdaThenTriggerWithNewDynamo-user": "refuted refuted proved",
    "privesc17-EditExistingLambdaFunctionWithRole-user": "unknown refuted proved",
    "privesc18-PassExistingRoleToNewGlueDevEndpoint-user": "refuted refuted proved",
    "privesc19-UpdateExistingGlueDevEndpoint-user": "unknown proved proved",
}
"""Users, and whether it is proved that they cannot come to decrypt: by the account alone; with what runs in it; mended,
with `SUPPOSED`."""
SUPPOSED = """suppose "functions and machines are reviewed": nobody changes what runs as role/privesc-high-priv-service-role in lab
suppose "quick setup is reviewed": nobody changes what runs as role/AWS-QuickSetup-* in lab
"""  # noqa: E501


def main() -> int:
    """Prints the table of the page."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if file is None or not file.is_file():
        print("give FILE: it is examples/files/example.json of salesforce/cloudsplaining", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[2] if len(sys.argv) > 2 else name)
        folder.mkdir(exist_ok=True)
        columns = [_statuses(path) for path in _written(folder, json.loads(file.read_text(encoding="utf-8")))]
    found = {name: " ".join(column[name] for column in columns) for name in EXPECTED}
    for name, statuses in found.items():
        print(f"{name:<62}{statuses}{'' if statuses == EXPECTED[name] else f'   the page says {EXPECTED[name]}'}")
    return int(found != EXPECTED)


def _written(folder: Path, details: Json) -> list[Path]:
    """Three snapshots, each with a file of invariants beside it."""
    asked = "".join(
        f'invariant "{name}": no user/{name} in lab can eventually kms:Decrypt on {KEY}\n' for name in EXPECTED
    )
    paths = []
    for name, snapshot, supposed in zip(("alone", "runs", "mended"), steps(details), ("", "", SUPPOSED), strict=True):
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(json.dumps(snapshot, indent=1), encoding="utf-8")
        (folder / f"{name}.inv").write_text(f"account lab = {ACCOUNT}\n{supposed}{asked}", encoding="utf-8")
    return paths


def steps(details: Json) -> list[Json]:
    """Snapshots: the account alone; with what runs; without the policies of the users who were refuted."""
    own = {
        name: [one for one in members if f"::{ACCOUNT}:" in one["Arn"] or "::aws:" in one["Arn"]]
        for name, members in details.items()
    }
    regions = {"Regions": [{"RegionName": REGION, "OptInStatus": "opt-in-not-required"}]}
    runs: Json = {"regions": regions, "workloads": {REGION: {**NOTHING_RUNS, "functions": {"Functions": [FUNCTION]}}}}
    refuted = {name for name, statuses in EXPECTED.items() if "refuted" in statuses}
    mended = [
        {**user, "AttachedManagedPolicies": []} if user["UserName"] in refuted else user
        for user in own["UserDetailList"]
    ]
    return [_snapshot(own), _snapshot(own, **runs), _snapshot({**own, "UserDetailList": mended}, **runs)]


def _snapshot(details: Mapping[str, Any], **more: Json) -> Json:
    administer = ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Get*", "kms:List*", "kms:Enable*", "kms:Disable*"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Administration",
                "Effect": "Allow",
                "Principal": {"AWS": ACCOUNT},
                "Action": administer,
                "Resource": "*",
            },
            {"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "kms:Decrypt", "Resource": "*"},
        ],
    }
    metadata = {
        "Arn": KEY,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "MultiRegion": False,
        "KeyManager": "CUSTOMER",
    }
    key = {
        "name": "vault",
        "metadata": {"KeyMetadata": metadata},
        "aliases": [],
        "tags": [],
        "grants": [],
        "policy": policy,
    }
    return {"keys": [key], "accounts": {ACCOUNT: {"authorization_details": details, **more}}}


def _statuses(path: Path) -> dict[str, str]:
    asked = invariant_files.read_files([path.with_suffix(".inv")])
    estate = replace(verifier.load(path), suppositions=asked.suppositions)
    return {
        verdict.invariant.name: verdict.status.value for verdict in verifier.prove(estate, asked.invariants).verdicts
    }


if __name__ == "__main__":
    sys.exit(main())
