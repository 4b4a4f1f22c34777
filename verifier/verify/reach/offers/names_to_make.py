"""The names that a caller could give to what it makes: one, or several, for each class that policies and grants tell
apart.

In: the texts that name users, roles, groups, policies and profiles. Out: ARNs that nothing has yet; patterns that tell
apart users and roles that no inventory lists, whatever policy variables stand for (`variable_values`).
Guarantee: of all names and paths that IAM takes, one is there that every text matches alike. A path has colons where
that makes a difference: for wildcards of `StringLike`, which cross the fields of an ARN, and for texts with a colon in
the last field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.operators import WITHOUT_CASE
from verifier.model.policy import Condition, Statement, arn_account, is_service_linked
from verifier.model.reference import ValueType
from verifier.problem.classes.attributes import NAME, PATH, POLICY_PATH, some
from verifier.problem.classes.predicates import COLON, Predicate, Token, Tokens, like, like_arn, literal_tokens
from verifier.problem.classes.tables import WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.semantics.values import running_on
from verifier.verify.reach.distinctions import may_be_of, pattern_fields, words_by_patterns
from verifier.verify.reach.narrowed import for_steps, of_callers
from verifier.verify.reach.offers.meeting_patterns import begins, matched_ends
from verifier.verify.reach.offers.variable_values import USER, USERS, roles_of_sessions

OWN = "escalation"


class Named(Frozen, dict=True):
    """A text that may name something. `fold`: in any case; `by_fields`: compared field by field (L6, C4)."""

    text: str
    fold: bool = False
    by_fields: bool = True

    @cached_property
    def patterns(self) -> tuple[Tokens, ...]:
        """What it names, policy variables standing for anything; a session stands for its role."""
        texts = map(without_variables, (self.text, *roles_of_sessions(self.text)))
        return tuple(
            like_arn(one) if self.by_fields and one.count(":") >= 5 else like(one, fold=self.fold) for one in texts
        )


def policy_texts(statements: Iterable[Statement], by_grants: Iterable[str]) -> Iterator[Named]:
    """The texts of policies and grants that may name a user, role, group or policy."""
    yield from map(Named, by_grants)
    for statement in statements:
        yield from (Named(text.value) for text in statement.resources or ())
        yield from (Named(principal.value) for principal in statement.principals or ())
        yield from in_conditions(statement.conditions)


def in_conditions(conditions: Iterable[Condition]) -> Iterator[Named]:
    for condition in conditions:
        row, of_users = condition.operator.row, condition.key.value.lower() == USER
        for text in (start + value.value for value in condition.values for start in (USERS if of_users else ("",))):
            yield Named(text, row.sign in WITHOUT_CASE, of_users or row.type is ValueType.ARN)


class Patterns:
    """What tells apart what is of one account: texts, and `further` patterns, in which policy variables stand for some
    value. `start` is how the account's ARNs begin."""

    def __init__(self, texts: Iterable[Named], further: Iterable[Tokens], start: str) -> None:
        self.further = further
        self._all = tuple(dict.fromkeys((*(one for text in texts for one in text.patterns), *further)))
        self._start = start

    def names(self, kind: str, present: Sequence[str], copies: int) -> Iterator[tuple[str, ...]]:
        """So many ARNs of a kind that nothing has yet, for each class of them that the patterns tell apart."""
        start = f"{self._start}{kind}/"
        patterns = [one for one in self._all if begins(one, start)]
        taken = set(map(_name, present))
        # What asks for a name that is taken matches nothing that could be made.
        unclaimed = (one for one in patterns if one.fixed.rpartition("/")[2].lower() not in taken)
        wanted: tuple[Predicate, ...] = (like(f"{start}aws-service-role/*"), *unclaimed)
        plain = POLICY_PATH if kind == "policy" else PATH.without(COLON)
        tables = [_table(start, ((), (*some(plain), *literal_tokens("/"))), wanted)]
        if kind in WITH_COLONS and any(_asks_for_a_colon(one, start) for one in patterns):
            path = ((True, PATH), *literal_tokens(":"), (True, PATH), *literal_tokens("/"))
            tables.append(_table(start, (path,), wanted))

        def free(table: WordTable, number: int, limit: int) -> Sequence[str]:
            members = table.members(number, limit)
            return [arn for arn in members if _name(arn) not in taken and not is_service_linked(arn)]

        seen: set[tuple[bool, ...]] = set()
        used_names: set[str] = set()
        for table, number in ((one, number) for one in tables for number in range(one.size)):
            if len(tables) > 1:
                matched = tuple(bool(table.mask(one) >> number & 1) for one in wanted)
                if matched in seen:
                    continue
                seen.add(matched)
            table.pick(1 << number)  # then plausible words are the first of its members
            few = free(table, number, copies + 8)
            # Of the name of another one that could be made, where a class has no others: either may be made.
            others = [arn for arn in few if _name(arn) not in used_names]
            found = tuple((others or free(table, number, copies + 8 + len(present)))[:copies])
            used_names |= set(map(_name, found))
            if found:
                yield found


