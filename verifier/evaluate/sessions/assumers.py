"""Who might assume a role, by whom its trust policy names, and the requests by which they do (E2, E2w, F3).

In: the estate, a role. Out: callers, for each of whom the decision is still to be made; requests to be decided.
Guarantee: every caller whom the trust policy could admit is among them, or a stranger of the same kind stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.evaluate.context import TAGS_OF_RESOURCE, Context, Entry, Free
from verifier.evaluate.preparation import prepare
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.sessions.tag_conditions import PRINCIPAL_TAG, REQUEST_TAG, TAG_KEYS, compared_alone
from verifier.evaluate.statements.patterns import text_matches
from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Policy, Principal, PrincipalType, Statement
from verifier.model.request import Caller, CallerKind, Request

ORDINARY = "example"
"""The name of a session that may have any."""
_NOBODY = "999999999999"
"""An account for callers of any that is not listed."""


class Assumer(Frozen):
    """A caller. One that is a `stranger` stands for all of its kind and account: its name is none, nor, where nothing
    names the account, that."""

    caller: Caller
    stranger: bool = False


def assumers(estate: Estate, role: Identity) -> tuple[Assumer, ...]:
    found: dict[Assumer, None] = {}
    for statement in role.trust.allows if role.trust is not None else ():
        if statement.principals is None or statement.not_principal or statement.only_if is not None:
            found |= dict.fromkeys(_anybody(estate, role))
        for principal in statement.principals or ():
            found |= dict.fromkeys(_named(estate, role, principal))
    return tuple(found)


def _named(estate: Estate, role: Identity, principal: Principal) -> Iterator[Assumer]:
    text, account = principal.value, principal.account
    match principal.type:
        case PrincipalType.ANYONE | PrincipalType.ANY_AWS:
            yield from _anybody(estate, role)
        case PrincipalType.ACCOUNT:
            assert account is not None
            yield from _of_account(estate, role.arn.split(":")[1], account, directly=False)
        case PrincipalType.USER:
            yield Assumer(Caller(CallerKind.USER, text, account))
        case PrincipalType.ROLE:
            yield Assumer(Caller(CallerKind.ROLE, text, account, session=ORDINARY))
        case PrincipalType.SESSION:
            yield from _sessions(estate, principal)
        case PrincipalType.SERVICE:
            yield Assumer(Caller(CallerKind.SERVICE, text))
        case PrincipalType.FEDERATED:
            yield Assumer(Caller(CallerKind.WEB, text))


def _sessions(estate: Estate, principal: Principal) -> Iterator[Assumer]:
    """The session of the roles of that name: the listed ones, or, where none is, of one that is not."""
    _, name, session = principal.value.split("/", 2)
    inventory = estate.account(principal.account)
    listed = (role.arn for role in inventory.roles) if inventory is not None else ()
    roles = [arn for arn in listed if arn.rsplit("/", 1)[1] == name]
    for arn in roles or [f"arn:{principal.partition}:iam::{principal.account}:role/{name}"]:
        yield Assumer(Caller(CallerKind.ROLE, arn, principal.account, session=session))


def _of_account(estate: Estate, partition: str, account: str, *, directly: bool) -> Iterator[Assumer]:
    """The callers of an account. Where a complete inventory does not list them they have no identity policies (U1), so
    that they can do only what is allowed `directly`."""
    inventory = estate.account(account)
    if inventory is not None:
        yield from (Assumer(Caller(CallerKind.USER, user.arn, account)) for user in inventory.users)
        yield from (Assumer(Caller(CallerKind.ROLE, role.arn, account, session=ORDINARY)) for role in inventory.roles)
    if directly or inventory is None or not inventory.complete:
        start = f"arn:{partition}:iam::{account}:"
        yield Assumer(Caller(CallerKind.USER, f"{start}user/stranger", account), stranger=True)
        for role in ("stranger", "aws-service-role/example.amazonaws.com/AWSServiceRoleForExample"):
            yield Assumer(Caller(CallerKind.ROLE, f"{start}role/{role}", account, session=ORDINARY), stranger=True)


def _anybody(estate: Estate, role: Identity) -> Iterator[Assumer]:
    partition = role.arn.split(":")[1]
    for account in (*(account.id for account in estate.accounts), _NOBODY):
        yield from _of_account(estate, partition, account, directly=True)
        for kind in ("saml-provider/example", "oidc-provider/example.com"):
            yield Assumer(Caller(CallerKind.WEB, f"arn:{partition}:iam::{account}:{kind}"))
    yield Assumer(Caller(CallerKind.SERVICE, "ec2.amazonaws.com"), stranger=True)


def assuming(
    estate: Estate, role: Identity, one: Assumer, action: str, entries: Mapping[str, Entry]
) -> PreparedRequest:
    """A request to assume the role, of which whatever is not said is not known, and absent what is `None`."""
    caller = one.caller
    prepared = prepare(estate, Request(caller, action, role.arn))
    own = {key: entry for key, entry in prepared.context.entries.items() if not (one.stranger and _about_caller(key))}
    if one.stranger:
        own |= _known_of_stranger(prepared, one, frozenset(account.id for account in estate.accounts))
    identity = prepared.standing.identity
    trust = identity.trust if identity is not None else None
    tagged = caller.kind is CallerKind.ROLE and (trust is None or names_tagging(trust))
    if tagged:
        # A transitive tag of the session overrides the role's in `aws:ResourceTag`. [IAM: id_session-tags, Chaining
        # roles]
        own |= {key: Free(present=True) for key in own if key.startswith((PRINCIPAL_TAG, *TAGS_OF_RESOURCE))}
    fixed = (identity is not None and not tagged) or caller.kind in (CallerKind.SERVICE, CallerKind.WEB)

    def free(name: str) -> bool:
        given = name.startswith(REQUEST_TAG) or name == TAG_KEYS or (name.startswith(TAGS_OF_RESOURCE) and not tagged)
        return not given and name not in entries and not (fixed and name.startswith(PRINCIPAL_TAG))

    return replace(prepared, context=Context({**own, **entries}, {}, prepared.context.free_tags, free))


def _known_of_stranger(prepared: PreparedRequest, one: Assumer, listed: frozenset[str]) -> Mapping[str, Entry]:
    """What is known of a caller that stands for all of its kind and account. One that stands for those of every account
    that nothing names is of none that is `listed`: its account is known where it is compared with these alone. So is a
    service. [IAM: reference_policies_condition-keys, aws:PrincipalAccount, aws:PrincipalType]"""
    caller, key, kind = one.caller, "aws:principalaccount", "aws:principaltype"
    found: dict[str, Entry] = {} if caller.kind is CallerKind.SERVICE else {kind: prepared.context.entries[kind]}
    if caller.account not in (None, _NOBODY) or compared_alone(prepared, key, listed):
        found[key] = caller.account or _NOBODY
    return found


def call(caller: Caller) -> str:
    """By which call somebody assumes a role."""
    if caller.kind is not CallerKind.WEB:
        return "sts:AssumeRole"
    return "sts:AssumeRoleWithSAML" if ":saml-provider/" in caller.principal_arn else "sts:AssumeRoleWithWebIdentity"


def _about_caller(key: str) -> bool:
    named = key in ("aws:userid", "aws:username")
    return named or (key.startswith("aws:principal") and key != "aws:principalisawsservice")


def names_tagging(trust: Policy) -> bool:
    """True iff an Allow of a trust policy is about `sts:TagSession`, or of principals that have sessions: those of the
    role may have session tags, or transitive ones of other sessions, for the callers of another role."""
    if any(one.not_principal or is_about(one, "sts:tagsession") for one in trust.allows):
        return True
    return any(principal.type in _WITH_SESSIONS for one in trust.allows for principal in one.principals or ())


def is_about(statement: Statement, action: str) -> bool:
    """True iff a statement is about an action (lower case)."""
    return any(text_matches(text.value.lower(), action) for text in statement.actions) != statement.not_action


_WITH_SESSIONS = frozenset(
    {PrincipalType.ANYONE, PrincipalType.ANY_AWS, PrincipalType.ACCOUNT, PrincipalType.ROLE, PrincipalType.SESSION}
)
