"""What to say of a text that is not a file of invariants.

In: the text and the parser's complaint. Out: one `SyntaxFault` in the words of the language.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from lark import UnexpectedCharacters, UnexpectedInput

from verifier.syntax.diagnostic import SyntaxFault
from verifier.syntax.parsers import position_of

_SHOWN = 40
_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"')
_VARIABLE = r'\$\{[^}"\x00-\x1f]*\}'
_PLAIN = r'\s\x00-\x1f\x7f,(){}"=<>!#'
_WORD = re.compile(rf"(?:{_VARIABLE}|[^{_PLAIN}:])(?:{_VARIABLE}|[^{_PLAIN}])*|[<>!]=")

_PHRASES: tuple[tuple[str, frozenset[str], str], ...] = (
    ("KEY_SHARED", frozenset({"CALLER_NAME"}), "callers, such as `users in prod`, or `key is shared through RAM`"),
    ("NOBODY", frozenset({"BUILTIN", "NO", "ONLY"}), "a sentence such as `no caller outside prod can kms:Decrypt`"),
    ("GRANTEE", frozenset({"CALLER_NAME"}), "grantees, such as `a grantee outside prod` or `role/NAME in prod`"),
    ("ANYONE", frozenset({"CALLER_NAME"}), "callers, such as `callers in prod` or `role/NAME in prod`"),
    ("CONDITION_KEY", frozenset({"NOT"}), "a condition, such as `kms:ViaService is present`"),
    ("LIKE", frozenset({"IS", "OPERATOR"}), 'a comparison, such as `= "…"`, `like "…*"`, `in (…)` or `is present`'),
    (
        "KEY_NAME",
        frozenset({"KEYS", "EVERY"}),
        "a key: a declared name, an ARN, an alias, `every key` or `keys with tag …`",
    ),
    (
        "SCOPE_NAME",
        frozenset({"THE"}),
        "an account or organization: a declared name, twelve digits, `o-…` or `the key's account`",
    ),
    ("INVARIANT", frozenset({"ACCOUNT"}), "the next declaration or invariant"),
    ("IN", frozenset({"OUTSIDE", "WITH"}), "`in …`, `outside …` or `with tag …`"),
)
"""(terminal, with these, said as): a state in which the terminals may come is described by the phrase. Earlier rows
take precedence."""

_CALLER_WORDS = (
    "ANY ANYONE ALL CALLER CALLERS CALLER_NAME EVERY FEDERATED LPAR ROLE ROLES ROOT SERVICE SERVICES SERVICE_LINKED "
    "STRING USER USERS"
)
_COVERED = {
    "NOBODY": f"{_CALLER_WORDS} NO ONLY BUILTIN NOBODY GRANT",
    "ANYONE": _CALLER_WORDS,
    "GRANTEE": f"{_CALLER_WORDS} GRANTEE GRANTEES IN NOT OUTSIDE WITH WITHOUT ARTICLE",
    "CONDITION_KEY": "CONDITION_KEY QUOTED_KEY STRING NOT LPAR ANY ALL",
    "LIKE": "LIKE NOT IN IS OPERATOR EQUAL UNEQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL",
    "KEY_NAME": "KEY_NAME KEYS EVERY ANY ALL STRING",
    "SCOPE_NAME": "SCOPE_NAME THE ACCOUNT ORGANIZATION LBRACE",
    "KEY_SHARED": f"{_CALLER_WORDS} KEY_SHARED",
    "INVARIANT": "INVARIANT ALLOW SUPPOSE ACCOUNT KEY ORGANIZATION CALLERS ACTIONS",
    "IN": "IN NOT OUTSIDE WITH WITHOUT AND",
}
"""The terminals that each phrase of `_PHRASES` speaks for."""

_NAMED = {"invariant": "invariant", "allow": "allowance", "suppose": "supposition"}
"""What the name is of that follows a word."""

_WORDS = {
    "NAME": "a name",
    "DEFINITION": "what the name stands for",
    "BUILTIN_NAME": "the name of a built-in",
    "ARGUMENT": "an argument",
    "CALLER_NAME": "callers",
    "SERVICE_NAME": "the name of a service, such as `s3.amazonaws.com`",
    "TAG_NAME": "the name of a tag",
    "SCOPE_NAME": "an account or organization",
    "ACTION": "an action, such as `kms:Decrypt`",
    "KEY_NAME": "a key",
    "CONDITION_KEY": "a condition key, such as `kms:ViaService`",
    "OPERATOR": "an operator",
    "VALUE": "a value",
    "STRING": "text in double quotes",
    "KEY_S": "`key's`",
    "SERVICE_LINKED": "`service-linked`",
    "ARTICLE": "`a`",
    "CALLS": "`calls`",
    "CHANGES_CODE": "`changes what runs as`",
    "WITH_RETIRING": "`with retiring principal …`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "EQUAL": "`=`",
    "UNEQUAL": "`!=`",
    "LESS": "`<`",
    "LESS_EQUAL": "`<=`",
    "GREATER": "`>`",
    "GREATER_EQUAL": "`>=`",
    "$END": "the end of the file",
}


def invariant_error(text: str, error: UnexpectedInput) -> SyntaxFault:
    """The parser's complaint, in the words of the language."""
    position = position_of(text, error)
    expected = _expected(error)
    if position < len(text) and text[position] == '"' and not _STRING.match(text, position):
        end = next((at for at in range(position, len(text)) if text[at] in "\r\n"), len(text))
        return SyntaxFault(position, end, "this text has no closing quote", "text in quotes stays on one line")
    found, end = _found(text, position)
    return SyntaxFault(position, end, f"expected {_say(expected)}, found {found}", _hint(text, position, end, expected))


