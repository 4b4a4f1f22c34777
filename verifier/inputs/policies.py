"""Policy documents of the input: read through `language.policies.documents`, errors and warnings collected.

Guarantee: a document that is named but cannot be read is an error or `None`, never an empty policy (U3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from functools import cache
from typing import TypeVar, cast

from verifier.inputs.text.access import members
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, member
from verifier.inputs.text.unknown import content, names_in
from verifier.inputs.unknown_parts import PossibleStatement, without_unknowns
from verifier.language.policies.checks import key_policy_warnings
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Endpoint, Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Effect, Policy, PolicyKind, Principal, PrincipalType, Statement, Text, arn_account
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_T = TypeVar("_T")

DEFAULT = "default"
"""The name of every key policy but that of resource sharing; as a value, that none is declared (U3)."""

SHARED_POLICY = "AWS_RAM"
"""The name of the key policy that resource sharing writes (L5a)."""

HOLDERS = (Account, Controls, Endpoint, Estate, Group, Identity, Key, Level, ManagedPolicy, Organization)
"""What has policies, or holds what has."""


def default_key_policy(arn: str) -> Policy:
    """The policy of a key declared without one: it delegates to the account. [key-policy-default]"""
    partition, account = arn.split(":")[1], arn_account(arn)
    root = Principal(PrincipalType.ACCOUNT, f"arn:{partition}:iam::{account}:root", account, partition)
    sid, everything = Text("Enable IAM User Permissions"), (Text("*"),)
    statement = Statement(Effect.ALLOW, 0, sid, (root,), actions=(Text("kms:*"),), resources=everything)
    return Policy(PolicyKind.KEY, f"{arn}#default", "default", True, (statement,))


def read_document(remarks: Remarks, node: Node, kind: PolicyKind, *, identity: str, name: str) -> Policy | None:
    """The policy that a node holds; `None` after its errors are recorded."""
    policy = remarks.keep(lambda: _read(remarks, node, kind, identity, name))
    if policy is not None:
        remarks.add_warnings(policy.warnings)
    return policy


def read_key_policy(remarks: Remarks, node: Node, arn: str, name: str) -> Policy | None:
    """The key policy that a node holds: a document or its text; `get-key-policy` output; or the word `default`."""
    if isinstance(node, Scalar) and node.text == DEFAULT and name == DEFAULT:
        return default_key_policy(arn)
    document = key_policy_document(remarks, node, name)
    if document is None:
        return None
    policy = read_document(remarks, document, PolicyKind.KEY, identity=f"{arn}#{name}", name=name)
    remarks.add_warnings(key_policy_warnings(policy, arn) if policy is not None else ())  # some need the key's ARN (L5)
    return policy


def _read(remarks: Remarks, node: Node, kind: PolicyKind, identity: str, name: str) -> Policy:
    """The policy that a node holds. Where statements of it have unknown parts, it also has what they might say (U3)."""
    if not isinstance(node, Members) or not names_in([node]):
        return read_policy(document_source(node), kind, identity=identity, name=name)
    document, possible = without_unknowns(node, kind)
    policy = read_policy(document_source(document), kind, identity=identity, name=name)
    statements = {statement.index: statement for statement in policy.statements}
    for one in possible:
        statements[one.index] = _possible(remarks, statements[one.index], one, kind, identity)
    # Nobody wrote what stands for the unknown parts: it makes the policy longer, and a principal in it is `*`.
    unknown = [one.index for one in possible if names_in([member(one.written, "Principal") or one.written])]
    stand_ins = {principal.span for index in unknown for principal in statements[index].principals or ()}
    of_size = [warning for warning in policy.warnings if "AWS accepts" in warning.message]
    of_stand_ins = [warning for warning in policy.warnings if warning.rule == "P1" and warning.span in stand_ins]
    warnings = tuple(warning for warning in policy.warnings if warning not in (*of_size, *of_stand_ins))
    return replace(policy, statements=tuple(statements.values()), warnings=warnings)


def _possible(
    remarks: Remarks, statement: Statement, possible: PossibleStatement, kind: PolicyKind, identity: str
) -> Statement:
    """A statement for what one with unknown parts might say, by the symbol of a thing that says whether it does."""
    allows = statement.effect is Effect.ALLOW
    name = (
        f"{statement.effect.value} of statement {possible.original + 1} of {identity} "
        f"({remarks.definitions.digest(content(possible.written))})"
    )
    text = possible.sid.text if possible.sid is not None else ""
    shown = f'statement "{text}"' if text else f"statement {possible.original + 1}"
    description = f"{shown} of the {kind.value} has parts that are not known: {first_few(possible.names)}"
    influence = Influence.MAY_ALLOW if allows else Influence.MAY_REFUSE
    label = "E2" if kind is PolicyKind.TRUST else "U3"
    thing = Unmodelled(
        printable(name), label, influence, printable(description), span=statement.span, of_statement=True
    )
    thing = remarks.unknown_statements.setdefault(thing.name, thing)
    remarks.written_statements[thing.name] = possible.written
    sid = Text(possible.sid.text, possible.sid.span) if possible.sid is not None else None
    return replace(possible_by(statement, thing), sid=sid)


def possible_by(statement: Statement, thing: Unmodelled) -> Statement:
    """The statement as one that applies only if the symbol of a thing says so, unless it has such a symbol already."""
    symbol = thing.allow_symbol if statement.effect is Effect.ALLOW else thing.refuse_symbol
    return replace(statement, only_if=statement.only_if or symbol)


def key_policy_document(remarks: Remarks, node: Node, name: str) -> Node | None:
    """The document, out of `get-key-policy` output if in one; `None` after recording that it is another policy's."""
    if not (isinstance(node, Members) and node.has("Policy") and not node.has("Statement")):
        return node
    found = members(remarks, node, "the output of get-key-policy")
    given = found.text("PolicyName")
    if given not in (None, name):
        hint = f"write `policies` with the members `{DEFAULT}` and `{SHARED_POLICY}`"
        found.error(f"this is the key policy `{given}`, expected `{name}`", "PolicyName", hint=hint, rule="L5a")
        return None
    return found["Policy"]


@cache
def full_access_policy() -> Policy:
    """AWS's own `FullAWSAccess`, which allows everything. [Organizations User Guide, orgs_manage_policies_scps]"""
    identity = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    whole = Statement(Effect.ALLOW, 0, actions=(Text("*"),), resources=(Text("*"),))
    return Policy(PolicyKind.SCP, identity, "FullAWSAccess", True, (whole,))


def with_policies(found: _T, change: Callable[[Policy], Policy]) -> _T:
    """An estate, or a part of one, with every policy changed, attached or not."""
    if isinstance(found, Policy):
        return cast(_T, change(found))
    if isinstance(found, tuple):
        return cast(_T, tuple(with_policies(inner, change) for inner in found))
    if not isinstance(found, HOLDERS):
        return found
    parts = {each.name: getattr(found, each.name) for each in fields(found)}
    new = {name: with_policies(part, change) for name, part in parts.items()}
    return cast(_T, replace(found, **{name: part for name, part in new.items() if part is not parts[name]}))


def with_statements(found: _T, change: Callable[[Policy, Statement], Statement]) -> _T:
    """An estate, or a part, with every statement changed. A policy of which none changes is the same object."""

    def changed(policy: Policy) -> Policy:
        statements = tuple(change(policy, statement) for statement in policy.statements)
        same = all(new is old for new, old in zip(statements, policy.statements, strict=True))
        return policy if same else replace(policy, statements=statements)

    return with_policies(found, changed)
