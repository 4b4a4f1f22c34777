"""Which values each attribute of a request can have (C5, F1–F9).

In: the name of an attribute, and the partition, Region and account of the target. Out: an `Attribute` with its domain.
Guarantee: a domain holds at least every value that a real request can carry; its seeds are values that people believe
(F9).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from math import inf
from string import ascii_lowercase

from verifier.model.reference import ValueType, actions, condition_key, key_values
from verifier.problem.classes.attributes import (
    ACCOUNT_DIGITS,
    DIGITS,
    LOWER,
    NAME,
    PLAUSIBLE_ACCOUNTS,
    PLAUSIBLE_SERVICES,
    SERVICE_NAMES,
    TAG,
    UPPER,
    USUAL_SERVICE_NAMES,
    Attribute,
    caller_arns,
    named_principals,
    plausible_principals,
    some,
    words,
)
from verifier.problem.classes.predicates import ANY, COLON, Characters, Tokens, literal_tokens, sequence
from verifier.problem.classes.tables import Line
from verifier.problem.classes.words import Domain

LAST_INSTANT = 253402300799
"""The last second that four digits of a year can name: no request is made later."""


EPOCH_VALUED = frozenset({"aws:epochtime", "kms:validto"})
"""The date keys that are Unix time in a request [KMS Developer Guide, conditions-kms, kms:ValidTo]; the others are ISO
8601 (C3)."""


def is_date(name: str) -> bool:
    """True iff a condition key holds an instant (C5)."""
    known = condition_key(name)
    return known is not None and known.type is ValueType.DATE


def is_written(name: str) -> bool:
    """True iff a condition key is an instant that requests write as an ISO 8601 date (C3)."""
    return is_date(name) and name not in EPOCH_VALUED


LONGEST_NAME = 64
"""Of a user, role or session."""
SAID_OF_SESSIONS = ("aws:sourceidentity", "sts:rolesessionname", "sts:sourceidentity")
_LONGEST_TAG = 256
"""The value of a tag."""


def longest_value(name: str, given: frozenset[str]) -> float:
    """How many characters a value can have; the `given` ones are values all the same. [IAM: reference_iam-quotas, IAM
    and STS character limits]"""
    if name.startswith("aws:principaltag/"):
        return max(_LONGEST_TAG, *map(len, given), 0)
    if name.startswith("aws:requesttag/"):
        return _LONGEST_TAG
    return LONGEST_NAME if name == "session" or name in SAID_OF_SESSIONS else inf


def action_names(known: Sequence[str]) -> Attribute:
    """The permission in lower case (L3): the known ones, and any that the reference data does not know (U4)."""
    letters = Characters(LOWER.listed - {"-"})
    form = Tokens(sequence("kms:", some(letters, 2)))
    return Attribute("action", Domain("action", (form,), tuple(known)), optional=False)


def attribute_of_type(name: str, kind: ValueType, multivalued: bool, partition: str) -> Attribute:
    """An attribute with values of one type, and of no special form (C5)."""
    if kind is ValueType.BOOL:
        return Attribute(name, values=("true", "false"), multivalued=multivalued)
    if kind is ValueType.IP:
        return Attribute(name, address=True, multivalued=multivalued)
    if kind is ValueType.NUMERIC:
        line = _PARAMETERS.get(name, Line(0, (7, 30, 90, 180, 365, 1000, 3600)))
        return Attribute(name, line=line, multivalued=multivalued)
    if kind is ValueType.DATE:
        line = Line(0, (1767225600, 1798761600, 1893456000), LAST_INSTANT)
        return Attribute(name, line=line, multivalued=multivalued)
    if kind is ValueType.ARN:
        return _arn(name, partition, multivalued)
    of_pairs = ("kms:encryptioncontext:", "aws:principaltag/", "aws:resourcetag/", "aws:requesttag/")
    least = 0 if name.startswith(of_pairs) else 1
    characters = TAG if name.startswith("aws:principaltag/") else ANY
    return Attribute(name, words(name, some(characters, least)).domain, multivalued=multivalued)


def of_tags(text: str) -> bool:
    """True iff all characters of a text can be in the key or value of a tag."""
    return all(character in TAG for character in text)


def with_tag_values(attribute: Attribute, values: frozenset[str]) -> Attribute:
    """The attribute, with values that the input gives of tags, though they are none."""
    further = [Tokens(literal_tokens(value)) for value in sorted(values) if not of_tags(value)]
    domain = attribute.domain
    if domain is None or not further:
        return attribute
    return replace(attribute, domain=replace(domain, base=tuple(dict.fromkeys((*domain.base, *further)))))


@lru_cache(4096)
def context_attribute(name: str, partition: str, region: str | None) -> Attribute:
    """The attribute for a condition key (lower case) that nothing else determines."""
    if name.endswith("#service"):
        return _of_service(name, partition)
    make, listed = _MAKERS.get(name), key_values(name, partition) or _LISTED.get(name)
    if make is not None:
        return make(name, partition, region)
    if listed is not None:
        return Attribute(name, values=listed)
    known = condition_key(name.split("#")[0])
    multivalued = known is not None and known.multivalued
    return attribute_of_type(name, known.type if known is not None else ValueType.STRING, multivalued, partition)


def _of_service(name: str, partition: str) -> Attribute:
    """What a service principal's request carries of a key about the caller, by the reading F1-service: a value of the
    key's usual form."""
    if name.startswith("aws:principaltype"):
        return Attribute(name, values=("Account", "AssumedRole", "FederatedUser", "User"))
    if name.startswith("aws:principalarn"):
        plausible = plausible_principals(partition, PLAUSIBLE_ACCOUNTS)
        return Attribute(name, Domain(name, caller_arns(partition), plausible))
    if name.startswith("aws:userid"):
        user, role = sequence("AIDA", some(UPPER)), sequence("AROA", some(UPPER), ":", some(NAME))
        return words(name, user, role, seeds=("AROAEXAMPLEROLEID1234:example",))
    return words(name, ACCOUNT_DIGITS, seeds=PLAUSIBLE_ACCOUNTS)


