"""The organization of a random estate, as the AWS CLI tells it."""

from __future__ import annotations

import json
from typing import Any

from tests.inputs.samples import ACCOUNT

Json = Any
MANAGEMENT, ROOT, ORGANIZATION = "999988887777", "r-ab12", "o-a1b2c3d4e5"
SERVICE, RESOURCE = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def organization(controls: list[tuple[str, str, Json]]) -> Json:
    """The member of a snapshot. With `FullAWSAccess` at each level, as where nobody detached it."""

    def policy(name: str, type_: str, document: Json, *targets: str) -> Json:
        summary = {"Id": f"p-{name}", "Name": name, "Type": type_}
        content = {} if document is None else {"Content": json.dumps(document)}
        return {
            "policy": {"Policy": {"PolicySummary": summary, **content}},
            "targets": {"Targets": [{"TargetId": one} for one in targets]},
        }

    full = policy("FullAWSAccess", SERVICE, None, ROOT, MANAGEMENT, ACCOUNT)
    parent = {"Parents": [{"Id": ROOT, "Type": "ROOT"}]}
    return {
        "describe_organization": {
            "Organization": {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}
        },
        "accounts": {"Accounts": [{"Id": account, "Status": "ACTIVE"} for account in (MANAGEMENT, ACCOUNT)]},
        "parents": {ACCOUNT: parent, MANAGEMENT: parent},
        "policies": [
            full,
            *(policy(f"c{n}", type_, document, target) for n, (type_, target, document) in enumerate(controls)),
        ],
    }
