"""The targets of two sides, paired, and what both sides leave open and say otherwise.

In: two estates. Out: `TargetPair`s: keys by their ARN in the order of OLD, then of NEW; aliases and operations without
a key after them; reasons why the sides may not be the same: what no decision has a symbol for is the same on both sides
only where both say the same of it (S1). Guarantee: every key of either side is in one pair. `with_added` gives OLD with
the keys that only NEW has, each with the facts of the one in NEW, the default key policy and no grants
[key-policy-default]; where nothing tells its Region or account, nothing in OLD tells those apart either (S4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import or_

from verifier.ask.replay import ATTRIBUTES
from verifier.frozen import Frozen
from verifier.inputs.policies import default_key_policy
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.organization import Organization
from verifier.model.own_place import check_account, check_open_regions
from verifier.model.policy import Statement
from verifier.model.readings import G2
from verifier.model.reference import matching
from verifier.model.results.comparison import Presence
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import some
from verifier.problem.classes.predicates import Characters, Tokens, like, like_arn, sequence
from verifier.problem.classes.tables import OverBudget, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.facts.parameters import MOST_CONSTRAINTS
from verifier.problem.semantics.statements import names_action
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.problem.semantics.values import Fixed, Variable, template
from verifier.syntax.diagnostic import InputError
from verifier.verify.meaning import meaning
from verifier.verify.reach.alias_names import LETTERS
from verifier.verify.reach.narrowed import keys_of_statement

_OF_ORGANIZATIONS = ("aws:principalorg", "aws:resourceorg", "aws:vpceorg", "aws:sourceorg")
"""How the names of condition keys begin that are about an organization."""
_OF_CONSTRAINTS = ("kms:encryptioncontext", "kms:grantconstraint")
"""How the names of condition keys begin that `kms:RetireGrant` has of the constraint of a grant (F6)."""
_ON_ALIASES = frozenset({"kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"})


class TargetPair(Frozen):
    """A target on both sides; `new` is `None` for a key that is gone. Of one that is `added`, `old` is a key without a
    policy. An alias `to_be_made` is one that no key has yet. One `for_many` stands for others, too, of which something
    else may be allowed."""

    old: Target
    new: Target | None
    added: bool = False
    to_be_made: bool = False
    for_many: bool = False

    @property
    def either(self) -> Target:
        """The target of NEW, or else of OLD."""
        return self.new or self.old

    @property
    def name(self) -> str:
        """The ARN, or a phrase."""
        return self.either.resource or self.either.kind.value

    @property
    def key_name(self) -> str | None:
        """What both sides call the key; a side that lacks it does not object."""
        names = {target.key.name for target in (self.old, self.new) if target is not None and target.key is not None}
        return names.pop() if len(names) == 1 else None

    @property
    def presence(self) -> Presence:
        return Presence.ADDED if self.added else Presence.REMOVED if self.new is None else Presence.BOTH


def target_pairs(old: Estate, new: Estate, completed: Estate, *, keys_only: bool) -> tuple[TargetPair, ...]:
    """Every key; unless `keys_only` also aliases, which key policies say nothing of, and operations without a key.
    `completed` is OLD with the keys that are new."""
    return (*_keys(old, new, completed), *(() if keys_only else _others(old, new)))


def _keys(old: Estate, new: Estate, completed: Estate) -> Iterator[TargetPair]:
    before, after = {key.arn: key_target(key) for key in completed.keys}, {key.arn: key_target(key) for key in new.keys}
    there = {key.arn for key in old.keys}
    for arn in before:
        yield TargetPair(before[arn], after.get(arn), added=arn not in there)


def _others(old: Estate, new: Estate) -> Iterator[TargetPair]:
    keys = (*old.keys, *new.keys)
    there = tuple(dict.fromkeys(alias for key in keys for alias in _aliases(key)))
    yield from map(_of_alias, there)
    for alias, for_many in _to_be_made(old, new, there):
        yield replace(_of_alias(alias), to_be_made=True, for_many=for_many)
    partitions = (
        *(key.partition for key in keys),
        *(one.arn.split(":")[1] for side in (old, new) for one in side.identities),
    )
    keyless = Target(TargetKind.NONE, next(iter(partitions), "aws"))
    yield TargetPair(keyless, keyless)


def _of_alias(alias: str) -> TargetPair:
    _, partition, _, region, account, _ = alias.split(":", 5)
    target = Target(TargetKind.ALIAS, partition, account, region, alias)
    return TargetPair(target, target)


def _aliases(key: Key) -> Iterator[str]:
    for alias in key.aliases or ():
        yield f"arn:{key.partition}:kms:{key.region}:{key.account}:{alias}"


def _to_be_made(old: Estate, new: Estate, there: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """In each account and Region that has a key, an alias of each kind that policies name and tell apart, unless one of
    the kind is `there`; where the kinds are too many to list, one alias alone, and true: it stands for many."""
    policies = (*old.policies_beside_keys(), *new.policies_beside_keys())
    statements = [one for policy in policies for one in policy.statements if _on_aliases(one)]
    values = _values(old, new)
    patterns = dict.fromkeys(like_arn(text) for one in statements for text in _patterns(one, values))
    keys = (*old.keys, *new.keys)
    for place in dict.fromkeys(f"arn:{key.partition}:kms:{key.region}:{key.account}:alias/" for key in keys):
        of_aws, example = like(f"{place}aws/*"), f"{place}example"
        names = Domain("alias", (Tokens(sequence(place, some(Characters(LETTERS)))),), (example,))
        try:
            table = WordTable(names, (of_aws, *patterns))
        except OverBudget:
            yield example, True
            continue
        named = reduce(or_, map(table.mask, patterns), 0) & ~table.mask(of_aws)
        known = {table.class_of(alias) for alias in there}
        for kind in range(table.size):
            if kind not in known and named >> kind & 1:
                yield table.pick(1 << kind)[1], False


def _on_aliases(statement: Statement) -> bool:
    """True iff the statement is about an operation on an alias."""
    matched = frozenset(name for action in statement.actions for name in matching(action.value))
    return bool(_ON_ALIASES - matched if statement.not_action else _ON_ALIASES & matched)


def _patterns(statement: Statement, values: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """What `Resource` and `NotResource` tell apart: their patterns, with any text for each variable, and with each of
    its `values`. What `NotResource` leaves has any name."""
    if statement.not_resource:
        yield "*"
    for text in statement.resources or ():
        pieces = template(text.value, True)
        texts = [piece.text if isinstance(piece, Fixed) else "*" for piece in pieces]
        yield "".join(texts)
        for at, piece in enumerate(pieces):
            if isinstance(piece, Variable):
                for value in (piece.default or "*", *values.get(piece.key.lower(), ())):
                    yield "".join((*texts[:at], value, *texts[at + 1 :]))


def _values(*estates: Estate) -> Mapping[str, Iterable[str]]:
    """The values of keys that the input gives users and roles, or that conditions list: what variables may hold."""
    found = defaultdict[str, dict[str, None]](dict)
    for estate in estates:
        for one in estate.identities:
            said = {"aws:username": one.arn.rpartition("/")[2], "aws:principalaccount": one.arn.split(":")[4]}
            for key, value in (*said.items(), *((f"aws:principaltag/{name}", value) for name, value in one.tags)):
                found[key.lower()][value] = None
        for policy in estate.deciding_policies():
            for condition in chain.from_iterable(statement.conditions for statement in policy.statements):
                found[condition.key.value.lower()].update((text.value, None) for text in condition.values)
    return found


def with_added(old: Estate, new: Estate) -> Estate:
    """OLD with the keys that only NEW has. Raises `InputError` where their Region or account must be known (S4)."""
    there = {key.arn for key in old.keys}
    added = tuple(_without_policy(key) for key in new.keys if key.arn not in there)
    if not added:
        return old
    if new.open_region and not old.open_region:
        check_open_regions(old, dict.fromkeys(new.open_region, ""))
    if new.open_account and not old.open_account:
        check_account((old,), added[0].account)
        of_old, of_new = ({account.id for account in side.accounts} for side in (old, new))
        if old.organization is not None or of_old - of_new:
            message = "OLD holds accounts, and whether a key that is new is of one of them is not given"
            raise InputError.of(message, hint="give its account with --account", rule="S4")
    return replace(old, keys=(*old.keys, *added))


def with_facts_of_both(old: Estate, new: Estate) -> tuple[Estate, Estate, Mapping[str, tuple[Reason, ...]]]:
    """Both sides, where a key whose tags or aliases policies test has those that one side gives of it on the other side
    too, which does not; and by its ARN, that this is supposed, for there it may have any (U3)."""
    tested = [fact for fact, attributes in ATTRIBUTES.items() if _is_tested(attributes, old, new)]
    before, after = ({key.arn: key for key in side.keys} for side in (old, new))
    supposed = defaultdict[str, tuple[Reason, ...]](tuple)
    sides: list[Estate] = []
    for side, others, other in ((old, after, "NEW"), (new, before, "OLD")):
        keys: list[Key] = []
        for key in side.keys:
            there = others.get(key.arn, key)
            missing = [name for name in tested if getattr(key, name) is None and getattr(there, name) is not None]
            for fact in missing:
                text = f"the key's {fact}, which policies test, are given in {other} only"
                supposed[key.arn] += (Reason("U3", text, key.span),)
            keys.append(replace(key, **{fact: getattr(there, fact) for fact in missing}))
        sides.append(replace(side, keys=tuple(keys)) if supposed else side)
    return sides[0], sides[1], supposed


def _without_policy(key: Key) -> Key:
    return replace(key, policies=(default_key_policy(key.arn),), grants=None if key.grants is None else (), unread=None)


def left_open(old: Estate, new: Estate, pair: TargetPair, held: SymbolValues) -> Iterator[Reason]:
    """The reasons why a target may be decided otherwise."""
    if pair.for_many:
        yield Reason("budget", "the policies tell too many kinds of aliases apart: this is one that no key has yet")
    for what in _differing(old.left_open, new.left_open):
        yield Reason("U1", f"both sides may differ in {what}")
    if _is_tested(_OF_ORGANIZATIONS, old, new):
        yield from _of_organizations(old.organization, new.organization)
    # what one side alone has, nobody has on both
    both = dict(old.unlisted_may_have).keys() & dict(new.unlisted_may_have)
    for arn in _differing(old.unlisted_may_have, new.unlisted_may_have):
        if arn in both:
            yield Reason("U1", f"both sides may differ in what {arn} lets users and roles do that are not listed")
    if pair.new is None or pair.old.key is None or pair.new.key is None:
        return
    before, after = pair.old.key, pair.new.key
    for what in _differing(before.left_open, after.left_open):
        in_both = what in dict(before.left_open) and what in dict(after.left_open)
        if what not in ATTRIBUTES or (in_both and _is_tested(ATTRIBUTES[what], old, new)):
            yield Reason("U3", f"both sides may differ in what the input does not tell of the key: {what}", after.span)
    if held.get(G2) is not False:
        yield from _of_grantees(before, after)
    yield from _of_constraints(old, new, before, after)


def _of_organizations(old: Organization | None, new: Organization | None) -> Iterator[Reason]:
    """That an organization, or where accounts are in it, is not given on a side: it may be as on the other, or not."""
    if (old is None) != (new is None):
        yield Reason("F2", f"the organization, which policies test, is given in {'NEW' if old is None else 'OLD'} only")
    before, after = (dict(side.accounts) if side is not None else {} for side in (old, new))
    for account in sorted(before.keys() & after.keys()):
        if (before[account] is None) != (after[account] is None):
            side = "NEW" if before[account] is None else "OLD"
            yield Reason("F2", f"where {account} is in the organization, which policies test, is given in {side} only")


def _differing(old: Pairs, new: Pairs) -> Iterator[str]:
    """What one side says, and the other does not say alike under whatever name."""
    before, after = ({letters: what for what, letters in side} for side in (old, new))
    of_one = (one for one in before | after if (one in before) != (one in after))
    yield from dict.fromkeys((before | after)[letters] for letters in of_one)


def _is_tested(attributes: tuple[str, ...], *estates: Estate) -> bool:
    """False only if no policy tests attributes whose names, in lower case, begin so."""
    texts = (text for estate in estates for policy in estate.deciding_policies() for text in policy.texts)
    return any(attribute in text for text in texts for attribute in attributes)


def _of_constraints(old: Estate, new: Estate, before: Key, after: Key) -> Iterator[Reason]:
    """F6: that a RetireGrant request may say the constraint of a grant of one side alone: too many to follow."""
    found = [
        {(one.context_equals, one.context_subset, one.source_arn) for one in key.grants or ()}
        for key in (before, after)
    ]
    if found[0] != found[1] and max(map(len, found)) > MOST_CONSTRAINTS:
        statements = (s for estate in (old, new) for policy in estate.deciding_policies() for s in policy.statements)
        retiring = (s for s in statements if names_action(s, "kms:retiregrant"))
        if any(key.startswith(_OF_CONSTRAINTS) for statement in retiring for key in keys_of_statement(statement)):
            over = f"the grants have over {MOST_CONSTRAINTS} constraints"
            yield Reason("budget", f"{over}, which policies on RetireGrant test")


def _of_grantees(old: Key, new: Key) -> Iterator[Reason]:
    """That a grant of one side may be for another user or role than those of the other, where no listing names it."""
    before, after = ({meaning(grant) for grant in key.grants or () if grant.grantee_hidden} for key in (old, new))
    if before and after and before != after:
        may_differ = "for whom besides a service a grant is may differ"
        yield Reason("G2", f"{may_differ}: the listings of both sides name the service alone")
