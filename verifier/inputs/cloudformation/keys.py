"""KMS keys of a template.

In: its functions and the names of its resources. Out: the parts of each key, as a snapshot has them.
Guarantee: a key that is declared without a policy has the default one (U3); one whose policy is not known has an `Unknown`.
[CloudFormation Template Reference: AWS::KMS::Key, AWS::KMS::ReplicaKey, AWS::KMS::Alias]
"""

from __future__ import annotations

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import KEYS, Names
from verifier.inputs.cloudformation.template import Resource
from verifier.inputs.drafts import listing, multi_region, obj
from verifier.inputs.nodes import Items, Members, Node, Scalar, entries, plain, text_at
from verifier.inputs.parts import KeyChanges, KeyParts
from verifier.inputs.policies import DEFAULT
from verifier.inputs.unknown import Unknown


class Keys:
    """The keys of a template."""

    def __init__(self, functions: Functions, names: Names) -> None:
        self.functions = functions
        self.names = names
        self.arns: dict[str, str] = {}
        self.changes: dict[str, KeyChanges] = {}
        """What is done to keys that are not of the template, by ARN."""
        self.unchecked: set[str] = set()
        """The keys whose policies are put past the lockout safety check, or may be."""
        self.loose_alias: Unknown | None = None
        """The key of an alias, if it is not known which that is."""

    def read(self) -> list[KeyParts]:
        """The parts of every key that is made, or may be."""
        found: dict[str, KeyParts] = {}
        for resource in sorted(self.functions.template.of_type(*KEYS), key=lambda r: r.type):
            if self.functions.exists(resource) is not False:
                self._key(resource, found)
        for resource in self.functions.template.of_type("AWS::KMS::Alias"):
            self._alias(resource, found)
        return list(found.values())

    def _key(self, resource: Resource, found: dict[str, KeyParts]) -> None:
        arn = self.names.key_arn(resource)
        if not isinstance(arn, Scalar):
            message = f"the template does not tell which account `{resource.name}` will be in"
            self.functions.remarks.error(resource.place, message, hint="give it with --account 111122223333")
            return
        place = resource.place
        self.arns[resource.name] = arn.text
        bypass = self.functions.of(resource, "BypassPolicyLockoutSafetyCheck")
        if bypass is not None and not (isinstance(bypass, Scalar) and bypass.text.lower() == "false"):
            self.unchecked.add(arn.text)
        policy = self.functions.of(resource, "KeyPolicy")
        if (isinstance(policy, Members) and not policy.pairs) or (isinstance(policy, Scalar) and not policy.text):
            policy = None  # AWS's handler of the resource takes an empty text for no policy
        members: dict[str, Node] = {
            "metadata": obj(place, Arn=arn, **self._facts(resource, arn.text)),
            "policy": policy if policy is not None else text_at(place, DEFAULT),
            "grants": listing(place, []),
            "aliases": listing(place, []),
            "tags": self._tags(resource),
        }
        found[resource.name] = KeyParts(place, members, resource.name, planned=True)

    def _facts(self, resource: Resource, arn: str) -> dict[str, Node]:
        """What `describe-key` would tell. A replica has its primary key's spec and usage."""
        place = resource.place
        if resource.type == "AWS::KMS::ReplicaKey":
            primary = self.functions.of(resource, "PrimaryKeyArn")
            return {**multi_region(place, "REPLICA", primary if isinstance(primary, Scalar) else None), "Origin": text_at(place, "AWS_KMS")}
        usual = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}
        facts = {name: self.functions.of(resource, name) or text_at(place, default) for name, default in usual.items()}
        found: dict[str, Node] = {name: node for name, node in facts.items() if not isinstance(node, Unknown)}
        given = self.functions.of(resource, "MultiRegion")
        if isinstance(given, Unknown):
            return found
        if not (isinstance(given, Scalar) and given.text.lower() == "true"):
            return found | {"MultiRegion": plain(place, "false")}
        return found | multi_region(place, "PRIMARY", text_at(place, arn))

    def _tags(self, resource: Resource) -> Node:
        """The tags. Those of the stack, which CloudFormation adds, are not in the template."""
        node = self.functions.of(resource, "Tags")
        if node is None:
            return listing(resource.place, [])
        return listing(node, [_renamed(tag) for tag in node.items]) if isinstance(node, Items) else node

    def _alias(self, resource: Resource, found: dict[str, KeyParts]) -> None:
        exists = self.functions.exists(resource)
        target, name = self.functions.of(resource, "TargetKeyId"), self.functions.of(resource, "AliasName")
        if exists is False or target is None:
            return
        text = target.text if isinstance(target, Scalar) else None
        own = [key for key, arn in self.arns.items() if text in (arn, arn.rsplit("/", 1)[1])]
        self.loose_alias = target if isinstance(target, Unknown) else self.loose_alias
        if text is not None and not own:
            # A key that is not of the template, by its ARN or ID.
            arn = text if ":" in text else f"arn:{self.names.partition}:kms:{self.names.region}:{self.names.account}:key/{text}"
            if ":" not in text and self.functions.template.supplied.region is None:
                self.functions.remarks.by_id[arn] = resource.place
            alias = name if exists and name is not None else resource.perhaps
            self.changes.setdefault(arn, KeyChanges(resource.place)).aliases.append(alias)
        for key in own if text is not None else list(found):
            members = found[key].members
            added = resource.perhaps if exists is None or name is None else target if text is None else name
            members["aliases"] = listing(added, [*entries(members["aliases"]), added])


def _renamed(tag: Node) -> Node:
    """A tag of a template with the names that KMS has for its members."""
    if not isinstance(tag, Members):
        return tag
    names = {"Key": "TagKey", "Value": "TagValue"}
    return Members(tag.source, tag.start, tag.end, [(text_at(key, names.get(key.text, key.text)), value) for key, value in tag.pairs])
