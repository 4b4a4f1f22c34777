"""An Unknown names the caller, the action, the statement that may allow it, and a sentence that settles it."""

from __future__ import annotations

import re

import pytest

from tests.evaluate.estates import ALICE, HOME, allow, aws, identity, own
from tests.evaluate.reaching import GITHUB, OKTA, TARGET, admits, trusting
from tests.evaluate.steps.worlds import with_account
from tests.reach.telling import PROVED, told, verdict
from tests.reach.test_every_step import CASES, SHUT, with_profile
from tests.reach.test_open_and_shut_identities import BY_LAMBDA, USES, home
from tests.reach.test_suppositions import supposing
from verifier.model.estate import Identity
from verifier.model.steps.chains import State

OTHER = trusting(admits({"Service": "example.amazonaws.com"}), own=(USES,))
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/"
APPS, WEBS = (f"arn:aws:lambda:*:{HOME}:function:{name}-*" for name in ("app", "web"))


def by_provider(action: str, of: str, assuming: str, *providers: str, known: bool = True) -> State:
    """Alice, who writes a provider, and a role that its identities may assume."""
    code: Identity = trusting(admits({"Federated": of}, assuming), own=(USES,))
    return with_account(home(own(action), role=code), providers=providers if known else None)


UNKNOWNS: dict[str, tuple[State, str]] = {
    "code that may run as the role": (
        home(own("lambda:UpdateFunctionCode"), role=BY_LAMBDA),
        "lambda:UpdateFunctionCode",
    ),
    "the organization": (home(own("sso:CreateAccountAssignment")), "sso:CreateAccountAssignment"),
    "of which no data says": (home(own("iq:AcceptCall")), "iq:AcceptCall"),
    "a share": (home(own("ram:CreateResourceShare")), "ram:CreateResourceShare"),
    "another service": (home(own("iam:PassRole"), own("lambda:*eFunction"), role=OTHER), "iam:PassRole"),
    "no trust policy": (home(own("sts:AssumeRole"), role=identity(TARGET, USES)), "sts:AssumeRole"),
    "a provider's tokens": (
        by_provider("iam:UpdateOpenIDConnectProviderThumbprint", GITHUB, "sts:AssumeRoleWithWebIdentity", GITHUB),
        "iam:UpdateOpenIDConnectProviderThumbprint",
    ),
    "which providers there are": (
        by_provider("iam:CreateSAMLProvider", OKTA, "sts:AssumeRoleWithSAML", known=False),
        "iam:CreateSAMLProvider",
    ),
    "a profile without a role": (
        with_profile(None, own("iam:AddRoleToInstanceProfile")),
        "iam:AddRoleToInstanceProfile",
    ),
    "a sixth version": (CASES["iam:DeletePolicyVersion"].state(SHUT), "iam:CreatePolicyVersion"),
    "a session named after its user": (
        home(
            own("sts:GetFederationToken", FEDERATED + "${aws:username}"),
            key=allow(aws(FEDERATED + "fay"), "kms:Decrypt"),
        ),
        "sts:GetFederationToken",
    ),
    "what is started is not what was made": (
        home(
            own("lambda:CreateFunction", APPS), own("lambda:InvokeFunction", WEBS), own("iam:PassRole"), role=BY_LAMBDA
        ),
        "iam:PassRole",
    ),
}


@pytest.mark.parametrize("name", UNKNOWNS)
def test_an_unknown_says_who_does_what_by_which_statement_and_what_settles_it(name: str) -> None:
    before, action = UNKNOWNS[name]
    found = verdict(before)
    assert found.reason is not None
    text = found.reason.text
    assert (
        ALICE in text and action in text and re.search(r"allowed by statement \d of inline", text) and ": :" not in text
    )
    said = re.search("To settle it: suppose `([^`]*)`", text)
    assert said is not None and told(supposing(before, said[1])) == PROVED
