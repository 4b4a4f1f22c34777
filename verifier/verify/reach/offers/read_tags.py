"""Which session tags a policy could read: a session with others does what one without tags does (F3).

In: the policies of an estate. Out: `ReadTags`. Guarantee: tags of which it is said that they help nobody change no
decision for the better.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement
from verifier.model.reference import ValueType
from verifier.problem.classes.predicates import Predicate
from verifier.problem.semantics.possible_changes import REQUEST_TAG
from verifier.problem.semantics.values import plain_predicate
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.verify.reach.narrowed import texts
from verifier.verify.reach.step_groups import Group


class ReadTags:
    """The tests that policies make of tags of callers; `known` iff all of them are plain ones, of Allow statements
    alone, for a text. Tags are `of_callers` iff of users and roles they are read nowhere but there. `read` are the
    names of all tags that they ask for, `None` for any."""

    def __init__(self, policies: Iterable[Policy], read: frozenset[str] | None = None) -> None:
        self._read = None if read is None else tuple(REQUEST_TAG + name for name in sorted(read))
        self.tests: dict[str, list[Predicate]] = {}
        """What is asked of each tag, by the key of the request that passes it."""
        stated = [(policy, statement) for policy in policies for statement in policy.statements]
        self.known = all(self._reads(policy, statement) for policy, statement in stated)
        self.of_callers = self.known and not any(_of_targets(policy, statement) for policy, statement in stated)

    def _reads(self, policy: Policy, statement: Statement) -> bool:
        keys = [condition.key.value.lower() for condition in statement.conditions]
        variables = any("${" in text.value for text in texts(statement))
        of_role = policy.kind is PolicyKind.TRUST and any("resourcetag/" in key for key in keys)
        if statement.doubt is not None or variables or of_role:
            return False
        on_tags = [one for one, key in zip(statement.conditions, keys, strict=True) if key.startswith(PRINCIPAL_TAG)]
        return not on_tags or (statement.effect is Effect.ALLOW and all(map(self._test, on_tags)))

    def _test(self, condition: Condition) -> bool:
        row = condition.operator.row
        plain = row.type is ValueType.STRING and not row.negated and condition.operator.is_plain
        found = [plain_predicate(row.sign, text.value) if plain else None for text in condition.values]
        name = REQUEST_TAG + condition.key.value.lower().removeprefix(PRINCIPAL_TAG)
        self.tests.setdefault(name, []).extend(one for one in found if one is not None)
        return None not in found

    def names(self, group: Group) -> tuple[str, ...]:
        """What to tell apart of the requests that pass tags to sessions of the roles of a group."""
        return tuple(filter(group.tells_apart, self.tests if self.known else self._read or ()))

    def help(self, group: Group, passed: Mapping[str, int]) -> bool:
        """True iff tags may help somebody that requests pass with these values, by the classes of a group."""
        if self.known:
            return any(self._met(group, name, passed.get(name, -1)) for name in self.tests)
        return self._read is None or any(_passes(group, name, passed.get(name, -1)) for name in self._read)

    def _met(self, group: Group, name: str, values: int) -> bool:
        masks = [group.mask(name, test) for test in self.tests[name]]
        return any(mask is None or bool(mask & values) for mask in masks)


def _of_targets(policy: Policy, statement: Statement) -> bool:
    """True iff a statement reads tags of what a request is on, which may be a user or role."""
    reads = any("resourcetag/" in condition.key.value.lower() for condition in statement.conditions)
    of_keys = not statement.not_action and all(text.value.lower().startswith("kms:") for text in statement.actions)
    return reads and not of_keys and policy.kind is not PolicyKind.KEY


def _passes(group: Group, name: str, values: int) -> bool:
    """True iff a request with one of some values may pass a tag at all."""
    return not group.tells_apart(name) or bool(values & ~group.absent(name))
