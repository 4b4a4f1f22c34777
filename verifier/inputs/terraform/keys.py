"""KMS keys of a plan, with their policies, grants and aliases.

In: a resolver. Out: the parts of each key, as a snapshot has them. Guarantee: a key that is declared without a policy has the default one
(U3); a key policy that is not known is `Unknown`; a separate `aws_kms_key_policy` stands for the key's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from verifier.inputs.agreement import told
from verifier.inputs.drafts import listing, multi_region, no, obj
from verifier.inputs.key_changes import KeyChanges, LoosePolicy
from verifier.inputs.key_metadata import is_key_arn
from verifier.inputs.nodes import Node, Remarks, Scalar, text_at
from verifier.inputs.parts import KeyParts
from verifier.inputs.policies import DEFAULT
from verifier.inputs.terraform.derived import KEYS, REPLICAS, UNREAD_KEYS
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.grants import grant_node
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.slots import Word, settled
from verifier.inputs.terraform.values import text_node
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.source import Source
from verifier.syntax.text import first_few, printable

_ORIGINS = {"aws_kms_external_key": "EXTERNAL", "aws_kms_replica_external_key": "EXTERNAL"}


@dataclass
class _Key:
    """A key while it is put together. `words` are what resources say of its policy, `alone` is one that no resource is, `gone` one that the
    plan schedules for deletion."""

    arn: str
    place: Source
    resource: Resource
    facts: dict[str, Node]
    words: list[Word]
    alone: bool = False
    gone: bool = False
    grants: list[Node] = field(default_factory=list)
    aliases: list[Node] = field(default_factory=list)
    tags: Node | None = None

    @property
    def created(self) -> bool:
        """Whether the plan makes the key: then what the plan does not give it, it does not have."""
        return self.resource.created and not self.alone


@dataclass
class Keys:
    """The keys of one side of a plan."""

    remarks: Remarks
    resolver: Resolver
    providers: Providers
    by_address: dict[str, _Key] = field(default_factory=dict)
    by_arn: dict[str, _Key] = field(default_factory=dict)
    loose: list[LoosePolicy] = field(default_factory=list)
    """Key policies of which it is not known whose they are."""
    changes: dict[str, KeyChanges] = field(default_factory=dict)
    """What is done to keys that are not in the plan, by ARN."""
    unchecked: set[str] = field(default_factory=set)
    """The keys whose policies are put past the lockout safety check, or may be."""
    loose_alias: bool = False
    """Whether there is an alias of which it is not known whose it is."""
    loose_grants: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Grants likewise."""

    def read(self) -> list[KeyParts]:
        """The parts of every key. Errors go to `remarks`."""
        plan = self.resolver.plan
        for types in (KEYS, REPLICAS):
            for resource in plan.done(*types):
                self._scheduled(resource) if resource.verb is Verb.TAKES else self._key(resource)
        for resource in plan.done("aws_kms_key_policy"):
            self._policy(resource)
        for resource in plan.done("aws_kms_grant"):
            self._revoked(resource) if resource.verb is Verb.TAKES else self._grant(resource)
        for resource in plan.done("aws_kms_alias"):
            self._alias(resource)
        for resource in self.resolver.of_type(*UNREAD_KEYS):
            self._unread(resource)
        for key in self.by_address.values():
            if key.gone and any(word.writes for word in key.words):
                self._changes_of(key.arn, key.place).policy = settled(self.resolver, key.words)
        return [self._parts(key) for key in self.by_address.values() if not key.gone]

    # -- keys --

    def _key(self, resource: Resource) -> None:
        arn = self.resolver.text(resource, "arn")
        place = self.resolver.place(resource)
        if arn is None:
            self._without_arn(resource, place)
            return
        self._check_bypass(resource, arn)
        own = self._own_policy(resource, place)
        words = [] if own is None else [Word(resource, own, resource.writes("policy"))]
        self._add(_Key(arn, place, resource, self._facts(resource, arn), words, tags=self._tags(resource)))

    def _scheduled(self, resource: Resource) -> None:
        """A key that the plan schedules for deletion: it is not checked, and has its policy until it is deleted."""
        arn, place = resource.values.get("arn"), self.resolver.place(resource)
        if isinstance(arn, str) and arn not in self.by_arn:
            self._add(_Key(arn, place, resource, {}, [], gone=True))

    def _add(self, key: _Key) -> None:
        address = f"{key.resource.address} (goes)" if key.gone else key.resource.address
        self.by_address[address] = key
        self.by_arn[key.arn] = key

    def _without_arn(self, resource: Resource, place: Source) -> None:
        """Records why the key has no ARN yet."""
        node = Node(place, 0, 0)
        if resource.type in REPLICAS:
            names = ", ".join(names_in([found] if (found := self.resolver.value(resource, "primary_key_arn")) is not None else []))
            message = f"the primary key of {resource.address} is not known: it depends on {names}"
            self.remarks.error(node, message, hint="write `primary_key_arn` as a reference to the key, or as its ARN", rule="L9")
        elif self.providers.account(resource) is None:
            self.remarks.error(
                node,
                f"the plan does not tell which account {resource.address} will be in",
                hint="give it with --account 111122223333, or add a data source aws_caller_identity to the configuration",
            )
        else:
            self.remarks.error(node, f"{resource.address} has no `arn`", rule="U3")

    def _unread(self, resource: Resource) -> None:
        """A key of the provider awscc: there is one, and its policy is not known."""
        arn, place = self.resolver.text(resource, "arn"), self.resolver.place(resource)
        if arn is None:
            self._without_arn(resource, place)
        if arn is None or arn in self.by_arn:
            return
        policy = Unknown(place, 0, 0, ["the provider awscc, whose keys are not read"])
        self.by_address[resource.address] = _Key(arn, place, resource, {"Arn": text_node(place, arn)}, [Word(resource, policy, True)])

    def _own_policy(self, resource: Resource, place: Source) -> Node | None:
        """The policy of the key's own block: the word `default` where a new key has none, `None` where an old one has none recorded."""
        if resource.created and not self.resolver.is_configured(resource, "policy"):
            return text_node(place, DEFAULT)
        found = policy_attribute(self.resolver, resource, "policy")
        return text_node(place, DEFAULT) if found is None and resource.created else found

    def _facts(self, resource: Resource, arn: str) -> dict[str, Node]:
        """What `describe-key` would tell. What the configuration leaves out has a default; a replica has what its primary key has."""
        place, primary = self.resolver.place(resource), self._primary(resource)
        usage = self._either(resource, primary, "key_usage")
        spec = self._either(resource, primary, "customer_master_key_spec", "key_spec")
        if resource.type in KEYS:
            usage, spec = usage or text_node(place, "ENCRYPT_DECRYPT"), spec or text_node(place, "SYMMETRIC_DEFAULT")
        facts = {"Arn": text_node(place, arn), "KeyUsage": usage, "KeySpec": spec, "Origin": text_node(place, self._origin(resource))}
        return {name: node for name, node in facts.items() if isinstance(node, Scalar)} | self._multi_region(resource, primary)

    def _either(self, resource: Resource, primary: Resource | None, *names: str) -> Node | None:
        """An attribute of a key, by the first of its names that is set; one that a replica lacks is its primary key's."""
        owners = [owner for owner in (resource, primary) if owner is not None]
        return next((found for owner in owners for name in names if (found := self._fact(owner, name)) is not None), None)

    def _fact(self, resource: Resource, name: str) -> Node | None:
        """An attribute that is set. Where it is computed and not configured, `None`."""
        if resource.created and not self.resolver.is_configured(resource, name) and name not in resource.values:
            return None
        return self.resolver.value(resource, name)

    def _origin(self, resource: Resource) -> str:
        store, external = (self._fact(resource, name) for name in ("custom_key_store_id", "xks_key_id"))
        if resource.type in (*_ORIGINS, *REPLICAS) or store is None:
            return _ORIGINS.get(resource.type, "AWS_KMS")
        return "AWS_CLOUDHSM" if external is None else "EXTERNAL_KEY_STORE"

    def _multi_region(self, resource: Resource, primary: Resource | None) -> dict[str, Node]:
        at, given = Node(self.resolver.place(resource), 0, 0), self._fact(resource, "multi_region")
        if resource.type in KEYS and isinstance(given, Unknown):
            return {}
        is_replica = resource.type in REPLICAS
        if not is_replica and not (isinstance(given, Scalar) and given.text == "true"):
            return {"MultiRegion": no(at)}
        arn = self.resolver.text(primary or resource, "arn") if not is_replica or primary else None
        primary_key = text_at(at, arn) if arn is not None and is_key_arn(arn) else None
        return multi_region(at, "REPLICA" if is_replica else "PRIMARY", primary_key)

    def _primary(self, resource: Resource) -> Resource | None:
        """The primary key of a replica, if it is in the plan."""
        if resource.type not in REPLICAS:
            return None
        key = self.by_arn.get(self.resolver.text(resource, "primary_key_arn") or "")
        return key.resource if key is not None else None

    def _tags(self, resource: Resource) -> Node | None:
        node = self.resolver.tags(resource)
        found = None if node is None else listing(node, [obj(node, TagKey=key, TagValue=value) for key, value in node.pairs])
        return self.resolver.marked(resource, found, "tags", "tags_all")

    # -- what refers to keys --

    def target(self, resource: Resource, name: str) -> _Key | None:
        """The key that an attribute names, by ARN, ID or an alias of the plan; `None` where it is none of the plan's."""
        given = resource.values.get(name) if resource.verb is Verb.TAKES else self.resolver.text(resource, name)
        if isinstance(given, str) and given.startswith("alias/"):
            aliases = [found for found in self.resolver.of_type("aws_kms_alias") if self.resolver.text(found, "name") == given]
            certain = name != "target_key_id" and len(aliases) == 1 and aliases[0].verb is not Verb.CHANGES
            return self.target(aliases[0], "target_key_id") if certain else None
        if isinstance(given, str):
            return self.by_arn.get(self._arn_of(resource, given))
        referred = self.resolver.references.referred(resource, name)
        return self.by_address.get(referred.address) if referred is not None else None

    def _policy(self, resource: Resource) -> None:
        """What a separate policy says of its key. One that goes puts the default policy, unless it is to bypass the lockout safety check;
        one that changes its key puts its policy on one of the two."""
        key = self._owner(resource)
        if key is None:
            node = self.resolver.value(resource, "key_id")
            names = names_in([node] if node is not None else [])
            self.loose.append(LoosePolicy(resource.address, names, *self.providers.told(resource)))
            return
        place = self.resolver.place(resource)
        if resource.verb is Verb.TAKES:
            bypass = resource.values.get("bypass_policy_lockout_safety_check") is True
            left = text_node(place, str(resource.values.get("policy") or "")) if bypass else text_node(place, DEFAULT)
            found = as_document(left, f"{self.resolver.plan.file}#{resource.address}.policy") if bypass else left
            key.words.append(Word(resource, found, not bypass))
            return
        self._check_bypass(resource, key.arn)
        policy = policy_attribute(self.resolver, resource, "policy")
        word = Word(resource, policy or Unknown(place, 0, 0, [f"{resource.address}.policy"]), resource.writes("policy"), "key_id")
        old = None if resource.was is None else resource.was.get("key_id")
        moved = isinstance(old, str) and old != resource.values.get("key_id") and self._arn_of(resource, old) != key.arn
        if resource.verb is Verb.CHANGES and isinstance(old, str) and moved:
            which = [f"which of two keys {resource.address} writes, for its `key_id` changes"]
            word = replace(word, content=Unknown(place, 0, 0, which), writes=True)
            former = self.by_arn.get(self._arn_of(resource, old))
            if former is None:
                self._changes_of(self._arn_of(resource, old), place).policy = word.content
            else:
                former.words.append(word)
        key.words.append(word)

    def _check_bypass(self, resource: Resource, arn: str) -> None:
        """Remembers whether the resource puts its policy past the lockout safety check, or may."""
        bypass = self.resolver.value(resource, "bypass_policy_lockout_safety_check")
        if bypass is not None and not (isinstance(bypass, Scalar) and bypass.text == "false"):
            self.unchecked.add(arn)

    def _owner(self, resource: Resource) -> _Key | None:
        """The key of a separate policy; one that is not in the plan, of which the policy is all that is known, is added to it."""
        given = resource.values.get("key_id") if resource.verb is Verb.TAKES else self.resolver.text(resource, "key_id")
        key, place = self.target(resource, "key_id"), self.resolver.place(resource)
        if key is not None or not isinstance(given, str) or given.startswith("alias/"):
            return key
        arn = self._arn_of(resource, given)
        if not is_key_arn(arn):
            self.remarks.error(Node(place, 0, 0), f"`key_id` of {resource.address} is `{given}`, which is not the ARN or ID of a key")
        key = _Key(arn, place, resource, {"Arn": text_node(place, arn)}, [], alone=True)
        self._add(key)
        return key

    def _arn_of(self, resource: Resource, given: str) -> str:
        """The ARN of a key by its ARN or ID."""
        if ":" in given:
            return given
        partition, region = self.providers.partition(resource), self.providers.region(resource)
        return f"arn:{partition}:kms:{region}:{self.providers.account(resource)}:key/{given.removeprefix('key/')}"

    def _changes_of(self, arn: str, place: Source) -> KeyChanges:
        return self.changes.setdefault(arn, KeyChanges(Node(place, 0, 0)))

    def _changes(self, resource: Resource, name: str) -> KeyChanges | None:
        """What is done to the key that an attribute names, which is not in the plan."""
        given = self.resolver.text(resource, name)
        return None if given is None else self._changes_of(self._arn_of(resource, given), self.resolver.place(resource))

    def _grant(self, resource: Resource) -> None:
        key = self.target(resource, "key_id")
        node = self.resolver.value(resource, "key_id") if key is None or key.gone else None
        if names := names_in([] if node is None else [node]):
            self.loose_grants[resource.address] = names
            return
        owner = key if key is not None and not key.gone else self._changes(resource, "key_id")
        if owner is not None:
            grant = grant_node(self.resolver, self.providers, resource)
            owner.grants.append(told(grant, self.resolver.label(resource)) if resource.verb is Verb.KEEPS else grant)

    def _revoked(self, resource: Resource) -> None:
        key, grant = resource.values.get("key_id"), resource.values.get("grant_id")
        if isinstance(key, str) and isinstance(grant, str):
            self._changes_of(self._arn_of(resource, key), self.resolver.place(resource)).revoked.add(grant)

    def _alias(self, resource: Resource) -> None:
        old = resource.values if resource.verb is Verb.TAKES else (resource.was or {}) if resource.writes("target_key_id") else {}
        former, named = old.get("target_key_id"), old.get("name")
        if isinstance(former, str) and isinstance(named, str):
            self._changes_of(self._arn_of(resource, former), self.resolver.place(resource)).unaliased.add(named)
        name = self.resolver.value(resource, "name") if resource.verb is not Verb.TAKES else None
        if name is None:
            return
        key = self.target(resource, "target_key_id")
        owner = key if key is not None and not key.gone else self._changes(resource, "target_key_id")
        if owner is not None:
            owner.aliases.append(told(name, self.resolver.label(resource)) if resource.verb is Verb.KEEPS else name)
        elif self.resolver.references.referred(resource, "target_key_id") is None:
            self.loose_alias = True

    # -- parts --

    def _parts(self, key: _Key) -> KeyParts:
        at = Node(key.place, 0, 0)
        policy = settled(self.resolver, key.words) if key.words else None
        unrecorded = Unknown(key.place, 0, 0, [f"{key.resource.address}.policy (not recorded)"])
        members: dict[str, Node] = {"metadata": obj(at, **key.facts), "policy": unrecorded if policy is None else policy}
        is_read = key.resource.type not in UNREAD_KEYS
        if is_read and (key.grants or key.created):
            members["grants"] = listing(at, key.grants)
        if is_read and (key.aliases or key.created) and not names_in(key.aliases) and not self.loose_alias:
            members["aliases"] = listing(at, key.aliases)
        if key.tags is not None:
            members["tags"] = key.tags
        return KeyParts(at, members, key.resource.address, planned=True, policy_alone=key.alone, file=self.resolver.plan.file)

    def unmodelled(self) -> Iterator[Unmodelled]:
        """Grants on keys that are not known: each may be on any key of the plan."""
        for address, names in self.loose_grants.items():
            description = printable(f"{address} is a grant on a key that is not known: it depends on {first_few(names)}")
            span = self.resolver.plan.address(address).span(0, 0)
            yield Unmodelled(printable(f"grant {address}"), "G1", Influence.MAY_ALLOW, description, span=span)
