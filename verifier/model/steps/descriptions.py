"""The kinds of steps, and what each is: the requests that it takes, its sentence, the options of its command (W2;
docs/reach.md).

In: a kind of step, what it changes, or a `Move`. Out: its row, with what is changed put into it.
Guarantee: these are names, words and a limit alone. When a step may be made, and what is so afterwards, is said in
`evaluate` and in `problem`, in each for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from verifier.frozen import Frozen
from verifier.model.policy import arn_kind

if TYPE_CHECKING:
    from verifier.model.steps.chains import Move, StepChange

OWN_KEYS = tuple(
    form.replace("0", digit)
    for form in ("00000000-0000-4000-8000-000000000000", "mrk-00000000000040008000000000000000")
    for digit in "0123456789abcdef"
)
"""The IDs of keys that stand for the caller's own, in accounts that the input does not name."""
_ENDS = tuple(f":key/{key}" for key in OWN_KEYS)


def is_own_key(arn: str) -> bool:
    """True iff an ARN is that of a key that stands for one of the caller's own."""
    return arn.endswith(_ENDS)


MOST_VERSIONS = 5
"""How many versions a managed policy can have [IAM: access_policies_managed-versioning, Version limits]."""


class StepKind(Enum):
    """The steps of W2, as `docs/reach.md` tells them."""

    PUT_KEY_POLICY = "put key policy"
    CREATE_GRANT = "create grant"
    TAG = "tag key"
    UNTAG = "untag key"
    CREATE_ALIAS = "create alias"
    UPDATE_ALIAS = "update alias"
    DELETE_ALIAS = "delete alias"
    REPLICATE = "replicate key"
    RE_ENCRYPT = "re-encrypt"
    IMPORT_MATERIAL = "import key material"
    SHARE = "share key"
    OWN_IDENTITY = "use an identity of its own"
    ASSUME_ROLE = "assume role"
    FEDERATE = "get federation token"
    PUT_POLICY = "put inline policy"
    ATTACH_POLICY = "attach policy"
    NEW_VERSION = "new policy version"
    SET_VERSION = "set default policy version"
    PUT_TRUST = "update trust policy"
    CREATE = "make an identity or policy"
    REMOVE_POLICY = "take a policy away"
    TAG_IDENTITY = "tag a user or role"
    UNTAG_IDENTITY = "untag a user or role"
    PUT_BOUNDARY = "put permissions boundary"
    DELETE_BOUNDARY = "delete permissions boundary"
    JOIN_GROUP = "add user to group"
    LEAVE_GROUP = "remove user from group"
    BECOME_USER = "new credentials of a user"
    PROVIDER = "write identity provider"
    PASS_ROLE = "pass role"
    CHANGE_CODE = "change code that runs as a role"


MEMBER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_OPTIONAL = re.compile(r"\[([^\]]*)\]")


class Description(Frozen):
    """One way to take a step of a kind: its first action says which, and what its sentence needs.

    In each text `{member}` is a member of the change; of an ARN `{member:name}`, `{member:kind}` (`role`) or
    `{member:Kind}` (`Role`) is a part. What is in brackets is left out where a member in it is not there. `requests`
    are actions, each with the member that it is on, without those that depend on the state. `sentence` goes on after
    `which …`. `options` are those of the CLI's command for the first action, as a shell reads them: a member that has
    several values is several words.
    """

    kind: StepKind
    requests: str
    sentence: str
    options: str = ""

    def fits(self, change: StepChange) -> bool:
        """True iff the sentence has all that it needs."""
        return all(
            getattr(change, name, None) is not None for name, _ in MEMBER.findall(_OPTIONAL.sub("", self.sentence))
        )

    def action(self, change: StepChange) -> str:
        """What is called; empty iff nothing is."""
        return with_parts(self.requests.split(" ")[0], change)

    def asks(self, change: StepChange) -> tuple[tuple[str, str | None], ...]:
        """The requests: the action and the resource of each."""
        pairs = (one.partition(" ") for one in self.requests.split(", ") if one)
        return tuple((with_parts(action, change), getattr(change, on) if on else None) for action, _, on in pairs)


def way_taken(move: Move) -> Description:
    """The way in which a step is taken: of those that have all that their sentences need, the one that its requests are
    for."""
    rows = [row for row in DESCRIPTIONS if row.kind is move.kind]
    fitting = [row for row in rows if row.fits(move.change)] or rows
    actions = {request.action.lower() for request in move.requests}
    return next((row for row in fitting if row.action(move.change).lower() in actions), fitting[0])


