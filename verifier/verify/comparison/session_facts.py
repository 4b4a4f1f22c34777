"""What conditions on the calls that make sessions read that nobody chooses: tags and unique IDs of users and roles,
organizations; and the providers that trust policies name.

In: an estate, a role, who may call, statements about calls for the role. Out: these facts, by what a reason calls them.
Guarantee: where two sides have the same statements and facts, conditions on these hold of the same callers and roles.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import chain

from verifier.model.estate import Estate, Identity
from verifier.model.policy import PrincipalType, Statement, arn_account, short_arn
from verifier.model.trust_keys import FOR_WHOM, KEYS_WITHOUT_RULE, MFA, is_claim, may_decide, service_of_key
from verifier.problem.semantics.callers import providers_admitted
from verifier.problem.sessions.session_tags import FEDERATED_PROVIDER, PRINCIPAL_TAG, SOURCE_IDENTITY, own_tag
from verifier.verify.reach.narrowed import key_alone, keys_of_statement

_ROLE_TAG = ("aws:resourcetag/", "iam:resourcetag/")
_ORGANIZATION = ("aws:principalorg", "aws:resourceorg")
_UNIQUE_ID = "aws:userid"
_OF_SESSIONS = (
    *(PRINCIPAL_TAG, SOURCE_IDENTITY, _UNIQUE_ID, FEDERATED_PROVIDER, MFA, "aws:tokenissuetime"),
    *(*FOR_WHOM, *KEYS_WITHOUT_RULE),
)
"""How the keys begin that tell the sessions of one role apart."""

CallFacts = Mapping[str, Hashable]


def facts_read(estate: Estate, role: str, callers: Iterable[Identity], statements: Iterable[Statement]) -> CallFacts:
    """The facts that statements about calls for a role read, on one side."""
    keys = {key_alone(key) for one in statements for key in keys_of_statement(one)}
    found = dict[str, Hashable]()
    assumed = estate.identity(role)
    if assumed is not None:
        found |= _tags(assumed, _names(keys, *_ROLE_TAG))
    for caller in callers:
        found |= _tags(caller, _names(keys, PRINCIPAL_TAG))
        if _UNIQUE_ID in keys:
            found[f"the unique ID of {short_arn(caller.arn)}"] = caller.unique_id
    if any(key.startswith(_ORGANIZATION) for key in keys):
        one = estate.organization
        found["which account is where in which organization"] = one and (one.id, one.management_account, one.accounts)
    return found


def trusted_providers(estate: Estate, role: Identity) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """The providers that its trust policy names, without those that the inventory of their account does not list; where
    it may admit any, those that are listed. And what plans and templates say of these that they make."""
    listed = {one.id: one.providers for one in estate.accounts if one.providers is not None}
    contents = frozenset(chain.from_iterable(one.provider_contents for one in estate.accounts))
    named = providers_admitted(role.trust) if role.trust is not None else None
    if named is None:
        return frozenset(chain.from_iterable(listed.values())), contents
    there = (one for one in named if not one.startswith("arn:") or one in listed.get(arn_account(one), (one,)))
    return frozenset(there), frozenset(one for one in contents if one[0] in named)


def is_about_some_sessions(statement: Statement, in_question: str) -> bool:
    """False only if a statement is about all sessions of a role alike, but for the key that is asked for."""
    by_name = any(who.type is PrincipalType.SESSION for who in statement.principals or ())
    others = (key for key in keys_of_statement(statement) if not may_decide(key, in_question))
    return by_name or any(_of_sessions(key) for key in others)


def _of_sessions(key: str) -> bool:
    return key.startswith(_OF_SESSIONS) or is_claim(key) or service_of_key(key) is not None


def _names(keys: Iterable[str], *starts: str) -> list[str]:
    return sorted({key.removeprefix(start) for start in starts for key in keys if key.startswith(start)})


def _tags(identity: Identity, names: Iterable[str]) -> CallFacts:
    return {f"the tag {name} of {short_arn(identity.arn)}": own_tag(identity, name) for name in names}
