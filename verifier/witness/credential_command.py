"""The AWS CLI command by which a caller gets credentials of another one.

In: a step after which its caller acts as another one. Out: the words of a command; none where there is no command.
Guarantee: what the step does not determine is a placeholder in `<…>` or a file name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from verifier.model.request import Caller, Request
from verifier.model.steps.chains import Move
from verifier.witness.command import Words, name_of, single_values

_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
"""A session policy that takes nothing away."""


def credential_words(move: Move, caller: Caller) -> Words:
    """New credentials of a user, a session of a role or of a federated user, or assertions of a provider that is
    written."""
    request = move.requests[0] if move.requests else None
    if request is None:
        return
    user = ("--user-name", name_of(caller.principal_arn))
    match request.action:
        case "iam:CreateAccessKey":
            yield from ("aws", "iam", "create-access-key", *user)
        case "iam:CreateLoginProfile":
            yield from ("aws", "iam", "create-login-profile", *user, "--password", "<password>")
        case "iam:UpdateLoginProfile":
            yield from ("aws", "iam", "update-login-profile", *user, "--password", "<password>")
        case "iam:CreateSAMLProvider":
            yield from ("aws", "iam", "create-saml-provider", "--saml-metadata-document", "file://metadata.xml")
            yield from ("--name", name_of(caller.principal_arn))
        case "iam:UpdateSAMLProvider":
            yield from ("aws", "iam", "update-saml-provider", "--saml-metadata-document", "file://metadata.xml")
            yield from ("--saml-provider-arn", caller.principal_arn)
        case "sts:AssumeRole":
            yield from ("aws", "sts", "assume-role", *_role(caller), *_session(request, caller))
        case "sts:GetFederationToken":
            yield from ("aws", "sts", "get-federation-token", "--name", name_of(caller.principal_arn), "--policy", _ALL)
            yield from _session_tags(caller.session_tags)
        case "sts:AssumeRoleWithWebIdentity":
            yield from (
                "aws",
                "sts",
                "assume-role-with-web-identity",
                *_role(caller),
                "--web-identity-token",
                "<token>",
            )
        case "sts:AssumeRoleWithSAML":
            provider = request.caller.principal_arn
            yield from (
                "aws",
                "sts",
                "assume-role-with-saml",
                "--role-arn",
                caller.principal_arn,
                "--principal-arn",
                provider,
            )
            yield from ("--saml-assertion", "<assertion>")


def _role(caller: Caller) -> tuple[str, ...]:
    return "--role-arn", caller.principal_arn, "--role-session-name", caller.session or "<session>"


def _session(request: Request, caller: Caller) -> Words:
    context = single_values(request)
    for key, flag in (("sts:externalid", "--external-id"), ("sts:sourceidentity", "--source-identity")):
        if key in context:
            yield from (flag, context[key])
    inherited = request.caller.passed_on
    yield from _session_tags(tag for tag in caller.session_tags if tag not in inherited)
    lasting = [name for name in caller.transitive if name not in dict(inherited)]
    if lasting:
        yield from ("--transitive-tag-keys", *lasting)


def _session_tags(tags: Iterable[tuple[str, str]]) -> Words:
    found = [{"Key": name, "Value": value} for name, value in tags]
    if found:
        yield from ("--tags", json.dumps(found))
