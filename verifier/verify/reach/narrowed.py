"""The estate as far as it bears on some requests: statements that are about none of them are left out.

In: an estate. Out: a smaller one. Guarantee: every such request is decided alike in both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import Policy, Statement, Text
from verifier.model.steps.actions import step_actions
from verifier.problem.classes.predicates import like
from verifier.problem.facts.shared import ObjectCache
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.targets import FEDERATING
from verifier.problem.steps.doubtful import doubtful_names, uncatalogued

Says = Callable[[Statement], bool]


def for_steps(estate: Estate) -> Estate:
    """For requests about what is no key."""
    return replace(_narrowed(estate, _of_steps, estate.trust_policies()), keys=())


def for_doubts(estate: Estate, further: Collection[str]) -> Estate:
    """For requests in doubt (W1), and `further` actions."""
    says = _of_doubts(frozenset(map(str.lower, further)))
    return replace(_narrowed(estate, says, estate.trust_policies()), keys=())


def for_keys(estate: Estate) -> Estate:
    """For requests about keys, or none."""
    return _narrowed(estate, _of_keys, estate.key_policies)


def _narrowed(estate: Estate, says: Says, others: Iterable[Policy]) -> Estate:
    """The estate without the statements of identity policies, the policies and the identities that say nothing.
    `others` are policies that may test something too."""
    keep = any(map(_asks_who, (*others, *of_callers(estate, lambda policy: any(map(says, policy.statements))))))
    named = {thing.principal for thing in estate.unmodelled if thing.principal is not None}
    return replace(estate, accounts=tuple(_account(account, says, named, keep=keep) for account in estate.accounts))


def _asks_who(policy: Policy) -> bool:
    """True iff a policy asks for what an inventory says of a caller, in a condition key or a policy variable (L7)."""
    return any(key.startswith(_WHO) for key in keys_read(policy))


_WHO = ("aws:principaltag/", "aws:userid")


def keys_read(policy: Policy) -> Iterator[str]:
    """The condition keys that a policy asks for in conditions, and what stands in its policy variables (L7): a key and
    what follows it. In lower case."""
    for statement in policy.statements:
        yield from keys_of_statement(statement)


def keys_of_statement(statement: Statement) -> Iterator[str]:
    """The condition keys of a statement, and what stands in its policy variables, key first; in lower case."""
    yield from (condition.key.value.lower() for condition in statement.conditions)
    yield from in_variables(texts(statement))


def key_alone(found: str) -> str:
    """A key without what follows it in a policy variable."""
    return found.split("}")[0].split(",")[0].strip()


def in_variables(found: Iterable[Text]) -> Iterator[str]:
    """What stands in the policy variables of texts."""
    return (part.lower().lstrip() for text in found for part in text.value.split("${")[1:])


def texts(statement: Statement) -> Iterator[Text]:
    """The texts that may hold policy variables."""
    yield from statement.resources or ()
    for condition in statement.conditions:
        yield from condition.values


def of_callers(estate: Estate, says: Callable[[Policy], bool] = lambda _: True) -> Iterator[Policy]:
    """The policies that bear on callers, those of keys aside: identity policies that say something, and all others."""
    for account in estate.accounts:
        for identity in account.identities:
            yield from filter(says, identity.policies)
            if identity.boundary is not None:
                yield identity.boundary
        yield from account.shared_policies()
    yield from estate.surrounding_policies()


def _account(account: Account, says: Says, named: set[str], *, keep: bool) -> Account:
    """In an inventory that is complete, one who is not listed is one without policies, but there is none where another
    one of its name is listed (R2): of those that could be made, several have one name. The tags of sessions of roles
    are their roles' own, without the change that gives them others (F3). Which a user may pass on its policies say."""

    def narrowed(members: tuple[Identity, ...], says: Says) -> tuple[Identity, ...]:
        small = [replace(member, policies=of_policies(member, says), trust=None, exact_tags=True) for member in members]
        stay = keep or not account.complete
        names = {name_of(one) for one in small if stay or one.policies or one.bounded or one.arn in named}
        return tuple(one for one in small if name_of(one) in names)

    def name_of(member: Identity) -> str:
        return member.arn.rsplit("/", 1)[-1].lower()

    def issuing(statement: Statement) -> bool:
        return says(statement) or any(names_action(statement, name.lower()) for name in FEDERATING)

    return replace(account, users=narrowed(account.users, issuing), roles=narrowed(account.roles, says))


def of_policies(identity: Identity, says: Says) -> tuple[Policy, ...]:
    """An identity's policies with those statements alone that say something, without those that have none."""
    found = ((policy, tuple(filter(says, policy.statements))) for policy in identity.policies)
    saying = ((policy, own) for policy, own in found if own)
    return tuple(one if len(own) == len(one.statements) else replace(one, statements=own) for one, own in saying)


def of_any(estate: Estate) -> Says:
    """What is true iff a statement can be about anything that is asked."""
    of_doubts = _of_doubts(unknown_actions(estate))
    return lambda statement: of_no_doubt(statement) or of_doubts(statement)


def unknown_actions(estate: Estate) -> frozenset[str]:
    """The actions that no data knows (U4): whoever names one, a pattern of somebody else may match it."""
    return _unknown.of((estate,), find=lambda: uncatalogued((*estate.key_policies, *of_callers(estate))))


_unknown = ObjectCache[frozenset[str]](4)


def of_no_doubt(statement: Statement) -> bool:
    """True iff a statement can be about keys or steps."""
    return _of_keys(statement) or _of_steps(statement)


_OF_STEPS = tuple(action.name.lower() for action in step_actions())


def says_of_keys(policy: Policy) -> bool:
    """True iff a policy has a statement that can be about KMS, known actions or not (U4)."""
    return any(map(_of_keys, policy.statements))


def _of_keys(statement: Statement) -> bool:
    return statement.not_action or any(map(_of_kms, statement.actions))


def _of_kms(pattern: Text) -> bool:
    start = pattern.value.lower().split("*")[0].split("?")[0][:4]
    return "kms:".startswith(start) if len(start) < 4 else start == "kms:"


def _of_doubts(named: frozenset[str]) -> Says:
    """What is true iff a statement can be about a doubtful action, or one of those named, in lower case."""

    def may_match(pattern: str) -> bool:
        return bool(doubtful_names(pattern)) or any(map(like(pattern).matches, named))

    return lambda statement: statement.not_action or any(may_match(text.value.lower()) for text in statement.actions)


def _of_steps(statement: Statement) -> bool:
    return statement.not_action or any(_of_step(text.value.lower()) for text in statement.actions)


@lru_cache(1 << 12)
def _of_step(pattern: str) -> bool:
    """True iff a pattern of actions matches some step."""
    matches = like(pattern).matches
    return any(matches(name) for name in _OF_STEPS)
