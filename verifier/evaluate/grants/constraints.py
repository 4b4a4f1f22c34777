"""Which operations a grant can name (G1), whether a request meets its constraints (G3), and whether a grant made by it
is as strict (G6).

In: a grant, the request's action, caller and context, the symbols. Out: findings.
Guarantee: a constraint that does not bind the operation gives no finding; values are compared exactly, names as the
reading G3-names says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.context import Context
from verifier.evaluate.findings import RuleFinding
from verifier.evaluate.statements.patterns import arn_matches, parse, substitute
from verifier.evaluate.symbols import Symbols, Truth, all_of, any_of
from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.grant import Grant, Pairs
from verifier.model.readings import G3_ASYMMETRIC, G3_DESCRIBE, G3_NAMES, G3_SOURCE, G6, G6_TYPE
from verifier.model.reference import SYMMETRIC
from verifier.model.request import Caller, CallerKind

EQUALS, SUBSET = "EncryptionContextEquals", "EncryptionContextSubset"
"""The values of `kms:GrantConstraintType`. [KMS Developer Guide, conditions-kms]"""
NOT_BOUND_BY_CONTEXT = frozenset({"kms:creategrant", "kms:describekey", "kms:retiregrant"})
"""Grant operations whose requests no encryption context constraint binds: they have none of their own (G3, G6)."""


class GrantRequest(Frozen):
    """What a request shows to a grant."""

    action: str
    caller: Caller
    context: Context
    spec: str | None
    """That of the key, as far as the input says it."""


def grantable(action: str) -> bool:
    """True iff a grant can name the operation (G1). The list is closed: what the data does not know is not on it."""
    known = reference.action(action)
    return known is not None and known.grant_operation


def constraint_findings(grant: Grant, request: GrantRequest, symbols: Symbols) -> Iterator[RuleFinding]:
    """A finding for each constraint that binds the request."""
    action = request.action.lower()
    known = reference.action(action)
    if known is not None and known.encryption_context and action not in NOT_BOUND_BY_CONTEXT:
        yield from _context(grant, request, symbols)
    if grant.source_arn is not None and action != "kms:retiregrant":
        yield _source(grant.source_arn, request, symbols)
    if action == "kms:creategrant":
        yield from _child(grant, request.context, symbols)


# --- the encryption context (G3) --------------------------------------------------------------------------------------


def _context(grant: Grant, request: GrantRequest, symbols: Symbols) -> Iterator[RuleFinding]:
    tests = ((EQUALS, grant.context_equals, _exactly), (SUBSET, grant.context_subset, _among))
    for kind, wanted, meets in tests:
        if wanted is not None:
            met = meets(wanted, request.context, symbols)
            applies = met is True or request.spec in (None, SYMMETRIC)
            holds = met if applies else any_of([met, symbols.value(G3_ASYMMETRIC)])
            yield RuleFinding("G3", _sentence(kind, wanted, request.context), holds)


def _exactly(wanted: Pairs, context: Context, symbols: Symbols) -> Truth:
    """True iff the whole encryption context is this map. An empty map is met by no encryption context at all."""

    def test(fold: bool) -> bool:
        return not _unpaired(context, fold) and _folded(wanted, fold) == _folded(tuple(context.pairs.items()), fold)

    return symbols.choose(G3_NAMES, lambda: test(True), lambda: test(False))


def _among(wanted: Pairs, context: Context, symbols: Symbols) -> Truth:
    """True iff the encryption context contains this map."""

    def test(fold: bool) -> bool:
        return _folded(wanted, fold) <= _folded(tuple(context.pairs.items()), fold)

    return symbols.choose(G3_NAMES, lambda: test(True), lambda: test(False))


def _folded(pairs: Pairs, fold: bool) -> set[tuple[str, str]]:
    return {(name.lower() if fold else name, value) for name, value in pairs}


def _unpaired(context: Context, fold: bool) -> set[str]:
    """Names that `kms:EncryptionContextKeys` lists and whose pairs the request does not show: the encryption context
    has more in it."""
    listed = context.entries.get("kms:encryptioncontextkeys")
    names = listed if isinstance(listed, tuple) else ()
    spelled = str.lower if fold else str
    return set(map(spelled, names)) - set(map(spelled, context.pairs))


def _sentence(kind: str, wanted: Pairs, context: Context) -> str:
    return f"{kind} {_shown(dict(wanted))}: the request has {_shown(context.pairs) if context.pairs else 'none'}"


def _shown(pairs: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in pairs.items()) + "}"


# --- the source ARN (G3) ----------------------------------------------------------------------------------------------


def _source(wanted: str, request: GrantRequest, symbols: Symbols) -> RuleFinding:
    """Holds iff `SourceArn` does, which is like a condition on `aws:SourceArn`. [API: GrantConstraints]"""
    if request.action.lower() == "kms:describekey":
        holds = symbols.choose(G3_DESCRIBE, lambda: _from_source(wanted, request, symbols), lambda: True)
    else:
        holds = _from_source(wanted, request, symbols)
    found = request.context.entries.get("aws:sourcearn")
    had = f"the request has {found}" if isinstance(found, str) else "the request has none"
    if request.caller.kind is not CallerKind.SERVICE:
        had = "the caller is not a service principal"
    return RuleFinding("G3", f"SourceArn {wanted}: {had}", holds)


def _from_source(wanted: str, request: GrantRequest, symbols: Symbols) -> Truth:
    if request.caller.kind is not CallerKind.SERVICE:
        return symbols.choose(G3_SOURCE, lambda: False, lambda: True)
    found = request.context.entries.get("aws:sourcearn")
    return isinstance(found, str) and _is_source(wanted, found)


def _is_source(wanted: str, found: str) -> bool:
    """True iff an ARN matches a `SourceArn`, as ArnLike compares (C4): a constraint has no policy variables."""
    return arn_matches(substitute(parse(wanted, variables=False), {}, wild=False) or (), found)


# --- the grant that a CreateGrant request asks for (G6) ---------------------------------------------------------------


def _child(parent: Grant, context: Context, symbols: Symbols) -> Iterator[RuleFinding]:
    """A grant made by the permission of a grant allows no more, under constraints at least as strict.
    [create-grant-overview] A request of the type SourceArn does not say what constraint its pairs are."""
    yield _operations(parent, context)
    kind = context.entries.get("kms:grantconstrainttype")
    if parent.context_equals is not None:
        exact = symbols.choose(G6_TYPE, lambda: True, lambda: False) if kind == "SourceArn" else kind == EQUALS
        holds = all_of([exact, _exactly(parent.context_equals, context, symbols)])
        yield RuleFinding("G6", f"the new grant must have {_sentence(EQUALS, parent.context_equals, context)}", holds)
    if parent.context_subset:  # An empty map demands nothing of a request, so nothing of the new grant either.
        holds = all_of([kind is not None, _among(parent.context_subset, context, symbols)])
        text = f"the new grant must have at least {_sentence(SUBSET, parent.context_subset, context)}"
        yield RuleFinding("G6", text, holds)
    if parent.source_arn is not None:
        # The key is the new grant's own constraint (KMS Developer Guide, grant-authorization): without it, none.
        shown = context.entries.get("kms:grantconstraintsourcearn")
        had = f": the request has {shown}" if isinstance(shown, str) else ": the request has none"
        narrow = _as_narrow(parent.source_arn, shown, symbols)
        yield RuleFinding("G6", f"the new grant must have SourceArn {parent.source_arn}{had}", narrow)


def _as_narrow(wanted: str, shown: object, symbols: Symbols) -> Truth:
    """True iff the new grant's SourceArn is the parent's or, by the reading G6, one that it covers as a pattern."""
    if not isinstance(shown, str) or shown == wanted:
        return shown == wanted
    return symbols.choose(G6, lambda: _is_source(wanted, shown), lambda: False)


def _operations(parent: Grant, context: Context) -> RuleFinding:
    requested = context.entries.get("kms:grantoperations")
    wanted = requested if isinstance(requested, tuple) else ()
    own = {operation.split(":", 1)[1] for operation in parent.operations}
    beyond = [operation for operation in wanted if operation not in own]
    if beyond:
        return RuleFinding("G6", f"the new grant would also allow {', '.join(beyond)}", False)
    return RuleFinding("G6", "the new grant allows nothing that the grant does not", True)
