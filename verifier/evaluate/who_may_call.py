"""Which callers can make a request for an operation at all, whatever policies say (E1–E5, R2).

In: a prepared request. Out: a gate where it matters.
Guarantee: a caller is refused only where a page of AWS says that it cannot call, or where it is no principal of AWS.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.evaluate.findings import Gate, RuleFinding
from verifier.evaluate.operations import ASSUME, BUILT_IN, FEDERATE, PROVIDER, Operation
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.symbols import Truth
from verifier.model.estate import Estate
from verifier.model.policy import arn_account
from verifier.model.request import CallerKind

ASKED_FOR_WITH_A_SESSION = frozenset({"sts:tagsession", "sts:setsourceidentity"})
"""What an identity of a provider needs besides, where its token asks for session tags or a source identity. [IAM:
id_session-tags]"""

OF_TEMPORARY = frozenset({"aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage"})
"""What requests with temporary credentials have, by which nobody calls `GetFederationToken`. [STS API:
GetFederationToken]"""


def caller_gates(estate: Estate, prepared: PreparedRequest) -> Iterator[Gate]:
    """The gate of a caller that cannot make the request, or of an identity of a provider that can."""
    operation, caller = prepared.operation, prepared.caller
    if caller.kind is CallerKind.WEB:
        yield _provider(estate, prepared, operation)
    elif operation is not None and (operation.rule, caller.kind) in _CANNOT:
        yield Gate(RuleFinding(operation.rule, f"{_CANNOT[operation.rule, caller.kind]} {operation.name}", False))
    elif operation is not None and operation.rule == FEDERATE and OF_TEMPORARY.intersection(prepared.context.entries):
        yield Gate(RuleFinding(FEDERATE, f"temporary credentials cannot call {operation.name}", False))
    elif operation is not None and operation.rule == PROVIDER:
        text = f"{operation.name} is called by an identity of a provider, not by a principal of AWS"
        yield Gate(RuleFinding(PROVIDER, text, False))


_CANNOT = {
    (ASSUME, CallerKind.ROOT): "the root user cannot call",
    **{(rule, CallerKind.FEDERATED): "a federated-user session cannot call" for rule in (ASSUME, FEDERATE)},
    (FEDERATE, CallerKind.ROLE): "a session of a role cannot call",
    (FEDERATE, CallerKind.SERVICE): "a service principal cannot call",
}
"""[STS API: AssumeRole, GetFederationToken; IAM: id_credentials_temp_request, *Comparing the AWS STS API
operations*]"""


def _provider(estate: Estate, prepared: PreparedRequest, operation: Operation | None) -> Gate:
    """E2w: an identity of a provider can ask for a session of a role, and for nothing else."""
    provider = prepared.caller.principal_arn
    if operation is None or (operation.rule != PROVIDER and operation.name.lower() not in ASKED_FOR_WITH_A_SESSION):
        return Gate(RuleFinding(PROVIDER, f"an identity of a provider cannot call {prepared.action}", False))
    saml = ":saml-provider/" in provider
    if operation.rule == PROVIDER and saml != operation.name.endswith("SAML"):
        text = f"{provider} is {'a' if saml else 'no'} SAML provider: {operation.name} is not for it"
        return Gate(RuleFinding(PROVIDER, text, False))
    listed = _exists(estate, provider)
    text = f"{provider} is {'a provider' if listed else 'not among the providers that its account lists'}"
    return Gate(RuleFinding(PROVIDER, text, listed))


def _exists(estate: Estate, provider: str) -> Truth:
    """False only if there is no such provider: the input lists others of its account, or it is no ARN."""
    if provider in BUILT_IN:
        return True
    if provider.count(":") < 5:
        return False
    account = estate.account(arn_account(provider))
    return account is None or account.providers is None or provider in account.providers
