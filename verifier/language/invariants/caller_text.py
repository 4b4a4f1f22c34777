"""A text that names callers, on a command line: → `CallerSet`.

In: callers as a sentence of an invariant names them (docs/invariants.md), or an account, an organization, a root user's
ARN or a service's name alone. Out: a `CallerSet`. Guarantee: what is not understood, and what can be no caller, is an
`InputError` that shows the place.
"""

from __future__ import annotations

import re

from verifier.language.invariants.callers import read_some_callers
from verifier.language.invariants.names import ACCOUNT, ORGANIZATION, DeclaredNames
from verifier.model.caller_sets import both
from verifier.model.invariant import CallerSet, InAccount, InOrganization, KeyAccount, OfKind, ServiceLike
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.syntax.findings import Findings
from verifier.syntax.invariants import parse_callers
from verifier.syntax.source import Source

_ROOT_USER = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root", re.ASCII)
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?", re.ASCII)


def read_caller_set(text: str, name: str) -> CallerSet:
    """The callers that a text names; `role/NAME` without an account is one of the key's account. `name` is what the
    text is, for errors: `--except`. Raises `InputError`."""
    return _alone(text.strip()) or read_caller_text(Source(name, text), KeyAccount())


def _alone(text: str) -> CallerSet | None:
    """What is not written so within a sentence."""
    if ACCOUNT.fullmatch(text):
        return InAccount(text)
    if ORGANIZATION.fullmatch(text):
        return InOrganization(text)
    root = _ROOT_USER.fullmatch(text)
    if root is not None:
        return both((OfKind(CallerKind.ROOT), InAccount(root[1])))
    return ServiceLike(Text(text)) if _SERVICE.fullmatch(text) else None


def read_caller_text(source: Source, home: KeyAccount | None = None) -> CallerSet:
    """A set of callers as invariants write it, without any declarations; of what names no account, it is `home`. Raises
    `InputError`."""
    names = DeclaredNames(Findings(source), home=home)
    callers = read_some_callers(parse_callers(source), names)
    names.findings.raise_errors()
    return callers