def _expected(error: UnexpectedInput) -> frozenset[str]:
    """The terminals that could stand here: those that the parser would really accept."""
    parser = getattr(error, "interactive_parser", None)
    if parser is not None:
        return frozenset(parser.accepts())
    names = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "expected", None)
    return frozenset(names or ())


def _say(expected: frozenset[str]) -> str:
    """The expected terminals in words, the likeliest first."""
    left = set(expected)
    phrases = []
    for terminal, others, phrase in _PHRASES:
        if terminal in left and others <= left:
            phrases.append(phrase)
            left -= set(_COVERED[terminal].split())
    left.discard("QUOTED_KEY")
    words = [_word(name) for name in sorted(left, key=_rank)]
    # What would go on with the sentence helps more than what could begin the next one.
    phrases = words + phrases
    if len(phrases) < 2:
        return phrases[0] if phrases else "nothing more"
    return ", ".join(phrases[:-1]) + " or " + phrases[-1]


def _rank(name: str) -> tuple[bool, bool, bool, str]:
    """What is said in words comes before the words of the language, these before signs, and the end last."""
    word = _word(name)
    return name == "$END", word.startswith("`") and not word[1].isalpha(), word.startswith("`"), word


def _word(name: str) -> str:
    return _WORDS.get(name, f"`{name.lower()}`")


def _found(text: str, position: int) -> tuple[str, int]:
    """What stands at `position`, in words, and where it ends."""
    if position >= len(text):
        return "the end of the file", len(text)
    string = _STRING.match(text, position)
    if string:
        return "text in quotes", string.end()
    word = _WORD.match(text, position)
    if word:
        shown = word.group() if len(word.group()) <= _SHOWN else word.group()[:_SHOWN] + "…"
        return f"`{shown}`", word.end()
    character = text[position]
    return f"`{character}`" if character.isprintable() and character != "`" else f"U+{ord(character):04X}", position + 1


def _hint(text: str, position: int, end: int, expected: frozenset[str]) -> str | None:
    found = text[position:end]
    before = _last_word(text[:position])
    if before == "and" and "OUTSIDE" in expected:
        return "between callers write `,` or `or` for either of them; `and` joins `in …`, `outside …` and `with tag …`"
    if found == "and" and "OR" in expected and "CAN" in expected:
        return (
            "write `,` or `or` for either of them; for callers that are both, declare one of them and write `… in NAME`"
        )
    if "STRING" in expected and before in _NAMED:
        return f'put the name of the {_NAMED[before]} in quotes: {before} "…": …'
    if found in ("==", "!") or (found == "=" and before in ("=", "!")):
        return "equality is `=`, inequality `!=`"
    if found.startswith(("'", "‘", "“", "”")):
        return 'text is put in double quotes: "…"'
    if found.startswith(("//", "/*", "--")):
        return "a comment begins with `#`"
    if before in ("cannot", "can't") or (found in ("must", "may", "never") and "CAN" in expected):
        return "write `no … can`, `only … can`, `… can always` or `… can … only when`"
    if before == "always":
        return "`no … can`, `only … can` and `allow` take no `always`"
    if before == "eventually" and "ACTION" not in expected:
        forms = "write `no … can eventually` or `only … can eventually`"
        return f"`allow` takes no `eventually`, and `eventually` no second word: {forms}"
    return _misspelt(text[:position], expected) or _similar(found, expected)


def _last_word(before: str) -> str:
    words = before[-200:].split()
    return words[-1] if words else ""


def _misspelt(before: str, expected: frozenset[str]) -> str | None:
    """Which word was meant where a mistyped `can`, `always` or `eventually` was taken for an action, or for `can` and
    one."""
    words = ["", "", *before[-200:].split()]
    if "ACTION" in expected or not (words[-2] == "can" or words[-1].startswith("can")):
        return None
    known = ("always", "eventually") if words[-2] == "can" else ("can",)
    close = get_close_matches(words[-1].lower(), known, n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else None


def _similar(found: str, expected: frozenset[str]) -> str | None:
    """A keyword that could stand here and looks like what does."""
    known = [name.lower().replace("_", "-") for name in expected if name.isalpha() and name not in _WORDS]
    close = get_close_matches(found.lower()[:_SHOWN], known, n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close and close[0] != found else None
