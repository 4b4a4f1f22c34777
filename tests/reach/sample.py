"""A finite sample of the moves that can be made in a state, and of the last requests (docs/reach.md).

In: a state. Out: moves, all well formed; whether they may be made is for `evaluate` to say.
Covers: for each caller that is held and each target
- key policy: everything to everyone, and by name to all that could ever be held, with and without
  `kms:BypassPolicyLockoutSafetyCheck`;
- grants: to each user, role and, where a policy asks for the grantee, role session; of each operation that is of use,
  alone, with `CreateGrant`, and all together; without a constraint and, where one is asked for, with
  `EncryptionContextSubset` and `Equals` of `app=x`;
- tags: each value of `team` that the menus of `estates` know, one more, and none;
- re-encryption of each key under each other one of its Region, the caller's own among them (only where the plain text
  is asked about), without and with `app=x`;
- aliases: `alias/open` created, moved to each key of the account, deleted (only where a policy asks for aliases);
  replicas in another Region, with the open key policy; material imported into keys of origin `EXTERNAL` (both only
  where the plain text is asked about);
- roles: sessions without tags, and with each value of `team`, without and with the external ID; passed to Lambda and to
  EC2, and to functions that there are;
- policies: `Allow * on *` as a new inline policy, in the place of each inline policy, as `AdministratorAccess`; the
  managed policies of the input; `Allow * on *` as the new version of each of these, and their old versions; a trust
  policy that admits everyone, and by name; each policy that denies something taken away; boundaries deleted, and
  `AdministratorAccess` or a managed policy of the input put as one;
- groups and users: each; SAML providers: written, and made.
- a user of the caller's own in an account that the estate does not name, without tags and with each value of `team`;
  where policies compare numbers, also of accounts with a small and a large one;
- keys of the caller's own of several kinds, and unlisted ones, where policies tell keys apart (`places`); asymmetric
  keys with each algorithm;
- with `doubts`: a role of an account without inventory assumed, a managed policy of AWS attached whose document is not
  known, a resource share.
- where a policy names `sts:GetFederationToken`: sessions of two federated users, without tags and with each value of
  `team`;
- where a policy names an action that makes something, or `iam:*` while one tests boundaries: one new role, user and
  managed policy an account, `Allow * on *`, with each boundary; users and roles of the names of `NAMES` as well, where
  a policy asks for such.
Not covered: OIDC providers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property
from itertools import product
from typing import Any

from tests.reach import moves
from tests.reach.estates import ALIAS, COLOURS, EXTERNAL_ID, SAML, STRANGER, TEAM, document
from tests.reach.places import Place, is_besides, place_of
from verifier.model.estate import Account, Estate, Group, Identity, Key, ManagedPolicy
from verifier.model.grant import Grant
from verifier.model.policy import Effect, Policy, PolicyKind, Principal, principal_named
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.chains import KeyReplicated, Move, State
from verifier.model.steps.descriptions import StepKind, is_own_key

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
FEDERATED = ("fay", "fay2")
"""The names of federated users."""
CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
NEW = "escalation"
NAMES = {"w1": ("w1", "w?", "w*", "?1"), "a/w1": ("w1", "a/*", "?1"), "Ann-x": ("-x", "-?"), "a/Ann-x": ("-x",)}
NAMES |= {f"{region}-x": ("-x", "${aws:RequestedRegion}") for region in ("us-east-1", "cn-north-1", "us-gov-west-1")}
NAMES |= {"Ann/w1": ("w1", "w?", "w*", "?1"), "Ann": ("role/${aws:username}",), "blue": ("/${aws:PrincipalTag/team}",)}
"""Names of users and roles that could be made, with their paths, and texts of policies that may ask for each."""
POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
SERVICES = (("lambda.amazonaws.com", moves.TO_LAMBDA), ("ec2.amazonaws.com", ("ec2:RunInstances",)))
CHANGES = ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration")
EVERYTHING = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
MATERIAL = "kms:Decrypt"
OUTSIDE = Caller(CallerKind.USER, "arn:aws:iam::999999999999:user/example", "999999999999")
"""An identity of the caller's own, in an account that no estate names (W2)."""


