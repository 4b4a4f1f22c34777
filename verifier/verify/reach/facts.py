"""What a caller can make true, by which step, and what it comes to do in the end.

In: nothing (plain data). Out: the facts, offers, derivations and goals of a closure. Guarantee: the premises of a goal
are all that it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NamedTuple

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.policy import arn_account, arn_kind
from verifier.model.steps.catalogue import Judgement
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import PossibleChange
from verifier.verify.reach.cubes import Cube


class FactKind(StrEnum):
    """Kinds of facts, each with its `subject` and `details`."""

    HOLDS = "holds"
    """A user, role session, root user, service or identity of a provider, by its principal ARN."""
    RESOURCE_POLICY = "resource policy"
    """The policy of a key, or the trust policy of a role, is in hand."""
    MAY_GRANT = "may grant"
    """A key, and an operation: a grant of it can be created; for which grantees stands beside it."""
    GRANT = "grant"
    """A key, an operation, the grantees that may be named, and the role (any, where it is an account) to which a
    service makes a grant of it."""
    TAG = "tag"
    """A key, the attribute of the tag, and the class of its value."""
    ALIASES = "aliases"
    """An alias, and the key that it is of then, or where else it is (`alias_rules`). Where names are not told apart, a
    key, a class of names by its symbol, and whether it has aliases of them (`alias_names`)."""
    INLINE = "inline"
    """The inline policies of a user, role or group."""
    ATTACHED = "attached"
    """A managed policy that allows everything is attached to a user, role or group."""
    ATTACH = "attach"
    """A user, role or group, and a managed policy of the input that is attached to it."""
    JOINED = "joined"
    """A group that users can be put into."""
    LEFT = "left"
    """A group that users can be taken out of."""
    GONE = "gone"
    """A user, role or group, and a policy of it that can be taken away."""
    MADE = "made"
    """A user, role, group or managed policy that there was not; a role with a trust policy of the caller's choice."""
    TAGGED = "tagged"
    """A user or role that has tags of the caller's choice."""
    UNBOUNDED = "unbounded"
    """A user or role whose permissions boundary gave way to none, or to one that may allow more."""
    REBOUND = "rebound"
    """A user or role that has another permissions boundary, which does not allow more."""
    LOOSENED = "loosened"
    """A user or role whose permissions boundary gave way to one that allows, of what matters, only what is in doubt."""
    VERSION = "version"
    """The document of a managed policy."""
    OLDER = "older version"
    """The version of a managed policy that is in force: another one of the input."""
    SESSION_TAGS = "session tags"
    """A role whose session has tags of the caller's choice."""
    REPLICA = "replica"
    """A key of the same material in another Region."""
    ONTO = "onto"
    """A key, and another one under which its ciphertexts can be decrypted."""
    KNOWN = "known"
    """The material of a key."""
    SHARED = "shared"
    """A key that is in a resource share."""
    OPEN = "open"
    """A key on which anybody may do anything."""
    FRAME = "frame"
    """An account that has left its organization, by its ID."""


class Fact(NamedTuple):
    """Something that is true after some steps. A tuple, for a closure looks facts up by the million."""

    kind: FactKind
    subject: str
    details: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """The account of what it is about; empty where that is of none."""
        return arn_account(self.subject) if self.subject.startswith("arn:") else ""


class Passed(Frozen):
    """How a role is passed: to which service, in which account, and the actions by which that service comes to run
    code; none where that is not known. `into` are the actions by which it comes into an instance profile first, if it
    is in none. It is `through` another role that the service acts as it, which is passed instead and assumes it."""

    service: str
    account: str
    actions: tuple[str, ...]
    into: tuple[str, ...] = ()
    profile: str | None = None
    through: str | None = None


class Doubt(Frozen):
    """No step, but what one of some doubtful actions with the same effect may bring about (W1): the first of them, the
    names of all, and in which account."""

    entry: Judgement
    names: tuple[str, ...]
    account: str

    @property
    def others(self) -> int:
        """How many there are besides the first."""
        return len(self.names) - 1


class Offer(Frozen):
    """One way to make `gives` true on `target` (an ARN): `action` is what is requested, `cube` what it needs. `also`
    are needs of further requests that the step takes: (target, action, cube); `after` is what must be true before.
    `passed` is how a role is passed, `doubt` what may bring it about where no step does."""

    step: StepKind
    action: str
    target: str
    cube: Cube
    gives: Fact
    also: tuple[tuple[str, str, Cube], ...] = ()
    after: tuple[Fact, ...] = ()
    passed: Passed | None = None
    identity: Identity | None = None
    """The user or role that is made."""
    code: str | None = None
    """The ARN of the code that is changed or entered."""
    doubt: Doubt | None = None
    accounts: frozenset[str] = frozenset()
    """The accounts in which a doubtful action may bring something about, besides its own."""


