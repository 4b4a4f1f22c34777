"""The query sets by name: families, the examples, the corpus, and the sets that docs/performance.md quotes.

In: names and folders. Out: queries, and what was left out. Raises `InputError` for a name that does not exist.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from verifier.bench.families import (
    FAMILIES,
    caller_queries,
    condition_queries,
    grant_queries,
    if_exists_queries,
    overlapping_queries,
    pattern_queries,
    scp_queries,
    set_operator_queries,
    statement_queries,
    variable_queries,
)
from verifier.bench.queries import ALLOW_ALL, EXAMPLE_ACCOUNT, EXAMPLE_KEY, Query, estate_of, invariant_of, policy_of
from verifier.frozen import Frozen
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.invariant_files import beside, read_files
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Identity
from verifier.model.invariant import Invariant
from verifier.model.policy import PolicyKind
from verifier.problem.semantics.targets import key_target
from verifier.problem.subjects import targets_of
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.preparation import not_known, resolved_invariant

OUTSIDE = "no caller outside prod can kms:Decrypt"
ROLE = f"arn:aws:iam::{EXAMPLE_ACCOUNT}:role/subject"


class QueryFolders(Frozen):
    """Where the examples and the corpus are looked for; a corpus is at hand only where somebody says so."""

    examples: Path = Path("examples")
    corpus: Path | None = None


def _generated(names: Sequence[str]) -> _Collected:
    return _Collected([query for name in names for query in FAMILIES[name]()])


def _of_family(name: str, folders: QueryFolders) -> _Collected:
    return _generated([name])


def _hundred() -> _Collected:
    """A fixed hundred queries, for solvers that answer few."""
    found = _generated([name for name in FAMILIES if name not in ("grants", "callers")])
    return _Collected([*found.queries, *statement_queries(sizes=(4, 6, 12, 16), seeds=6)][:100])


def _many() -> _Collected:
    """Over 2,000 queries, all small, of every family that grows: for contradictions between engines."""
    found = [
        *statement_queries(sizes=(2, 4, 6, 8, 12, 16, 24, 32), seeds=125),
        *overlapping_queries(sizes=tuple(range(2, 26))),
    ]
    some = (2, 3, 4, 5, 6, 7, 8, 9)
    growing = condition_queries, if_exists_queries, set_operator_queries, variable_queries, grant_queries, scp_queries
    for family in growing:
        found += family(some)
    return _Collected([*found, *pattern_queries(some[:4]), *caller_queries(some[:4])])


SETS: dict[str, Callable[[QueryFolders], _Collected]] = {
    **{name: partial(_of_family, name) for name in FAMILIES},
    "families": lambda folders: _generated(list(FAMILIES)),
    "hundred": lambda folders: _hundred(),
    "many": lambda folders: _many(),
    "examples": lambda folders: examples(folders.examples),
    "corpus": lambda folders: corpus(folders.corpus),
}
"""The sets, each made when it is asked for."""
_ALL = ("families", "examples", "corpus")


def collect_queries(names: Sequence[str], folders: QueryFolders) -> _Collected:
    """The queries of some sets, each once; `all` is the families, the examples and, with its folder, the corpus."""
    if "corpus" in names and folders.corpus is None:
        raise InputError.of(
            "the set `corpus` needs `--corpus FOLDER`, a folder with `managed-policies`, `kms-json` or `kms-cfn`"
        )
    found = _Collected()
    for name in dict.fromkeys(part for given in names for part in (_ALL if given == "all" else (given,))):
        if name not in SETS:
            raise InputError.of(f"there is no query set `{name}`; the sets are all, {', '.join(SETS)}")
        own = SETS[name](folders)
        found.queries += own.queries
        found.skipped += own.skipped
    found.queries = list({query.name: query for query in found.queries}.values())
    if not found.queries:
        raise InputError.of(f"there is nothing to ask: {'; '.join(found.skipped) or 'the sets are empty'}", rule="S3")
    return found


@dataclass
class _Collected:
    """Queries made so far, and what could not be made into one."""

    queries: list[Query] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def examples(folder: Path, *, eventually: bool = False) -> _Collected:
    """Every invariant about requests of every example in a folder, on each key; or those that say `can eventually`."""
    found = _Collected()
    for path in sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else ():
        try:
            files = beside([path])
            if files:
                found.queries += _of_example(path, files, eventually)
        except InputError as error:
            found.skipped.append(f"{path}: {error.diagnostics[0].message}")
    if not found.queries:
        found.skipped.append(f"the examples: there are none in {folder}")
    return found


def _of_example(path: Path, files: tuple[Path, ...], eventually: bool) -> Iterator[Query]:
    estate, read = load_estate([path]), read_files(files).invariants
    invariants = [
        invariant for invariant in read if isinstance(invariant, Invariant) and invariant.eventually is eventually
    ]
    for target, numbers in targets_of(estate, invariants):
        if target.key is None or not_known(target) is not None:
            continue
        for number in numbers:
            name = f"example-{path.name}-{estate.keys.index(target.key)}-{number}"
            invariant = resolved_invariant(estate, target, invariants[number])
            yield Query(name, "examples", len(estate.keys), estate, invariant, estate.keys.index(target.key))


def corpus(folder: Path | None) -> _Collected:
    """A query for each managed policy of a collection, as the only policy of a role, and for each key, by its policy or
    by the CloudFormation template that it stands in."""
    found = _Collected()
    if folder is None:
        found.skipped.append("the corpus: `--corpus FOLDER` was not given")
        return found
    managed = sorted((folder / "managed-policies").rglob("*.json"))
    templates = sorted((folder / "kms-cfn").rglob("*.*"))
    for path in managed:
        _collect(found, path, _managed)
    for path in sorted((folder / "kms-json").rglob("*.json")):
        _collect(found, path, _key_policy)
    for path in filter(Path.is_file, templates):
        _collect(found, path, _template)
    if not managed and not templates:
        found.skipped.append(f"the corpus: {folder} is not there")
    return found


def _collect(found: _Collected, path: Path, make: Callable[[Path], Iterable[Query]]) -> None:
    try:
        found.queries += make(path)
    except InputError as error:
        found.skipped.append(f"{path.name}: {error.diagnostics[0].message}")
    except (ValueError, LookupError, TypeError) as error:
        found.skipped.append(f"{path.name}: it holds no policy document ({type(error).__name__})")


def _managed(path: Path) -> Iterator[Query]:
    entry = json.loads(path.read_text(encoding="utf-8"))
    document = json.dumps(entry["document"])
    arn = entry["arn"] or f"arn:aws:iam::aws:policy/{path.stem}"  # of one that AWS has withdrawn the data has no ARN
    policy = read_policy(Source(path.name, document), PolicyKind.IDENTITY, identity=arn, name=path.stem)
    estate = estate_of(policy_of([ALLOW_ALL]), [Account(EXAMPLE_ACCOUNT, roles=(Identity(ROLE, policies=(policy,)),))])
    text = "role/subject in prod can kms:Decrypt, kms:CreateGrant, kms:GenerateDataKey"
    yield Query(f"managed-{path.stem}", "managed-policies", len(policy.statements), estate, invariant_of(f"no {text}"))


def _key_policy(path: Path) -> Iterator[Query]:
    text = path.read_text(encoding="utf-8")
    policy = read_policy(Source(path.name, text), PolicyKind.KEY, identity=f"{EXAMPLE_KEY}#default", name="default")
    base = estate_of(policy_of([ALLOW_ALL]))
    estate = replace(base, keys=(replace(base.keys[0], policies=(policy,)),))
    yield Query(f"key-{path.stem}", "key-policies", len(policy.statements), estate, invariant_of(OUTSIDE))


def _template(path: Path) -> Iterator[Query]:
    estate = load_estate([path], supplied=Supplied(EXAMPLE_ACCOUNT, "us-west-2"))
    for number, key in enumerate(estate.keys):
        if not_known(key_target(key)) is None:
            size = sum(len(policy.statements) for policy in key.policies or ())
            name = f"template-{path.parent.name}-{path.stem}-{number}"
            yield Query(name, "templates", size, estate, invariant_of(OUTSIDE), number)
