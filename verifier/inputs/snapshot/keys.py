"""One key of a snapshot.

Guarantee: parts that contradict each other are errors; what is not given is `None` (U3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from verifier.inputs.merged_keys import with_changes, with_loose
from verifier.inputs.own_region import region_partition
from verifier.inputs.policies import DEFAULT, SHARED_POLICY, read_key_policy
from verifier.inputs.snapshot.grants import read_grants
from verifier.inputs.snapshot.key_metadata import HINT_KEY_ARN, DescribedKey, are_related, is_key_arn, read_facts
from verifier.inputs.snapshot.parts import KeyChanges, KeyParts, LoosePolicy
from verifier.inputs.text.access import Record, keys_differ, listed_records, members, text_as_written
from verifier.inputs.text.nodes import Node, Remarks, Scalar, entries
from verifier.inputs.text.unknown import content, is_unknown_whole, names_in
from verifier.model.estate import Key, Pairs
from verifier.model.policy import Policy
from verifier.model.results.collection import NotRead, SnapshotPart
from verifier.model.unmodelled import Unmodelled
from verifier.syntax.text import first_few, printable

_ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]+")


def read_key(
    remarks: Remarks, part: KeyParts, changes: Mapping[str, KeyChanges], loose: Sequence[LoosePolicy]
) -> tuple[DescribedKey, tuple[Unmodelled, ...]] | None:
    """A key from its parts, what `describe-key` says of it, and what of it is not modelled; `None` after recording why
    its ARN is not known. `changes` are what plans and templates do, by ARN; `loose` are policies that they put on keys
    that are not known."""
    place, parts = part.place, Record(remarks, part.place, part.members)
    output = Record(remarks, place)
    if "metadata" in parts:
        output = members(remarks, parts["metadata"], "the output of describe-key")
    metadata = output.unwrapped("KeyMetadata")
    arn = _arn(parts, metadata)
    if arn is None:
        return None
    parts = Record(remarks, place, with_loose(with_changes(arn, parts, changes.get(arn)), arn, place, loose))
    known, primary, stated_at = read_facts(metadata, arn)
    unknown = {fact: names_in([parts[fact]]) for fact in ("aliases", "tags") if fact in parts}
    unknown_facts = {fact: first_few(names) for fact, names in unknown.items() if names}
    given = {fact: node for fact, node in parts.items() if fact not in unknown_facts}
    aliases = _aliases(remarks, entries(given["aliases"]), arn) if "aliases" in given else None
    shown = part.name or parts.text("name") or (aliases[0].removeprefix("alias/") if aliases else None)
    tags = read_tags(remarks, given["tags"], "TagKey", "TagValue") if "tags" in given else None
    if tags is not None and not keys_differ(tags):
        tags, unknown_facts["tags"] = None, "keys of tags differ in case alone, and of these a condition reads one"
    left_open = {fact: content(parts[fact]) for fact in unknown_facts} | part.left_open
    listed = entries(given["grants"]) if "grants" in given else None
    read = (None, ()) if listed is None else read_grants(remarks, listed, arn, printable(shown or arn))
    grants, unmodelled = read
    policies, unread = _policies(parts, arn, shown or arn)
    key = replace(
        known,
        name=printable(shown) if shown else None,
        policies=policies,
        aliases=aliases,
        tags=tags,
        unknown_facts=tuple(
            (fact, printable(f"the {fact} of {shown or arn} are not known: {why}"))
            for fact, why in unknown_facts.items()
        ),
        grants=grants,
        span=place.span,
        unread=unread,
        supposed=tuple(map(printable, part.supposed)),
        left_open=tuple((what, remarks.definitions.digest(said)) for what, said in left_open.items()),
    )
    return (key, primary, stated_at), unmodelled


def _arn(parts: Record, metadata: Record) -> str | None:
    given = {node: found.text(name) for found, name in ((parts, "arn"), (metadata, "Arn")) if (node := found.get(name))}
    arns = {arn for arn in given.values() if arn is not None}
    if not arns:
        parts.error("the key has no ARN", hint="give `metadata` (the output of describe-key) or `arn`")
    elif len(arns) > 1:
        parts.remarks.error(list(given)[-1], "`arn` and `metadata` name different keys: " + ", ".join(sorted(arns)))
    elif not is_key_arn(arn := min(arns)):
        parts.remarks.error(list(given)[-1], f"`{arn}` is not the ARN of a KMS key", hint=HINT_KEY_ARN)
    else:
        return arn
    return None


def _policies(parts: Record, arn: str, name: str) -> tuple[tuple[Policy, ...] | None, str | None]:
    """The policies of the key, or `None`; and why they are not known, where the input says that there are some."""
    if "policy" in parts and "policies" in parts:
        parts.error("the key has both `policy` and `policies`", "policies")
    remarks = parts.remarks
    given = members(remarks, parts["policies"], "`policies`", (DEFAULT, SHARED_POLICY)) if "policies" in parts else {}
    if "policy" in parts:
        given.setdefault(DEFAULT, parts["policy"])
    if DEFAULT not in given:
        message = f"the policy of {name} is not in the input, so nothing about the key can be proved or refuted"
        default = "`policy: default` for a key that was created without one"
        hint = f"give `policy` (the output of get-key-policy), or {default}"
        remarks.warning(parts.place, message, hint=hint, rule="U3")
        return None, None
    if is_unknown_whole(given[DEFAULT]):
        names = first_few(names_in([given[DEFAULT]]))
        return None, printable(f"the policy of {name} is not known: it depends on {names}")
    read = (read_key_policy(remarks, node, arn, called) for called, node in sorted(given.items(), reverse=True))
    return tuple(policy for policy in read if policy is not None), None


def _aliases(remarks: Remarks, listed: Iterable[Node], arn: str) -> tuple[str, ...]:
    """The aliases of this key: `list-aliases` lists those of all keys, a bare list of names only its own."""
    names: list[str] = []
    for entry in listed:
        if isinstance(entry, Scalar):
            name = text_as_written(remarks, entry, "an alias")
        else:
            name = _alias_of(members(remarks, entry, "an alias"), arn)
        if name is None:
            continue
        if not _ALIAS.fullmatch(name):
            remarks.error(entry, f"`{name}` is not the name of an alias", hint="expected alias/NAME")
        elif name in names:
            remarks.error(entry, f"duplicate alias `{name}`")
        names.append(name)
    return tuple(names)


def _alias_of(found: Record, arn: str) -> str | None:
    target, alias_arn = found.text("TargetKeyId"), found.text("AliasArn")
    if target is None or target.rsplit("/", 1)[-1] != arn.rsplit("/", 1)[1]:
        return None
    if alias_arn is not None and alias_arn.split(":")[:5] != arn.split(":")[:5]:
        of_related_key = arn.rsplit("/", 1)[1].startswith("mrk-") and are_related(alias_arn, arn, 5)
        if of_related_key:  # it names the same key ID (L9)
            return None
        found.error(f"`{alias_arn}` is not an alias in the account and Region of {arn}", "AliasArn", rule="R4")
    return text_as_written(found.remarks, found["AliasName"], "`AliasName`") if "AliasName" in found else None


def read_tags(remarks: Remarks, node: Node, key_name: str, value_name: str) -> Pairs:
    """Tags in AWS CLI output: a listing of objects that name each tag's key and value. Keys have case, but for those of
    users and roles, which are called `Key` [IAM: id_tags, Case sensitivity]."""
    pairs: dict[str, str] = {}
    for found in listed_records(remarks, node, "Tags", "the list of tags", "a tag"):
        key, value = found.text(key_name), found.text(value_name)
        if key is None or value is None:
            found.error(f"a tag must have `{key_name}` and `{value_name}`")
        elif key in pairs or (key_name == "Key" and key.lower() in map(str.lower, pairs)):
            found.error(f"duplicate tag `{key}`")
        else:
            pairs[key] = value
    return tuple(pairs.items())


def keys_not_listed(entries: Sequence[NotRead]) -> Iterator[Key]:
    """One key for all those of an account and Region that could not be listed: nothing is known of it (S1)."""
    for entry in {one.place: one for one in entries if one.part is SnapshotPart.KEYS}.values():
        region, account = entry.region or "", entry.account
        name = f"keys of {account} in {region}"
        why = printable(f"the {name} were not listed ({entry.reason})")
        arn = f"arn:{region_partition(region)}:kms:{region}:{account}:key/not-listed"
        yield Key(arn, name, unread=why, unknown_facts=(("aliases", why), ("tags", why)))
