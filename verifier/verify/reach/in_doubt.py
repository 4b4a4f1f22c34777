"""What no step brings about, and a doubtful action may (W1).

In: a setting, a goal that a principal may get to. Out: why that is in doubt; what was looked at.
Guarantee: none beyond its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from verifier.model.policy import StatementRef, arn_account
from verifier.model.results.verdict import Assumption, Reason, Story
from verifier.model.steps.actions import GRANT_TO_ROLES
from verifier.model.steps.catalogue import ActionEffect, Head, catalogue_version
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workloads import KINDS
from verifier.problem.subjects import is_multi_region
from verifier.syntax.source import NOWHERE
from verifier.syntax.text import counted, first_few
from verifier.verify.reach.facts import ANY_WAY, Derivation, Doubt, Fact, FactKind, Facts, Goal, Reached
from verifier.verify.reach.offers.offers import CREATE_GRANT
from verifier.verify.reach.setting import Setting
from verifier.verify.reach.stories.plans import Make, planned

_MOST_NAMED = 4


def why(setting: Setting, goal: Goal, reached: Reached) -> Reason:
    """Whose doubtful action it is, where that is allowed, and the sentence that would settle it (W3)."""
    doubts = list(_doubts(reached.facts, goal.premises))
    if not doubts:
        return _under_another_key(setting, goal, reached)
    for fact, derivation, _ in doubts:
        if fact.kind is FactKind.GRANT:
            return _granted(setting, reached, fact, derivation)
    fact, derivation, doubt = doubts[0]
    places = setting.doubts.places(derivation.by, doubt)
    first = f"{reached.start} may get there" + ("" if derivation.by == reached.start else f" as {derivation.by}")
    sentence = f"{first} by {_named(doubt)}: {_brings(fact, doubt)}; {_allowed(derivation.by, places)}"
    text = f"{sentence}{_not_given(setting, doubt)}. To settle it: suppose {_sentence(fact, doubt)}"
    return Reason("W1", text, places[0].span if places else NOWHERE)


def _granted(setting: Setting, reached: Reached, fact: Fact, derivation: Derivation) -> Reason:
    """A grant that a service makes in the name of a caller (W1)."""
    *_, role, service = fact.details
    whom = role if role.startswith("arn:") else f"a role of {role}"
    by = "" if derivation.by == reached.start else f" as {derivation.by}"
    name = GRANT_TO_ROLES[service]
    first = f"{reached.start} may get there{by} by a grant that {name} may make in its name to {whom}"
    places = setting.naming(derivation.by, CREATE_GRANT)
    allowed = f"; {_allowed(derivation.by, places)}" if places else ""
    via = f"kms:ViaService is {service}.*"
    where = f"when it gives the key to what {name} runs as that role ({CREATE_GRANT} where {via}{allowed})"
    remedy = f"suppose `nobody calls {CREATE_GRANT}`, or deny it where {via}"
    return Reason("W1", f"{first}, {where}. To settle it: {remedy}", places[0].span if places else NOWHERE)


def story_in_doubt(setting: Setting, goal: Goal, reached: Reached) -> Story | Reason:
    """The story of a goal, or of another way to it, that takes federated sessions and no doubtful action; otherwise why
    it is in doubt. Raises `InternalDisagreement`."""
    first, refused = why(setting, goal, reached), ANY_WAY
    other = setting.otherwise(reached.start, goal.number, doubtful=True)
    for _ in range(_MOST_WAYS if setting.doubts.sessions_apart else 0):
        doubt = next(_doubts(reached.facts, goal.premises), None)
        made = (task.derivation for task in planned(reached.facts, goal) if isinstance(task, Make))
        issuers = {derivation.by for derivation in made if _federates(derivation)}
        if doubt is not None:
            given = [doubt[:2]]
        elif issuers:
            teller = setting.teller(reached.start, goal.number, doubtful=True)
            found = teller.tell(reached, goal, other)
            if isinstance(found, Story):
                return found
            if refused == ANY_WAY:
                there = f"{reached.start} may get there as a federated session"
                text = f"{there}, but no chain could be replayed: {found.text}"
                first = Reason(found.rule, text + on_the_way(setting, goal, reached), found.span)
            # What the closure takes for a session of one may have to be one of another.
            given = [(fact, one) for fact, one in reached.facts.items() if _federates(one) and one.by in issuers]
        else:
            break
        refused |= {one.way(fact) for fact, one in given}
        reached = other(refused)
        again = reached.goals.get((goal.key, goal.number))
        if again is None or again.rounds > setting.options.longest:
            break
        goal = again
    return first


_MOST_WAYS = 8


def _federates(derivation: Derivation) -> bool:
    return derivation.step is StepKind.FEDERATE


def _under_another_key(setting: Setting, goal: Goal, reached: Reached) -> Reason:
    """What is re-encrypted under a key that the input does not hold (W2)."""
    premises = (*goal.premises, *(one for fact in goal.premises for one in reached.facts[fact].premises))
    onto = [fact.details[0] for fact in premises if fact.kind is FactKind.ONTO]
    known = {key.arn: bool(key.policies) for key in setting.estate.keys}
    arn = next((arn for arn in onto if not known.get(arn)), None)
    if arn is None:
        return Reason("W1", f"{reached.start} may get there by what no step tells of")
    made = arn not in known and Fact(FactKind.RESOURCE_POLICY, arn) in premises
    calls, given = ("kms:CreateKey", "") if made else ("kms:ReEncryptFrom", "give that key, or ")
    what = "that is made" if made else "that the input does not hold"
    if arn in known:
        what, given = "whose policy the input does not hold", "give that policy, or "
    first = f"{reached.start} may get there by re-encryption under a key {what} ({arn})"
    return Reason("W2", f"{first}. To settle it: {given}suppose `nobody calls {calls}`")


def on_the_way(setting: Setting, goal: Goal, reached: Reached) -> str:
    """Of the requests of a goal to which no chain is replayed: who makes which, the statements that may allow them, and
    the sentence that would settle it (W3)."""
    tasks = planned(reached.facts, goal)
    taken = [task.derivation if isinstance(task, Make) else reached.facts[task.fact] for task in tasks]
    steps_by = {(one.by, one.offer.action): one.step for one in taken if one.offer is not None and one.offer.action}
    if not steps_by:
        return ""
    said = []
    for by, action in islice(steps_by, _MOST_NAMED):
        places = setting.naming(by, action)
        said.append(f"{action} by {by}" + (f" ({_allowed(by, places)})" if places or by.endswith(":root") else ""))
    others = f" and {len(steps_by) - len(said)} more" if len(steps_by) > len(said) else ""
    first, *_ = steps_by.items()
    (_, action), step = next((one for one in steps_by.items() if one[1] is not StepKind.ASSUME_ROLE), first)
    supposed = "no key is shared through RAM" if step is StepKind.SHARE else f"nobody calls {action}"
    return f"; it takes {', then '.join(said)}{others}. To settle it: suppose `{supposed}`"


def is_in_doubt(goal: Goal, reached: Reached) -> bool:
    """True iff how a goal is reached rests on a doubtful action."""
    return next(_doubts(reached.facts, goal.premises), None) is not None


def _doubts(facts: Facts, premises: Sequence[Fact]) -> Iterator[tuple[Fact, Derivation, Doubt]]:
    """The doubts that some facts rest on, those that come first first."""
    for fact in facts.behind(premises):
        derivation = facts.get(fact)
        if derivation is not None and derivation.offer is not None and derivation.offer.doubt is not None:
            yield fact, derivation, derivation.offer.doubt


def _named(doubt: Doubt) -> str:
    if doubt.others > 1:
        return f"{doubt.entry.name} (or one of {doubt.others} others that may do as much)"
    return doubt.entry.name + " (or another one)" * doubt.others


def _brings(fact: Fact, doubt: Doubt) -> str:
    if doubt.entry.effect in (ActionEffect.RUN, ActionEffect.PASS, ActionEffect.ASSUME, ActionEffect.USERS):
        return f"it may come to act as {fact.subject} ({doubt.entry.reason})"
    most = {
        **dict.fromkeys((ActionEffect.ACCOUNT, ActionEffect.NAMES), f"anything in {doubt.account}"),
        ActionEffect.ORGANIZATION: "anything in the organization",
        ActionEffect.MEMBERS: "anything in the member accounts of the organization",
        ActionEffect.FRAME: "what control policies keep away",
        ActionEffect.ENDPOINTS: "what endpoint policies keep away",
        ActionEffect.KEYS: "the use of the key by anybody",
    }
    brought = most[doubt.entry.effect] if doubt.entry.effect is not None else "anything"
    return f"it may bring about {brought} ({doubt.entry.reason})"


def _allowed(by: str, places: tuple[StatementRef, ...]) -> str:
    if not places:
        unknown = "what its policies allow is not known, or is what it writes"
        return "it is the root user" if by.endswith(":root") else unknown
    one = places[0]
    return f"allowed by {'statement ' + str(one.index + 1) if one.sid is None else repr(one.sid)} of {one.policy_name}"


def _not_given(setting: Setting, doubt: Doubt) -> str:
    """What a snapshot lacks that says as which roles code runs that the action may change, or what adds to it (E5)."""
    own = setting.estate.account(doubt.account)
    name, opened = doubt.entry.name, dict(own.opened if own is not None else ())
    kinds = [one for one in KINDS.values() if name in (*one.actions, *one.bounds, *(way[0][0] for way in one.placing))]
    known = {*opened, *(own.all_workloads if own is not None else ())}
    lacking = [f"`{kind.name}` (aws {kind.command})" for kind in kinds if kind.name not in known]
    adding = list(dict.fromkeys(opened[kind.name] for kind in kinds if kind.name in opened))
    given = [f"not given: the snapshot lacks {' and '.join(lacking)} of some Region"] if lacking else []
    if adding:
        given.append(f"not known: {' and '.join(adding)} may add to what the snapshot lists")
    return f"; what runs as which role is {', and '.join(given)}" if given else ""


def _sentence(fact: Fact, doubt: Doubt) -> str:
    if doubt.entry.effect in (ActionEffect.RUN, ActionEffect.PASS) and fact.kind in (
        FactKind.HOLDS,
        FactKind.SESSION_TAGS,
    ):
        account, resource = fact.subject.split(":", 5)[4:]
        return f"`nobody changes what runs as {resource} in {account}`"
    calls = ", ".join(doubt.names[:_MOST_NAMED])
    return f"`nobody calls {calls}`" + (
        f" and so on for {len(doubt.names) - _MOST_NAMED} more" if len(doubt.names) > _MOST_NAMED else ""
    )


_OF_CODE = (
    "no policy of a function, bucket, repository or other resource lets callers do what their own policies do not"
)
_LOGINS = (
    "callers have no identity of a provider that a trust policy admits: no login of their own (Google, GitHub, a "
    "Cognito user pool), none as guests of a Cognito identity pool, and none of a pool of their own"
)
_CODE_OF_OTHERS = (
    "callers change what runs in their own account alone, and in no other by what it uses from theirs: images, code or "
    "other objects, clusters and pools whose identities its roles trust"
)
_SERVICES = (
    "service principals take no steps; what services decrypt with the key for those who use them, grants that services "
    f"other than {' and '.join(GRANT_TO_ROLES.values())} make for these, and what programs read as data, is not "
    "followed"
)
_OUTSIDE = "roles whose trust policies the input does not give let in nobody from accounts of the caller's own"
_RELATED = (
    "related multi-Region keys, which decrypt what this one encrypts, are keys of their own: ask about each of them"
)


def looked_at(setting: Setting, number: int) -> Iterator[Assumption]:
    """What a proof rests on of actions that are no steps: the catalogue, and how many of its actions they may do."""
    starters = setting.starters(number)
    found = setting.doubts.counted(starters)
    named = setting.named(number)
    yield Assumption(
        "W1",
        f"the catalogue of actions ({catalogue_version()}): of what the callers in question may do, "
        f"{found[Head.DOUBT]} doubtful and {found[Head.UNKNOWN]} unknown actions were followed to the most that they "
        f"can bring about; their policies name {counted(named[Head.STEP], 'step')}, and "
        f"{counted(named[Head.HARMLESS], 'action')} called harmless there",
    )
    governing = "no account governs another one: the input has no organization"
    if setting.estate.organization is not None:
        manager = "the management account of its organization"
        governing = f"no account but {manager} governs another one (delegated administration)"
    yield from (Assumption("W1", text) for text in (governing, _OF_CODE, _LOGINS))
    if setting.meets_strangers:
        yield Assumption("W2", _OUTSIDE)
    accounts = setting.estate.accounts
    homes = {arn_account(one) for one in starters if one.startswith("arn:")}
    if any(account.roles and homes - {account.id} for account in accounts):
        yield Assumption("W1", _CODE_OF_OTHERS)
    listed = {one.id: [name for name in one.all_workloads if KINDS[name].listed_actions] for one in accounts}
    whole = [f"{', '.join(names)} of {account}" for account, names in listed.items() if names]
    if whole:
        yield Assumption("W2", f"what runs as which role is what the input lists: {'; '.join(whole)}")
    yield Assumption("E0", _SERVICES)
    if setting.may_leave:
        yield Assumption("W2", "who uses keys that the input does not hold is left to policies of callers")
    if setting.without_grants:
        others = f"none were given of {first_few(setting.without_grants)}"
        yield Assumption("G1", f"other keys under which ciphertexts could come have no grants: {others}")
    if is_multi_region(setting.key):
        yield Assumption("L9", _RELATED)
