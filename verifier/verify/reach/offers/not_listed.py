"""Users and roles that no inventory lists, as policies tell them apart that say on whom something may be done.

In: an estate, the ARNs of such users and roles. Out: patterns of ARNs.
Guarantee: of the users and roles of the accounts of these that no inventory lists, two that all patterns treat alike
are covered by the same `Resource` elements, whatever policy variables in these stand for (`variable_values`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.model.estate import Estate
from verifier.model.policy import Statement, arn_account
from verifier.problem.classes.predicates import Tokens, like, like_arn
from verifier.problem.semantics.values import running_on
from verifier.verify.reach.distinctions import may_be_of, pattern_fields
from verifier.verify.reach.narrowed import for_steps, of_callers
from verifier.verify.reach.offers.meeting_patterns import begins
from verifier.verify.reach.offers.names_to_make import without_variables


def patterns_of_targets(estate: Estate, others: Iterable[str], filled: Sequence[Tokens]) -> tuple[Tokens, ...]:
    """`others` are users and roles that no inventory lists, one for each class of callers; `filled` are texts with
    variables, with values in their place."""
    complete = {account.id for account in estate.accounts if account.complete}
    resources = tuple(dict.fromkeys(_resources(estate)))
    accounts = dict.fromkeys((*(arn_account(arn) for arn in others), *_written_out(resources)))
    open_to = [account for account in accounts if account not in complete]
    partitions = dict.fromkeys(arn.split(":")[1] for arn in others)
    starts = [f"arn:{partition}:iam::{account}:" for partition in partitions for account in open_to]
    texts = dict.fromkeys(one for text in resources for account in open_to for one in _in_account(text, account))
    variables = any("${" in text for text in resources)
    named = (one for one in filled if any(begins(one, start) for start in starts)) if variables else ()
    return tuple(dict.fromkeys((*map(like_arn, texts), *named)))


def _resources(estate: Estate) -> Iterator[str]:
    """What policies say of the resources of steps, an asterisk that runs on past a colon written out (L6)."""
    for policy in of_callers(for_steps(estate)):
        for statement in policy.statements:
            yield from _texts(statement)


def _texts(statement: Statement) -> Iterator[str]:
    for text in statement.resources or ():
        if text.value != "*":
            yield from (text.value, *running_on(text.value, 5))


def _written_out(resources: Iterable[str]) -> Iterator[str]:
    """The accounts that they name."""
    accounts = (pattern_fields(text)[4] for text in resources if _of_identities(text))
    return (account for account in accounts if account.isdecimal())


def _in_account(text: str, account: str) -> Iterator[str]:
    """A pattern as it is for the users and roles of an account, if it covers some of them."""
    fields = pattern_fields(text)
    if _of_identities(text) and like(fields[4]).matches(account):
        yield without_variables(":".join((*fields[:4], account, fields[5])))


def _of_identities(text: str) -> bool:
    fields = pattern_fields(text)
    kinds = may_be_of(fields[5], ("user/", "role/"))
    return kinds and like(fields[2]).matches("iam") and like(fields[3]).matches("")
