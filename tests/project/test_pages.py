"""The AWS CLI commands of the README and of docs: KMS accepts the keys that they name."""

from __future__ import annotations

import re

import pytest
from botocore.loaders import Loader

from tests.project.shown import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
ON_ALIAS = {
    command for page in PAGES for command in re.findall(r"aws kms ([\w-]+) [^\n|>]*--key-id alias/", page.read_text(encoding="utf-8"))
}


def test_some_command_is_on_an_alias() -> None:
    assert "describe-key" in ON_ALIAS


@pytest.mark.parametrize("command", sorted(ON_ALIAS))
def test_a_key_is_named_by_its_alias_only_where_the_operation_takes_one(command: str) -> None:
    """API Reference: `KeyId` of most operations that read a key's settings is a key ID or key ARN, and no alias (R4)."""
    model = Loader().load_service_model("kms", "service-2")
    operation = "".join(word.capitalize() for word in command.split("-"))
    members = model["shapes"][model["operations"][operation]["input"]["shape"]]["members"]
    assert "alias name" in members["KeyId"]["documentation"]