def present(text: str, member: Callable[[str], object]) -> str:
    """A text without the parts in brackets of which a member is not there."""
    return _OPTIONAL.sub(lambda part: part[1] if all(member(name) for name, _ in MEMBER.findall(part[1])) else "", text)


def with_parts(text: str, change: StepChange) -> str:
    """A text with members of a change, which are texts, and parts of them put in."""
    return MEMBER.sub(lambda found: arn_part(str(getattr(change, found[1])), found[2] or ""), text)


def arn_part(arn: str, part: str) -> str:
    """A part of an ARN: its `name`, which the CLI takes without its path, its `kind` or `Kind`; all of it."""
    kind = arn_kind(arn)
    return {"": arn, "name": arn.rsplit("/", 1)[-1], "kind": kind, "Kind": kind.capitalize()}[part]


_HOLDS = "gives it {held} of {caller}[ with the session tags {session_tags}][ (transitive: {transitive})]"
_SAYS = "makes {arn} say, wherever it is attached: {policy}"
_SHARES = "shares {key} through AWS RAM; what that lets others do is not documented"
_OWNER = "--{owner:kind}-name {owner:name}"
_MEMBERSHIP = "--user-name {user:name} --group-name {group:name}"
_SESSION = "--role-arn {arn} --role-session-name {session}"
_METADATA = "--saml-metadata-document file://metadata.xml"

