"""Where a random estate is, and of what kind its keys are: its partition and Region; spec, origin, multi-Region keys;
and policies that tell keys, Regions and accounts apart by such.

In: a random question in `us-west-2`, its seed. Out: the same one elsewhere, now and then with what such policies are
about. Guarantee: seeds under `FIRST` keep their estates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from random import Random
from typing import Any, TypeVar

from tests.evaluate.estates import FACTS
from tests.reach.estates import HOME, KEYS, REPLICA_REGION, USER, Question, Statement, document, own_key
from tests.reach.themes import DELEGATES, Theme
from verifier.model.estate import Estate, Key
from verifier.model.policy import PolicyKind, Principal
from verifier.model.request import Caller, CallerKind
from verifier.model.steps.descriptions import OWN_KEYS

FIRST = 10_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A partition, the Region of all keys, and another one for replicas."""

    partition: str
    region: str
    other: str

    @property
    def unnamed(self) -> str:
        """A Region that no policy of an estate names."""
        return {"aws": "ap-southeast-2", "aws-cn": "cn-east-1"}.get(self.partition, "us-gov-south-1")

    def moved(self, found: T) -> T:
        """Whatever is in partition `aws` and in `us-west-2`, here."""
        return self._moved(found, {})  # type: ignore[no-any-return]

    def _moved(self, found: Any, done: dict[int, Any]) -> Any:
        if isinstance(found, str):
            return self._text(found)
        if isinstance(found, tuple):
            return tuple(self._moved(one, done) for one in found)
        if not is_dataclass(found) or isinstance(found, type):
            return found
        if id(found) not in done:
            values = {one.name: self._moved(getattr(found, one.name), done) for one in fields(found) if one.init}
            if isinstance(found, Principal):
                values["partition"] = self.partition
            done[id(found)] = replace(found, **values)
        return done[id(found)]

    def _text(self, text: str) -> str:
        if type(text) is not str:
            return text
        there = text.replace("us-west-2", self.region).replace(REPLICA_REGION, self.other)
        for start in ("arn:aws:", "ARN:AWS:"):
            there = there.replace(start, start.replace("aws", self.partition).replace("AWS", self.partition.upper()))
        return there


