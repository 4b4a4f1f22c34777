"""Which service and resource control policies bind a request (D7, D6, R4).

In: the estate, a caller, a target, an action. Out: the levels that bind, or why none does; the gates of the levels.
Guarantee: who is exempt is exempt from the Denies as well as from the need of an Allow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.evaluate.callers import Standing
from verifier.evaluate.findings import Finding, Gate
from verifier.evaluate.matching import Matcher, applies, findings
from verifier.evaluate.statements.targets import Target
from verifier.model.estate import Estate
from verifier.model.organization import Controls, Level, Organization

SERVICE, RESOURCE = "service control policies", "resource control policies"


@dataclass(frozen=True)
class Restriction:
    """The control policies of one type that bind a request, root first; none with `exempt`, which says why where that
    is worth a line."""

    levels: tuple[Level, ...] = ()
    exempt: Finding | None = None


def service_controls(estate: Estate, standing: Standing) -> Restriction:
    """The SCPs that bind the caller: those over its account. They do not touch service principals (D6) and identities
    of providers (E2w), which have none."""
    caller, organization = standing.caller, estate.organization
    if organization is None or caller.account is None:
        return Restriction()
    controls = _controls(organization, caller.account)
    if caller.account == organization.management_account:
        return _exempt(organization, "D7", f"the management account is not restricted by {SERVICE}")
    if caller.service_linked:
        return _exempt(organization, "D6", f"a service-linked role is not restricted by {SERVICE}")
    levels = controls.service if controls else None
    return _not_given(organization, caller.account, SERVICE) if levels is None else Restriction(levels)


def resource_controls(estate: Estate, standing: Standing, target: Target, action: str) -> Restriction:
    """The RCPs that bind the resource: those over the account that owns it. An operation without a resource has none,
    and neither has one of IAM (E1)."""
    organization = estate.organization
    if organization is None or not target.has_resource_controls:
        return Restriction()
    controls = _controls(organization, target.account)
    if target.account == organization.management_account:
        return _exempt(organization, "D7", f"the management account's resources are not restricted by {RESOURCE}")
    if target.key is not None and target.belongs_to_aws:
        return _exempt(organization, "D7", f"an AWS managed key is not restricted by {RESOURCE}")
    if action.lower() == "kms:retiregrant":
        return _exempt(organization, "D7", f"{RESOURCE} have no effect on {action}")
    if standing.caller.service_linked:
        return _exempt(organization, "D6", f"a service-linked role is not restricted by {RESOURCE}")
    levels = controls.resource if controls else None
    return _not_given(organization, target.account, RESOURCE) if levels is None else Restriction(levels)


def _controls(organization: Organization, account: str | None) -> Controls | None:
    return next((known for known in organization.controls if known.account == account), None)


def _exempt(organization: Organization, rule: str, text: str) -> Restriction:
    """An exemption. It is worth a line only where control policies are given at all."""
    return Restriction((), Finding(rule, text, True) if organization.controls else None)


def _not_given(organization: Organization, account: str | None, kind: str) -> Restriction:
    """Nothing is known of the control policies over a member account. Over other accounts the organization has none."""
    if account not in dict(organization.accounts):
        return Restriction()
    return _exempt(organization, "D7", f"no {kind} are given for account {account}, so none are supposed")


def service_gates(restriction: Restriction, action: str, matcher: Matcher) -> Iterator[Gate]:
    """A gate for each level of SCPs: one of the policies attached there must allow (D7)."""
    if restriction.exempt is not None:
        yield Gate(restriction.exempt)
    for level in restriction.levels:
        allows = matcher.allows(level.policies)
        holds = applies(allows)
        says = (
            "allow" if holds is not False else "do not allow" if level.policies else "(none is attached) do not allow"
        )
        yield Gate(Finding("D7", f"{SERVICE} of {level_name(level)} {says} {action}", holds), findings(allows))


def resource_gates(restriction: Restriction) -> Iterator[Gate]:
    """One line for the RCPs: `RCPFullAWSAccess` is attached at every level, so that only their Denies matter (D7)."""
    if restriction.exempt is not None:
        yield Gate(restriction.exempt)
    if any(level.policies for level in restriction.levels):
        yield Gate(
            Finding("D7", f"{RESOURCE} allow what they do not deny: RCPFullAWSAccess is attached at every level", True)
        )


def level_name(level: Level) -> str:
    """A level as prose: `the root r-ab12`, `the organizational unit ou-…`, `account 111122223333`."""
    if level.name.startswith("r-"):
        return f"the root {level.name}"
    return f"the organizational unit {level.name}" if level.name.startswith("ou-") else f"account {level.name}"
