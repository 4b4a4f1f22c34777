"""Facts about what the parameters of an operation require of each other, what a new grant can say, and the pairs of the
encryption context and the tags of a request: which names they have, and which is read (F6, F7).

In: a space. Out: expressions that hold of every request.
Guarantee: only what the pages and the API reference say of the operations. Of the pairs whose names no grant lists,
`other_pair` holds the values. Different values need different names, and there are as many of these as the set of names
admits. [KMS Developer Guide: conditions-kms, conditions-nitro-enclaves; API: CreateGrant, GrantConstraints]
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from verifier.model.grant import Pairs
from verifier.model.readings import F6_REPLICATE, F6_REPLICATE_KEYS
from verifier.model.reference import actions
from verifier.model.symbols import RelationTest
from verifier.problem.classes.attributes import ACCOUNT_ID, Attribute, spelt_out
from verifier.problem.classes.intervals import as_bounds
from verifier.problem.classes.kinds import fits, table_of
from verifier.problem.classes.predicates import (
    COLON,
    Compares,
    Less,
    Predicate,
    Token,
    Tokens,
    exactly,
    like_tokens,
    literal_tokens,
    sequence,
    within,
)
from verifier.problem.classes.tables import STATE_BUDGET, OverBudget
from verifier.problem.classes.words import Domain
from verifier.problem.expression import (
    Expression,
    Present,
    Some,
    Symbol,
    Test,
    at_least,
    at_most,
    conjunction,
    disjunction,
    implies,
    same,
)
from verifier.problem.facts.operations import REPLICATE, REQUEST_TAGS, TAG_KEYS, UNTAG, lacking, unsuited
from verifier.problem.facts.shared import ANYTHING, has, predicates_of
from verifier.problem.semantics.grants import NAMES
from verifier.problem.semantics.unmodelled import things
from verifier.problem.space import EXACT_NAME, OTHER_NAME, PAIR_PREFIX, Space, acts, exact_pair, other_pair
from verifier.problem.views import ValueRelation

_MOST_TAGS = 50
_VALID_TO, _MODEL = "kms:validto", "kms:expirationmodel"
_LONGEST = Decimal(365 * 86400)
"""How long after the request imported material may be valid [API: ImportKeyMaterial, ValidTo]."""
_ATTESTATION = "kms:recipientattestation:"
_IMAGE, _FIRST, _TPM = f"{_ATTESTATION}imagesha384", f"{_ATTESTATION}pcr0", f"{_ATTESTATION}nitrotpm"
SAME_IMAGE = RelationTest("same image")
"""The comparison of the two names for the hash of an enclave's image."""

_MOST = 8
"""Different values of pairs of one name that no grant lists, for which the names are counted."""


def _tags(space: Space) -> Iterator[Expression]:
    """Tagging and untagging name a tag at least [API: TagResource, UntagResource]; no request sets more than 50."""
    if has(space, TAG_KEYS):
        yield implies(acts({"kms:TagResource", "kms:UntagResource"}), Present(TAG_KEYS))
    yield at_most([Present(name) for name in space.attributes if name.startswith(REQUEST_TAGS)], _MOST_TAGS)


def _imports(space: Space) -> Iterator[Expression]:
    """`ValidTo` is required, and invalid where the material does not expire [conditions-kms, kms:ValidTo]; without a
    model it does. It is later than the request, by 365 days at the most [API: ImportKeyMaterial, ValidTo]."""
    if has(space, _VALID_TO):
        never = Test(_MODEL, exactly("KEY_MATERIAL_DOES_NOT_EXPIRE"))
        yield implies(acts({"kms:ImportKeyMaterial"}), same(Present(_VALID_TO), ~never))
    if _VALID_TO in space.attributes and "time" in space.attributes:
        tests = predicates_of(space, _VALID_TO)
        for bound in dict.fromkeys(compared.bound for test in tests for compared in as_bounds(test) or ()):
            for sign in (">", ">="):
                late = Test(_VALID_TO, Compares(sign, bound))
                yield implies(late, Test("time", Compares(sign, bound - _LONGEST)))
                yield implies(Present(_VALID_TO) & ~late, Test("time", Compares("<", bound)))


