"""Policy documents of the input: read through `model.documents`, errors and warnings collected.

In: the node of a document, or of an envelope around it. Out: `Policy`. Guarantee: a document that is named but cannot be read is an
error or `None`, never an empty policy (U3).
"""

from __future__ import annotations

from functools import cache

from verifier.inputs.access import member_text, members
from verifier.inputs.document_text import document_source
from verifier.inputs.nodes import Members, Node, Remarks, Scalar
from verifier.model.documents import key_policy_warnings, read_policy
from verifier.model.policy import Effect, Policy, PolicyKind, Principal, PrincipalType, Statement, Text

DEFAULT = "default"
"""The name of every key policy but the one of resource sharing; as a value, the marker of a key declared without a policy (U3)."""

SHARED = "AWS_RAM"
"""The name of the key policy that resource sharing writes (L5a)."""


def read_document(remarks: Remarks, node: Node, kind: PolicyKind, *, identity: str, name: str) -> Policy | None:
    """The policy that a node holds; `None` after its errors are recorded."""
    policy = remarks.keep(lambda: read_policy(document_source(node), kind, identity=identity, name=name))
    if policy is not None:
        remarks.add_warnings(policy.warnings)
    return policy


def read_key_policy(remarks: Remarks, node: Node, arn: str, name: str = DEFAULT) -> Policy | None:
    """The key policy that a node holds: the document, as object or string; `get-key-policy` output; or the word `default`."""
    if isinstance(node, Scalar) and node.text == DEFAULT and name == DEFAULT:
        return default_key_policy(arn)
    document = key_policy_document(remarks, node, name)
    if document is None:
        return None
    policy = remarks.keep(lambda: read_policy(document_source(document), PolicyKind.KEY, identity=f"{arn}#{name}", name=name))
    return None if policy is None else with_key_warnings(remarks, policy, arn)


def with_key_warnings(remarks: Remarks, policy: Policy, arn: str) -> Policy:
    """The policy itself, after its warnings are recorded, those that need the key's ARN too (L5)."""
    remarks.add_warnings((*policy.warnings, *key_policy_warnings(policy, arn)))
    return policy


def key_policy_document(remarks: Remarks, node: Node, name: str) -> Node | None:
    """The document itself, out of `get-key-policy` output if it is in one; `None` after recording that it is another policy's."""
    if not (isinstance(node, Members) and node.has("Policy") and not node.has("Statement")):
        return node
    found = members(remarks, node, "the output of get-key-policy")
    given = member_text(remarks, found, "PolicyName")
    if given is not None and given != name:
        hint = f"write `policies` with the members `{DEFAULT}` and `{SHARED}`"
        remarks.error(found["PolicyName"], f"this is the key policy `{given}`, expected `{name}`", hint=hint, rule="L5a")
        return None
    return found["Policy"]


def default_key_policy(arn: str) -> Policy:
    """The policy of a key that was declared without one: it delegates everything to the key's account. [key-policy-default]"""
    partition, account = arn.split(":")[1], arn.split(":")[4]
    root = Principal(PrincipalType.ACCOUNT, f"arn:{partition}:iam::{account}:root", account, partition)
    statement = _allow("kms:*", sid=Text("Enable IAM User Permissions"), principals=(root,))
    return Policy(PolicyKind.KEY, f"{arn}#{DEFAULT}", DEFAULT, True, (statement,))


@cache
def full_access_policy() -> Policy:
    """AWS's own `FullAWSAccess`, which allows everything. [Organizations User Guide, orgs_manage_policies_scps]"""
    identity = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    return Policy(PolicyKind.SCP, identity, "FullAWSAccess", True, (_allow("*"),))


def _allow(actions: str, *, sid: Text | None = None, principals: tuple[Principal, ...] | None = None) -> Statement:
    return Statement(
        effect=Effect.ALLOW,
        index=0,
        sid=sid,
        principals=principals,
        not_principal=False,
        actions=(Text(actions),),
        not_action=False,
        resources=(Text("*"),),
        not_resource=False,
        conditions=(),
    )
