"""The language of invariants: text → tree, and what is said of texts that are not in it."""

from __future__ import annotations

import pytest

from verifier.syntax.diagnostic import InputError
from verifier.syntax.invariants import DEEPEST_BRACKETS, MAXIMUM_SIZE, keywords, normalized, parse_invariants
from verifier.syntax.invariants_tree import Declaration, InvariantNode, Negated, Sentence
from verifier.syntax.source import Source


def complaint(text: str) -> str:
    """`LINE:COLUMN-COLUMN message [hint]` of the one syntax error."""
    with pytest.raises(InputError) as caught:
        parse_invariants(Source("file", text))
    (diagnostic,) = caught.value.diagnostics
    span = diagnostic.span
    assert span is not None and span.file == "file"
    hint = f" [{diagnostic.hint}]" if diagnostic.hint else ""
    return f"{span.line}:{span.column}-{span.end_column} {diagnostic.message}{hint}"


NEXT = "the end of the file or the next declaration or invariant"
QUALIFIER = "`in …`, `outside …` or `with tag …`"
HEAD = 'invariant "x":\n  '
EITHER = "[write `,` or `or` for either of them; for callers that are both, declare one of them and write `… in NAME`]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("account prod", "1:13-13 expected `=`, found the end of the file"),
        ("account = 111122223333", "1:9-10 expected a name, found `=`"),
        ('invriant "x": nobody', f"1:1-9 expected {NEXT}, found `invriant` [did you mean `invariant`?]"),
        ("\x1b[31m", f"1:1-2 expected {NEXT}, found U+001B"),
        ("// comment", f"1:1-3 expected {NEXT}, found `//` [a comment begins with `#`]"),
        ('invariant "x"', "1:14-14 expected `:`, found the end of the file"),
        (
            "invariant leak: nobody can kms:Decrypt",
            "1:11-16 expected text in double quotes, found `leak:` [put the name of the invariant in quotes: "
            'invariant "…": …]',
        ),
        (HEAD, "2:3-3 expected a sentence such as `no caller outside prod can kms:Decrypt`, found the end of the file"),
        (
            HEAD + "users and roles can kms:Decrypt",
            f"2:9-12 expected `can`, `except`, `or`, `,` or {QUALIFIER}, found `and` {EITHER}",
        ),
        (
            HEAD + "no users in prod and roles can kms:Decrypt",
            f"2:24-29 expected {QUALIFIER}, found `roles` [between callers write `,` or `or` for either of them; "
            "`and` joins `in …`, `outside …` and `with tag …`]",
        ),
        (
            HEAD + "no caller in prod may kms:Decrypt",
            f"2:21-24 expected `can`, `except`, `or`, `,` or {QUALIFIER}, found `may` "
            "[write `no … can`, `only … can`, `… can always` or `… can … only when`]",
        ),
        (
            HEAD + "role/a in prod cannot kms:Decrypt",
            f"2:25-36 expected `except`, `on`, `only`, `unless`, `when`, `,`, {NEXT}, found `kms:Decrypt` "
            "[write `no … can`, `only … can`, `… can always` or `… can … only when`]",
        ),
        (
            HEAD + "nobody cann kms:Decrypt",
            f"2:15-26 expected `except`, `on`, `unless`, `when`, `,`, {NEXT}, found `kms:Decrypt` "
            "[did you mean `can`?]",
        ),
        (
            HEAD + "no caller in",
            "2:15-15 expected an account or organization: a declared name, twelve digits, `o-…` or `the key's "
            "account`, found the end of the file",
        ),
        (
            HEAD + "nobody can",
            "2:13-13 expected an action, such as `kms:Decrypt`, text in double quotes, `create` or `eventually`, "
            "found the end of the file",
        ),
        (
            HEAD + "nobody can kms:Decrypt if",
            f"2:26-28 expected `except`, `on`, `unless`, `when`, `,`, {NEXT}, found `if`",
        ),
        (
            HEAD + "nobody can kms:Decrypt when aws:SourceIp",
            '2:43-43 expected `(` or a comparison, such as `= "…"`, `like "…*"`, `in (…)` or `is present`, found the '
            "end of the file",
        ),
        (
            HEAD + 'nobody can kms:Decrypt when aws:SourceIp == "10.0.0.1"',
            "2:45-46 expected a value, text in double quotes, `(` or `{`, found `=` [equality is `=`, inequality `!=`]",
        ),
        (
            HEAD + 'nobody can kms:X when a:b = "c',
            "2:31-33 this text has no closing quote [text in quotes stays on one line]",
        ),
        (
            HEAD + 'nobody can kms:X when a:b = "c\nd"',
            "2:31-33 this text has no closing quote [text in quotes stays on one line]",
        ),
        (
            HEAD + r'nobody can kms:X when a:b = "c\d"',
            r"2:33-35 `\d` is not an escape [write `\\` for a backslash, `\"` for a quote]",
        ),
        (HEAD + 'nobody can kms:X when a:b = "\x1b"', "2:32-33 U+001B cannot stand in text, for it does not print"),
        (
            HEAD + "nobody can kms:X when a:b = 'c d'",
            f"2:34-36 expected `and`, `or`, {NEXT}, found `d'`",
        ),
    ],
)
def test_a_syntax_error_says_where_and_what_was_expected(text: str, expected: str) -> None:
    assert complaint(text) == expected


