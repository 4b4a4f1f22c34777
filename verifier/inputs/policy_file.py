"""A single policy file, taken as a key of which nothing else is known.

Guarantee: an account is never taken for the key's because the policy names it (S4); what was concluded stands in the
remarks. A placeholder without a value is an error, whether the text would be a policy with it or not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from shlex import quote

from verifier.inputs.own_account import account_conclusion, keepers
from verifier.inputs.own_region import region_partition, stand_in
from verifier.inputs.policies import DEFAULT, key_policy_document
from verifier.inputs.snapshot.key_metadata import HINT_KEY_ARN, PLACEHOLDER_ID, PLACEHOLDER_START, is_key_arn
from verifier.inputs.snapshot.parts import KeyParts, Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.files import STDIN
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import (
    Items,
    Members,
    Node,
    OwnRegion,
    Remarks,
    Scalar,
    member,
    nodes_in,
    refusal,
    text_at,
    values_of,
)
from verifier.inputs.text.unknown import resolved
from verifier.language.policies.documents import read_policy
from verifier.model.own_place import may_be_of_kms
from verifier.model.policy import Policy, PolicyKind, arn_account
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import Source, Span
from verifier.syntax.text import first_few, printable

_PLACEHOLDER = re.compile(
    r"\$\{\s*(AWS::\w+|[^{}:,=*?$\s][^{}:,=]*?)\s*\}|\$?\{\{\s*([^{}=]+?)\s*\}\}|<([A-Za-z][\w. -]*)>"
)
"""What stands for a text that somebody puts in later: `${ACCOUNT_ID}`, `{{ account }}`, `<account>`. The name of a
policy variable has a colon (`${aws:username}`), or is `*`, `?` or `$` (L7)."""
_HINT = "give the ARN of the key with --key-arn, or its account with --account"


def is_policy(node: Node) -> bool:
    """True iff a document is a policy, or the output of `get-key-policy`, with or without `--query Policy`. One whose
    `Statement` is missing or misspelt is a policy, too, unless it has more members than a policy may have."""
    inner = node if isinstance(node, Scalar) else member(node, "Policy")  # the AWS CLI prints the object as text
    holds = inner.text.lstrip().startswith("{") if isinstance(inner, Scalar) else member(inner, "Statement") is not None
    if holds or not isinstance(node, Members):
        return holds
    return node.has("Statement") or (node.has("Version", "Id") and len(node.pairs) <= 3)


def is_of_others(remarks: Remarks, node: Node, supplied: Supplied) -> bool:
    """True iff a policy can be none of a key, after a warning that says why."""
    why = _no_key_policy(node, bypassed=supplied.account is not None)
    if why is not None:
        snapshot = "give it in a snapshot, with whose it is and the keys that it is about"
        hint = f"{snapshot}; with --key-arn it is read as a key policy"
        remarks.warning(node, f"this policy {why}: it is no key policy, and nothing in it is checked", hint=hint)
        remarks.no_keys.append(f"{node.source.name} {why}, and so is no key policy")
    return why is not None


def _no_key_policy(node: Node, *, bypassed: bool) -> str | None:
    """Why a policy can be none of a key; `None` where it may be one. A key policy names principals, is about actions of
    KMS, and allows somebody to write it (`PutKeyPolicy`: the lockout safety check), unless the check was `bypassed`."""
    listed = values_of(member(node, "Statement"))
    statements = [one for one in listed if isinstance(one, Members)]
    if not statements or len(statements) < len(listed):
        return None
    if not any(one.has("Principal", "NotPrincipal") for one in statements):
        return "names no principal, as policies of users, roles and organizations do"
    actions = [action for one in statements for action in values_of(member(one, "Action"))]
    may_be_about_kms = any(not isinstance(action, Scalar) or may_be_of_kms(action.text) for action in actions)
    if all(one.has("Action") for one in statements) and not may_be_about_kms:
        return "is about no action of KMS"
    if not bypassed and all(getattr(member(one, "Effect"), "text", "") == "Deny" for one in statements):
        return "allows nothing, as control policies do"
    return None


def read_policy_file(
    remarks: Remarks,
    node: Node,
    path: Path,
    key_arn: str | None,
    supplied: Supplied,
    other_version: str | None,
    among: str | None,
) -> KeyParts | None:
    """The key that a policy file belongs to; `None` after recording that it is no key policy. `among` is the name of
    the file among others, which its key is told from theirs by.

    Without `key_arn` its account is the one supplied, or the only one of which somebody could call `PutKeyPolicy` by
    the policy (S4); where that leaves a choice, it is as in the ARN that was found for another version of the policy.
    Its Region is the one supplied, or the partition's first stands for it. Raises `InputError` where a choice is left.
    """
    found = key_policy_document(remarks, node, DEFAULT)
    document = _filled(remarks, found, supplied.parameters) if found is not None else None
    if document is None:
        return None
    key_id = PLACEHOLDER_ID
    name = "standard input" if path == STDIN else path.stem
    if among is not None:
        key_id = PLACEHOLDER_START + sha256(among.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        name = among.removesuffix(Path(among).suffix)
    arn = key_arn or _assumed_arn(remarks, document, supplied, other_version, key_id)
    return KeyParts(document, {"arn": text_at(document, arn), "policy": document}, name)


def placeholders(node: Node) -> dict[str, tuple[str, Node]]:
    """The names of the placeholders in a document, each as it is written first, and where."""
    found: dict[str, tuple[str, Node]] = {}
    for one in nodes_in(node):
        for match in _PLACEHOLDER.finditer(one.text) if isinstance(one, Scalar) else ():
            at = one.source.text.find(match[0], one.start, one.end)
            place = Node(one.source, at, at + len(match[0])) if at >= 0 else one
            found.setdefault(_name(match), (match[0], place))
    return found


def _name(match: re.Match[str]) -> str:
    return str(match[1] or match[2] or match[3])


def _filled(remarks: Remarks, document: Node, values: Mapping[str, str]) -> Node | None:
    """A document with values for its placeholders; `None` after recording those that have none."""
    has_placeholders = isinstance(document, Scalar) and _PLACEHOLDER.search(document.text)
    tree = read_json(document_source(document)) if has_placeholders else document
    found = placeholders(tree)
    if not found:
        return document
    missing = [name for name in found if name not in values]
    for name in missing:
        written, place = found[name]
        literal = quote(f"{name}={written}")
        hint = (
            f"give it: --parameter {quote(f'{name}=VALUE')}; if the text is meant as it stands: --parameter {literal}"
        )
        remarks.error(place, f"the placeholder `{name}` has no value", hint=hint)
    if missing:
        return None
    full = _with_values(tree, values)
    return resolved(full, full.pairs) if isinstance(full, Members) else None


def _with_values(node: Node, values: Mapping[str, str]) -> Node:
    if isinstance(node, Members):
        pairs = [(_text_with(key, values), _with_values(value, values)) for key, value in node.pairs]
        return Members(node.source, node.start, node.end, pairs)
    if isinstance(node, Items):
        return Items(node.source, node.start, node.end, [_with_values(item, values) for item in node.items])
    return _text_with(node, values) if isinstance(node, Scalar) else node


def _text_with(node: Scalar, values: Mapping[str, str]) -> Scalar:
    text = _PLACEHOLDER.sub(lambda match: values.get(_name(match), match[0]), node.text)
    return Scalar(node.source, node.start, node.end, text, node.type)


def check_key_arn(key_arn: str) -> None:
    """Raises `InputError` unless this is the ARN of a KMS key."""
    if not is_key_arn(key_arn):
        raise InputError.of(f"`{printable(key_arn)}` is not the ARN of a KMS key", hint=HINT_KEY_ARN)


def _assumed_arn(remarks: Remarks, document: Node, supplied: Supplied, other: str | None, key_id: str) -> str:
    source = document_source(document)
    policy = read_policy(source, PolicyKind.KEY, identity="", name=DEFAULT)
    named = next(
        (resource.value for s in policy.statements for resource in s.resources or () if resource.value != "*"), None
    )
    if named is not None:  # whether that is this key cannot be told
        message = f"the policy names the resource `{named}`, and which key it is on is not given"
        raise refusal(document, message, hint="give the ARN of the key with --key-arn", rule="L5")
    partition, account = _account(remarks, document, source, policy, supplied, other)
    region = supplied.region or supplied.own_region or stand_in(partition)
    if supplied.region is None:
        remarks.own_regions[source.name] = OwnRegion(region, "")
    return f"arn:{region_partition(region)}:kms:{region}:{account}:key/{key_id}"


def of_accounts(files: Mapping[str, Sequence[str]]) -> list[str]:
    """How the accounts of the keys of policy files were concluded (S4), of the files by account."""
    whose = ("the key of {} is", "the keys of {} are")
    return [account_conclusion(one, whose[len(names) > 1].format(", ".join(names))) for one, names in files.items()]


def _account(
    remarks: Remarks, document: Node, source: Source, policy: Policy, supplied: Supplied, other: str | None
) -> tuple[str, str]:
    """The partition and the account of the key; how they are known is remarked, if nobody said it (S4)."""
    found = keepers(policy)
    principals = (principal for statement in policy.statements for principal in statement.principals or ())
    partitions = {principal.partition for principal in principals if principal.partition is not None}
    somewhere = region_partition(supplied.region or supplied.own_region or "")
    others, account = (other.split(":")[1], arn_account(other)) if other is not None else (somewhere, None)
    partition = min(partitions) if len(partitions) == 1 else others
    if supplied.account is not None:
        return partition, supplied.account
    if found.only is not None:
        remarks.own_accounts.setdefault(found.only, []).append(source.name)
        return partition, found.only
    if account is not None and (found.anyone or not found.accounts or account in found.accounts):
        remarks.concluded[f"the key of {source.name} is of account {account}, as that of the other version"] = None
        return others, account
    whose = "any account" if found.anyone else " and ".join(sorted(found.accounts)) or "no account"
    unless = ", unless a condition or a Deny leaves none of them" if found.accounts and not found.anyone else ""
    open_ = "which account the key belongs to is not given, and the policy does not tell"
    message = f"{open_}: callers of {whose} may put a key policy{unless}"
    raise refusal(document, message, hint=_HINT, rule="S4")


def no_key(files: Collection[str], of_others: Collection[str] = (), hint: str | None = None) -> Diagnostic:
    """The error that files hold no key (S3), why some policies are of none, and a hint where else keys are made."""
    read = f"; what was read: {first_few(list(files))}" if files else ""
    read = f"; {first_few(list(of_others), '; ')}" if of_others else read
    hint = f"{hint or 'give a key policy, or a snapshot with `keys`'}; with --allow-empty an input without keys passes"
    message = f"the input holds no key, so there is nothing to check{read}"
    return Diagnostic(Severity.ERROR, message, hint=hint, rule="S3", nothing=True)


def none_read(remarks: Remarks, makers: Mapping[str, Span], hint: str | None) -> Diagnostic:
    """The error that no key is read, but some may be in what is not, or made by `makers`, by address (S3)."""
    places = [span for span, _ in remarks.not_read.values()]
    hints = dict.fromkeys(filter(None, [*(own for _, own in remarks.not_read.values()), hint]))
    others = (address for address, span in makers.items() if span not in places)
    unread = first_few([*remarks.not_read, *map("{} may make some".format, others)], "; ")
    message = f"the input holds no key that is read, but may hold some: {unread}"
    return Diagnostic(Severity.ERROR, message, next(iter(places), None), hint="; ".join(hints) or None, rule="S3")


def check_parameters(remarks: Remarks, supplied: Supplied, *versions: Parts) -> None:
    """Records an error for each parameter that is supplied and that no version of the input has."""
    listed = [found for parts in versions for found in parts.parameters]
    known = {name for _, names in listed for name in names}
    for name in supplied.parameters if listed else ():
        if name not in known and not name.startswith("AWS::"):
            names = ", ".join(f"`{name}`" for name in sorted(known)) or "none"
            remarks.error(listed[0][0], f"the input has no parameter `{name}`", hint=f"the parameters: {names}")