def _arn(name: str, partition: str, multivalued: bool) -> Attribute:
    start = sequence(f"arn:{partition}:", some(LOWER), ":", some(LOWER, 0), ":", some(DIGITS, 0), ":")
    seeds = [f"arn:{partition}:s3:::example", f"arn:{partition}:lambda:us-east-1:444455556666:function:example"]
    seeds += [f"arn:{partition}:iam::{account}:role/example" for account in PLAUSIBLE_ACCOUNTS]
    form = sequence(start, ((False, Characters(COLON, True)),), some(ANY, 0))
    return replace(words(name, form, seeds=seeds), multivalued=multivalued)


def _vpc_arn(name: str, partition: str, region: str | None) -> Attribute:
    """The VPC of an endpoint, in any Region, first that of the request (F4)."""
    start = f"arn:{partition}:ec2:{region or 'us-east-1'}:"
    seeds = [f"{start}{account}:vpc/vpc-0a1b2c3d4e5f60718" for account in PLAUSIBLE_ACCOUNTS[:2]]
    form = sequence(f"arn:{partition}:ec2:", some(LOWER, 2), ":", ACCOUNT_DIGITS, ":vpc/vpc-", some(LOWER))
    return words(name, form, seeds=seeds)


def _arn_of_form(name: str, partition: str, _: str | None) -> Attribute:
    """The ARN of what a session was delivered to, or signed in with (F3)."""
    service, start, example = _ARN_FORMS[name]
    region = "" if service == "chatbot" else "us-east-1"
    seeds = [f"arn:{partition}:{service}:{region}:{account}:{start}{example}" for account in PLAUSIBLE_ACCOUNTS[:2]]
    form = sequence(f"arn:{partition}:{service}:", some(LOWER, 0), ":", ACCOUNT_DIGITS, f":{start}", some(ANY))
    return words(name, form, seeds=seeds)


