"""The rules of the linter, each with a stable identifier (docs/lint.md has a row for each).

In: nothing. Out: `RULES` and a name for each of them. Guarantee: identifiers are unique and stay as they are from
version to version.
"""

from __future__ import annotations

from verifier.model.results.lint import LintRule, LintSeverity

_ERROR, _WARNING, _NOTE = LintSeverity.ERROR, LintSeverity.WARNING, LintSeverity.NOTE
_KEY, _ANY, _OTHER = "key policies", "every policy", "other policies"

# --- statements -------------------------------------------------------------------------------------------------------

DENY_WITHOUT_ESCAPE = LintRule(
    "deny-without-escape", "D1", _ERROR, "nothing escapes a Deny: no request is allowed", _KEY
)
NEVER_MATCHES = LintRule("never-matches", "R6", _WARNING, "no request can match the statement", _ANY)
INEFFECTIVE = LintRule(
    "ineffective-statement", "L5", _WARNING, "the statement is not about its key, or lacks an element", _KEY
)
ALWAYS_DENIED = LintRule("allow-always-denied", "D1", _WARNING, "everything that the Allow matches is denied", _KEY)
ALLOW_WITHOUT_EFFECT = LintRule(
    "allow-without-effect", "R5", _WARNING, "AWS refuses everything that the Allow matches", _KEY
)
REDUNDANT = LintRule(
    "redundant-statement", "D2", _NOTE, "other statements of the policy make the statement redundant", _KEY
)
DENY_WITHOUT_EFFECT = LintRule("deny-without-effect", "D1", _NOTE, "the Deny refuses only what is refused anyway", _KEY)
REDUNDANT_HERE = LintRule("redundant-in-snapshot", "D2", _NOTE, "in this snapshot the statement changes nothing", _KEY)
ALLOW_NOT_PRINCIPAL = LintRule(
    "allow-not-principal", "P5", _WARNING, "`NotPrincipal` with Allow is not supported", _KEY
)
NOT_RESOURCE = LintRule("not-resource", "L5", _WARNING, "`NotResource` in a key policy is not documented", _KEY)

# --- conditions -------------------------------------------------------------------------------------------------------

WITHOUT_EFFECT = LintRule(
    "condition-without-effect", "R6", _WARNING, "the condition holds whenever the rest of the statement does", _ANY
)
NO_CALLER_RESTRICTED = LintRule(
    "restricts-no-caller", "F1", _WARNING, "the condition keeps out AWS services alone", _ANY
)
ALWAYS_TLS = LintRule("always-tls", "F1", _NOTE, "AWS KMS takes requests over TLS only", _ANY)
FOR_ALL_VALUES = LintRule(
    "for-all-values-without-key", "C1", _WARNING, "`ForAllValues` holds for requests without the key", _ANY
)
NO_SET_OPERATOR = LintRule("no-set-operator", "C2", _WARNING, "a key with several values lacks a set operator", _ANY)
SET_OPERATOR = LintRule("set-operator-on-one-value", "C2", _NOTE, "a set operator on a key that has one value", _ANY)
IF_EXISTS = LintRule("if-exists-without-effect", "C1", _NOTE, "`IfExists` changes nothing", _ANY)
UNSUPPORTED_KEY = LintRule("unsupported-key", "F8", _WARNING, "a condition key that key policies do not support", _KEY)
UNKNOWN_KEY = LintRule("unknown-condition-key", "U4", _WARNING, "a condition key that is not known", _ANY)
VALUE_NEVER_MATCHES = LintRule("value-never-matches", "C5", _WARNING, "a listed value that no request has", _ANY)
VALUE_DOES_NOT_PARSE = LintRule(
    "value-does-not-parse", "C3", _WARNING, "a listed value that its operator cannot read", _ANY
)
LITERAL_VARIABLE = LintRule("literal-variable", "L7", _WARNING, "a policy variable that is literal text", _ANY)

# --- principals, actions, resources -----------------------------------------------------------------------------------

