"""KMS keys of a plan or template, with their policies, grants and aliases.

Guarantee: a key that is declared without a policy has the default one (U3); a key policy that is not known is
`UnknownNode`; a separate `aws_kms_key_policy` stands for the key's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from verifier.inputs.agreement import reported
from verifier.inputs.policies import DEFAULT
from verifier.inputs.resources.grants import grant_node
from verifier.inputs.resources.names import KEYS, OF_PRIMARY, REPLICAS, UNREAD_KEYS, id_is_open
from verifier.inputs.resources.reader import ResourceContent, ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.snapshot.key_metadata import is_key_arn
from verifier.inputs.snapshot.parts import KeyChanges, KeyParts, LoosePolicy
from verifier.inputs.terraform.documents import as_document
from verifier.inputs.text.nodes import Node, Scalar, listing, obj, plain, text_at
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.unmodelled import Influence
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import first_few, printable

_ALIASES = ("aws_kms_alias", "AWS::KMS::Alias")
_ORIGINS = {"aws_kms_external_key": "EXTERNAL", "aws_kms_replica_external_key": "EXTERNAL"}
_STORES = ("custom_key_store_id", "xks_key_id")
_FACTS = ("key_usage", "customer_master_key_spec", "key_spec", "origin", "multi_region", *_STORES)


@dataclass
class _Key:
    """A key in the making: `words` are what resources say of its policy, `alone` is no resource, `gone` is deleted."""

    arn: str
    place: Node
    resource: Resource
    facts: dict[str, Node] = field(default_factory=dict)
    words: list[ResourceContent] = field(default_factory=list)
    alone: bool = False
    gone: bool = False
    grants: list[Node] = field(default_factory=list)
    aliases: list[Node] = field(default_factory=list)
    tags: Node | None = None

    @property
    def created(self) -> bool:
        """True iff the plan makes the key: then what the plan does not give it, it does not have."""
        return self.resource.created and not self.alone


@dataclass
class Keys(ResourceReader):
    """The keys of one side of a plan."""

    by_address: dict[str, _Key] = field(default_factory=dict)
    by_arn: dict[str, _Key] = field(default_factory=dict)
    changes: dict[str, KeyChanges] = field(default_factory=dict)
    """What is done to keys that are not in the plan, by ARN."""

    def read_keys(self) -> list[KeyParts]:
        """Returns the parts of every key, and adds what the plan does to others. Errors go to `remarks`."""
        for types in (KEYS, REPLICAS):
            for resource in self.side.done(*types):
                self._scheduled(resource) if resource.verb is Verb.TAKES else self._key(resource)
        for resource in self.side.done("aws_kms_key_policy"):
            self._policy(resource)
        for resource in self.side.done("aws_kms_grant"):
            self._revoked(resource) if resource.verb is Verb.TAKES else self._grant(resource)
        for resource in self.side.done(*_ALIASES):
            self._alias(resource)
        for resource in self.side.of_type(*UNREAD_KEYS):
            self._unread(resource)
        for key in self.by_address.values():
            if key.gone and any(word.writes for word in key.words):
                self._changes_of(key.arn, key.place).policy = self.content_in_force(key.words)
        for arn, done in self.changes.items():
            self.parts.add_key_changes(arn, done)
        return [self._parts(key) for key in self.by_address.values() if not key.gone]

    # -- keys --

    def _key(self, resource: Resource) -> None:
        arn = self._arn(resource)
        if arn is None:
            return
        self._check_bypass(resource, arn)
        own = self._own_policy(resource)
        by_default = isinstance(own, Scalar) and own.text == DEFAULT
        words = (
            [] if own is None else [ResourceContent(resource, own, resource.writes("policy"), by_default=by_default)]
        )
        at, facts, tags = self.side.at(resource), self._facts(resource, arn), self._tags(resource)
        self._add(_Key(arn, at, resource, facts, words, tags=tags))

    def _scheduled(self, resource: Resource) -> None:
        """A key that the plan schedules for deletion: it is not checked, and has its policy until it is deleted."""
        arn = self.side.text(resource, "arn")
        if arn is not None and arn not in self.by_arn:
            self._add(_Key(arn, self.side.at(resource), resource, gone=True))

    def _add(self, key: _Key) -> None:
        address = f"{key.resource.address} (goes)" if key.gone else key.resource.address
        self.by_address[address] = self.by_arn[key.arn] = key

    def _arn(self, resource: Resource) -> str | None:
        """The ARN; `None` after recording why the key has none yet."""
        arn, at = self.side.text(resource, "arn"), self.side.at(resource)
        if arn is None and self.side.account(resource) is None:
            message = f"the {self.side.what} does not tell which account {resource.shown} will be in"
            self.remarks.ask(at, message, hint=self.side.tell_account(resource), rule="S4")
        elif arn is None:
            self.remarks.error(at, f"{resource.address} has no `arn`", rule="U3")
        elif resource.type in REPLICAS and self.side.text(resource, "primary_key_arn") == arn:
            message = f"{resource.shown} seems to be in the Region of its primary key, and a replica is in another"
            own = "--parameter provider.aws.ALIAS.region=…"
            hint = f"give the `region` of its provider configuration, --region, or {own}"
            self.remarks.error(at, message, hint=hint, rule="F8")
            return None
        return arn

    def _unread(self, resource: Resource) -> None:
        """A key of the provider awscc: there is one, and its policy is not known."""
        arn, at = self._arn(resource), self.side.at(resource)
        if arn is not None and arn not in self.by_arn:
            word = ResourceContent(resource, UnknownNode(at, ["the provider awscc, whose keys are not read"]), True)
            self.by_address[resource.address] = _Key(arn, at, resource, {"Arn": text_at(at, arn)}, [word])

    def _own_policy(self, resource: Resource) -> Node | None:
        """The policy in the key's block: the word `default` for none of a new key, `None` where none is recorded."""
        found = None
        if not resource.created or self.side.is_configured(resource, "policy"):
            found = self.side.policy(resource, "policy")
        return text_at(self.side.at(resource), DEFAULT) if found is None and resource.created else found

    def _facts(self, resource: Resource, arn: str) -> dict[str, Node]:
        """What `describe-key` would tell: what is left out has a default; a replica has what its primary key has."""
        at, own = self.side.at(resource), self.by_arn.get(self.side.text(resource, "primary_key_arn") or "")
        primary = own.resource if own is not None and resource.type in REPLICAS else None
        usage = self._either(resource, primary, "key_usage")
        spec = self._either(resource, primary, "customer_master_key_spec", "key_spec")
        if resource.type in KEYS:
            usage, spec = usage or text_at(at, "ENCRYPT_DECRYPT"), spec or text_at(at, "SYMMETRIC_DEFAULT")
        facts: dict[str, Node | None] = {"Arn": text_at(at, arn), "KeyUsage": usage, "KeySpec": spec}
        facts |= {"Origin": self._origin(resource)} | (self._life(resource) if resource.type in KEYS else {})
        known = {name: node for name, node in facts.items() if isinstance(node, Scalar)}
        return known | self._multi_region(resource, primary)

    def _life(self, resource: Resource) -> dict[str, Node | None]:
        """What becomes of the key. Without a word a new one is not rotated. [KMS: rotate-keys; API: CreateKey]"""
        at, rotates = self.side.at(resource), self._fact(resource, "enable_key_rotation")
        if isinstance(rotates, Scalar) or (rotates is None and resource.created):
            rotates = plain(at, str(isinstance(rotates, Scalar) and rotates.text.lower() == "true").lower())
        days = self._fact(resource, "deletion_window_in_days") or self._fact(resource, "pending_window_in_days")
        return {"KeyRotationEnabled": rotates, "PendingWindowInDays": days}

    def _either(self, resource: Resource, primary: Resource | None, *names: str) -> Node | None:
        """An attribute of a key, by the first of its names that is set, or else its primary key's."""
        owners = [owner for owner in (resource, primary) if owner is not None]
        facts = (self._fact(owner, name) for owner in owners for name in names)
        return next((found for found in facts if found is not None), None)

    def _fact(self, resource: Resource, name: str) -> Node | None:
        """An attribute that is set. Where it is computed and not configured, or empty as in a state, `None`."""
        if resource.created and not self.side.is_configured(resource, name) and name not in resource.values:
            return None
        found = self.side.value(resource, name)
        return None if isinstance(found, Scalar) and not found.text else found

    def _origin(self, resource: Resource) -> Node:
        """Where the key material is from, by what is set; a value that is neither known nor a reference may be null."""
        given, store, external = (self._fact(resource, name) for name in ("origin", *_STORES))
        if given is not None or resource.type in (*_ORIGINS, *REPLICAS) or store is None:
            return given or text_at(self.side.at(resource), _ORIGINS.get(resource.type, "AWS_KMS"))
        for name, found in zip(_STORES, (store, external), strict=True):
            if isinstance(found, UnknownNode) and self.side.referred(resource, name) is None:
                return found
        return text_at(self.side.at(resource), "AWS_CLOUDHSM" if external is None else "EXTERNAL_KEY_STORE")

    def _multi_region(self, resource: Resource, primary: Resource | None) -> dict[str, Node]:
        at, given = self.side.at(resource), self._fact(resource, "multi_region")
        if resource.type in KEYS and isinstance(given, UnknownNode):
            return {}
        is_replica = resource.type in REPLICAS
        if not is_replica and not (isinstance(given, Scalar) and given.text.lower() == "true"):
            return {"MultiRegion": plain(at, "false")}
        arn = self.side.text(primary or resource, "primary_key_arn" if is_replica and primary is None else "arn")
        related: dict[str, Node] = {"MultiRegionKeyType": text_at(at, "REPLICA" if is_replica else "PRIMARY")}
        if arn is not None and is_key_arn(arn):
            related["PrimaryKey"] = obj(at, Arn=text_at(at, arn))
        return {"MultiRegion": plain(at, "true"), "MultiRegionConfiguration": obj(at, **related)}

    def _tags(self, resource: Resource) -> Node | None:
        node = self.side.tags(resource)
        names = self.names(resource, "tags_all", "tags") or (f"{resource.address}.tags",)
        pairs = [] if node is None else [obj(node, TagKey=key, TagValue=value) for key, value in node.pairs]
        found = self.unknown(resource, *names) if node is None else listing(node, pairs)
        return self.side.marked(resource, found, "tags", "tags_all")

    # -- what refers to keys --

    def target(self, resource: Resource, name: str) -> _Key | None:
        """The key that an attribute names, by ARN, ID or alias; `None` where it is none of the plan's."""
        given = self.side.text(resource, name)
        if given is not None and given.startswith("alias/"):
            aliases = [found for found in self.side.of_type(*_ALIASES) if self.side.text(found, "name") == given]
            certain = name != "target_key_id" and len(aliases) == 1 and aliases[0].verb is not Verb.CHANGES
            return self.target(aliases[0], "target_key_id") if certain else None
        if given is not None:
            return self.by_arn.get(self._arn_of(resource, given))
        referred = self.referred_here(resource, name)
        return self.by_address.get(referred.address) if referred is not None else None

    def _policy(self, resource: Resource) -> None:
        """What a separate policy says of its key. One that goes puts the default policy, unless it is to bypass the
        lockout safety check; one that changes its key puts its policy on one of the two."""
        key, at = self._owner(resource), self.side.at(resource)
        if key is None:
            names = self.names(resource, "key_id") or (OF_PRIMARY,)
            loose = LoosePolicy(resource.address, names, *self.side.account_and_region(resource))
            self.parts.loose_policies.append(loose)
            return
        if resource.verb is Verb.TAKES:
            bypass = resource.values.get("bypass_policy_lockout_safety_check") is True
            left = text_at(at, self.side.text(resource, "policy") or "" if bypass else DEFAULT)
            found = as_document(left, f"{self.side.label(resource)}.policy") if bypass else left
            key.words.append(ResourceContent(resource, found, not bypass))
            return
        self._check_bypass(resource, key.arn)
        policy = self.side.policy(resource, "policy") or self.unknown(resource, f"{resource.address}.policy")
        word = ResourceContent(resource, policy, resource.writes("policy"), "key_id")
        old = None if resource.was is None else resource.was.get("key_id")
        if resource.verb is Verb.CHANGES and isinstance(old, str) and old != resource.values.get("key_id"):
            former = self._arn_of(resource, old)
            if former != key.arn:
                which = self.unknown(resource, f"which of two keys {resource.address} writes, for its `key_id` changes")
                word = replace(word, content=which, writes=True)
                if former in self.by_arn:
                    self.by_arn[former].words.append(word)
                else:
                    self._changes_of(former, at).policy = which
        key.words.append(word)

    def _check_bypass(self, resource: Resource, arn: str) -> None:
        """Records whether the resource puts its policy past the lockout safety check, or may."""
        bypass = self.side.value(resource, "bypass_policy_lockout_safety_check")
        if bypass is not None and not (isinstance(bypass, Scalar) and bypass.text.lower() == "false"):
            self.parts.unchecked.add(arn)

    def _owner(self, resource: Resource) -> _Key | None:
        """The key of a separate policy; one that is not in the plan is added, with that policy alone."""
        given, key, at = self.side.text(resource, "key_id"), self.target(resource, "key_id"), self.side.at(resource)
        arn = None if given is None or given.startswith("alias/") else self._arn_of(resource, given)
        if key is not None or arn is None or id_is_open(arn, self.by_arn):
            return key
        if not is_key_arn(arn):
            self.remarks.error(at, f"`key_id` of {resource.address} is `{given}`, which is not the ARN or ID of a key")
        key = _Key(arn, at, resource, {"Arn": text_at(at, arn)}, alone=True)
        self._add(key)
        return key

    def _arn_of(self, resource: Resource, given: str) -> str:
        """The ARN of a key by its ARN or ID. Raises `InputError` where it must be asked for whose the ID is (S4)."""
        if ":" in given:
            return given
        side, account = self.side, self.side.account(resource)
        if account is None:
            message = f"the {side.what} does not tell in which account {resource.shown} names a key by its ID"
            raise InputError.of(printable(message), side.at(resource).span, hint=side.tell_account(resource), rule="S4")
        key = f"{side.region(resource)}:{account}:key/{given.removeprefix('key/')}"
        arn = f"arn:{side.partition(resource)}:kms:{key}"
        if side.account_and_region(resource)[1] is None:
            self.remarks.by_id[arn] = side.at(resource)
        return arn

    def _changes_of(self, arn: str, at: Node) -> KeyChanges:
        return self.changes.setdefault(arn, KeyChanges(at))

    def _of(self, resource: Resource, name: str) -> _Key | KeyChanges | None:
        """The key that an attribute names, or what is done to it where it is not in the plan."""
        key, given = self.target(resource, name), self.side.text(resource, name)
        if key is not None and not key.gone:
            return key
        arn = None if given is None else self._arn_of(resource, given)
        return None if arn is None or id_is_open(arn, self.by_arn) else self._changes_of(arn, self.side.at(resource))

    def _grant(self, resource: Resource) -> None:
        owner, names = self._of(resource, "key_id"), self.names(resource, "key_id") or (OF_PRIMARY,)
        if owner is not None:
            grant = grant_node(self, resource)
            owner.grants.append(reported(grant, self.side.label(resource)) if resource.verb is Verb.KEEPS else grant)
        else:
            does = f"is a grant on a key that is not known: it depends on {first_few(names)}"
            self.may(resource, "grant ", "G1", Influence.MAY_ALLOW, does)

    def _revoked(self, resource: Resource) -> None:
        key, grant = self.side.text(resource, "key_id"), self.side.text(resource, "grant_id")
        if key is not None and grant is not None:
            self._changes_of(self._arn_of(resource, key), self.side.at(resource)).revoked.add(grant)

    def _alias(self, resource: Resource) -> None:
        old = (resource.was or {}) if resource.writes("target_key_id") else {}
        old = resource.values if resource.verb is Verb.TAKES else old
        former, named = old.get("target_key_id"), old.get("name")
        if isinstance(former, str) and isinstance(named, str):
            self._changes_of(self._arn_of(resource, former), self.side.at(resource)).unaliased.add(named)
        name = self.side.value(resource, "name") if resource.verb is not Verb.TAKES else None
        if name is None:
            return
        owner = self._of(resource, "target_key_id")
        if owner is not None:
            owner.aliases.append(reported(name, self.side.label(resource)) if resource.verb is Verb.KEEPS else name)
        else:
            names = self.names(resource, "target_key_id") or (f"whose alias {resource.address} is",)
            self.parts.loose_alias = self.unknown(resource, *names)

    def _parts(self, key: _Key) -> KeyParts:
        at = key.place
        policy = self.content_in_force(key.words) if key.words else None
        unrecorded = self.unknown(key.resource, f"{key.resource.address}.policy (not recorded)")
        members: dict[str, Node] = {"metadata": obj(at, **key.facts)}
        members["policy"] = unrecorded if policy is None else policy
        is_read = key.resource.type not in UNREAD_KEYS
        listed = {"grants": key.grants, "aliases": key.aliases} if is_read else {}
        members |= {name: listing(at, nodes) for name, nodes in listed.items() if nodes or key.created}
        if key.tags is not None:
            members["tags"] = key.tags
        open_ = self.left_open(key.resource, [self._fact(key.resource, name) for name in _FACTS]) if is_read else {}
        made, address, file = self.side.is_certain(key.resource), key.resource.address, self.side.file
        return KeyParts(
            at, members, address, planned=True, certain=made, policy_alone=key.alone, file=file, left_open=open_
        )
