"""Facts about what the parameters of an operation require of each other, and what a new grant can say (F6).

In: a space. Out: expressions that hold of every request.
Guarantee: only what the pages and the API reference say of the operations. [KMS Developer Guide: conditions-kms,
conditions-nitro-enclaves;
API: CreateGrant, GrantConstraints]
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from verifier.model.grant import Pairs
from verifier.model.reference import actions
from verifier.model.symbols import RelationTest
from verifier.problem.classes.attributes import ACCOUNT_ID, spelt_out
from verifier.problem.classes.intervals import as_bounds
from verifier.problem.classes.predicates import (
    COLON,
    Compares,
    Predicate,
    Token,
    Tokens,
    exactly,
    like_tokens,
    literal_tokens,
    sequence,
    within,
)
from verifier.problem.expression import (
    Expression,
    Present,
    Some,
    Symbol,
    Test,
    at_most,
    conjunction,
    disjunction,
    implies,
    same,
)
from verifier.problem.facts.operations import REQUEST_TAGS, TAG_KEYS, unsuited
from verifier.problem.facts.shared import ANYTHING, has, predicates_of
from verifier.problem.semantics.unmodelled import things
from verifier.problem.space import PAIR_PREFIX, Space, acts, exact_pair
from verifier.problem.views import ValueRelation

_MOST_TAGS = 50
_VALID_TO, _MODEL = "kms:validto", "kms:expirationmodel"
_LONGEST = Decimal(365 * 86400)
"""How long after the request imported material may be valid [API: ImportKeyMaterial, ValidTo]."""
_ATTESTATION = "kms:recipientattestation:"
_IMAGE, _FIRST, _TPM = f"{_ATTESTATION}imagesha384", f"{_ATTESTATION}pcr0", f"{_ATTESTATION}nitrotpm"
SAME_IMAGE = RelationTest("same image")
"""The comparison of the two names for the hash of an enclave's image."""


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