def test_no_name_of_a_terminal_is_ever_shown() -> None:
    words = [
        "account",
        "x",
        "=",
        "1",
        "invariant",
        '"x"',
        ":",
        "no",
        "callers",
        "in",
        "prod",
        "can",
        "kms:X",
        "on",
        "k",
        "when",
        "a:b",
        "like",
        "v",
    ]
    for length in range(1, len(words)):
        text = " ".join(words[:length]) + " )"
        message = complaint(text)
        assert not any(
            word.isupper() and len(word) > 1 for word in message.replace("`", " ").replace("ARN", "").split()
        ), message


def test_brackets_are_nested_up_to_the_limit_and_no_deeper() -> None:
    def nested(depth: int) -> str:
        return HEAD + "nobody can kms:Decrypt when " + "(" * depth + "a:b = c" + ")" * depth

    parse_invariants(Source("file", nested(DEEPEST_BRACKETS)))
    assert f"brackets are nested deeper than {DEEPEST_BRACKETS}" in complaint(nested(DEEPEST_BRACKETS + 1))
    assert "nested deeper" in complaint(nested(1000))
    assert "nested deeper" in complaint(HEAD + "no callers in " + "{" * 1000)


def test_brackets_in_text_and_comments_are_not_counted() -> None:
    assert parse_invariants(
        Source("file", HEAD + 'nobody can kms:Decrypt when a:b = "' + "(" * 1000 + '" # ' + "{" * 1000)
    ).items


def test_ten_thousand_negations_make_no_deep_tree() -> None:
    (invariant,) = parse_invariants(
        Source("file", HEAD + "nobody can kms:Decrypt when " + "not " * 10_001 + "a:b = c")
    ).items
    assert isinstance(invariant, InvariantNode) and isinstance(invariant.body, Sentence) and invariant.body.circumstance
    assert isinstance(invariant.body.circumstance.condition, Negated)
    assert not isinstance(invariant.body.circumstance.condition.operand, Negated)


def test_a_file_that_is_too_large_is_refused_unparsed() -> None:
    assert "expected at most" in complaint("#" * (MAXIMUM_SIZE + 1))


def test_every_node_knows_its_place() -> None:
    text = (
        'account prod = 111122223333 # us\n\ninvariant "x":\n\n  no caller\n  outside prod can\tkms:Decrypt # '
        "all\n  on alias/a"
    )
    declaration, invariant = parse_invariants(Source("file", text)).items
    assert isinstance(declaration, Declaration) and isinstance(invariant, InvariantNode)
    assert text[declaration.start : declaration.end] == "account prod = 111122223333"
    assert text[invariant.start :] == text[text.index("invariant") :]
    sentence = invariant.body
    assert isinstance(sentence, Sentence)
    assert text[sentence.callers.start : sentence.callers.end] == "caller\n  outside prod"
    assert normalized(text[sentence.start : sentence.end]) == "no caller outside prod can kms:Decrypt on alias/a"


def test_normalizing_leaves_text_and_variables_alone() -> None:
    assert normalized("a  \"b  #c\"\n# d\n ${e, ' # '}") == "a \"b  #c\" ${e, ' # '}"


def test_the_words_of_the_language_come_from_its_grammar() -> None:
    assert {"nobody", "service-linked", "cidr", "only"} <= keywords()
    assert "=" not in keywords()