def _attestations(space: Space) -> Iterator[Expression]:
    """The image's hash is PCR0 [conditions-nitro-enclaves]; a document is of an enclave or of a NitroTPM."""
    names = [name for name in space.attributes if name.startswith(_ATTESTATION)]
    tpm = [name for name in names if name.startswith(_TPM)]
    yield from (~(Present(one) & Present(other)) for one in tpm for other in names if other not in tpm)
    if SAME_IMAGE not in space.relations:
        return
    image, first = space.relations[SAME_IMAGE].views
    yield same(image.present, first.present)
    for text in dict.fromkeys(_digest(p) for name in (_IMAGE, _FIRST) for p in predicates_of(space, name)):
        forms = [Tokens(literal_tokens(start + text, fold=True)) for start in ("", "0x")] if text is not None else []
        if forms:
            yield same(disjunction(map(image.test, forms)), disjunction(map(first.test, forms)))
    yield implies(image.present, Symbol(SAME_IMAGE))


def same_image(space: Space) -> None:
    """Has the two names for the hash of an enclave's image compared, where both are in question."""
    if has(space, _IMAGE) and has(space, _FIRST):
        views = space.attribute_view(_IMAGE), space.attribute_view(_FIRST)
        comparison = ValueRelation(
            SAME_IMAGE, views, lambda values, _: len({_plain(view.value(values) or "") for view in views}) == 1
        )
        space.relations.setdefault(SAME_IMAGE, comparison)


def _digest(predicate: Predicate) -> str | None:
    """The one text that a predicate asks for, whatever its case and with or without `0x`; `None` for a pattern."""
    if not isinstance(predicate, Tokens):
        return None
    is_pattern = any(repeated or characters.negated for repeated, characters in predicate.tokens)
    return None if is_pattern else _plain(predicate.fixed)


def _plain(text: str) -> str:
    return text.lower().removeprefix("0x")


def sources(space: Space) -> Iterator[Expression]:
    """F6: where `aws:SourceArn` names an account, it is `aws:SourceAccount`. [IAM: reference_policies_condition-keys,
    aws:SourceAccount]"""
    arn, account = "aws:sourcearn", "aws:sourceaccount"
    if not (has(space, arn) and has(space, account)):
        return
    both_given = Present(account) & Test(arn, _of_account(((False, COLONLESS), (True, COLONLESS))))
    named = map(exactly, spelt_out(ACCOUNT_ID, predicates_of(space, arn)))
    for predicate in dict.fromkeys((*predicates_of(space, account), *named)):
        tokens = within(predicate.tokens, COLON) if isinstance(predicate, Tokens) else None
        if tokens is not None:
            yield implies(both_given, same(Test(account, Tokens(tokens)), Test(arn, _of_account(tokens))))


COLONLESS = like_tokens("?", excluded=COLON)[0][1]


def _of_account(account: tuple[Token, ...]) -> Tokens:
    """The ARNs whose account matches."""
    return Tokens(sequence(like_tokens("arn:*:*:*:", excluded=COLON), account, ":", (ANYTHING,)))


def _policy_names(space: Space) -> Iterator[Expression]:
    """Nobody sets another key policy than the default one [API: PutKeyPolicy, PolicyName]."""
    name = "kms:policyname"
    if has(space, name):
        yield implies(acts({"kms:PutKeyPolicy"}), Test(name, exactly("default")))


# -- requests for grants --

GRANTEES = _GRANTEE, _SERVICE = "kms:granteeprincipal", "kms:granteeserviceprincipal"
_SOURCE = "kms:grantconstraintsourcearn"
_RETIRING, _RETIRING_SERVICE = "kms:retiringprincipal", "kms:retiringserviceprincipal"
OF_GRANTEES = _SOURCE, _RETIRING, _RETIRING_SERVICE
_TYPE, _NAMES, _OPERATIONS = "kms:grantconstrainttype", "kms:encryptioncontextkeys", "kms:grantoperations"
_CREATES = frozenset({"kms:CreateGrant"})