class Derivation(Frozen):
    """How a fact comes about: the step, who takes it, what must be true before, and in how many steps at least. `None`
    for the step of what is true at first."""

    step: StepKind | None
    by: str
    premises: tuple[Fact, ...]
    rounds: int
    offer: Offer | None = None
    """What was offered; `None` for what is true at first, for re-encryption, and for an import by two principals."""

    def way(self, fact: Fact) -> Way:
        return fact, self.step, self.by, self.premises


def is_federated(principal: str) -> bool:
    """True iff an ARN is that of a federated session."""
    return arn_kind(principal) == "federated-user"


Way = tuple[Fact | int, StepKind | None, str, tuple[Fact, ...]]
"""One way to make a fact true, or to reach a goal (by its number): the step, who takes it, what must be true before."""
ANY_WAY: frozenset[Way] = frozenset()


def whatever_way(fact: Fact) -> Way:
    """Stands for every way to make a fact true by steps without keys."""
    return fact, None, "", ()


def tagged_at_first(start: str) -> Way:
    """Stands for the tags of a session that begins with some (F3)."""
    return Fact(FactKind.SESSION_TAGS, start), None, start, ()


NONE_MADE: Mapping[Fact, Derivation] = {}
"""No facts besides those that are true at first."""


class Facts(dict[Fact, Derivation]):
    """Facts with their derivations, in the order in which they came about. They are added by `add` alone."""

    def __init__(self, facts: Mapping[Fact, Derivation]) -> None:
        super().__init__()
        self._of_kind: dict[FactKind, list[Fact]] = {}
        self.changed: set[str] = set()
        """What facts are about, those aside that a principal is held."""
        self.available: dict[tuple[frozenset[PossibleChange], str], frozenset[PossibleChange]] = {}
        """What `Needs.available` found of some changes on a target, for whom no fact is about; until there are other
        facts."""
        self.add(facts)

    def add(self, facts: Mapping[Fact, Derivation]) -> None:
        self.available.clear()
        for fact, derivation in facts.items():
            if fact not in self:
                self._of_kind.setdefault(fact.kind, []).append(fact)
                if fact.kind is not FactKind.HOLDS:
                    self.changed.add(fact.subject)
            self[fact] = derivation

    def of_kind(self, kind: FactKind) -> Sequence[Fact]:
        return self._of_kind.get(kind, ())

    def under(self, key: str, leaving: Callable[[Fact], bool] = lambda _: True) -> dict[str, tuple[Fact, ...]]:
        """The other keys under which the ciphertexts of a key can come, each with the re-encryptions that take them
        there: the first is one by which they are `leaving`."""
        found: dict[str, tuple[Fact, ...]] = {key: ()}
        waiting = [key]
        for arn in waiting:
            for fact in self.of_kind(FactKind.ONTO):
                if fact.subject == arn and fact.details[0] not in found and (arn != key or leaving(fact)):
                    found[fact.details[0]] = (*found[arn], fact)
                    waiting.append(fact.details[0])
        del found[key]
        return found

    def behind(self, premises: Sequence[Fact]) -> Iterator[Fact]:
        """Some facts and those that they rest on, each once, those that come first first."""
        seen: set[Fact] = set()
        waiting = [(fact, False) for fact in reversed(premises)]
        while waiting:  # without recursion: of a chain of a thousand steps each rests on the one before
            fact, after_premises = waiting.pop()
            if after_premises:
                yield fact
            elif fact not in seen:
                seen.add(fact)
                own = self[fact].premises if fact in self else ()
                waiting += ((fact, True), *((one, False) for one in reversed(own)))

    @property
    def others(self) -> int:
        """How many facts may give a change: that a principal is held, or a key open, does not."""
        return len(self) - len(self.of_kind(FactKind.HOLDS)) - len(self.of_kind(FactKind.OPEN))

    def rounds(self, facts: Iterable[Fact]) -> int:
        """By how many steps at least some of them come about together."""
        return max((self[fact].rounds for fact in facts), default=0)

    @property
    def held(self) -> list[str]:
        return [fact.subject for fact in self.of_kind(FactKind.HOLDS)]


# -- goals --


class LastRequest(Frozen):
    """One way to make the last request, for `action` where only that one is meant."""

    cube: Cube
    action: str | None = None


class Goal(Frozen):
    """One goal within reach: by whom, through which access, and after what. `onto` is the other key, if any, on which
    the last request is: its ARN, or `REPLICA` for one that was made of the key; `AGAIN` is the key itself, for what has
    another encryption context then."""

    REPLICA: ClassVar = "replica"
    AGAIN: ClassVar = "again"

    number: int
    key: str
    by: str
    access: LastRequest | None
    premises: tuple[Fact, ...]
    rounds: int
    onto: str | None = None

    @property
    def way(self) -> Way:
        return self.number, None, self.by, self.premises


@dataclass
class Reached:
    """What one principal can bring about, or some together."""

    starts: tuple[str, ...]
    facts: Facts
    goals: dict[tuple[str, int], Goal] = field(default_factory=dict)

    @property
    def start(self) -> str:
        """The only principal."""
        (start,) = self.starts
        return start