DELETED_PRINCIPAL = LintRule(
    "deleted-principal", "L8", _WARNING, "a principal that AWS shows for a deleted identity", _KEY
)
MATCHES_NOBODY = LintRule("principal-matches-nobody", "P6", _WARNING, "a principal that matches no caller", _KEY)
UNKNOWN_ACTION = LintRule("unknown-action", "U4", _WARNING, "an action that is not known", _ANY)
NOT_ON_KEYS = LintRule("action-not-on-keys", "R3", _NOTE, "an action that no request on a key has", _KEY)
UNSUITED_ACTION = LintRule("action-unsuited-to-key", "R3", _NOTE, "an action that does not suit the key", _KEY)
REDUNDANT_ACTION = LintRule("redundant-action", "L6", _NOTE, "an action that other patterns of the list cover", _ANY)
OTHER_RESOURCE = LintRule("other-resource", "L5", _WARNING, "a resource that is not the key", _KEY)
ALIAS_RESOURCE = LintRule(
    "alias-as-resource",
    "L9",
    _WARNING,
    "a resource that no key has",
    "identity policies and other policies with `Resource`",
)

# --- documents --------------------------------------------------------------------------------------------------------

SIZE = LintRule("size-limit", "L4", _ERROR, "larger than AWS accepts", _ANY)
DUPLICATE_SID = LintRule("duplicate-sid", "L4", _NOTE, "a `Sid` that is given twice", _ANY)

# --- keys -------------------------------------------------------------------------------------------------------------

SHARED_ALIAS = LintRule(
    "alias-on-two-keys", "R4", _ERROR, "an alias that another key of the account and Region has", "keys"
)
UNSUITED_GRANT = LintRule("grant-unsuited-to-key", "G1", _WARNING, "a grant that AWS KMS refuses for the key", "grants")

_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide"
ROTATION_OFF = LintRule(
    "rotation-off",
    "R3",
    _WARNING,
    "a key that is not rotated automatically, and could be",
    "keys",
    f"{_GUIDE}/rotate-keys.html",
)
SHORT_WINDOW = LintRule(
    "short-deletion-window",
    "F6",
    _NOTE,
    "a key that is deleted sooner than by default",
    "keys",
    f"{_GUIDE}/deleting-keys.html",
)
OUTSIDERS_WILDCARD = LintRule(
    *("wildcard-for-outsiders", "L6", _WARNING, "every action for callers of another account", _KEY),
    f"{_GUIDE}/key-policy-modifying-external-accounts.html",
)

RULES: tuple[LintRule, ...] = (
    *(
        DENY_WITHOUT_ESCAPE,
        NEVER_MATCHES,
        INEFFECTIVE,
        ALWAYS_DENIED,
        ALLOW_WITHOUT_EFFECT,
        REDUNDANT,
        DENY_WITHOUT_EFFECT,
        REDUNDANT_HERE,
    ),
    *(ALLOW_NOT_PRINCIPAL, NOT_RESOURCE),
    *(WITHOUT_EFFECT, NO_CALLER_RESTRICTED, ALWAYS_TLS, FOR_ALL_VALUES, NO_SET_OPERATOR, SET_OPERATOR, IF_EXISTS),
    *(UNSUPPORTED_KEY, UNKNOWN_KEY, VALUE_NEVER_MATCHES, VALUE_DOES_NOT_PARSE, LITERAL_VARIABLE),
    *(
        DELETED_PRINCIPAL,
        MATCHES_NOBODY,
        UNKNOWN_ACTION,
        NOT_ON_KEYS,
        UNSUITED_ACTION,
        REDUNDANT_ACTION,
        OTHER_RESOURCE,
        ALIAS_RESOURCE,
    ),
    *(SIZE, DUPLICATE_SID),
    *(SHARED_ALIAS, UNSUITED_GRANT, ROTATION_OFF, SHORT_WINDOW, OUTSIDERS_WILDCARD),
)