DESCRIPTIONS = (
    Description(
        StepKind.PUT_KEY_POLICY,
        "kms:PutKeyPolicy key",
        "writes the key policy of {key}: {policy}",
        "--key-id {key} --policy-name default --policy {policy} {context}",
    ),
    Description(
        StepKind.CREATE_GRANT, "kms:CreateGrant key", "creates a grant on {key} {grant}", "--key-id {key} {grant}"
    ),
    Description(StepKind.TAG, "kms:TagResource key", "tags {key} with {tags}", "--key-id {key} --tags {tags:Tag}"),
    Description(
        StepKind.UNTAG, "kms:UntagResource key", "takes from {key} the {removed}", "--key-id {key} --tag-keys {removed}"
    ),
    *(
        Description(
            kind,
            f"kms:{does}Alias alias_arn, kms:{does}Alias key",
            "makes {alias} an alias of {key}",
            "--alias-name {alias} --target-key-id {key}",
        )
        for kind, does in ((StepKind.CREATE_ALIAS, "Create"), (StepKind.UPDATE_ALIAS, "Update"))
    ),
    Description(StepKind.DELETE_ALIAS, "kms:DeleteAlias alias_arn", "deletes {alias}", "--alias-name {alias}"),
    Description(
        StepKind.REPLICATE,
        "kms:ReplicateKey key, kms:CreateKey",
        "replicates {key} to {region}[, with a key policy of its own: {policy}]",
        "--key-id {key} --replica-region {region} [--policy {policy} --bypass-policy-lockout-safety-check]",
    ),
    Description(
        StepKind.RE_ENCRYPT,
        "kms:ReEncryptFrom key, kms:ReEncryptTo onto",
        "puts under {onto} what {key} encrypted",
        "--ciphertext-blob fileb://ciphertext --source-key-id {key} --destination-key-id {onto} {context}",
    ),
    Description(
        StepKind.IMPORT_MATERIAL,
        "kms:GetParametersForImport key, kms:ImportKeyMaterial key",
        "imports into {key} key material that the caller may know",
    ),
    Description(
        StepKind.SHARE,
        "ram:CreateResourceShare",
        _SHARES,
        "--name <name> --resource-arns {key} --principals <principal>",
    ),
    Description(
        StepKind.SHARE, "ram:AssociateResourceShare", _SHARES, "--resource-share-arn <share> --resource-arns {key}"
    ),
    Description(StepKind.OWN_IDENTITY, "", _HOLDS),
    Description(
        StepKind.ASSUME_ROLE,
        "sts:AssumeRole arn",
        _HOLDS,
        _SESSION + " {context} [--tags {given}] [--transitive-tag-keys {lasting}]",
    ),
    Description(
        StepKind.ASSUME_ROLE, "sts:AssumeRoleWithWebIdentity arn", _HOLDS, _SESSION + " --web-identity-token <token>"
    ),
    Description(
        StepKind.ASSUME_ROLE,
        "sts:AssumeRoleWithSAML arn",
        _HOLDS,
        "--role-arn {arn} --principal-arn {provider} --saml-assertion <assertion>",
    ),
    Description(
        StepKind.FEDERATE,
        "sts:GetFederationToken arn",
        _HOLDS,
        "--name {arn:name} --policy {everything} [--tags {given}]",
    ),
    Description(
        StepKind.PUT_POLICY,
        "iam:Put{owner:Kind}Policy owner",
        "gives {owner} the inline policy {inline}: {document}",
        _OWNER + " --policy-name {inline} --policy-document {document}",
    ),
    *(
        Description(
            StepKind.ATTACH_POLICY,
            "iam:Attach{owner:Kind}Policy owner",
            f"attaches {{managed}} to {{owner}}{says}",
            _OWNER + " --policy-arn {managed}",
        )
        for says in (": {document}", "; what that policy says is not in the input")
    ),
    Description(
        StepKind.NEW_VERSION,
        "iam:CreatePolicyVersion arn",
        _SAYS,
        "--policy-arn {arn} --policy-document {policy} --set-as-default",
    ),
    Description(
        StepKind.SET_VERSION, "iam:SetDefaultPolicyVersion arn", _SAYS, "--policy-arn {arn} --version-id <version>"
    ),
    Description(
        StepKind.PUT_TRUST,
        "iam:UpdateAssumeRolePolicy role",
        "writes the trust policy of {role}: {policy}",
        "--role-name {role:name} --policy-document {policy}",
    ),
    Description(
        StepKind.CREATE,
        "iam:Create{arn:Kind} arn",
        "makes {arn}[, with the permissions boundary {boundary}][, with the trust policy: {trust}][: {document}]",
        "--{arn:kind}-name {arn:name} [--path {path}] [--policy-document {document}] [--assume-role-policy-document "
        "{trust}] [--permissions-boundary {boundary}]",
    ),
    Description(
        StepKind.REMOVE_POLICY,
        "iam:Delete{owner:Kind}Policy owner",
        "deletes the inline policy {inline} of {owner}",
        _OWNER + " --policy-name {inline}",
    ),
    Description(
        StepKind.REMOVE_POLICY,
        "iam:Detach{owner:Kind}Policy owner",
        "detaches {managed} from {owner}",
        _OWNER + " --policy-arn {managed}",
    ),
    Description(
        StepKind.TAG_IDENTITY, "iam:Tag{owner:Kind} owner", "tags {owner} with {tags}", _OWNER + " --tags {tags}"
    ),
    Description(
        StepKind.UNTAG_IDENTITY,
        "iam:Untag{owner:Kind} owner",
        "takes from {owner} the {removed}",
        _OWNER + " --tag-keys {removed}",
    ),
    *(
        Description(
            StepKind.PUT_BOUNDARY,
            "iam:Put{owner:Kind}PermissionsBoundary owner",
            f"makes {{managed}} the permissions boundary of {{owner}}: {says}",
            _OWNER + " --permissions-boundary {managed}",
        )
        for says in ("{document}", "what that policy says is not in the input")
    ),
    Description(
        StepKind.DELETE_BOUNDARY,
        "iam:Delete{owner:Kind}PermissionsBoundary owner",
        "deletes the permissions boundary of {owner}",
        _OWNER,
    ),
    Description(StepKind.JOIN_GROUP, "iam:AddUserToGroup group", "puts {user} into {group}", _MEMBERSHIP),
    Description(StepKind.LEAVE_GROUP, "iam:RemoveUserFromGroup group", "takes {user} out of {group}", _MEMBERSHIP),
    Description(StepKind.BECOME_USER, "iam:CreateAccessKey arn", _HOLDS, "--user-name {arn:name}"),
    *(
        Description(
            StepKind.BECOME_USER, f"iam:{does}LoginProfile arn", _HOLDS, "--user-name {arn:name} --password <password>"
        )
        for does in ("Create", "Update")
    ),
    Description(
        StepKind.PROVIDER, "iam:CreateSAMLProvider arn", "lets it speak for {caller}", _METADATA + " --name {arn:name}"
    ),
    Description(
        StepKind.PROVIDER,
        "iam:UpdateSAMLProvider arn",
        "lets it speak for {caller}",
        _METADATA + " --saml-provider-arn {arn}",
    ),
    Description(StepKind.PASS_ROLE, "iam:PassRole arn", _HOLDS),
    Description(StepKind.CHANGE_CODE, "", _HOLDS),
)
"""All of them. What starts, changes or enters code as a role is in `workloads` and in the data of `actions`."""
