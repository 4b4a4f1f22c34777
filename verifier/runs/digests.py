"""What was asked, as a digest: the meaning of everything that bears on one target, however it is laid out.

In: an estate, a target, an invariant, how it is decided. Out: digests.
Guarantee: equal digests mean that the question is the same: policies may have been reformatted, reordered, statements
renamed (`Sid`), and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from functools import cached_property
from hashlib import sha256

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.digest import digest
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant
from verifier.model.invariant import KeyArn
from verifier.model.invariant_file import AnyInvariant, asks_of_sessions, is_eventual
from verifier.model.policy import Policy
from verifier.model.symbols import SymbolValues
from verifier.problem.semantics.targets import Target
from verifier.runs.version import rules_version
from verifier.verify.assumptions import supposed_of
from verifier.verify.deciding import ProofOptions
from verifier.verify.meaning import in_policy, key_meaning, meaning, surroundings, trusts, whole


class Statements:
    """Digests of what statements and grants mean, each looked at once."""

    def __init__(self) -> None:
        self._policies: dict[int, tuple[Policy, tuple[bytes, ...]]] = {}
        self._grants: dict[int, tuple[Grant, bytes]] = {}

    def of_policy(self, policy: Policy) -> tuple[bytes, ...]:
        """For each statement of a policy, in their order."""
        known = self._policies.get(id(policy))
        if known is None:
            found = tuple([digest(in_policy(policy, statement)) for statement in policy.statements])
            known = self._policies[id(policy)] = policy, found  # with the policy, so that its id stays its own
        return known[1]

    def of_policies(self, policies: Mapping[str, Policy]) -> dict[tuple[str, int], bytes]:
        """For each statement of some policies, by the name of its policy and its number."""
        found = {name: self.of_policy(policy) for name, policy in policies.items()}
        return {(name, number): own for name, of_policy in found.items() for number, own in enumerate(of_policy)}

    def of_grant(self, grant: Grant) -> bytes:
        known = self._grants.get(id(grant))
        if known is None:
            known = self._grants[id(grant)] = grant, digest(meaning(grant))
        return known[1]


class Digests(Frozen, dict=True):
    """Digests of one estate: what all targets share, and all invariants on a target, is looked at once."""

    common: bytes
    estate: Estate
    steps: int | None
    statements: Statements = field(default_factory=Statements)
    _invariants: dict[int, tuple[AnyInvariant, bytes]] = field(default_factory=dict)

    def target(self, target: Target) -> bytes:
        """All that bears on one target."""
        # Other keys bear on a target by their aliases and multi-Region relations, which a target's own key says as well
        # (F8, L9).
        key = self._key(target.key) if target.key is not None else None
        place = (target.kind, target.partition, target.account, target.region, target.resource)
        # a verdict names what was supposed
        return digest((self.common, place, key, [one.text for one in supposed_of(self.estate, target)]))

    def _key(self, key: Key) -> Hashable:
        """What a key means, its statements and grants by their digests."""
        policies, grants = key.policies or (), key.grants or ()
        said = frozenset([(policy.identity, frozenset(self.statements.of_policy(policy))) for policy in policies])
        emptied = tuple([dataclasses.replace(policy, statements=()) for policy in policies])
        bare = dataclasses.replace(key, policies=key.policies and emptied, grants=key.grants and ())
        return key_meaning(bare), said, frozenset(map(self.statements.of_grant, grants))

    def question(self, target: bytes, invariant: AnyInvariant) -> bytes:
        """What is asked of one target, by its digest. What callers can bring about turns on everything in the estate
        (E0), what a session can have on trust policies (F3, F6), what a verdict on keys by an alias, a tag or their
        family supposes on the others (U3)."""
        known = self._invariants.get(id(invariant))
        if known is None:
            known = self._invariants[id(invariant)] = invariant, digest(invariant_meaning(invariant))
        of_sessions = asks_of_sessions(invariant)
        further = self._chains if is_eventual(invariant) else self._trusts if of_sessions else b""
        others = self._others if any(not isinstance(selector, KeyArn) for selector in invariant.keys or ()) else b""
        return sha256(target + further + others + known[1]).digest()

    @cached_property
    def _others(self) -> bytes:
        """Which keys there are, and of which the aliases and the tags are given."""
        return digest(frozenset((key.arn, key.aliases is None, key.tags is None) for key in self.estate.keys))

    @cached_property
    def _trusts(self) -> bytes:
        return digest(trusts(self.estate))

    @cached_property
    def _chains(self) -> bytes:
        return digest((self.steps, whole(self.estate), tuple(map(meaning, self.estate.suppositions))))


def digests(estate: Estate, options: ProofOptions) -> Digests:
    """The digests of an estate, decided in some way."""
    held: SymbolValues = options.held
    settings = (rules_version(), options.engine, tuple(sorted(held.items())))
    return Digests(digest((settings, surroundings(estate))), estate, options.steps)


def invariant_meaning(invariant: AnyInvariant) -> Hashable:
    """An invariant without its name, its text and its place."""
    return meaning(dataclasses.replace(invariant, name="", text=""))