def _constraint_source(name: str, partition: str, region: str | None) -> Attribute:
    """The `SourceArn` constraint of a new grant, which names an account, other than `aws:SourceArn` (F6) [API:
    GrantConstraints]."""
    start = f"arn:{partition}:s3:{region or 'us-east-1'}:{PLAUSIBLE_ACCOUNTS[0]}:accesspoint/"
    form = sequence(f"arn:{partition}:", some(LOWER), ":", some(LOWER, 0), ":", ACCOUNT_DIGITS, ":", some(ANY))
    return words(name, form, seeds=(f"{start}example", f"{start}other"))


def _via_service(name: str, _: str, region: str | None) -> Attribute:
    seeds = [f"{service}.{region or 'us-east-1'}.amazonaws.com" for service in PLAUSIBLE_SERVICES]
    return words(name, sequence(some(LOWER), ".", region or some(LOWER), ".amazonaws.com"), seeds=seeds)


def _organization_id(name: str, *_: str | None) -> Attribute:
    return words(name, sequence("o-", some(LOWER, 4)), seeds=("o-exampleorg", "o-otherorg01", "o-anotherorg"))


def _organization_paths(name: str, *_: str | None) -> Attribute:
    ends = ("exampleorg/r-ab12/ou-ab12-11111111/", "exampleorg/r-ab12/", "otherorg01/r-cd34/ou-cd34-22222222/")
    form = sequence("o-", some(LOWER, 4), "/r-", some(Characters(LOWER.listed | {"/"}), 2), "/")
    return replace(words(name, form, seeds=[f"o-{end}" for end in ends]), multivalued=True)


def _services(name: str, *_: str | None) -> Attribute:
    called_via = name.startswith("aws:calledvia")  # whose services the page lists
    forms = USUAL_SERVICE_NAMES if called_via else SERVICE_NAMES
    found = words(name, *forms, seeds=[f"{service}.amazonaws.com" for service in PLAUSIBLE_SERVICES])
    return replace(found, multivalued=name in ("aws:calledvia", "aws:principalservicenameslist"))


def _alias(name: str, *_: str | None) -> Attribute:
    form = sequence("alias/", some(Characters(NAME.listed | {"/", ":"})))
    seeds = ("alias/example", "alias/other", "alias/another")
    return replace(words(name, form, seeds=seeds), multivalued=name == "kms:resourcealiases")


def _grant_operations(name: str, *_: str | None) -> Attribute:
    names = tuple(action.name.removeprefix("kms:") for action in actions() if action.grant_operation)
    return Attribute(name, values=names, multivalued=True)


def _region(name: str, partition: str, _: str | None) -> Attribute:
    """A Region of a partition (R7): its area, a direction and a number."""
    usual = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2")
    start, seeds = _REGIONS.get(partition, ("", usual))
    areas = [literal_tokens(start)] if start else _AREAS
    ends = [sequence(f"{direction}-", some(DIGITS)) for direction in _DIRECTIONS]
    return words(name, *(sequence(area, end) for area in areas for end in ends), seeds=seeds)