def _grantees(space: Space) -> Iterator[Expression]:
    """A grant is for a principal or for a service, never both; one for a service has a `SourceArn` constraint and a
    retiring principal."""
    if has(space, _GRANTEE, _SERVICE):
        yield implies(acts(_CREATES), Present(_GRANTEE) | Present(_SERVICE))
        yield ~(Present(_GRANTEE) & Present(_SERVICE))
        yield implies(Present(_SERVICE), Present(_SOURCE) & (Present(_RETIRING) | Present(_RETIRING_SERVICE)))
    if has(space, _RETIRING) and has(space, _RETIRING_SERVICE):
        yield ~(Present(_RETIRING) & Present(_RETIRING_SERVICE))


def _constraints(space: Space) -> Iterator[Expression]:
    """In a CreateGrant request the pairs are those of its constraint on the encryption context, which may have none.
    The source ARN may be a second constraint; the type is that of one of them."""
    if has(space, _TYPE):
        yield implies(acts(_CREATES) & Test(_TYPE, exactly("SourceArn")), Present(_SOURCE))
        names = (name for name in space.attributes if name == _NAMES or name.startswith(PAIR_PREFIX))
        yield from (implies(acts(_CREATES) & Present(name), Present(_TYPE)) for name in names)


def _operations(space: Space) -> Iterator[Expression]:
    """The operations of a grant suit the key (R3)."""
    if not has(space, _OPERATIONS) or "facts" not in space.attributes:
        return
    grantable = frozenset(action.name for action in actions() if action.grant_operation)
    for keys, names in unsuited(grantable, space.attributes["facts"].values or ()):
        operations = frozenset[Predicate](exactly(name.removeprefix("kms:")) for name in names)
        yield implies(keys, ~Some(_OPERATIONS, operations, True))


_RETIRES = frozenset({"kms:RetireGrant"})
MOST_CONSTRAINTS = 64


def retired_grants(space: Space) -> Iterator[Expression]:
    """F6: what a RetireGrant request says of a constraint is that of one of the key's grants, if all are given and have
    few (`MOST_CONSTRAINTS`). Whether it does, pages and data differ. With changes (W2) the key may have others."""
    grants = None if space.target.key is None else space.target.key.grants
    names = [name for name in space.attributes if name in (_TYPE, _NAMES) or name.startswith(PAIR_PREFIX)]
    if not names or grants is None or space.possible_changes or any(one.label.startswith("G") for one in things(space)):
        return
    given = [(one.context_equals, one.context_subset, one.source_arn) for one in grants]
    found = dict.fromkeys(given or [(None, None, None)])
    if len(found) <= MOST_CONSTRAINTS:
        said = (conjunction(_as_constrained(name, *constraint) for name in names) for constraint in found)
        yield implies(acts(_RETIRES), disjunction(said))


def _as_constrained(name: str, equals: Pairs | None, subset: Pairs | None, source: str | None) -> Expression:
    """True iff an attribute is absent, or as a constraint has it."""
    pairs = equals or subset or ()
    if name == _NAMES:
        names = frozenset(exactly(own) for own, _ in pairs)
        return ~(Some(name, names, False) if pairs else Present(name))
    if name == _TYPE:
        texts = "EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"
        values = [text for text, one in zip(texts, (equals, subset, source), strict=True) if one is not None]
    else:
        values = [value for own, value in pairs if name in (exact_pair(own), PAIR_PREFIX + own.lower())]
    return ~Present(name) | disjunction(Test(name, exactly(value)) for value in values)


OF_PARAMETERS = (_tags, _imports, _attestations, _policy_names)
"""Every fact about what parameters require of each other."""
OF_GRANTS = (_grantees, _constraints, _operations)
"""Every fact about the condition keys of grants."""


def pairs(space: Space) -> Iterator[Expression]:
    """F7: the keys of the encryption context are the names of its pairs, with their case; those of request tags compare
    without."""
    if has(space, NAMES):
        for attribute in [n for n in space.attributes if n.startswith(PAIR_PREFIX)]:
            yield same(Present(attribute), Some(NAMES, frozenset({_names(space, attribute)}), True))
    if has(space, TAG_KEYS):
        # UntagResource names tags without values, or, by the reading F6-untag, with some.
        has_both = acts({REPLICATE}) & Symbol(F6_REPLICATE) & Symbol(F6_REPLICATE_KEYS)
        with_tags = ~acts((lacking(REQUEST_TAGS) or frozenset()) & space.known_actions) | has_both
        for attribute in [n for n in space.attributes if n.startswith(REQUEST_TAGS)]:
            named = Tokens(literal_tokens(attribute.removeprefix(REQUEST_TAGS), fold=True))
            is_named = Some(TAG_KEYS, frozenset({named}), True)
            yield implies(with_tags, same(Present(attribute), is_named))
            yield implies(acts({UNTAG}) & Present(attribute), is_named)