def _of_account(account: str) -> Caller:
    return Caller(CallerKind.USER, f"arn:aws:iam::{account}:user/example", account)


_ABOUT_KINDS = frozenset(
    f"kms:{name}"
    for name in ("keyspec", "keyusage", "keyorigin", "encryptionalgorithm", "multiregion", "multiregionkeytype")
)
_OF_REGIONS = frozenset({"kms:replicaregion", "aws:requestedregion"})
OUTSIDE_ROLE = moves.session("arn:aws:iam::999999999999:role/example")
"""Another one, where a policy tells roles from users by their ARNs."""
_CONTEXT: dict[str, Value] = {"kms:EncryptionContext:app": "x", "kms:EncryptionContextKeys": ("app",)}
_TAGS = ((), *(((TEAM, colour),) for colour in (*COLOURS, "green")))
_FOR_MATERIAL = ("kms:ReEncryptFrom", "kms:ReEncryptTo")
_CONSTRAINTS = ({"context_subset": (("app", "x"),)}, {"context_equals": (("app", "x"),)})
_ACTIONS_WITH_CONTEXT = frozenset({"kms:Decrypt", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"})


@dataclass(frozen=True)
class Sampler:
    """The sample for one question: `action` is what is asked about. `tested` are the condition keys that any policy
    tests."""

    estate: Estate
    action: str
    tested: frozenset[str]
    doubts: bool = False
    named: frozenset[str] = frozenset()
    """The actions that policies of the account's identities name, in lower case."""
    names: tuple[str, ...] = (NEW,)
    """The names of users and roles to make."""
    _granting: dict[tuple[Caller, str, int], list[Move]] = field(default_factory=dict, compare=False, repr=False)
    """The grants that were asked for: by whom, on which key, after how many others."""

    @staticmethod
    def of(estate: Estate, action: str, doubts: bool = False) -> Sampler:
        """The sampler of a question on an estate."""
        policies = [policy for account in estate.accounts for policy in account.policies()]
        named = frozenset(
            text.value.lower() for policy in policies for statement in policy.statements for text in statement.actions
        )
        texts = [text for policy in _all_policies(estate) for text in _texts(policy)]
        names = (NEW, *(name for name, asked in NAMES.items() if any(one in text for one in asked for text in texts)))
        return Sampler(estate, action, _tested(estate), doubts, named, names)

    @cached_property
    def place(self) -> Place:
        """Where the keys are."""
        return place_of(self.estate)

    @property
    def _administrator(self) -> Policy:
        return document(EVERYTHING, PolicyKind.IDENTITY, self.place.moved(ADMINISTRATOR), "AdministratorAccess")

    @cached_property
    def tells_keys(self) -> bool:
        """Whether policies may tell keys apart by what they are."""
        texts = (text for policy in _all_policies(self.estate) for text in _texts(policy))
        return bool(_ABOUT_KINDS & self.tested) or any(":key/" in text and text[-2:] in ("-*", "0*") for text in texts)

    @cached_property
    def _numbers(self) -> bool:
        policies = _all_policies(self.estate)
        conditions = (test for policy in policies for one in policy.statements for test in one.conditions)
        return any("Numeric" in test.operator.base for test in conditions)

    @cached_property
    def _outside(self) -> tuple[Caller, ...]:
        """Users of the caller's own; of accounts with small and large numbers, where these are compared."""
        others = (_of_account(account) for account in ("000000000007", "999999999999"))
        return tuple(map(self.place.moved, (OUTSIDE, *(others if self._numbers else ()))))

    @property
    def _own(self) -> tuple[Caller, ...]:
        return (*self._outside, *((self.place.moved(OUTSIDE_ROLE),) if "aws:principalarn" in self.tested else ()))

    @cached_property
    def _tags_identities(self) -> bool:
        """Whether some policy names an action that sets or takes away tags of users or roles, and some asks for
        such."""
        named = any(
            fnmatchcase(f"iam:{does}tag{owner}", name)
            for name in self.named
            for does in ("", "un")
            for owner in ("user", "role")
        )
        return named and any("tag/team" in key for key in self.tested)

    @cached_property
    def _overridden(self) -> bool:
        """Whether some trust policy asks for tags of its role, which transitive ones override."""
        trusts = (role.trust for account in self.estate.accounts for role in account.roles if role.trust is not None)
        return any(
            "resourcetag/team" in c.key.value.lower()
            for trust in trusts
            for one in trust.statements
            for c in one.conditions
        )

    # -- who and what there is --

    @property
    def _identities(self) -> tuple[Identity, ...]:
        return tuple(one for account in self.estate.accounts for one in (*account.users, *account.roles))

    @property
    def _roles(self) -> tuple[str, ...]:
        return tuple(role.arn for account in self.estate.accounts for role in account.roles)

    @property
    def _users(self) -> tuple[str, ...]:
        return tuple(user.arn for account in self.estate.accounts for user in account.users)

    @property
    def _names(self) -> list[str]:
        """By name, everything that could ever be held: users, and the sessions that the sample makes."""
        return [*(one.arn for one in self._outside), *self._users, *(moves.session(role).arn for role in self._roles)]

    # -- the last request --

    def accesses(self, state: State, key: str) -> Iterator[Request]:
        """The last requests: on the key and, for its plain text, on each other key under which it can be decrypted."""
        for by in state.held:
            for arn in self.keys(state, key):
                asked = (moves.request(by, self.action, arn, context) for context in self._contexts(by))
                yield from (
                    sent for request in asked for one in self._as_tagged(request) for sent in self._as_sent(one, state)
                )

    def keys(self, state: State, key: str) -> list[str]:
        """The key and, where its plain text is asked about, the other keys under which it can be decrypted."""
        found = [key]
        for one in found:
            found += [
                onto
                for source, onto in sorted(state.equal)
                if source == one and onto not in found and self.action == MATERIAL
            ]
        return found

    def _contexts(self, by: Caller) -> Iterator[dict[str, Value]]:
        if self.action == "kms:CreateGrant":
            yield from (moves.grant_context(grant) for grant in self._grants(by))
        elif self.action == "kms:TagResource":
            yield from (moves.tag_context(tags) for tags in _TAGS if tags)
        else:
            yield {}
            if self.action in _ACTIONS_WITH_CONTEXT:
                yield _CONTEXT
            if self.action == "kms:PutKeyPolicy":
                yield {"kms:BypassPolicyLockoutSafetyCheck": "true"}

    # -- moves --

    def moves(self, state: State) -> Iterator[Move]:
        """Every move of the sample in a state."""
        for move in self._moves(state):
            for requests in zip(*map(self._as_tagged, move.requests), strict=True) if move.requests else ((),):
                for sent in product(*(self._as_sent(one, state) for one in requests)):
                    yield replace(move, requests=sent)

    def _as_tagged(self, request: Request) -> Iterator[Request]:
        """A request; one of the caller's own user outside with each value of its tag `team` as well, where policies ask
        for that."""
        yield request
        if request.caller == self._outside[0] and "aws:principaltag/team" in self.tested:
            yield from (
                replace(request, context=(*request.context, (f"aws:PrincipalTag/{TEAM}", colour))) for colour in COLOURS
            )

    def _as_sent(self, request: Request, state: State) -> Iterator[Request]:
        """A request; of what asymmetric keys do, with each algorithm that they take, and without encryption context."""
        key = next((one for one in state.estate.keys if one.arn == request.resource), None)
        if key is None or key.spec != "RSA_2048" or request.action not in _ACTIONS_WITH_CONTEXT:
            yield request
        elif not request.context or "EncryptionContext" not in str(request.context):
            for algorithm in ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"):
                yield replace(request, context=(*request.context, ("kms:EncryptionAlgorithm", algorithm)))

    def _moves(self, state: State) -> Iterator[Move]:
        yield from (moves.own_identity(one) for one in self._own if one not in state.held)
        for by in state.held:
            if by.kind is CallerKind.WEB:
                yield from (moves.assume(by, role, action="sts:AssumeRoleWithSAML") for role in self._roles)
                continue
            for key in state.estate.keys:
                listed = not is_own_key(key.arn) and not is_besides(key.arn)
                yield from self._on_key(by, key, state) if listed else ()
            made = [
                role.arn for account in state.estate.accounts for role in account.roles if role.arn not in self._roles
            ]
            for role in (*self._roles, *made, *((self.place.moved(STRANGER),) if self.doubts else ())):
                yield from self._on_role(by, role)
            for identity in (one for account in state.estate.accounts for one in (*account.users, *account.roles)):
                yield from self._policies(by, identity.arn, state)
                yield from self._boundaries(by, identity, state)
            yield from self._rest(by, state)
            if by.kind is CallerKind.USER and any(
                "federationtoken" in action or action == "sts:*" for action in self.named
            ):
                tagged = {"aws:principaltag/team", "aws:requesttag/team"} & self.tested
                yield from (
                    moves.federate(by, name, tags) for name in FEDERATED for tags in (_TAGS if tagged else ((),))
                )
            yield from self._created(by, state)

    def _created(self, by: Caller, state: State) -> Iterator[Move]:
        """A user and a role of a new name, and a managed policy: one of each at most, without a boundary and with each
        managed policy."""
        account = next((one for one in state.estate.accounts if one.id == by.account), None)
        if account is None or not self.creates:
            return
        start = self.place.moved(f"arn:aws:iam::{account.id}:")
        bounds = [None, *(_bounding(dict(found.versions)[found.default or ""]) for found in account.managed)]
        for name in self._free(account.roles):
            anyone = [{"Effect": "Allow", "Principal": who, "Action": "sts:*"} for who in ("*", {"AWS": self._names})]
            trust = document(anyone, PolicyKind.TRUST, f"{start}role/{name}#trust")
            role = Identity(f"{start}role/{name}", trust=trust)
            yield from (moves.create(by, replace(role, bounded=bound is not None, boundary=bound)) for bound in bounds)
        for name in self._free(account.users):
            user = Identity(f"{start}user/{name}")
            yield from (moves.create(by, replace(user, bounded=bound is not None, boundary=bound)) for bound in bounds)
        if all(one.arn != f"{start}policy/{NEW}" for one in account.managed):
            everything = document(EVERYTHING, PolicyKind.IDENTITY, f"{start}policy/{NEW}", NEW)
            yield moves.create(by, ManagedPolicy(f"{start}policy/{NEW}", (("v1", everything),), "v1"))

    def _free(self, present: tuple[Identity, ...]) -> Iterator[str]:
        """The names, with their paths, that none of some users or roles has."""
        taken = {one.arn.rsplit("/", 1)[1].lower() for one in present}
        yield from (name for name in self.names if name.rsplit("/", 1)[-1].lower() not in taken)

    @property
    def creates(self) -> bool:
        """Whether some policy says something of making what there is not, or may let only those be changed that have a
        boundary, as what is made with one has: otherwise it is left out, to keep the search fast."""
        with_boundary = "iam:*" in self.named and "iam:permissionsboundary" in self.tested
        return with_boundary or any("iam:create" in action for action in self.named)

    def _on_key(self, by: Caller, key: Key, state: State) -> Iterator[Move]:
        policy = document(self._open_key_policy(), PolicyKind.KEY, f"{key.arn}#default", "default")
        yield moves.put_key_policy(by, key.arn, policy)
        if "kms:bypasspolicylockoutsafetycheck" in self.tested:
            yield moves.put_key_policy(by, key.arn, policy, {"kms:BypassPolicyLockoutSafetyCheck": "true"})
        if self.doubts and by.account == key.account:
            yield moves.share(by, key.arn)
        number = len(key.grants or ())
        asked = (by, key.arn, number)
        if asked not in self._granting:
            self._granting[asked] = [
                moves.create_grant(by, key.arn, grant) for grant in self._grants(by, f"new{number}")
            ]
        yield from self._granting[asked]
        if {"aws:resourcetag/team", "aws:requesttag/team"} & self.tested:
            yield from (moves.tag(by, key.arn, *tags) for tags in _TAGS if tags and tags != key.tags)
            if key.tags:
                yield moves.untag(by, key.arn, TEAM)
        if self.action == MATERIAL:
            contexts: tuple[dict[str, Value], ...] = ({}, _CONTEXT) if self._constrained else ({},)
            for other in (
                one for one in state.estate.keys if one.arn != key.arn and (key.arn, one.arn) not in state.equal
            ):
                if other.region == key.region:
                    yield from (
                        moves.re_encrypt(by, key.arn, other.arn, before, then)
                        for before in contexts
                        for then in contexts
                    )
            yield from self._material(by, key, state)
        if "kms:resourcealiases" in self.tested:
            yield from self._aliases(by, key, state)

    def _material(self, by: Caller, key: Key, state: State) -> Iterator[Move]:
        if key.origin == "EXTERNAL" and key.arn not in state.known and by.account == key.account:
            yield from (
                moves.import_material(by, key.arn, other) for other in state.held if other.account == key.account
            )
        there = [self.place.other, *([self.place.unnamed] if self.tested & _OF_REGIONS else ())]
        policy = document(self._open_key_policy(), PolicyKind.KEY, "#default", "default")
        for made in [moves.replicate(by, key, region, policy) for region in there]:
            replica = made.change.replica.arn if isinstance(made.change, KeyReplicated) else ""
            if key.multi_region_type == "PRIMARY" and all(one.arn != replica for one in state.estate.keys):
                yield made

    def _aliases(self, by: Caller, key: Key, state: State) -> Iterator[Move]:
        fields = key.arn.split(":")
        alias = ":".join([*fields[:5], ALIAS])
        holder = next(
            (
                one
                for one in state.estate.keys
                if one.arn.split(":")[1:5] == fields[1:5] and ALIAS in (one.aliases or ())
            ),
            None,
        )
        if holder is None:
            yield moves.move_alias(StepKind.CREATE_ALIAS, by, alias, key.arn, key.arn)
        elif holder.arn == key.arn:
            yield moves.move_alias(StepKind.DELETE_ALIAS, by, alias, None, key.arn)
        else:
            yield moves.move_alias(StepKind.UPDATE_ALIAS, by, alias, key.arn, key.arn, holder.arn)

    def _open_key_policy(self) -> list[dict[str, object]]:
        """Everything to everyone, and by name to all who could be held: what names a caller is not limited as `*` may
        be (D4)."""
        principals: list[object] = ["*", {"AWS": self._names}]
        return [{"Effect": "Allow", "Principal": who, "Action": "kms:*", "Resource": "*"} for who in principals]

    def _grants(self, by: Caller, name: str = "new") -> Iterator[Grant]:
        grantees = [*(one.arn for one in self._outside), *self._users, *self._roles]
        if "kms:granteeprincipal" in self.tested:
            grantees += [moves.session(role).arn for role in self._roles]
        constraints: tuple[dict[str, Any], ...] = ({}, *_CONSTRAINTS) if self._constrained else ({},)
        for grantee in grantees:
            for operations in self._operations:
                for constraint in constraints:
                    yield replace(
                        Grant(name, _principal(grantee), operations, issuing_account=by.account), **constraint
                    )

    @property
    def _constrained(self) -> bool:
        """Whether some policy or grant asks for a constraint of grants."""
        return "kms:grantconstrainttype" in self.tested or any(
            grant.context_subset for key in self.estate.keys for grant in key.grants or ()
        )

    @property
    def _operations(self) -> list[tuple[str, ...]]:
        """Each operation that is of use alone, each with `CreateGrant`, and all together."""
        useful = [one for one in (self.action, *(_FOR_MATERIAL if self.action == MATERIAL else ())) if _grantable(one)]
        sets = [
            *((one,) for one in (*useful, "kms:CreateGrant")),
            *((one, "kms:CreateGrant") for one in useful),
            (*useful, "kms:CreateGrant"),
        ]
        return list({frozenset(one): tuple(dict.fromkeys(one)) for one in sets}.values())

    def _on_role(self, by: Caller, role: str) -> Iterator[Move]:
        contexts: list[dict[str, Value]] = [{}]
        if "sts:externalid" in self.tested:
            contexts.append({"sts:ExternalId": EXTERNAL_ID})
        tagged = {"aws:principaltag/team", "aws:requesttag/team"} & self.tested
        for context in contexts:
            given = _TAGS if tagged and not by.transitive else ((),)
            yield from (moves.assume(by, role, tags, context=context) for tags in given)
            if (tagged or self._overridden) and len(self._roles) > 1 and not by.transitive:
                yield from (moves.assume(by, role, tags, context=context, transitive=(TEAM,)) for tags in _TAGS if tags)
        if by.account == role.split(":")[4] and role != self.place.moved(STRANGER):
            yield from (moves.pass_role(by, role, service, actions) for service, actions in SERVICES)
            running = [one for account in self.estate.accounts if account.id == by.account for one in account.workloads]
            yield from (
                moves.change_code(by, one.arn, role, action)
                for one in running
                if role in one.roles
                for action in CHANGES
            )
            yield from (moves.hand(by, one.arn, role) for one in running)
            anyone = [{"Effect": "Allow", "Principal": who, "Action": "sts:*"} for who in ("*", {"AWS": self._names})]
            yield moves.put_trust(by, role, document(anyone, PolicyKind.TRUST, f"{role}#trust"))

    def _policies(self, by: Caller, owner: str, state: State) -> Iterator[Move]:
        if by.account != owner.split(":")[4]:
            return
        inline = [policy.identity for policy in _policies_of(state, owner) if policy.identity.startswith(f"{owner}#")]
        for name in dict.fromkeys((f"{owner}#new", *inline)):
            yield moves.put_policy(by, owner, document(EVERYTHING, PolicyKind.IDENTITY, name))
        yield moves.attach(by, owner, self._administrator)
        if self.doubts:
            yield moves.attach(
                by,
                owner,
                Policy(PolicyKind.IDENTITY, self.place.moved(POWER_USER), "PowerUserAccess", True, ()),
                known=False,
            )
        for account in state.estate.accounts:
            for managed in account.managed if account.id == by.account else ():
                yield moves.attach(by, owner, dict(managed.versions)[managed.default or ""])
        of_groups = {
            policy.identity
            for account in state.estate.accounts
            for group in account.groups
            for policy in group.policies
        }
        for policy in _policies_of(state, owner):
            denies = any(statement.effect is Effect.DENY for statement in policy.statements)
            if denies and (policy.identity not in of_groups or ":group/" in owner):
                yield moves.remove_policy(by, owner, policy.identity)

    def _boundaries(self, by: Caller, identity: Identity, state: State) -> Iterator[Move]:
        if by.account == identity.arn.split(":")[4] and self._tags_identities:
            yield from (moves.tag_identity(by, identity.arn, *tags) for tags in _TAGS if tags and tags != identity.tags)
            if identity.tags:
                yield moves.untag_identity(by, identity.arn, TEAM)
        bounded = _is_bounded(state, identity.arn)
        if by.account != identity.arn.split(":")[4] or not (bounded or "iam:permissionsboundary" in self.tested):
            return
        if bounded:
            yield moves.delete_boundary(by, identity.arn)
        everything = self._administrator
        managed = [found for account in state.estate.accounts if account.id == by.account for found in account.managed]
        for policy in (everything, *(dict(found.versions)[found.default or ""] for found in managed)):
            yield moves.put_boundary(by, identity.arn, _bounding(policy))

    def _rest(self, by: Caller, state: State) -> Iterator[Move]:
        account = next((one for one in state.estate.accounts if one.id == by.account), Account(by.account or ""))
        for group in account.groups:
            yield from self._policies(by, group.arn, state)
            yield from (moves.join(by, user.arn, group.arn) for user in account.users if group.arn not in user.groups)
            yield from (moves.leave(by, user.arn, group.arn) for user in account.users if group.arn in user.groups)
        for managed in account.managed:
            yield moves.new_version(by, document(EVERYTHING, PolicyKind.IDENTITY, managed.arn, "edge"))
            yield from (moves.set_version(by, policy) for name, policy in managed.versions if name != managed.default)
        yield from (moves.become(by, user.arn, action) for user in account.users for action in CREDENTIALS)
        saml = self.place.moved(SAML)
        provider = saml if any(saml in str(role.trust) for role in account.roles) else None
        if provider is not None:
            makes = account.providers is not None and provider not in account.providers
            yield moves.govern(by, provider, f"iam:{'Create' if makes else 'Update'}SAMLProvider")


def _all_policies(estate: Estate) -> list[Policy]:
    policies = [policy for key in estate.keys for policy in key.policies or ()]
    for account in estate.accounts:
        for owner in (*account.users, *account.roles):
            policies += [one for one in (*owner.policies, owner.boundary, owner.trust) if one is not None]
        policies += [policy for group in account.groups for policy in group.policies]
    for controls in estate.organization.controls if estate.organization else ():
        policies += [
            policy for level in (*(controls.service or ()), *(controls.resource or ())) for policy in level.policies
        ]
    return policies


def _texts(policy: Policy) -> Iterator[str]:
    """The resources of a policy, and the values of its conditions."""
    for statement in policy.statements:
        yield from (one.value for one in statement.resources or ())
        yield from (value.value for condition in statement.conditions for value in condition.values)


def _tested(estate: Estate) -> frozenset[str]:
    """The condition keys, and keys of variables, that any policy has, in lower case."""
    found: set[str] = set()
    for policy in _all_policies(estate):
        found |= policy.tested_keys
        values = (
            value.value for one in policy.statements for condition in one.conditions for value in condition.values
        )
        found |= {"aws:principaltag/team" for value in values if "${aws:PrincipalTag/team}" in value}
    return frozenset(found)


def _is_bounded(state: State, arn: str) -> bool:
    return any(
        one.bounded for account in state.estate.accounts for one in (*account.users, *account.roles) if one.arn == arn
    )


def _bounding(policy: Policy) -> Policy:
    """The policy as a permissions boundary."""
    return replace(policy, kind=PolicyKind.BOUNDARY, identity=f"{policy.identity}#boundary")


def _policies_of(state: State, owner: str) -> tuple[Policy, ...]:
    for account in state.estate.accounts:
        members: tuple[Identity | Group, ...] = (*account.users, *account.roles, *account.groups)
        for one in members:
            if one.arn == owner:
                return one.policies
    return ()


@cache
def _principal(text: str) -> Principal:
    found = principal_named(text)
    assert isinstance(found, Principal)
    return found


def _grantable(action: str) -> bool:
    from verifier.model import reference

    known = reference.action(action)
    return known is not None and known.grant_operation