_REGIONS = {
    "aws-cn": ("cn-", ("cn-north-1", "cn-northwest-1")),
    "aws-us-gov": ("us-gov-", ("us-gov-west-1", "us-gov-east-1")),
}
"""How the Regions of partitions other than `aws` begin, and some [botocore: partitions]."""
_LETTERS = Characters(frozenset(ascii_lowercase))
_AREAS = [
    sequence(((False, _LETTERS.without(frozenset("c"))), (False, _LETTERS)), "-"),
    sequence("c", ((False, _LETTERS.without(frozenset("n"))),), "-"),
]
"""Two letters, which are not `cn`."""
_DIRECTIONS = ("central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west")
_ARN_FORMS = {
    "aws:chatbotsourcearn": ("chatbot", "chat-configuration/", "slack-channel/example"),
    "aws:signinsessionarn": ("signin", "session/", "example"),
    "codebuild:buildarn": ("codebuild", "build/", "example:0a1b2c3d"),
    "codebuild:projectarn": ("codebuild", "project/", "example"),
    "ec2:sourceinstancearn": ("ec2", "instance/", "i-0a1b2c3d4e5f60718"),
    "lambda:sourcefunctionarn": ("lambda", "function:", "example"),
}
"""The service of an ARN, how its last field begins, and an example of how it ends [IAM:
reference_policies_condition-keys]."""
_PARAMETERS = {
    "kms:schedulekeydeletionpendingwindowindays": Line(7, (7, 30), 30, whole=True),
    "kms:rotationperiodindays": Line(90, (90, 180, 365), 2560, whole=True),
}
"""The periods that a request can name (F6) [API: ScheduleKeyDeletion, EnableKeyRotation]."""
_LISTED = {
    "kms:grantconstrainttype": ("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"),
    "kms:policyname": ("default", "AWS_RAM"),
    "aws:multifactorauthpresent": ("true", "false"),
    "ec2:roledelivery": ("1.0", "2.0"),
    "glue:credentialissuingservice": ("glue.amazonaws.com",),
    "glue:roleassumedby": ("glue.amazonaws.com",),
}
_ORGANIZATIONS = ("principal", "resource", "source", "vpce")
_ACCOUNTS = (
    "aws:sourceaccount",
    "aws:vpceaccount",
    "aws:principalaccount",
    "kms:calleraccount",
    "aws:sourceowner",
    "aws:viacustomerdomain",
)
_CALLED_VIA = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:calledviaawsmcp")
_SERVICES = ("aws:principalservicename", "aws:principalservicenameslist")
_OF_GRANTS = ("kms:granteeserviceprincipal", "kms:retiringserviceprincipal")
_MAKERS: dict[str, Callable[[str, str, str | None], Attribute]] = {
    "aws:sourcevpcarn": _vpc_arn,
    "aws:sourcevpc": lambda name, *_: words(name, sequence("vpc-", some(LOWER)), seeds=["vpc-0a1b2c3d4e5f60718"]),
    "aws:sourcevpce": lambda name, *_: words(name, sequence("vpce-", some(LOWER)), seeds=["vpce-0a1b2c3d4e5f60718"]),
    "kms:viaservice": _via_service,
    "kms:grantconstraintsourcearn": _constraint_source,
    "kms:grantoperations": _grant_operations,
    **{f"aws:{whose}orgid": _organization_id for whose in _ORGANIZATIONS},
    **{f"aws:{whose}orgpaths": _organization_paths for whose in _ORGANIZATIONS},
    **dict.fromkeys(_ARN_FORMS, _arn_of_form),
    # a source identity begins with no `aws:` [API: AssumeRole, RoleSessionName, SourceIdentity]
    **dict.fromkeys(SAID_OF_SESSIONS, lambda name, *_: words(name, some(NAME, 2))),
    **dict.fromkeys(_ACCOUNTS, lambda name, *_: words(name, ACCOUNT_DIGITS, seeds=PLAUSIBLE_ACCOUNTS)),
    **dict.fromkeys((*_CALLED_VIA, *_SERVICES, *_OF_GRANTS), _services),
    **dict.fromkeys(("kms:requestalias", "kms:resourcealiases"), _alias),
    **dict.fromkeys(("region", "kms:primaryregion", "kms:replicaregion"), _region),
    **dict.fromkeys(
        ("kms:granteeprincipal", "kms:retiringprincipal"), lambda name, partition, _: named_principals(name, partition)
    ),
}
"""What makes attributes whose values have a form that facts state, by the partition and Region of the target."""
