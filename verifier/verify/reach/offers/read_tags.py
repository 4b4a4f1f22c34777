"""Which session tags a policy could read: a session with others does what one without tags does (F3).

In: the policies of an estate. Out: `ReadTags`. Guarantee: tags of which it is said that they help nobody change no decision for the better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement
from verifier.problem.classes.predicates import Predicate
from verifier.problem.semantics.powers import REQUEST_TAG
from verifier.problem.semantics.values import EQUALS, EQUALS_FOLD, LIKE, plain_predicate
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.verify.reach.narrowed import texts
from verifier.verify.reach.step_groups import Group

_MODES = {"StringEquals": EQUALS, "StringEqualsIgnoreCase": EQUALS_FOLD, "StringLike": LIKE}


class ReadTags:
    """The tests that policies make of tags of callers; `known` iff all of them are plain ones, of Allow statements alone, for a text."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.tests: dict[str, list[Predicate]] = {}
        """What is asked of each tag, by the key of the request that passes it."""
        self.known = all(self._reads(policy, statement) for policy in policies for statement in policy.statements)

    def _reads(self, policy: Policy, statement: Statement) -> bool:
        keys = [condition.key.value.lower() for condition in statement.conditions]
        variables = any("${" in text.value for text in texts(statement))
        of_role = policy.kind is PolicyKind.TRUST and any("resourcetag/" in key for key in keys)
        if statement.doubt is not None or variables or of_role:
            return False
        asked = [one for one, key in zip(statement.conditions, keys, strict=True) if key.startswith(PRINCIPAL_TAG)]
        return not asked or (statement.effect is Effect.ALLOW and all(map(self._test, asked)))

    def _test(self, condition: Condition) -> bool:
        mode, plain = _MODES.get(condition.operator.base), condition.operator.set_operator is None and not condition.operator.if_exists
        found = [plain_predicate(mode, text.value) for text in condition.values] if mode is not None and plain else [None]
        name = REQUEST_TAG + condition.key.value.lower().removeprefix(PRINCIPAL_TAG)
        self.tests.setdefault(name, []).extend(one for one in found if one is not None)
        return None not in found

    def names(self, group: Group) -> tuple[str, ...]:
        """What to tell apart of the requests that pass tags to sessions of the roles of a group."""
        return tuple(name for name in self.tests if group.tells_apart(name)) if self.known else ()

    def help(self, group: Group, passed: Mapping[str, int]) -> bool:
        """Whether tags may help somebody that requests pass with these values, by the classes of a group."""
        return not self.known or any(self._met(group, name, passed.get(name, -1)) for name in self.tests)

    def _met(self, group: Group, name: str, values: int) -> bool:
        masks = [group.mask(name, test) for test in self.tests[name]]
        return any(mask is None or bool(mask & values) for mask in masks)
