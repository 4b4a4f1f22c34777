"""What to do with a file, or a folder, that is no input by itself.

In: its content or its name. Out: a hint for the error about it.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.inputs.nodes import Members, Node

_DETAILS = ("aws iam get-account-authorization-details", "accounts/ACCOUNT/authorization-details.json")
_OUTPUTS = {
    "KeyMetadata": ("aws kms describe-key", "keys/NAME/metadata.json"),
    "Grants": ("aws kms list-grants", "keys/NAME/grants.json"),
    "Aliases": ("aws kms list-aliases", "keys/NAME/aliases.json"),
    "UserDetailList": _DETAILS,
    "RoleDetailList": _DETAILS,
    "VpcEndpoints": ("aws ec2 describe-vpc-endpoints", "vpc-endpoints.json"),
    "Organization": ("aws organizations describe-organization", "organization/describe-organization.json"),
}
"""Members of what the AWS CLI prints, with the command that prints it and the place of that in a snapshot."""
CONFIGURATION = (".tf", ".tofu", ".hcl")
"""Endings of the files of a Terraform configuration."""
OF_CONFIGURATION = "make a plan of the configuration, and give what `terraform show -json` prints of it (docs/terraform.md)"


def of_node(node: Node) -> str:
    """The hint for a JSON or YAML value."""
    names = [key.text for key, _ in node.pairs] if isinstance(node, Members) else []
    for name in names:
        if name in _OUTPUTS:
            command, place = _OUTPUTS[name]
            return f"this looks like the output of `{command}`, which is {place} in the folder of a snapshot"
    return (
        "a policy has `Statement`, a snapshot `keys`, `accounts`, `organization` or `vpc_endpoints`, a plan `format_version`, "
        "a template `Resources`"
    )


def of_folder(files: Sequence[str]) -> str:
    """The hint for a folder with files of these names."""
    template = next((name for name in files if name.endswith(".template.json")), None)
    if template is not None:
        return f"this looks like the output of `cdk synth`: give its templates, such as {template}"
    if any(name.endswith(CONFIGURATION) for name in files):
        return OF_CONFIGURATION
    return "expected snapshot.json, snapshot.yaml, or a folder keys/NAME with policy.json"
