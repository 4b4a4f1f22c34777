"""What makes users and roles, gives their sessions, and those of identity providers, as offers (docs/reach.md).

In: a group of targets, a principal. Out: `Bundle`s.
Guarantee: as of `offers`: none that could be made is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.step_kinds import StepKind
from verifier.model.symbols import PossibleChange
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.possible_changes import TARGET_BOUNDARY
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.offers.read_tags import ReadTags
from verifier.verify.reach.offers.taken_away import BOUNDARY_ARN
from verifier.verify.reach.offers.written_policies import plain
from verifier.verify.reach.step_groups import Bundle, Gives, Group


def created(group: Group, by: str, action: str, others: Iterable[str]) -> Iterator[Bundle]:
    """A user or role, with the boundary that it is imagined with; one of `others` with another one, which counts as
    none."""
    free = sum(map(group.bit, others))
    for allowed in group.allowed(action, by, *((BOUNDARY_ARN,) if free else ())):
        cube = replace(allowed.cube, values=())
        yield Bundle(StepKind.CREATE, action, group, allowed.targets, (cube,), Gives(FactKind.MADE))
        if TARGET_BOUNDARY in cube.needs or not group.tells_apart(BOUNDARY_ARN):
            own = (replace(cube, needs=cube.needs - {TARGET_BOUNDARY}),)
            for kind in (FactKind.MADE, FactKind.UNBOUNDED):
                yield Bundle(StepKind.CREATE, action, group, allowed.targets & free, own, Gives(kind))


def untagged_sessions(
    group: Group, by: str, action: str, carrying: Callable[[], frozenset[PossibleChange] | None]
) -> Iterator[Bundle]:
    """A session without tags: what asks for some takes two permissions (E2). `carrying` gives the changes with which
    the caller passes transitive tags on, `None` where it passes none that help."""
    for allowed in group.allowed(action, by, *group.tags):
        if all(mask & group.without(name) for name, mask in allowed.cube.values):
            own = replace(allowed.cube, values=())
            yield Bundle(StepKind.ASSUME_ROLE, action, group, allowed.targets, (own,), Gives(FactKind.HOLDS))
            # Transitive tags of the session that asks come on to the next one, whatever its trust policy says of tags
            # (F3).
            carried = carrying()
            if carried is not None:
                own = replace(own, needs=own.needs | carried)
                yield Bundle(StepKind.ASSUME_ROLE, action, group, allowed.targets, (own,), Gives(FactKind.SESSION_TAGS))


def tagged_sessions(group: Group, by: str, action: str, read: ReadTags, always: bool) -> Iterator[Bundle]:
    """A session with tags, those of an assertion or token too, takes two permissions (E2, E2w). Whoever has it holds
    the role, too: where a policy asks for tags of the request, perhaps in this way alone. `always` says that tags
    matter whatever policies ask for."""
    names = () if always else read.names(group)
    tagging = group.allowed("sts:TagSession", by, *names)
    for assuming in group.allowed(action, by, *names) if tagging else ():
        for allowed in tagging:
            values = [dict(one.cube.values) for one in (assuming, allowed)]
            passed = {name: values[0].get(name, -1) & values[1].get(name, -1) for name in names}
            helping = all(passed.values()) and (always or read.help(group, passed))
            kinds = (FactKind.SESSION_TAGS,) * helping + (FactKind.HOLDS,) * (all(passed.values()) and bool(group.tags))
            targets = assuming.targets & allowed.targets
            needs = tuple(replace(one.cube, values=()) for one in (allowed, assuming))
            for kind in kinds:
                yield Bundle(StepKind.ASSUME_ROLE, "sts:TagSession", group, targets, needs, Gives(kind))


def tagged(group: Group, by: str, owner: str, read: ReadTags, always: bool) -> Iterator[Bundle]:
    """Users or roles (`owner`: `Role` …) with other tags; of those that are read of callers alone, such as may help
    them."""
    known = read.of_callers and not always
    names = read.names(group) if known else ()
    for allowed in group.allowed(f"iam:Tag{owner}", by, *names):
        if not known or read.help(group, dict(allowed.cube.values)):
            own = (replace(allowed.cube, values=()),)
            yield Bundle(StepKind.TAG_IDENTITY, f"iam:Tag{owner}", group, allowed.targets, own, Gives(FactKind.TAGGED))
    if not known:
        yield from plain(group, by, f"iam:Untag{owner}", StepKind.UNTAG_IDENTITY, Gives(FactKind.TAGGED))


def providers(group: Group, by: str, estate: Estate, made: frozenset[str]) -> Iterator[Bundle]:
    """Identities of a provider: of one that is not listed once it was made, of another one once what it is trusted by
    was written."""
    listed = {one for account in estate.accounts for one in account.providers or ()} - made
    given = {account.id for account in estate.accounts if account.providers is not None}
    new = {one for one in made if one.split(":")[4] in given}
    for arn in group.arns:
        for action in ("iam:UpdateSAMLProvider", "iam:CreateSAMLProvider"):
            if (arn in new) > (":Create" in action) or (arn in listed) > (":Create" not in action):
                continue
            for bundle in plain(group, by, action, StepKind.PROVIDER, Gives(FactKind.HOLDS, subject=WEB_PREFIX + arn)):
                yield replace(bundle, targets=bundle.targets & group.bit(arn))
