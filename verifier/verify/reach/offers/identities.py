"""What makes users and roles, gives their sessions, and those of identity providers, as offers (docs/reach.md); which
session tags a policy could read: a session with others does what one without tags does (F3).

In: a group of targets, a principal; the policies of an estate. Out: `Bundle`s; `ReadTags`.
Guarantee: as of `offers`: none that could be made is missing. Tags of which it is said that they help nobody change no
decision for the better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Statement, arn_account
from verifier.model.reference import ValueType
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.classes.predicates import Predicate
from verifier.problem.semantics.possible_changes import REQUEST_TAG, TARGET_BOUNDARY
from verifier.problem.semantics.values import plain_predicate
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.narrowed import texts
from verifier.verify.reach.offers.identity_policies import BOUNDARY_ARN, single
from verifier.verify.reach.step_groups import Bundle, Gives, TargetGroup


def created(group: TargetGroup, by: str, owner: str, others: Iterable[str]) -> Iterator[Bundle]:
    """A user or role (`owner`: `Role` …), with the boundary that it is imagined with; one of `others` with another one,
    which counts as none."""
    action, free = f"iam:Create{owner}", sum(map(group.bit, others))
    for allowed in group.allowed(action, by, *((BOUNDARY_ARN,) if free else ())):
        cube = replace(allowed, values=())
        yield Bundle(StepKind.CREATE, action, group, allowed.members, (cube,), Gives(FactKind.MADE))
        if TARGET_BOUNDARY in cube.needs or not group.tells_apart(BOUNDARY_ARN):
            own = (replace(cube, needs=cube.needs - {TARGET_BOUNDARY}),)
            for kind in (FactKind.MADE, FactKind.UNBOUNDED):
                yield Bundle(StepKind.CREATE, action, group, allowed.members & free, own, Gives(kind))


_SOURCE = "sts:sourceidentity"


def _assuming(group: TargetGroup, action: str, by: str, names: Iterable[str]) -> Iterator[tuple[Cube, ...]]:
    """The requests to assume a role, with the values of some attributes: each with one for `sts:SetSourceIdentity`
    where it has to set a source identity, which takes that permission too (E2)."""
    if not group.tells_apart(_SOURCE):
        yield from ((one,) for one in group.allowed(action, by, *names))
        return
    absent = group.absent(_SOURCE)
    for one in group.allowed(action, by, *names, _SOURCE):
        found, own = _source(one), replace(one, values=tuple(pair for pair in one.values if pair[0] != _SOURCE))
        if found & absent:
            yield (own,)
            continue
        for setting in group.allowed("sts:SetSourceIdentity", by, _SOURCE):
            if found & _source(setting):
                members = own.members & setting.members
                yield replace(own, members=members), replace(setting, members=members, values=())


def _source(cube: Cube) -> int:
    return dict(cube.values).get(_SOURCE, -1)


def untagged_sessions(
    group: TargetGroup, by: str, action: str, carrying: Callable[[], frozenset[PossibleChange] | None]
) -> Iterator[Bundle]:
    """A session without tags: what asks for some takes two permissions (E2). `carrying` gives the changes with which
    the caller passes transitive tags on, `None` where it passes none that help."""
    for allowed, *setting in _assuming(group, action, by, group.tags):
        if all(mask & group.without(name) for name, mask in allowed.values):
            own = replace(allowed, values=())
            needs = (own, *setting)
            yield Bundle(StepKind.ASSUME_ROLE, action, group, allowed.members, needs, Gives(FactKind.HOLDS))
            # Transitive tags of the session that asks come on to the next one, whatever its trust policy says of tags
            # (F3).
            carried = carrying()
            if carried is not None:
                needs = (replace(own, needs=own.needs | carried), *setting)
                yield Bundle(StepKind.ASSUME_ROLE, action, group, allowed.members, needs, Gives(FactKind.SESSION_TAGS))


def tagged_sessions(group: TargetGroup, by: str, action: str, read: ReadTags, always: bool) -> Iterator[Bundle]:
    """A session with tags, those of an assertion or token too, takes two permissions (E2, E2w). Whoever has it holds
    the role, too: where a policy asks for tags of the request, perhaps in this way alone. `always` says that tags
    matter whatever policies ask for."""
    names = () if always else read.names(group)
    tagging = group.allowed("sts:TagSession", by, *names)
    for assuming, *setting in _assuming(group, action, by, names) if tagging else ():
        for allowed in tagging:
            values = [dict(one.values) for one in (assuming, allowed)]
            passed = {name: values[0].get(name, -1) & values[1].get(name, -1) for name in names}
            helping = all(passed.values()) and (always or read.help(group, passed))
            kinds = (FactKind.SESSION_TAGS,) * helping + (FactKind.HOLDS,) * (all(passed.values()) and bool(group.tags))
            targets = assuming.members & allowed.members
            needs = (*(replace(one, values=()) for one in (allowed, assuming)), *setting)
            for kind in kinds:
                yield Bundle(StepKind.ASSUME_ROLE, "sts:TagSession", group, targets, needs, Gives(kind))


def tagged(group: TargetGroup, by: str, owner: str, read: ReadTags, always: bool) -> Iterator[Bundle]:
    """Users or roles (`owner`: `Role` …) with other tags; of those that are read of callers, such as may help."""
    known = read.of_callers and not always
    names = read.names(group) if known else ()
    for allowed in group.allowed(f"iam:Tag{owner}", by, *names):
        if not known or read.help(group, dict(allowed.values)):
            own = (replace(allowed, values=()),)
            yield Bundle(StepKind.TAG_IDENTITY, f"iam:Tag{owner}", group, allowed.members, own, Gives(FactKind.TAGGED))
    if not known:
        yield from single(group, by, f"iam:Untag{owner}", StepKind.UNTAG_IDENTITY, Gives(FactKind.TAGGED))


def providers(group: TargetGroup, by: str, estate: Estate, made: frozenset[str]) -> Iterator[Bundle]:
    """Identities of a provider: of one that is not listed once it was made, of another once it was updated."""
    listed = {one for account in estate.accounts for one in account.providers or ()} - made
    given = {account.id for account in estate.accounts if account.providers is not None}
    new = {one for one in made if arn_account(one) in given}
    for arn in group.arns:
        for action in ("iam:UpdateSAMLProvider", "iam:CreateSAMLProvider"):
            if (arn in new) > (":Create" in action) or (arn in listed) > (":Create" not in action):
                continue
            gives = Gives(FactKind.HOLDS, subject=WEB_PREFIX + arn)
            yield from single(group, by, action, StepKind.PROVIDER, gives, group.bit(arn))


# -- tags --


class ReadTags:
    """The tests that policies make of tags of callers; `known` iff all of them are plain ones, of Allow statements
    alone, for a text. Tags are `of_callers` iff of users and roles they are read nowhere but there. `read` are the
    names of all tags that they ask for, `None` for any."""

    def __init__(self, policies: Iterable[Policy], read: frozenset[str] | None) -> None:
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
        if statement.only_if is not None or variables or of_role:
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

    def names(self, group: TargetGroup) -> tuple[str, ...]:
        """What to tell apart of the requests that pass tags to sessions of the roles of a group."""
        return tuple(filter(group.tells_apart, self.tests if self.known else self._read or ()))

    def help(self, group: TargetGroup, passed: Mapping[str, int]) -> bool:
        """False only if tags that requests pass with these values help nobody, by the classes of a group."""
        if self.known:
            return any(self._met(group, name, passed.get(name, -1)) for name in self.tests)
        return self._read is None or any(_passes(group, name, passed.get(name, -1)) for name in self._read)

    def _met(self, group: TargetGroup, name: str, values: int) -> bool:
        masks = [group.mask(name, test) for test in self.tests[name]]
        return any(mask is None or bool(mask & values) for mask in masks)


def _of_targets(policy: Policy, statement: Statement) -> bool:
    """True iff a statement, not of a key policy or about AWS KMS alone, reads tags of what a request is on."""
    reads = any("resourcetag/" in condition.key.value.lower() for condition in statement.conditions)
    of_keys = not statement.not_action and all(text.value.lower().startswith("kms:") for text in statement.actions)
    return reads and not of_keys and policy.kind is not PolicyKind.KEY


def _passes(group: TargetGroup, name: str, values: int) -> bool:
    """False only if no request with one of some values passes a tag."""
    return not group.tells_apart(name) or bool(values & ~group.absent(name))