def _names(space: Space, attribute: str) -> Predicate:
    """The names that the pair of an attribute can have: of what conditions read, in any case."""
    name = attribute.removeprefix(PAIR_PREFIX)
    if name.endswith(EXACT_NAME):
        return exactly(name.removesuffix(EXACT_NAME))
    key = PAIR_PREFIX + name.removesuffix(OTHER_NAME)
    return _unlisted(space, key) if name.endswith(OTHER_NAME) else _folded(key)


def _folded(key: str) -> Tokens:
    return Tokens(literal_tokens(key.removeprefix(PAIR_PREFIX), fold=True))


def _unlisted(space: Space, key: str, *further: str) -> Less:
    """The spellings of a name that no grant lists, without some `further` ones."""
    return Less(_folded(key), tuple(map(exactly, (*space.pair_names.get(key, ()), *further))))


def pairs_read(space: Space) -> Iterator[Expression]:
    """F7: what every condition on a name reads is the value of one of the pairs that have it in some case.

    Which one is open, and any may be: a request can give any of them first or last, so the reading F7, which says which
    of the two it is, rules out none. Of a pair itself only grants ask, and for the values that they list alone: whether
    it has one of these, or another.
    """
    for key, listed in space.pair_names.items():
        own = [name for name in (*map(exact_pair, listed), other_pair(key)) if has(space, name)]
        if own and has(space, key):
            read = space.attribute_view(key)
            values = list(dict.fromkeys(chain.from_iterable(predicates_of(space, name) for name in own)))
            yield same(read.present, disjunction(map(Present, own)))
            for value in values:
                yield implies(read.test(value), disjunction(_has(space, name, [value]) for name in own))
            unlike = ~disjunction(read.test(value) for value in values)
            yield implies(read.present & unlike, disjunction(_has_another(space, name, values) for name in own))


def _has(space: Space, name: str, values: list[Predicate]) -> Expression:
    """True iff the pair, or one of the pairs, of an attribute has one of these values."""
    if space.attributes[name].multivalued:
        return Some(name, frozenset(values), True)
    return disjunction(Test(name, value) for value in values)


def _has_another(space: Space, name: str, values: list[Predicate]) -> Expression:
    if space.attributes[name].multivalued:
        return Some(name, frozenset(values), False)
    return Present(name) & ~_has(space, name, values)


def names_suffice(space: Space) -> Iterator[Expression]:
    """F7: a context has one value for each name, so different values of the pairs that no grant lists have different
    spellings of it. Spellings that nothing tells apart stand for one another; where these are many, one of them
    suffices."""
    for key in space.pair_names:
        if has(space, other := other_pair(key)):
            values = predicates_of(space, other)
            found = [*(_has(space, other, [value]) for value in values), _has_another(space, other, values)]
            if few := _few(space, key, most := min(len(found), _MOST)):
                held = [Some(NAMES, frozenset({exactly(name)}), True) for name in few]
                many = Some(NAMES, frozenset({_unlisted(space, key, *few)}), True)
                for least in range(2, min(len(held) + 1, most) + 1):
                    yield implies(at_least(found, least), many | at_least(held, least))


def _few(space: Space, key: str, most: int) -> list[str]:
    """The spellings that no grant lists, but for those that nothing that is asked of the set of names tells from so
    many others that there are `most`; none if it is too much to tell."""
    attribute, unlisted = Attribute(NAMES, Domain(NAMES, (_folded(key),), ()), multivalued=True), _unlisted(space, key)
    predicates = [predicate for predicate in predicates_of(space, NAMES) if fits(attribute, predicate)]
    try:
        table = table_of(attribute, [*predicates, unlisted], STATE_BUDGET)
    except OverBudget:
        return []
    kinds = [table.members(at, most) for at in range(table.size) if table.mask(unlisted) >> at & 1]
    return [name for names in kinds if len(names) < most for name in names]
