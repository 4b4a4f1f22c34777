"""Which roles have sessions with other tags than their own, before any step (F3).

In: an estate, names of tags. Out: ARNs of roles.
Guarantee: a role that is not among them has sessions whose tags of these names are its own, whatever readings hold.
"""

from __future__ import annotations

from collections.abc import Collection

from verifier.model.estate import Estate
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.passed_tags import passed_tags
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.sessions.trusting import trusting


def with_other_tags(estate: Estate, names: Collection[str]) -> frozenset[str]:
    """The roles to whose sessions somebody may pass a tag of one of some names (in lower case), or to which one comes on from the session
    that assumes them."""
    found = trusting(estate)
    known = found.changing - found.unknown
    if not names or not known:
        return found.unknown
    (partition, *_) = sorted({arn.split(":")[1] for arn in known})
    space = RuledSpace(estate, Target(TargetKind.NONE, partition))
    return found.unknown | passed_tags(space, found, [PRINCIPAL_TAG + name for name in sorted(names)]).tagged
