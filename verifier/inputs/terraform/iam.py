"""Users, groups, roles and their policies of a plan, as `get-account-authorization-details` tells them.

In: a resolver. Out: for each account its authorization details. Guarantee: of a role or user that is listed everything that the plan
attaches to it is listed too, unknown documents among it; one whose ARN or tags are not known is left out, and so counts as one of which
nothing is known (U1). A group whose ARN is not known is an unmodelled thing that others may join (E0). What is attached to others is
remembered by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from verifier.inputs.drafts import NAMES, Draft, details, managed_policy
from verifier.inputs.elsewhere import Elsewhere, membership, unlisted, untagged
from verifier.inputs.nodes import Items, Node, Scalar, entries
from verifier.inputs.resource_types import Family
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.json_text import Json
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.reader import Reader, Word
from verifier.inputs.terraform.resolver import member
from verifier.inputs.terraform.values import is_any_unknown, unknown_part
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence
from verifier.syntax.text import first_few

_KINDS = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group"}
_ATTACHES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    **{f"aws_iam_{kind}_policy": ((kind, kind, "name"),) for kind in NAMES},
    **{f"aws_iam_{kind}_policy_attachment": ((kind, kind, "policy_arn"),) for kind in NAMES},
    "aws_iam_policy_attachment": tuple((kind, f"{kind}s", "policy_arn") for kind in NAMES),
    "aws_iam_group_membership": (("user", "users", "group"),),
    "aws_iam_user_group_membership": (("user", "user", "groups"),),
}
"""What types of resources attach to whom: the kind of the owner, the attribute that names owners, and the one that names what."""
_EXCLUSIVE = {f"aws_iam_{kind}_policy_attachments_exclusive": (kind, "policy_arns") for kind in NAMES}
_EXCLUSIVE |= {f"aws_iam_{kind}_policies_exclusive": (kind, "policy_names") for kind in NAMES}
"""Lists of all managed policies, or of all inline ones, of an owner."""
_MAKES_ROLES = re.compile(
    r"aws_iam_service_linked_role|(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product)"
    r"|awscc_iam_(?:role|user|service_linked_role)|aws_cloudcontrolapi_resource(?:AWS::(?:IAM|CloudFormation|ServiceCatalog)::\w+)?"
)
"""Types of resources that make roles, or may, which the plan does not have; with the `type_name` of what the Cloud Control API makes."""
_PERMISSION_SETS = re.compile(r"aws_ssoadmin_\w+|awscc_sso_\w+")


@dataclass
class Identities(Reader):
    """The IAM resources of one side of a plan."""

    owners: dict[tuple[str, str, str], Draft] = field(default_factory=dict)
    by_address: dict[str, Draft] = field(default_factory=dict)
    elsewhere: dict[str, Elsewhere] = field(default_factory=dict)
    words: dict[int, tuple[Draft, dict[str, list[Word]]]] = field(default_factory=dict)
    """What is said of each thing that is attached to an owner."""

    def read(self) -> None:
        """Adds the authorization details of each account of which the plan has users or roles, and what it does to others."""
        for resource in self.resolver.plan.done(*_KINDS):
            if resource.verb is not Verb.TAKES:
                self._owner(resource)
            elif (name := self.resolver.text(resource, "name")) is not None:  # which no other one of the account has
                self.elsewhere_of(resource).gone.add((_KINDS[resource.type], name))
        for resource in self.resolver.plan.done(*_ATTACHES):
            self._said(resource)
        lists = self.resolver.of_type(*_EXCLUSIVE)
        for resource in sorted(lists, key=lambda found: not found.writes("policy_arns", "policy_names")):
            self._exclusive(resource)
        self._settle()
        self._made_by_others()
        policies = self._policies()
        for policy in self.resolver.of_type("aws_iam_policy"):
            self.elsewhere_of(policy)  # those of a snapshot may have it
        for account, change in self.elsewhere.items():
            change.policies = policies
            self.parts.elsewhere.setdefault(account, []).append(change)
        place = Node(self.resolver.plan.address("accounts"), 0, 0)
        for account in sorted({account for account, _, _ in self.owners}):
            owned = [owner for (own, _, _), owner in self.owners.items() if own == account]
            self.parts.made.setdefault(account, []).append(details(place, owned, policies))

    # -- users, groups, roles --

    def _owner(self, resource: Resource) -> None:
        kind = _KINDS[resource.type]
        arn, name = self._arn(resource, kind), self.resolver.text(resource, "name")
        old = (resource.was or {}).get("name")
        if isinstance(old, str) and old != name:
            self.elsewhere_of(resource).renamed[kind, old] = arn if name is not None else None
        if arn is None or name is None or arn.count(":") < 5 or (kind != "group" and self.resolver.tags(resource) is None):
            self.elsewhere_of(resource).left_out.add((kind, name))
            if kind == "group":
                self._unlisted(resource, "join")
            elif arn is not None and name is not None and arn.count(":") >= 5:
                why = f"they depend on {first_few(self.names(resource, 'tags', 'tags_all') or ['the tags of the provider'])}"
                self.parts.unmodelled.append(untagged(arn, why, self.at(resource).span))
            return
        owner = Draft(kind, arn, self.at(resource), unique_id=self.resolver.value(resource, "unique_id"), new=resource.created)
        self.owners[arn.split(":")[4], kind, name] = owner
        self.by_address[resource.address] = owner
        if kind != "group":
            self._principal(resource, owner)
        if kind == "role":
            trust = policy_attribute(self.resolver, resource, "assume_role_policy")
            owner.trust = self.resolver.marked(resource, trust, "assume_role_policy")
            self._own_inline(resource, owner)
            self._own_managed(resource, owner)

    def _unlisted(self, resource: Resource, verb: str) -> None:
        """Records a group or managed policy whose ARN is not known."""
        why = f"its name or path depends on {first_few(self.names(resource, 'arn', 'name'))}"
        account, span = self.providers.account(resource), self.at(resource).span
        self.parts.unmodelled.append(unlisted(f"{verb} {resource.address}", why, account, span))

    def _arn(self, resource: Resource, kind: str) -> str | None:
        """The ARN as it will be: that of a user or group whose name or path changes is told as it was."""
        arn, path, name = (self.resolver.text(resource, attribute) for attribute in ("arn", "path", "name"))
        if arn is None or not resource.writes("path", "name"):
            return arn
        return None if path is None or name is None else ":".join([*arn.split(":")[:5], f"{kind}{path}{name}"])

    def elsewhere_of(self, resource: Resource | None) -> Elsewhere:
        """What is done to others in the account of a resource, or in any."""
        account = "" if resource is None else self.providers.account(resource) or ""
        return self.elsewhere.setdefault(account, Elsewhere(untold=not account))

    def _principal(self, resource: Resource, owner: Draft) -> None:
        tags = self.resolver.tags(resource)
        owner.tags = tags.pairs if tags is not None else ()
        owner.tags_told = "" if resource.writes("tags", "tags_all") else self.resolver.label(resource)
        boundary = self.resolver.value(resource, "permissions_boundary")
        if boundary is None or (isinstance(boundary, Scalar) and not boundary.text):
            boundary = Scalar(self.resolver.place(resource), 0, 0, "", "null")
        owner.boundary = self.resolver.marked(resource, boundary, "permissions_boundary")

    def _own_inline(self, resource: Resource, owner: Draft) -> None:
        """The `inline_policy` blocks of a role. Where the configuration has none they are what AWS told."""
        node, found = self._blocks(resource), dict[str, tuple[Node, str | None]]()
        if isinstance(node, Unknown):
            owner.inline["inline_policy"] = node
            return
        for index, block in enumerate(entries(node)):
            named, text = member(block, "name"), member(block, "policy")
            place = f"{self.resolver.label(resource)}.inline_policy[{index}].policy"
            document = block if isinstance(block, Unknown) else as_document(text, place)
            if document is not None:
                shown = named.text if isinstance(named, Scalar) else f"inline_policy[{index}]"
                found[shown] = (document, text.text if isinstance(text, Scalar) else None)
        old = [block for block in _list((resource.was or {}).get("inline_policy")) if isinstance(block, dict)]
        self._own(resource, owner, found, {str(block["name"]): block.get("policy") for block in old if block.get("name")})

    def _own_managed(self, resource: Resource, owner: Draft) -> None:
        configured, found = self.resolver.is_configured(resource, "managed_policy_arns"), dict[str, tuple[Node, str | None]]()
        for item in self._nodes(resource, "managed_policy_arns") if configured or not resource.created else ():
            if isinstance(item, Scalar):
                found[item.text] = (item, item.text)
            else:
                owner.attach(item, f"managed_policy_arns ({first_few(names_in([item]))})")
        self._own(resource, owner, found, {arn: arn for arn in _texts((resource.was or {}).get("managed_policy_arns"))})

    def _own(self, resource: Resource, owner: Draft, now: Mapping[str, tuple[Node, str | None]], old: Mapping[str, object]) -> None:
        """What a role says of its own policies: the content of each, and a text that tells whether it changes; what it had goes."""
        for name, (node, text) in now.items():
            self.say(owner, name, Word(resource, node, resource.verb is not Verb.KEEPS and old.get(name) != text))
        for name in sorted(old.keys() - now.keys()) if resource.verb is Verb.CHANGES else ():
            self.say(owner, name, Word(resource, None, True))

    def _blocks(self, resource: Resource) -> Node | None:
        """The `inline_policy` blocks. Those that a `dynamic` block makes are not in the configuration of a plan: where it has none, and the
        values are not known, there may be some all the same, unless the `.tf` file shows that there are none."""
        is_open = resource.created and is_any_unknown(unknown_part(resource.unknown, "inline_policy"))
        if not is_open or self.resolver.is_configured(resource, "inline_policy"):
            return self.resolver.value(resource, "inline_policy")
        block = self.resolver.plan.written(resource)
        if block is not None and "inline_policy" not in block.dynamic:
            self.resolver.evaluated = True
            return None
        why = f"{resource.address}.inline_policy (whether a `dynamic` block makes some is told by the .tf files alone)"
        return self.unknown(resource, why)

    # -- what is attached to them --

    def _target(self, resource: Resource, kind: str, node: Node | None, attribute: str) -> Draft | None:
        """The owner that a resource names, in the plan or elsewhere; of a name that is not known it cannot be told, so what is attached may
        be anybody's."""
        if isinstance(node, Scalar):
            return self.draft_of(resource, kind, node.text.rsplit("/", 1)[-1])
        referred = self.resolver.references.referred(resource, attribute)
        if referred is not None and referred.type == f"aws_iam_{kind}":
            return self.by_address.get(referred.address)
        names = names_in([node]) if node is not None else ()
        does = f"is attached to a {kind} that is not known: it depends on {first_few(names)}"
        self.may(resource, "policy of ", "U3", Influence.EITHER, does, account=self.providers.account(resource))
        return None

    def draft_of(self, resource: Resource, kind: str, name: str) -> Draft:
        """The owner of a name, in the plan or elsewhere."""
        own = self.owners.get((self.providers.account(resource) or "", kind, name))
        return own or self.elsewhere_of(resource).draft(kind, name, self.at(resource))

    def _said(self, resource: Resource) -> None:
        """What a resource attaches to whom; and what it did before and does no more, or goes with it."""
        before, now = ({*_attached(resource.type, values)} for values in (resource.was or {}, resource.values))
        for kind, of, what in _ATTACHES[resource.type] if resource.verb is not Verb.TAKES else ():
            for target, node in product(self._nodes(resource, of), self._nodes(resource, what)):
                owner = self._target(resource, kind, target, of)
                if owner is None:
                    continue
                if what == "name":
                    document = policy_attribute(self.resolver, resource, "policy") or self.unknown(resource, f"{resource.address}.policy")
                    name = node.text if isinstance(node, Scalar) else resource.address
                    self.say(owner, name, Word(resource, document, resource.writes("policy"), of))
                elif isinstance(node, Scalar):
                    name, whose = _name(what, node.text), target.text if isinstance(target, Scalar) else ""
                    writes = resource.verb is not Verb.KEEPS and (kind, whose, name) not in before
                    self.say(owner, name, Word(resource, node, writes, of))
                else:
                    owner.inline[resource.address] = node  # which may be any
        for kind, name, taken in now if resource.verb is Verb.TAKES else sorted(before - now):
            self.say(self.draft_of(resource, kind, name), taken, Word(resource, None, True))

    def _nodes(self, resource: Resource, name: str) -> list[Node]:
        """An attribute, or what it lists. A name that is made up is not known."""
        node = self.resolver.value(resource, name)
        if node is None and name == "name":
            return [self.unknown(resource)]
        return [] if node is None else node.items if isinstance(node, Items) else [node]

    def _exclusive(self, resource: Resource) -> None:
        """Records what a resource leaves that lets an owner have no other policies than it lists. When it is made or its list changes, a
        managed policy that is listed is attached, and what is not listed goes; nothing happens when it is deleted. [Terraform AWS provider:
        aws_iam_role_policy_attachments_exclusive, aws_iam_role_policies_exclusive, and those of users and groups]"""
        (kind, attribute), resolver = _EXCLUSIVE[resource.type], self.resolver
        managed = attribute == "policy_arns"
        name, listed = resolver.text(resource, f"{kind}_name"), resolver.value(resource, attribute)
        unnamed = [] if managed else [r for r in resolver.of_type(f"aws_iam_{kind}_policy") if resolver.text(r, "name") is None]
        items = listed.items if isinstance(listed, Items) else [None]
        if name is None or unnamed or not all(isinstance(item, Scalar) for item in items):
            self.may_change(resource, Family.IDENTITIES)  # whose list it is, or what that or an inline policy is called, is not known
            return
        texts = {item.text: item for item in items if isinstance(item, Scalar)}
        owner, writes = self.draft_of(resource, kind, name), resource.writes(attribute)
        for what in self.words_of(owner):
            if what not in texts and what.startswith("arn:") is managed and not what.startswith(membership("")):
                self.say(owner, what, Word(resource, None, writes, f"{kind}_name"))
        for arn, item in texts.items() if managed else ():
            self.say(owner, arn, Word(resource, item, writes, f"{kind}_name"))
        # What a snapshot beside the plan lists goes too, unless no list is written: then they only tell what there is.
        only = self.elsewhere_of(resource).draft(kind, name, self.at(resource)).only
        kept, by = only.get(managed, (frozenset(texts), resolver.label(resource)))
        if writes or by:
            only[managed] = kept & frozenset(texts), "" if writes else by

    def say(self, owner: Draft, what: str, word: Word) -> None:
        """Adds a word about the inline policy of a name, the managed policy of an ARN, or a membership."""
        self.words_of(owner).setdefault(what, []).append(word)

    def words_of(self, owner: Draft) -> dict[str, list[Word]]:
        """The words about one owner."""
        return self.words.setdefault(id(owner), (owner, {}))[1]

    def _settle(self) -> None:
        """Puts what is certain of each thing that is attached into its owner; one that may be there or not is not known."""
        for owner, what, words in [(owner, *said) for owner, found in self.words.values() for said in found.items()]:
            if owner.new:
                words = [self._outlives(word) for word in words]
            found = self.settled(words)
            is_document = not (what.startswith(("arn:", membership(""))))
            name, change = (owner.kind, owner.name), self.elsewhere_of(words[-1].resource)
            if found is None or (isinstance(found, Unknown) and not is_document):
                change.detached.setdefault(name, set()).add(what)
            if found is None:
                continue
            if is_document or isinstance(found, Unknown):
                owner.inline[what] = found
            elif what.startswith("arn:"):
                owner.attach(found, what)
            else:
                owner.join(found, what)

    def _outlives(self, word: Word) -> Word:
        """A word about a new owner. What is said to have been there before goes with the former owner of that name."""
        if word.resource.verb is not Verb.KEEPS:
            return word
        why = f"whether {word.resource.address} outlives the one that is replaced"
        return replace(word, content=self.unknown(word.resource, why))

    def _made_by_others(self) -> None:
        """Roles that are made by what the plan makes or changes, and are not in it."""
        for resource in self.resolver.plan.deeds:
            if not resource.managed or resource.verb is Verb.KEEPS:
                continue
            type_ = f"{resource.type}{resource.values.get('type_name') or ''}"
            if _MAKES_ROLES.fullmatch(type_) and resource.verb is not Verb.TAKES:
                self.elsewhere_of(None if "stack_set" in resource.type else resource).left_out.add(("role", None))
            if _PERMISSION_SETS.fullmatch(resource.type):
                self.elsewhere_of(None).permission_sets = True

    # -- managed policies --

    def _policies(self) -> list[Node]:
        found: dict[str, Node] = {}
        for managed in (False, True):
            for resource in self.resolver.of_type("aws_iam_policy", managed=managed):
                arn = self.resolver.text(resource, "arn")
                document = self.resolver.marked(resource, policy_attribute(self.resolver, resource, "policy"), "policy")
                if arn is not None and document is not None:
                    found[arn] = managed_policy(self.at(resource), arn, document, new=resource.created)
                elif arn is None and managed:
                    self._unlisted(resource, "attach")
        return list(found.values())


def _attached(type_: str, values: Json) -> Iterator[tuple[str, str, str]]:
    """What a resource attaches to whom, as far as its values say it: the kind and name of the owner, and the name of an inline policy, the
    ARN of a managed one, or a group."""
    for kind, of, what in _ATTACHES[type_]:
        yield from ((kind, owner, _name(what, text)) for owner in _texts(values.get(of)) for text in _texts(values.get(what)))


def _name(what: str, text: str) -> str:
    return membership(text) if what.startswith("group") else text


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _texts(value: object) -> list[str]:
    """A text, or the texts of a list."""
    return [text for text in _list(value) if isinstance(text, str)]