PLACES = (
    Place("aws", "us-west-2", REPLICA_REGION),
    Place("aws", "us-east-1", REPLICA_REGION),
    Place("aws-cn", "cn-north-1", "cn-northwest-1"),
    Place("aws-cn", "cn-northwest-1", "cn-north-1"),
    Place("aws-us-gov", "us-gov-west-1", "us-gov-east-1"),
    Place("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
)


def place_of(estate: Estate) -> Place:
    """Where the keys of an estate are."""
    key = estate.keys[0]
    found = (one for one in PLACES if (one.partition, one.region) == (key.partition, key.region))
    return next(found, Place(key.partition, key.region, REPLICA_REGION))


def placed(seed: int, question: Question) -> Question:
    """The question of a seed, elsewhere."""
    if seed < FIRST:
        return question
    random = Random(f"place {seed}")
    if random.random() < 0.4:
        name = random.choice(sorted(PLACED))
        question = replace(PLACED[name](Theme(random, question)).question, theme=name)
    return random.choice(PLACES).moved(question)


# --- what policies say of keys, Regions and accounts ------------------------------------------------------------------

KINDS: tuple[Statement, ...] = tuple(
    {"Condition": {operator: {name: value}}}
    for name, values in {
        "kms:KeySpec": ("SYMMETRIC_DEFAULT", "RSA_2048"),
        "kms:KeyUsage": ("ENCRYPT_DECRYPT",),
        "kms:KeyOrigin": ("AWS_KMS", "EXTERNAL"),
        "kms:EncryptionAlgorithm": ("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"),
        "kms:MultiRegion": ("true", "false"),
        "kms:MultiRegionKeyType": ("PRIMARY", "REPLICA"),
        "aws:RequestedRegion": ("us-west-2", REPLICA_REGION),
        "kms:PrimaryRegion": ("us-west-2",),
        "kms:ReplicaRegion": (REPLICA_REGION, "us-west-2"),
    }.items()
    for value in values
    for operator in (("Bool",) if name == "kms:MultiRegion" else ("StringEquals", "StringNotEquals"))
)
BY_ID: tuple[Statement, ...] = (
    {"Resource": "arn:aws:kms:*:*:key/mrk-*"},
    {"NotResource": "arn:aws:kms:*:*:key/mrk-*"},
    {"Resource": "arn:aws:kms:*:*:key/0*"},
    {"Resource": f"arn:aws:kms:*:{HOME}:key/*"},
    {"Resource": "arn:aws:kms:us-west-2:*:key/*"},
)
ABROAD = {"Condition": {"StringNotEquals": {"aws:ResourceAccount": HOME}}}


def _said(theme: Theme, effect: str, action: Any, *further: Statement) -> Statement:
    """A statement on all keys, unless it says more."""
    said = theme.one(*further)
    return {"Effect": effect, "Action": action, **({} if "NotResource" in said else {"Resource": "*"}), **said}


def _bare(theme: Theme, **facts: Any) -> Theme:
    """The first key, which leaves it to its account, and a caller who has nothing."""
    theme.question = replace(theme.question, caller=Caller(CallerKind.USER, USER, HOME))
    theme.key(grants=(), **facts)
    theme.identity(USER, lambda found: replace(found, policies=(), groups=(), bounded=False, boundary=None))
    return theme


def _kinds_of_keys(theme: Theme) -> Theme:
    """Re-encryption under whatever key is not denied for what it is: one of the caller's own, or in its account."""
    _bare(theme, **theme.one({}, {"origin": "EXTERNAL"}, {"spec": "RSA_2048", "tags": ()}))
    onto = theme.one("Allow", "Deny", "Deny")
    theme.mine(
        _said(theme, "Allow", "kms:ReEncryptFrom", *theme.one(_PLAIN, _PLAIN, KINDS)),
        *([] if onto == "Allow" else [theme.allow("kms:ReEncryptTo")]),
        _said(theme, onto, "kms:ReEncryptTo", *KINDS, *BY_ID),
        *theme.one((), (_said(theme, "Deny", "kms:ReEncryptTo", *KINDS, *BY_ID),)),
    )
    decrypts = (theme.allow("kms:Decrypt"), _FIRST_IS_CLOSED, *theme.one((), (_ABROAD_IS_DENIED,)))
    return theme.mine(*theme.one(_READS_NOTHING, decrypts))


_PLAIN: tuple[Statement, ...] = ({},)
_READS_NOTHING: tuple[Statement, ...] = ({"Effect": "Allow", "Action": "s3:*", "Resource": "*"},)
_FIRST_IS_CLOSED = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": KEYS[0]}
_ABROAD_IS_DENIED = {"Effect": "Deny", "Action": "kms:ReEncryptTo", "Resource": "*", **ABROAD}


def _regions(theme: Theme) -> Theme:
    """A replica, in whatever Region is not denied."""
    arn = theme.question.estate.keys[0].arn.replace("key/1", "key/mrk-1")
    kind = theme.one("PRIMARY", "PRIMARY", "PRIMARY", "REPLICA")
    _bare(theme, arn=arn, multi_region=True, multi_region_type=kind)
    return theme.mine(
        _said(theme, "Allow", "kms:ReplicateKey", *theme.one(_PLAIN, KINDS)),
        _said(theme, "Allow", "kms:CreateKey", *theme.one(_PLAIN, KINDS)),
    )


def _named_after_regions(theme: Theme) -> Theme:
    """A role that is named after the Region where IAM is asked."""
    _bare(theme)
    role = f"arn:aws:iam::{HOME}:role/"
    names = ("${aws:RequestedRegion}-x", "us-east-1-x", "us-gov-west-1-x", "cn-north-1-x", "*-x")
    return theme.mine(
        theme.allow("iam:CreateRole", resource=role + theme.one(*names)),
        theme.allow("iam:PutRolePolicy", resource=role + theme.one(*names)),
    )


def _numbers(theme: Theme) -> Theme:
    """The key is open to accounts by their numbers."""
    _bare(theme)
    first, *others = theme.question.estate.keys
    number = {
        theme.one("NumericLessThan", "NumericGreaterThan"): {
            theme.one("aws:PrincipalAccount", "kms:CallerAccount"): theme.one("3000", "300000000000", "999999999998")
        }
    }
    condition = {**number, "StringNotEquals": {"aws:PrincipalAccount": HOME}}
    opened = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Condition": condition}
    policy = document([{**one, "Resource": "*"} for one in (DELEGATES, opened)], PolicyKind.KEY, f"{first.arn}#default")
    keys = (replace(first, policies=(policy,)), *others)
    theme.question = replace(theme.question, estate=replace(theme.question.estate, keys=keys))
    return theme


def _keys_by_kind(theme: Theme) -> Theme:
    """The caller may open the keys that are of some kind."""
    kind = theme.one(
        {"multi_region": True, "multi_region_type": "REPLICA", "arn": KEYS[0].replace("key/1", "key/mrk-1")},
        {"origin": "EXTERNAL"},
        {"spec": "RSA_2048"},
        {},
    )
    action = theme.one("kms:PutKeyPolicy", "kms:CreateGrant", "kms:Decrypt")
    _bare(theme, **kind)
    return theme.mine(
        _said(theme, "Allow", action, *KINDS, *BY_ID),
        *theme.one((), (_said(theme, "Deny", action, *KINDS, *BY_ID),)),
    )


PLACED: dict[str, Callable[[Theme], Theme]] = {
    "kinds of keys": _kinds_of_keys,
    "keys by kind": _keys_by_kind,
    "Regions of replicas": _regions,
    "names after Regions": _named_after_regions,
    "accounts as numbers": _numbers,
}


# --- keys that the search has besides ---------------------------------------------------------------------------------

_MATERIALS: tuple[dict[str, Any], ...] = (
    {},
    {"spec": "RSA_2048"},
    {"origin": "EXTERNAL"},
    {"spec": "RSA_2048", "origin": "EXTERNAL"},
)
_KINDS_OF_OWN = (
    *enumerate(_MATERIALS, start=1),
    *enumerate(
        (
            {**facts, "multi_region": True, "multi_region_type": kind}
            for facts in _MATERIALS
            for kind in ("PRIMARY", "REPLICA")
        ),
        start=16,
    ),
)
"""What the caller's own keys are, by the places of their names in `OWN_KEYS`: multi-Region keys have the last 16."""
UNLISTED = ("99999999-12ab-34cd-56ef-1234567890ab", "mrk-99999999999999999999999999999999")


def besides(estate: Estate, tells_apart: bool, *grantees: str) -> list[Key]:
    """The caller's own keys and, where policies tell keys apart, those of each kind; and keys of the first account
    which no inventory lists."""
    place = place_of(estate)
    plain = own_key(*grantees)
    plain = replace(plain, arn=place.moved(plain.arn))
    if not tells_apart:
        return [plain]
    start = plain.arn.removesuffix(OWN_KEYS[0])
    own = [replace(plain, arn=start + OWN_KEYS[number], **facts) for number, facts in _KINDS_OF_OWN]
    return [plain, *own, *(place.moved(_unlisted(name)) for name in UNLISTED)]


def _unlisted(name: str) -> Key:
    arn = f"arn:aws:kms:us-west-2:{HOME}:key/{name}"
    policy = document([{**DELEGATES, "Resource": "*"}], PolicyKind.KEY, f"{arn}#default")
    multi = {"multi_region": True, "multi_region_type": "PRIMARY"} if name.startswith("mrk-") else {}
    return Key(arn, None, (policy,), **{**FACTS, "aliases": (), "tags": (), "grants": (), **multi})


def is_besides(arn: str) -> bool:
    """Whether a key is one that no inventory lists."""
    return arn.endswith(UNLISTED)
