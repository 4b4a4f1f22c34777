"""Users, groups, roles and their policies of a plan or template.

In: their resources. Out: for each account those that it has. Guarantee: of a role or user that is listed everything
that these attach to it is listed too, unknown documents among it; one whose ARN or tags are not known is left out, and
so counts as one of which nothing is known (U1). A group whose ARN is not known is an unmodelled thing that others may
join (E0). What is attached to others is remembered by their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from verifier.inputs.drafts import BOUNDS, TAGS, TITLES, TRUST, Details, Draft, Managed, id_of, inline_of, membership
from verifier.inputs.identity_changes import IdentityChanges, either_policy, unlisted_step, untagged
from verifier.inputs.remade import renamed
from verifier.inputs.resource_types import Family
from verifier.inputs.resources.attachments import ATTACHES, EXCLUSIVE, attached, attached_name, contended, made_twice
from verifier.inputs.resources.reader import ResourceContent, ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.text.nodes import Items, Node, Scalar, listing, null, obj, values_of
from verifier.inputs.text.unknown import Pieces, content, may_be_equal, names_in, text_pieces
from verifier.model.policy import arn_account, arn_kind
from verifier.model.unmodelled import Influence
from verifier.syntax.text import first_few

_KINDS = {of + name: kind for kind, title in TITLES.items() for of, name in (("aws_iam_", kind), ("AWS::IAM::", title))}
_POLICIES = ("aws_iam_policy", "AWS::IAM::ManagedPolicy")


@dataclass
class IamResources(ResourceReader):
    """The IAM resources of one side of a plan."""

    owners: dict[tuple[str, str, str], Draft] = field(default_factory=dict)
    by_address: dict[str, Draft] = field(default_factory=dict)
    identity_changes: dict[str, IdentityChanges] = field(default_factory=dict)
    words: defaultdict[Draft, defaultdict[str, list[ResourceContent]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    """What is said of each attached thing: an inline policy by its name, a managed one by its ARN, a membership."""
    unnamed: list[tuple[Draft, str, Pieces, Resource | None]] = field(default_factory=list)
    """Inline policies with names that are not known: what stands for the name, what is known of it, and the owner's
    resource if it is there that the policy is written."""

    def read(self) -> None:
        """Adds the authorization details of each account with users or roles, and what is done to others."""
        twice = made_twice(self.side, _KINDS)
        for resource in self.side.done(*_KINDS):
            if resource.verb is not Verb.TAKES:
                self._owner(resource, self.side.is_certain(resource) and resource.address not in twice)
            elif (name := self.side.text(resource, "name")) is not None:  # which no other one of the account has
                self.changes_of(resource).gone.add(id_of(_KINDS[resource.type], name))
        for resource in self.side.done(*ATTACHES):
            self._said(resource)
        lists = self.side.of_type(*EXCLUSIVE)
        for resource in sorted(lists, key=lambda found: not found.writes("policy_arns", "policy_names")):
            self._exclusive(resource)
        self._settle()
        policies = self._policies()
        for policy in self.side.of_type(*_POLICIES):
            self.changes_of(policy)  # those of a snapshot may have it
        for account, change in self.identity_changes.items():
            change.policies = policies
            self.parts.identity_changes.setdefault(account, []).append(change)
        for account in sorted({account for account, _, _ in self.owners}):
            owned = [owner for (own, _, _), owner in self.owners.items() if own == account]
            self.parts.made.setdefault(account, []).append(Details(owned, policies))

    # -- users, groups, roles --

    def _owner(self, resource: Resource, certain: bool) -> None:
        kind = _KINDS[resource.type]
        arn, name = self._arn(resource, kind), self.side.text(resource, "name")
        old = (resource.was or {}).get("name")
        if isinstance(old, str) and old != name:
            self.changes_of(resource).renamed[id_of(kind, old)] = arn if name is not None else None
        if kind == "user" and resource.verb is Verb.CHANGES:
            self.parts.remade += renamed((resource.was or {}).get("arn"), arn, resource.address, self.side.at(resource))
        arn = arn if arn is not None and arn.count(":") >= 5 else None
        if kind == "user" and name is not None and not resource.new:
            path = self.side.text(resource, "path") or ("/" if self.side.value(resource, "path") is None else None)
            self.changes_of(resource).users[id_of(kind, name)] = path and f"user{path}{name}"
        if arn is None or name is None or (kind != "group" and not (certain and self.side.tags(resource) is not None)):
            self.changes_of(resource).left_out.add((kind, None) if name is None else id_of(kind, name))
            self._perhaps_listed(resource, kind)
            if kind == "group":
                self._unlisted(resource, "join")
            owner = self.by_address[resource.address] = Draft(kind, "", self.side.at(resource), new=resource.new)
            who = [kind, self.said(resource, "name", "path", "permissions_boundary"), self.side.made_if(resource)]
            tags, trust = self.tags_said(resource), content(self.side.policy(resource, "assume_role_policy"))
            self.changes_of(resource).left_out_drafts.append((resource.shown, who, tags, trust, owner))
            self._own_policies(resource, owner)
            if kind != "group" and arn is not None and name is not None and certain:
                names = self.names(resource, "tags", "tags_all") or ["the tags of the provider"]
                why = f"they depend on {first_few(names)}"
                self.parts.unmodelled.append(untagged(arn, why, self.side.at(resource).span))
            return
        profiles = () if resource.new else None
        owner = Draft(
            kind, arn, self.side.at(resource), {}, self.side.text(resource, "unique_id"), profiles, new=resource.new
        )
        self.owners[arn_account(arn), *owner.id] = owner
        self.by_address[resource.address] = owner
        if kind != "group":
            self._principal(resource, owner)
        self._own_policies(resource, owner)
        if not certain:  # a group: there may be another one of its name, with other policies
            for what in [*self.words[owner], *owner.has, resource.shown]:
                perhaps = self.unknown(resource, f"whether `{resource.address}` is made")
                self.words[owner][what] = [ResourceContent(resource, perhaps, True)]
        self._perhaps_listed(resource, kind)

    def _perhaps_listed(self, resource: Resource, kind: str) -> None:
        """Records what is known of the name of one that may be there already: a name that is not known or made up, and
        that of a managed policy of which the account or path is not known."""
        pieces = text_pieces(self.side.value(resource, "name"))
        if (part := self.side.made_up(resource)) is not None:
            pieces = (None, part, None)
        is_open = None in pieces or (kind == "policy" and self.side.text(resource, "arn") is None)
        if is_open and not resource.new:
            self.changes_of(resource).perhaps.add((kind, pieces))

    def _unlisted(self, resource: Resource, verb: str) -> None:
        """Records a group or managed policy whose ARN is not known."""
        why = f"its name or path depends on {first_few(self.names(resource, 'arn', 'name'))}"
        account, span = self.side.account(resource), self.side.at(resource).span
        self.parts.unmodelled.append(unlisted_step(f"{verb} {resource.shown}", why, account, span))

    def _arn(self, resource: Resource, kind: str) -> str | None:
        """The ARN as it will be: that of a user or group whose name or path changes is told as it was."""
        arn, path, name = (self.side.text(resource, attribute) for attribute in ("arn", "path", "name"))
        if arn is None or resource.verb is not Verb.CHANGES or not resource.writes("path", "name"):
            return arn
        return None if path is None or name is None else ":".join([*arn.split(":")[:5], f"{kind}{path}{name}"])

    def changes_of(self, resource: Resource) -> IdentityChanges:
        """What is done to others in the account of a resource, or in any."""
        account = self.side.account(resource) or ""
        return self.identity_changes.setdefault(account, IdentityChanges(account_unknown=not account))

    def _principal(self, resource: Resource, owner: Draft) -> None:
        tags, at = self.side.tags(resource), self.side.at(resource)
        pairs = [obj(at, Key=key, Value=value) for key, value in tags.pairs] if tags is not None else []
        boundary = self.side.value(resource, "permissions_boundary")
        if boundary is None or (isinstance(boundary, Scalar) and not boundary.text):
            boundary = null(at)
        trust = self.side.policy(resource, "assume_role_policy") if owner.kind == "role" else None
        parts = {TAGS: self.side.marked(resource, listing(at, pairs), "tags", "tags_all")}
        parts |= {BOUNDS: self.side.marked(resource, boundary, "permissions_boundary")}
        parts |= {TRUST: self.side.marked(resource, trust, "assume_role_policy")}
        owner.has |= {what: node for what, node in parts.items() if node is not None}

    def _own_policies(self, resource: Resource, owner: Draft) -> None:
        self._own_inline(resource, owner)
        self._own_attached(resource, owner, "managed_policy_arns")
        self._own_attached(resource, owner, "groups")

    def _own_inline(self, resource: Resource, owner: Draft) -> None:
        """The inline policies that are written in the owner."""
        listed, found = self.side.inline(resource), dict[str, Node]()
        if isinstance(listed, Node):
            owner.has["inline_policy"] = listed
            return
        for shown, name, document in listed:
            if isinstance(name, Scalar):
                twice = self.unknown(resource, f"which of the policies {name.text} of {resource.shown} is put last")
                found[name.text] = twice if name.text in found else document
            else:
                found[shown] = document
                self.unnamed.append((owner, shown, text_pieces(name), resource))
        old = [block for block in resource.before("inline_policy") if isinstance(block, dict)]
        named = {str(block["name"]): block.get("policy") for block in old if block.get("name")}
        self._own(resource, owner, found, named)

    def _own_attached(self, resource: Resource, owner: Draft, attribute: str) -> None:
        """The managed policies, or the groups, that are listed in the owner."""
        found = dict[str, Node]()
        is_listed = self.side.is_configured(resource, attribute) or not resource.created
        for item in self._nodes(resource, attribute) if is_listed else ():
            if isinstance(item, Scalar):
                found[attached_name(attribute, item.text)] = item
            else:
                owner.has[f"{attribute} ({first_few(names_in([item]))})"] = item
        old = {attached_name(attribute, arn): arn for arn in resource.before(attribute) if isinstance(arn, str)}
        self._own(resource, owner, found, old)

    def _own(self, resource: Resource, owner: Draft, now: Mapping[str, Node], old: Mapping[str, object]) -> None:
        """What an owner says of its own policies, each with whether its text changes; what it had goes."""
        for name, node in now.items():
            changes = resource.created or old.get(name) != (node.text if isinstance(node, Scalar) else None)
            self.words[owner][name].append(ResourceContent(resource, node, resource.verb is not Verb.KEEPS and changes))
        for name in sorted(old.keys() - now.keys()) if resource.verb is Verb.CHANGES else ():
            self.words[owner][name].append(ResourceContent(resource, None, True))

    # -- what is attached to them --

    def _target(self, resource: Resource, kind: str, node: Node | None, attribute: str) -> Draft | None:
        """The owner that a resource names; what is attached to one that is not known may be anybody's."""
        if isinstance(node, Scalar):
            return self.draft_of(resource, kind, node.text.rsplit("/", 1)[-1])
        referred = self.referred_here(resource, attribute, regional=False)
        if referred is not None and referred.type == f"aws_iam_{kind}":
            return self.by_address.get(referred.address)
        names = names_in([node]) if node is not None else ()
        does = f"is attached to a {kind} that is not known: it depends on {first_few(names)}"
        account = self.side.account(resource)
        self.may(resource, "policy of ", "U3", Influence.EITHER, does, account=account, of_identities=True)
        return None

    def draft_of(self, resource: Resource, kind: str, name: str) -> Draft:
        """The owner of a name, in the plan or elsewhere. [IAM API, CreateRole: names are not distinguished by case]"""
        own = self.owners.get((self.side.account(resource) or "", *id_of(kind, name)))
        return own or self.changes_of(resource).draft(kind, name, self.side.at(resource))

    def _said(self, resource: Resource) -> None:
        """What a resource attaches to whom; and what it did before and does no more, or goes with it."""
        before, now = ({*attached(resource.type, values)} for values in (resource.was or {}, resource.values))
        for kind, of, what in ATTACHES[resource.type] if resource.verb is not Verb.TAKES else ():
            for target, node in product(self._nodes(resource, of), self._nodes(resource, what)):
                owner = self._target(resource, kind, target, of)
                if owner is None:
                    continue
                if what == "name":
                    document = self.side.policy(resource, "policy") or self.unknown(
                        resource, f"{resource.address}.policy"
                    )
                    name = node.text if isinstance(node, Scalar) else resource.shown
                    if not isinstance(node, Scalar) and self.side.is_configured(resource, "name"):
                        self.changes_of(resource).perhaps.add((inline_of(owner.id), text_pieces(node)))
                        self.unnamed.append((owner, name, text_pieces(node), None))
                    self.words[owner][name].append(ResourceContent(resource, document, resource.writes("policy"), of))
                elif isinstance(node, Scalar):
                    name = attached_name(what, node.text)
                    whose = target.text if isinstance(target, Scalar) else ""
                    writes = resource.verb is not Verb.KEEPS and (kind, whose, name) not in before
                    self.words[owner][name].append(ResourceContent(resource, node, writes, of))
                else:
                    owner.has[resource.shown] = node  # which may be any
        for kind, name, taken in now if resource.verb is Verb.TAKES else sorted(before - now):
            self.words[self.draft_of(resource, kind, name)][taken].append(ResourceContent(resource, None, True))

    def _nodes(self, resource: Resource, name: str) -> list[Node]:
        """An attribute, or what it lists. A name that is made up is not known."""
        node = self.side.value(resource, name)
        if node is None and name == "name":
            return [self.unknown(resource)]
        return values_of(node)

    def _exclusive(self, resource: Resource) -> None:
        """Records what a resource leaves that lets an owner have no other policies than it lists. When it is made or
        its list changes, a managed policy that is listed is attached, and what is not listed goes; nothing happens when
        it is deleted. [Terraform AWS provider: aws_iam_role_policy_attachments_exclusive,
        aws_iam_role_policies_exclusive, and those of users and groups]"""
        (kind, attribute), side = EXCLUSIVE[resource.type], self.side
        managed = attribute == "policy_arns"
        name, listed = side.text(resource, f"{kind}_name"), side.value(resource, attribute)
        unnamed = [] if managed else [r for r in side.of_type(f"aws_iam_{kind}_policy") if side.text(r, "name") is None]
        items = listed.items if isinstance(listed, Items) else [None]
        if name is None or unnamed or not all(isinstance(item, Scalar) for item in items):
            # whose list it is, or what that or an inline policy is called, is not known
            self.may_change(resource, Family.IDENTITIES)
            return
        texts = {item.text: item for item in items if isinstance(item, Scalar)}
        owner, writes = self.draft_of(resource, kind, name), resource.writes(attribute)
        for what, words in self.words[owner].items():
            if what not in texts and what.startswith("arn:") is managed and not what.startswith(membership("")):
                words.append(ResourceContent(resource, None, writes, f"{kind}_name"))
        for arn, item in texts.items() if managed else ():
            self.words[owner][arn].append(ResourceContent(resource, item, writes, f"{kind}_name"))
        # What a snapshot beside the plan lists goes too, unless no list is written: then they only tell what there is.
        only = self.changes_of(resource).draft(kind, name, self.side.at(resource)).only
        kept, by = only.get(managed, (frozenset(texts), side.label(resource)))
        if writes or by:
            only[managed] = kept & frozenset(texts), "" if writes else by

    def _settle(self) -> None:
        """Puts what is certain of each attached thing into its owner; one that may be there or not is not known."""
        for owner, what, word in list(contended(self, self.words, self.by_address)):
            self.words[owner][what].append(word)
        for owner, what, word in [doubt for unnamed in self.unnamed for doubt in self._meeting(*unnamed)]:
            self.words[owner][what] = [word]
        for owner, what, words in [(owner, *said) for owner, found in self.words.items() for said in found.items()]:
            if owner.new:
                words = [self._outlives(word) for word in words]
            found = self.content_in_force(words)
            if found is None:
                self.changes_of(words[-1].resource).detached.setdefault(owner.id, set()).add(what)
            else:
                owner.has[what] = found

    def _meeting(
        self, owner: Draft, what: str, pieces: Pieces, own: Resource | None
    ) -> Iterator[tuple[Draft, str, ResourceContent]]:
        """What is not known of an inline policy without a known name, and of those that may have the same one."""
        known = {other: given for draft, other, given, _ in self.unnamed if draft is owner}
        for other, (word, *_) in self.words[owner].items():
            is_document = not other.startswith(("arn:", membership("")))
            in_one_list = own is not None and word.resource is own
            if is_document and other != what and not in_one_list and may_be_equal(pieces, known.get(other, (other,))):
                which = f"which of the policies {what} and {other} is put last under one name"
                why = self.unknown(word.resource, which)
                yield from ((owner, each, replace(word, content=why, writes=True)) for each in (what, other))

    def _outlives(self, word: ResourceContent) -> ResourceContent:
        """A word about a new owner. What is said to have been there before goes with the former owner of that name."""
        if word.resource.verb is not Verb.KEEPS:
            return word
        why = f"whether {word.resource.address} outlives the one that is replaced"
        return replace(word, content=self.unknown(word.resource, why))

    def _policies(self) -> list[Managed]:
        found: dict[str, Managed] = {}
        for managed in (False, True):
            for resource in self.side.of_type(*_POLICIES, managed=managed):
                arn = self.side.text(resource, "arn")
                document = self.side.marked(resource, self.side.policy(resource, "policy"), "policy")
                if arn is None or arn_kind(arn) != "policy":
                    if managed:
                        self._unlisted(resource, "attach")
                elif document is not None:
                    policy = Managed.made(arn, self.side.at(resource), document, new=resource.new)
                    found[arn] = either_policy(found[arn], policy) if arn in found and managed else policy
                if managed:
                    self._perhaps_listed(resource, "policy")
        return list(found.values())
