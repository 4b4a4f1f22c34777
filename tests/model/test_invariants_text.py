"""Files of invariants: what each form is lowered to, and what is wrong with the others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import (
    ALWAYS,
    AnyCaller,
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    ConditionAnd,
    ConditionExpression,
    ConditionNot,
    ConditionOr,
    Expectation,
    Holds,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
    KeyAlias,
    KeyArn,
    KeyTag,
    OfKind,
    PrincipalLike,
    ServiceLike,
    SessionLike,
    Tagged,
)
from verifier.model.invariant_file import InvariantFile
from verifier.model.operators import OPERATORS
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source, Span

ISSUE = """\
account prod = 111122223333
key payments = arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab

invariant "no external account can decrypt":
  no caller outside prod can kms:Decrypt, kms:ReEncryptFrom on payments
invariant "only key administrators change the policy":
  only role/KeyAdmin in prod, root of prod can kms:PutKeyPolicy, kms:ScheduleKeyDeletion on payments
invariant "decrypting takes the tenant's own context":
  callers in prod can kms:Decrypt on payments only when kms:EncryptionContext:tenant = ${aws:PrincipalTag/tenant}
invariant "administrators are never locked out":
  role/KeyAdmin in prod can always kms:PutKeyPolicy on payments
"""
PRELUDE = """\
account prod = 111122223333
account partner = 444455556666
organization acme = o-abc
key payments = arn:aws:kms:us-west-2:111122223333:key/1234
key logs = alias/logs
actions change = kms:PutKeyPolicy, kms:Tag*
callers admins = role/KeyAdmin in prod
"""
PROD, PARTNER = InAccount("111122223333"), InAccount("444455556666")


def read_file(text: str) -> InvariantFile:
    return read_invariants(Source("file", text))


def read(sentence: str) -> Invariant:
    return read_file(f'{PRELUDE}invariant "x": {sentence}').about_requests[0]


def show(callers: CallerSet) -> str:
    """A caller set in one line."""
    match callers:
        case AnyCaller():
            return "any"
        case InAccount():
            return callers.account[:4]
        case InOrganization():
            return callers.organization
        case KeyAccount():
            return "key's"
        case OfKind():
            return ("linked " if callers.service_linked else "") + callers.kind.name
        case PrincipalLike() | ServiceLike():
            return callers.pattern.value
        case SessionLike():
            return f"session {callers.pattern.value}"
        case Tagged():
            return show_condition(Holds(callers.condition))
        case CallersNot():
            return f"not({show(callers.operand)})"
        case CallersOr():
            return "(" + " or ".join(map(show, callers.operands)) + ")"
        case CallersAnd():
            return "(" + " and ".join(map(show, callers.operands)) + ")"
        case _:
            return type(callers).__name__


def show_condition(condition: ConditionExpression) -> str:
    """A condition in one line."""
    match condition:
        case Holds():
            inner = condition.condition
            return f"{inner.operator} {inner.key.value} {[value.value for value in inner.values]}"
        case ConditionNot():
            return f"not({show_condition(condition.operand)})"
        case ConditionOr():
            return "(" + " or ".join(map(show_condition, condition.operands)) + ")"
        case ConditionAnd():
            return "(" + " and ".join(map(show_condition, condition.operands)) + ")"


def errors(text: str) -> list[str]:
    """`LINE:COLUMN message [hint]` of every error."""
    with pytest.raises(InputError) as caught:
        read_file(text)
    return [
        f"{d.span.line}:{d.span.column} {d.message}" + (f" [{d.hint}]" if d.hint else "")
        for d in caught.value.diagnostics
        if d.span
    ]


# --- the four texts of the issue ---


def test_the_four_invariants_of_the_issue() -> None:
    file = read_file(ISSUE)
    assert file.key_arns == (
        ("payments", "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    )
    told = [
        (
            i.expectation.value,
            show(i.callers),
            [a.value for a in i.actions],
            show_condition(i.when),
            i.keys == (KeyArn(file.key_arns[0][1]),),
        )
        for i in file.about_requests
    ]
    admin = "arn:*:iam::111122223333:role/KeyAdmin"
    context = "not(StringEquals kms:EncryptionContext:tenant ['${aws:PrincipalTag/tenant}'])"
    assert told == [
        ("refused", "not(1111)", ["kms:Decrypt", "kms:ReEncryptFrom"], "()", True),
        (
            "refused",
            f"not((({admin} or (ROOT and 1111)) or IssuedBy))",
            ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"],
            "()",
            True,
        ),
        ("refused", "1111", ["kms:Decrypt"], context, True),
        ("allowed", admin, ["kms:PutKeyPolicy"], "()", True),
    ]


def test_an_invariant_keeps_its_sentence_and_its_place() -> None:
    invariant = read_file('invariant "x":\n  nobody  can # all\n  kms:Decrypt').about_requests[0]
    assert (invariant.name, invariant.text) == ("x", "nobody can kms:Decrypt")
    assert invariant.span == Span("file", 1, 1, 3, 14)
    assert invariant.actions[0].span == Span("file", 3, 3, 3, 14)


# --- sentences ---


@pytest.mark.parametrize(
    ("sentence", "expectation", "callers", "when"),
    [
        ("no users can kms:Decrypt", Expectation.REFUSED, "USER", "()"),
        ("nobody can kms:Decrypt", Expectation.REFUSED, "any", "()"),
        ("nobody in prod except admins can kms:Decrypt", Expectation.REFUSED, "(1111 and not(ADMIN))", "()"),
        ("only users can kms:Decrypt", Expectation.REFUSED, "not((USER or IssuedBy))", "()"),
        ("users can always kms:Decrypt", Expectation.ALLOWED, "USER", "()"),
        ("users can always kms:Decrypt when a:b = c", Expectation.ALLOWED, "USER", "EQ"),
        ("users can always kms:Decrypt unless a:b = c", Expectation.ALLOWED, "USER", "not(EQ)"),
        ("no users can kms:Decrypt when a:b = c", Expectation.REFUSED, "USER", "EQ"),
        ("no users can kms:Decrypt unless a:b = c", Expectation.REFUSED, "USER", "not(EQ)"),
        ("only users can kms:Decrypt when a:b = c", Expectation.REFUSED, "not((USER or IssuedBy))", "EQ"),
        ("users can kms:Decrypt only when a:b = c", Expectation.REFUSED, "USER", "not(EQ)"),
    ],
)
def test_a_sentence_is_a_scope_with_an_expectation(
    sentence: str, expectation: Expectation, callers: str, when: str
) -> None:
    invariant = read(sentence)
    assert invariant.expectation is expectation
    assert show(invariant.callers) == callers.replace("ADMIN", "arn:*:iam::111122223333:role/KeyAdmin")
    assert show_condition(invariant.when) == when.replace("EQ", "StringEquals a:b ['c']")


# --- callers ---

ADMIN = "arn:*:iam::111122223333:role/KeyAdmin"


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ("caller", "any"),
        ("every user", "USER"),
        ("roles", "ROLE"),
        ("root users", "ROOT"),
        ("federated users", "FEDERATED"),
        ("services", "SERVICE"),
        ("service-linked roles", "linked ROLE"),
        ("service s3.amazonaws.com", "s3.amazonaws.com"),
        ("callers in 111122223333", "1111"),
        ("callers in account 111122223333", "1111"),
        ("callers in organization acme", "o-abc"),
        ("callers in o-xyz", "o-xyz"),
        ("callers in the key's account", "key's"),
        ("callers outside {prod, acme}", "not((1111 or o-abc))"),
        ("callers not in {prod, {partner}}", "not((1111 or 4444))"),
        ("users in admins", f"(USER and {ADMIN})"),
        ("root of {prod, partner}", "(ROOT and (1111 or 4444))"),
        ("role/KeyAdmin in prod", ADMIN),
        ("role/a in {prod, acme}", "(arn:*:iam::111122223333:role/a or (arn:*:iam::*:role/a and o-abc))"),
        ("role/a outside prod", "(arn:*:iam::*:role/a and not(1111))"),
        ("role/a in the key's account", "(arn:*:iam::*:role/a and key's)"),
        ("role/a in prod and in acme", "(arn:*:iam::111122223333:role/a and o-abc)"),
        ("user/a/b in prod", "arn:*:iam::111122223333:user/a/b"),
        ("federated-user/a in prod", "arn:*:sts::111122223333:federated-user/a"),
        ("assumed-role/a/b in prod", "session arn:*:sts::111122223333:assumed-role/a/b"),
        ("arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:role/*"),
        ('"arn:aws:iam::*:role/*" in acme', "(arn:aws:iam::*:role/* and o-abc)"),
        ("arn:aws:sts::111122223333:assumed-role/a/*", "session arn:aws:sts::111122223333:assumed-role/a/*"),
        ("users, roles or services", "(USER or ROLE or SERVICE)"),
        ("users, roles in prod", "(USER or (ROLE and 1111))"),
        ("(users, roles) in prod", "((USER or ROLE) and 1111)"),
        ("users, roles except users in prod, admins", f"((USER or ROLE) and not(((USER and 1111) or {ADMIN})))"),
        ("roles in prod and with tag team = red", "(ROLE and 1111 and StringEquals aws:PrincipalTag/team ['red'])"),
        ("callers with tag team", "Null aws:PrincipalTag/team ['false']"),
        ("callers without tag team", "Null aws:PrincipalTag/team ['true']"),
        ('callers with tag "cost centre" not like "a*"', "StringNotLike aws:PrincipalTag/cost centre ['a*']"),
        ("callers with tag level >= 3", "NumericGreaterThanEquals aws:PrincipalTag/level ['3']"),
    ],
)
def test_callers(callers: str, expected: str) -> None:
    assert show(read(f"no {callers} can kms:Decrypt").callers) == expected


# --- actions and keys ---


def test_declared_actions_stand_for_their_list() -> None:
    invariant = read("nobody can kms:*, change except kms:Decrypt, change")
    assert [action.value for action in invariant.actions] == ["kms:*", "kms:PutKeyPolicy", "kms:Tag*"]
    assert [action.value for action in invariant.not_actions] == ["kms:Decrypt", "kms:PutKeyPolicy", "kms:Tag*"]


def test_action_patterns_match_without_regard_to_case_L3() -> None:
    assert read("nobody can KMS:decrypt, kms:re?ncrypt*").actions[0].value == "KMS:decrypt"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("payments, logs", (KeyArn("arn:aws:kms:us-west-2:111122223333:key/1234"), KeyAlias("alias/logs"))),
        (
            "arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1",
            (KeyArn("arn:aws-cn:kms:cn-north-1:111122223333:key/mrk-1"),),
        ),
        ("arn:aws:kms:us-west-2:111122223333:alias/a/b", (KeyAlias("arn:aws:kms:us-west-2:111122223333:alias/a/b"),)),
        ('keys with tag "a b"', (KeyTag("a b", None),)),
        ("keys with tag env = prod", (KeyTag("env", "prod"),)),
        ("keys with tag env like prod*", (KeyTag("env", "prod*"),)),
        ("every key", None),
        ("payments, every key", None),
    ],
)
def test_keys(keys: str, expected: object) -> None:
    assert read(f"nobody can kms:Decrypt on {keys}").keys == expected


def test_without_keys_every_key_is_meant() -> None:
    assert read("nobody can kms:Decrypt").keys is None


# --- conditions ---


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("prefix", ["", "ForAllValues:", "ForAnyValue:"])
@pytest.mark.parametrize("suffix", ["", "IfExists"])
def test_every_iam_operator_can_be_written_out_in_both_ways(name: str, prefix: str, suffix: str) -> None:
    values = {
        "Numeric": "1",
        "Date": "2026-01-31",
        "Bool": "true",
        "Binary": "QUJD",
        "NotIp": "10.0.0.0/8",
        "Ip": "10.0.0.0/8",
        "Null": "true",
    }
    value = next((text for start, text in values.items() if name.startswith(start)), "arn:aws:iam::111122223333:role/a")
    operator = prefix + name + suffix
    if name == "Null" and operator != "Null":
        assert errors(f'invariant "x": nobody can kms:Decrypt when a:b {operator} "{value}"')
        return
    for text in (f'a:b {operator} "{value}"', f'{operator}(a:b, "{value}")'):
        assert show_condition(read(f"nobody can kms:Decrypt when {text}").when) == f"{operator} a:b {[value]}"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a:b = c", "StringEquals a:b ['c']"),
        ("a:b != c", "StringNotEquals a:b ['c']"),
        ('a:b in ("c", "d")', "StringEquals a:b ['c', 'd']"),
        ('a:b not in ("c", "d")', "StringNotEquals a:b ['c', 'd']"),
        ('a:b like "c*"', "StringLike a:b ['c*']"),
        ('a:b not like "c*"', "StringNotLike a:b ['c*']"),
        ("any of aws:TagKeys = c", "ForAnyValue:StringEquals aws:TagKeys ['c']"),
        ('all of aws:TagKeys not in ("c", "d")', "ForAllValues:StringNotEquals aws:TagKeys ['c', 'd']"),
        ("a:b is present", "Null a:b ['false']"),
        ("a:b is absent", "Null a:b ['true']"),
    ],
)
def test_a_readable_comparison_is_one_of_iam(condition: str, expected: str) -> None:
    assert show_condition(read(f"nobody can kms:Decrypt when {condition}").when) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a:b = c and not a:d = e or a:f = g", "((A:b and not(A:d)) or A:f)"),
        ("a:b = c and (a:d = e or a:f = g)", "(A:b and (A:d or A:f))"),
        ("not not a:b = c", "A:b"),
        ("not not not a:b = c", "not(A:b)"),
        ("((a:b = c))", "A:b"),
    ],
)
def test_precedence(condition: str, expected: str) -> None:
    told = show_condition(read(f"nobody can kms:Decrypt when {condition}").when)
    for key, value in ("bc", "de", "fg"):
        told = told.replace(f"StringEquals a:{key} ['{value}']", f"A:{key}")
    assert told == expected


def test_text_in_a_condition_is_decoded_and_keys_may_be_quoted() -> None:
    when = read(r'nobody can kms:Decrypt when kms:EncryptionContext:"my \"key\"" = "a\\b \"c\""').when
    assert isinstance(when, Holds)
    assert when.condition.key.value == 'kms:EncryptionContext:my "key"'
    assert when.condition.values[0].value == 'a\\b "c"'


def test_a_condition_key_that_the_data_does_not_know_is_allowed_U4() -> None:
    assert read("nobody can kms:Decrypt when kms:BrandNew = x").when != ALWAYS


# --- errors ---

INVARIANT = 'invariant "x": '


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account a = 12", "1:13 `12` is not an account; expected twelve digits"),
        ("organization a = x", "1:18 `x` is not an organization; expected `o-…`, such as `o-a1b2c3d4e5`"),
        ("key a = x", "1:9 `x` is not the ARN of a KMS key or alias, nor the name of an alias"),
        ("account in = 111122223333", "1:9 `in` cannot be a name"),
        ("account a = 111122223333\nkey a = alias/a", "2:5 `a` is declared already, on line 1"),
        (
            INVARIANT + "no caller in pord can kms:Decrypt",
            "`pord` is not declared; expected an account (twelve digits), an organization",
        ),
        (INVARIANT + "no caler can kms:Decrypt", "[did you mean `caller`?]"),
        (INVARIANT + "nobdy can kms:Decrypt", "[did you mean `nobody`?]"),
        ("account prod = 111122223333\n" + INVARIANT + "no caller in pord can kms:Decrypt", "[did you mean `prod`?]"),
        (
            INVARIANT + "no caller in b can kms:Decrypt\naccount b = 111122223333",
            "1:29 `b` is used before its declaration on line 2",
        ),
        (
            "key k = alias/k\n" + INVARIANT + "no caller in k can kms:Decrypt",
            "`k` was declared with `key`; expected an account",
        ),
        (
            "account a = 111122223333\n" + INVARIANT + "no a can kms:Decrypt",
            "2:19 `a` is an account, not a caller [write `callers in a`",
        ),
        (
            INVARIANT + "no caller outside 111122223333, 444455556666 can kms:X",
            "`444455556666` is an account, not a caller",
        ),
        (
            INVARIANT + "no role/a can kms:Decrypt",
            "1:19 `role/a` of which account? [write `role/a in ACCOUNT`, or `arn:*:iam::*:role/a`",
        ),
        (INVARIANT + "no rol/a in 111122223333 can kms:Decrypt", "[did you mean `role`?]"),
        (INVARIANT + "no role/ in 111122223333 can kms:Decrypt", "`role/` is not complete"),
        (INVARIANT + "no assumed-role/a in 111122223333 can kms:Decrypt", "`assumed-role/a` is not complete"),
        (
            INVARIANT + "no arn:aws:iam::111122223333:root can kms:Decrypt",
            "can be read in two ways [write `root of 111122223333`",
        ),
        (INVARIANT + "no arn:aws:s3:::bucket can kms:Decrypt", "no caller has the ARN"),
        (INVARIANT + "no arn:aws:iam::111122223333:group/a can kms:Decrypt", "no caller has the ARN"),
        (INVARIANT + "no arn:aws:iam::1111:role/a can kms:Decrypt", "`1111` is not an account"),
        (INVARIANT + "no arn:aws:iam can kms:Decrypt", "has 3 fields of an ARN's six"),
        (INVARIANT + 'no "*" can kms:Decrypt', "every caller is `anyone`"),
        (
            INVARIANT + "no role/${aws:username} in 111122223333 can kms:Decrypt",
            "policy variables do not work in the ARN of a caller",
        ),
        (
            INVARIANT + "no service s3 can kms:Decrypt",
            "`s3` is not the name of a service [for example `s3.amazonaws.com`]",
        ),
        (
            INVARIANT + "nobody can kms:Decrpt",
            "KMS has no action that `kms:Decrpt` matches [did you mean `kms:Decrypt`?]",
        ),
        (INVARIANT + "nobody can Decrypt", "`Decrypt` is not declared; expected an action"),
        (INVARIANT + "nobody can Decrypt", "[did you mean `kms:Decrypt`?]"),
        (INVARIANT + "nobody can s3:GetObject", "`s3:GetObject` is not an action of KMS"),
        (INVARIANT + "nobody can *", "`*` is not an action; expected an action such as `kms:Decrypt`"),
        (INVARIANT + "no caller can always kms:Decrypt", "`no … can`, `only … can` and `allow` take no `always`"),
        (INVARIANT + "nobody can kms:Decrypt except kms:D*", "1:27 no action is left after `except`"),
        (INVARIANT + "nobody can kms:Decrypt on k", "`k` is not declared; expected a key"),
        (
            INVARIANT + "nobody can kms:Decrypt on arn:aws:s3:::b",
            "`arn:aws:s3:::b` is not the ARN of a KMS key or alias",
        ),
        (INVARIANT + 'nobody can kms:Decrypt on keys with tag a = "b*"', "write `like` for a pattern"),
        (INVARIANT + "users can kms:Decrypt", "1:16 the sentence does not say what must hold"),
        (INVARIANT + "users can kms:Decrypt when a:b = c", "1:16 the sentence does not say what must hold"),
        (INVARIANT + "nobody can kms:Decrypt when b = c", "`b` is not a condition key"),
        (INVARIANT + "nobody can kms:Decrypt when aws:PrincipalTag/ = c", "`aws:PrincipalTag/` is not a condition key"),
        (
            INVARIANT + "nobody can kms:Decrypt when a:b StringEqual c",
            "unknown condition operator `StringEqual` [did you mean `StringEquals`?]",
        ),
        (
            INVARIANT + 'nobody can kms:Decrypt when a:b = "c*"',
            "`=` takes `*` and `?` literally [write `like` for a pattern",
        ),
        (INVARIANT + 'nobody can kms:Decrypt when a:b not in ("c*")', "[write `not like` for a pattern"),
        (
            INVARIANT + "nobody can kms:Decrypt when a:b = or",
            'expected a value, found the word `or` [write "or" if that is the value]',
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when kms:GrantOperations = Decrypt",
            "holds several values; say which must compare",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when any of kms:ViaService = x",
            "holds one value; `any of` is for keys that hold several",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when any of kms:GrantOperations is present",
            "`is present` takes no `any of`",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when any of kms:GrantOperations ForAnyValue:StringEquals x",
            "`any of` and `ForAnyValue` say it twice",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when kms:ViaService < 3",
            "compares numbers and dates; `kms:ViaService` is of type String",
        ),
        (INVARIANT + "nobody can kms:Decrypt when a:b < x", '"x" is neither a number nor a date'),
        (INVARIANT + "nobody can kms:Decrypt when a:b < (1, 2)", "`<` compares with one value"),
        (
            INVARIANT + "nobody can kms:Decrypt when aws:SourceIp in cidr 10.0.0.0/33",
            "matches nothing; expected an IPv4 or IPv6 address",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when aws:MultiFactorAuthAge = x",
            "matches nothing; expected a decimal number",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when a:b ArnLike role/x",
            "matches nothing; expected the six fields of an ARN",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt when a:b = ${aws:TagKeys}",
            "`aws:TagKeys` holds several values and cannot be a policy variable",
        ),
        (INVARIANT + 'nobody can kms:Decrypt when a:b = "${aws:"', "malformed policy variable"),
        (
            INVARIANT + "nobody can kms:Decrypt when a:b NumericEquals ${aws:username}",
            "policy variable under `NumericEquals` is literal text",
        ),
        (
            INVARIANT + "nobody can kms:Decrypt\n" + INVARIANT + "nobody can kms:Encrypt",
            "2:11 there is an invariant of the name 'x' already, on line 1",
        ),
        ('invariant "": nobody can kms:Decrypt', "1:11 the name of the invariant is empty"),
        (
            INVARIANT + "builtin no-external-acess",
            "1:24 there is no built-in `no-external-acess` [did you mean `no-external-access`?]",
        ),
        (INVARIANT + 'builtin no-external-access("o-abc", x)', "1:52 `x` is neither an account nor an organization"),
        (INVARIANT + "builtin only-via-service", "`only-via-service` needs an argument"),
    ],
)
def test_an_error_names_its_place_and_a_remedy(text: str, expected: str) -> None:
    assert expected in "\n".join(errors(text))


@pytest.mark.parametrize(
    "callers",
    [
        "only anyone",
        "only callers, users",
        "no services in 111122223333",
        "no users except users",
        "no (users except callers)",
    ],
)
def test_callers_that_nobody_is_are_an_error_S3(callers: str) -> None:
    (error,) = errors(f"{INVARIANT}{callers} can kms:Decrypt")
    assert "nothing would be checked" in error or "there is no such caller" in error


def test_callers_that_may_exist_are_no_error_S3() -> None:
    for callers in (
        "no roles except service-linked roles",
        "only callers in 111122223333",
        "no services without tag a",
        "no service * in o-a, users",
    ):
        assert read_file(f"{INVARIANT}{callers} can kms:Decrypt")


@pytest.mark.parametrize("text", ["", "# nothing\n", "account prod = 111122223333"])
def test_a_file_without_invariants_is_an_error_S3(text: str) -> None:
    assert "the file has no invariant, so nothing would be checked" in "\n".join(errors(text))


def test_all_errors_of_a_file_are_told_together_and_none_twice() -> None:
    text = (
        f'account a = 1\nkey k = 2\n{INVARIANT}no caller in a can kms:Decrypt on k\ninvariant "y": no caller in b '
        "can kms:X when c = d"
    )
    assert [error.split(" ")[0] for error in errors(text)] == ["1:13", "2:9", "4:29", "4:35", "4:46"]


def test_what_is_printed_of_a_text_moves_no_cursor() -> None:
    found = errors("account \u202ex = 1\n" + INVARIANT + "no \u200bx can kms:\u202e")
    assert found and all(error.isprintable() for error in found)


# --- hostile texts ---

SIGNS = '( ) { } = != < <= > >= , : # " \\ ${ }'
PHRASES = """allow except in outside with without tag any all of is present absent like not cidr true when unless and or nobody users
service root federated arn:aws:iam:: builtin no-external-access no-public-access only-via-service"""  # noqa: E501
WORDS = [*(PRELUDE + ISSUE).split(), *f"{SIGNS} {PHRASES}".split(), "\n"]


def assert_only_input_errors(text: str) -> None:
    try:
        read_file(text)
    except InputError as error:
        assert error.diagnostics
        assert all(d.span and d.message.isprintable() for d in error.diagnostics)


@given(st.text())
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    assert_only_input_errors(text)


@given(st.lists(st.sampled_from(WORDS), max_size=30))
@settings(max_examples=many(300))
def test_no_text_of_the_words_of_the_language_makes_it_fail_otherwise(words: list[str]) -> None:
    assert_only_input_errors(PRELUDE + 'invariant "f": ' + " ".join(words))


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_quoted_text_makes_it_fail_otherwise(key: str, value: str, name: str) -> None:
    quoted = ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in (key, value, name)]
    assert_only_input_errors(
        f"{PRELUDE}invariant {quoted[2]}: no {quoted[0]} in prod can kms:Decrypt when {quoted[0]} = {quoted[1]}"
    )


@given(st.data())
@settings(max_examples=many(200))
def test_no_damaged_file_makes_it_fail_otherwise(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ISSUE)))
    end = data.draw(st.integers(start, min(len(ISSUE), start + 30)))
    assert_only_input_errors(ISSUE[:start] + data.draw(st.text(max_size=3)) + ISSUE[end:])
