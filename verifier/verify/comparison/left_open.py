"""What both sides of a comparison leave open, and say otherwise.

In: two estates, a pair of targets, readings. Out: reasons why the sides may not be the same. Guarantee: what no
decision has a symbol for is the same on both sides only where both say the same of it (S1).
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.ask.replay import ATTRIBUTES
from verifier.model.estate import Estate, Key, Pairs
from verifier.model.readings import G2
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.verify.comparison.target_pairs import TargetPair
from verifier.verify.meaning import meaning


def left_open(old: Estate, new: Estate, pair: TargetPair, held: SymbolValues) -> Iterator[Reason]:
    """The reasons why a target may be decided otherwise."""
    for what in _differing(old.left_open, new.left_open):
        yield Reason("U1", f"both sides may differ in {what}")
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
    yield from _of_grantees(before, after) if held.get(G2) is not False else ()


def _differing(old: Pairs, new: Pairs) -> Iterator[str]:
    """What one side says, and the other does not say alike under whatever name."""
    before, after = ({letters: what for what, letters in side} for side in (old, new))
    yield from dict.fromkeys(
        (before | after)[letters] for letters in before | after if (letters in before) != (letters in after)
    )


def _is_tested(attributes: tuple[str, ...], *estates: Estate) -> bool:
    """Whether a policy may test attributes, by how their names in lower case begin."""
    texts = (text for estate in estates for policy in estate.deciding_policies() for text in policy.texts)
    return any(attribute in text for text in texts for attribute in attributes)


def _of_grantees(old: Key, new: Key) -> Iterator[Reason]:
    """That a grant of one side may be for another user or role than those of the other side, where no listing names
    it."""
    before, after = ({meaning(grant) for grant in key.grants or () if grant.grantee_hidden} for key in (old, new))
    if before and after and before != after:
        yield Reason(
            "G2", "for whom besides a service a grant is may differ: the listings of both sides name the service alone"
        )