WITH_COLONS = ("user", "role", "group", "instance-profile")
"""What may have a colon in its path [API: CreateUser, CreateRole, CreateGroup, CreateInstanceProfile]."""


def _asks_for_a_colon(pattern: Tokens, start: str) -> bool:
    """True iff a pattern can match what begins so, and asks for a colon in the rest."""
    at = min(matched_ends(literal_tokens(start), pattern.tokens))
    return any(not characters.negated and ":" in characters.listed for _, characters in pattern.tokens[at:])


def _table(start: str, paths: Iterable[tuple[Token, ...]], patterns: Sequence[Predicate]) -> WordTable:
    """What begins so, has one of some paths and some name, by the patterns that match it."""
    base = tuple(Tokens((*literal_tokens(start), *path, *some(NAME))) for path in paths)
    seeds = tuple(f"{start}{OWN}{ending}" for ending in ("", "-2", "-3", "-4"))
    return words_by_patterns(Domain("made", base, seeds), patterns, "names")


def _name(arn: str) -> str:
    """What is unique in an account, of each kind: the name without the path, in whatever case (R2)."""
    return arn.rsplit("/", 1)[1].lower()


def without_variables(text: str) -> str:
    """A text in which policy variables stand for anything."""
    first, *parts = text.split("${")
    return first + "".join("*" + part.partition("}")[2] for part in parts)


# -- users and roles that no inventory lists --


def patterns_of_targets(estate: Estate, others: Iterable[str], filled: Sequence[Tokens]) -> tuple[Tokens, ...]:
    """Two users or roles that all of these treat alike are covered by the same `Resource` elements. `others` are such
    that no inventory lists, one for each class of callers; `filled` are texts with values in place of variables."""
    complete = {account.id for account in estate.accounts if account.complete}
    resources = tuple(dict.fromkeys(_resources(estate)))
    accounts = dict.fromkeys((*(arn_account(arn) for arn in others), *_written_out(resources)))
    open_to = [account for account in accounts if account not in complete]
    partitions = dict.fromkeys(arn.split(":")[1] for arn in others)
    starts = [f"arn:{partition}:iam::{account}:" for partition in partitions for account in open_to]
    texts = dict.fromkeys(one for text in resources for account in open_to for one in _in_account(text, account))
    variables = any("${" in text for text in resources)
    named = (one for one in filled if any(begins(one, start) for start in starts)) if variables else ()
    return tuple(dict.fromkeys((*map(like_arn, texts), *named)))


def _resources(estate: Estate) -> Iterator[str]:
    """What policies say of the resources of steps, an asterisk that runs on past a colon written out (L6)."""
    for statement in (one for policy in of_callers(for_steps(estate)) for one in policy.statements):
        for text in statement.resources or ():
            if text.value != "*":
                yield from (text.value, *running_on(text.value, 5))


def _written_out(resources: Iterable[str]) -> Iterator[str]:
    """The accounts that they name."""
    accounts = (pattern_fields(text)[4] for text in resources if _of_identities(text))
    return (account for account in accounts if account.isdecimal())


def _in_account(text: str, account: str) -> Iterator[str]:
    """A pattern as it is for the users and roles of an account, if it covers some of them."""
    fields = pattern_fields(text)
    if _of_identities(text) and like(fields[4]).matches(account):
        yield without_variables(":".join((*fields[:4], account, fields[5])))


def _of_identities(text: str) -> bool:
    fields = pattern_fields(text)
    kinds = may_be_of(fields[5], ("user/", "role/"))
    return kinds and like(fields[2]).matches("iam") and like(fields[3]).matches("")
