"""What a `Resource` pattern covers where no key is the resource of the request (D9).

In: a space without a key, and a pattern. Out: an expression, true iff the pattern covers the request.
Guarantee: exact; what AWS's pages leave open is by the readings D9 and D9-alias, and facts of single patterns.
"""

from __future__ import annotations

from itertools import takewhile

from verifier.model.operators import Sign
from verifier.model.readings import D9, D9_ALIAS, WILDCARDS_RESOURCE
from verifier.model.symbols import KeylessFact, SymbolName
from verifier.problem.classes.predicates import like
from verifier.problem.expression import FALSE, Expression, Symbol, Test, choose, conjunction, constant, disjunction
from verifier.problem.semantics.relations import is_valued, relate
from verifier.problem.semantics.values import Fixed, Template, Variable, arn_fields
from verifier.problem.space import Space, acts

LIST_RETIRABLE = "kms:ListRetirableGrants"
"""The one operation whose resource is a principal: the retiring principal that it asks about [API:
ListRetirableGrants]."""
RETIRING = "retiring"
"""The attribute for that principal: the last field of its ARN. Its account is the caller's."""


_SESSIONS = ("assumed-role/", "federated-user/")


def service_of(last: str) -> str:
    """The service in the ARN of a principal, by its last field: STS for sessions, otherwise IAM."""
    return "sts" if last.startswith(_SESSIONS) else "iam"


def covers_keyless(space: Space, pieces: Template, name: str, about_grants: bool) -> Expression:
    """True iff a pattern covers the request; a fact about it has its `name`. `about_grants` is false where the
    statement is not about `kms:ListRetirableGrants` at all."""
    found = arn_fields(pieces)
    if found is None:
        return FALSE
    (kind, partition, service, region, account), last = found
    if not (like(kind).matches("arn") and like(partition).matches(space.target.partition)):
        return FALSE
    by_account = space.account_matching(like(account))
    covered = by_account & _covers_region(space, service, region, last, name)
    if not about_grants:
        return covered
    return choose(acts({LIST_RETIRABLE}), by_account & _covers_principal(space, service, region, last), covered)


def _covers_region(space: Space, service: str, region: str, last: Template, name: str) -> Expression:
    """True iff fields of a pattern cover `arn:P:kms:REGION:CALLER_ACCOUNT:*`, for operations without any resource."""
    if not last or not like(service).matches("kms"):
        return FALSE
    # With a variable that has no value it is a pattern of no key or alias (L7).
    named = (_has_value(space, piece) for piece in last if isinstance(piece, Variable))
    return space.ask_key("aws:RequestedRegion", like(region)) & _last_covers(last, name) & conjunction(named)


_ALL: dict[str, SymbolName] = {"key/*": D9, "alias/*": D9_ALIAS}
"""The last fields that all keys, and all aliases, match, and the readings of these."""


def _last_covers(last: Template, name: str) -> Expression:
    """True iff the last field of a pattern covers operations without a key. It does if it is `*`.
    If some key or alias may match it, a reading or a fact of the pattern decides; else it does not."""
    start = last[0].text if isinstance(last[0], Fixed) and last[0].wild else ""
    whole = start if len(last) == 1 else ""
    is_everything = whole != "" and not whole.strip("*")
    written = "".join(takewhile(lambda character: character not in "*?$", start))
    some = any(written.startswith(kind) or kind.startswith(written) for kind in ("key/", "alias/"))
    if is_everything or not some:
        return constant(is_everything)
    return Symbol(_ALL.get(whole, KeylessFact(name)))


def _has_value(space: Space, variable: Variable) -> Expression:
    """True iff a variable has a value in the request, or a default."""
    view = space.single(variable.key, None)
    return FALSE if view is None else is_valued(space, view) | constant(variable.default is not None)


def _covers_principal(space: Space, service: str, region: str, last: Template) -> Expression:
    """True iff fields of a pattern cover the ARN of a principal of the caller's account: of IAM, STS for sessions."""
    if not last or not like(region).matches(""):
        return FALSE
    view = space.attribute_view(RETIRING)
    sessions = disjunction(Test(RETIRING, like(f"{start}*")) for start in _SESSIONS)
    kinds = choose(sessions, constant(like(service).matches("sts")), constant(like(service).matches("iam")))
    return kinds & relate(space, view, Sign.LIKE, last, None, WILDCARDS_RESOURCE)
