"""The whole input, and two versions of one.

Guarantee: all errors are in one `InputError`; an estate holds no key twice, and at least one unless it may be empty or
is one of two versions. Of two versions each lists the users and roles that plans or templates of the other make,
without policies: one that is made, or goes, is not taken for one of which nothing is known (U1). One that a side may
have under a name that it does not tell is left as it is, and so are those of accounts of which a snapshot lists some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from os.path import abspath
from pathlib import Path
from typing import Any, TypedDict, Unpack

from verifier.frozen import Frozen
from verifier.garbage_collection import collection_paused
from verifier.inputs.loader import Loader
from verifier.inputs.own_account import accounts_that_may_own, open_accounts, with_own_account
from verifier.inputs.own_region import (
    REGIONS,
    EstateAndParts,
    OpenPlaceError,
    open_regions,
    region_partition,
    with_own_region,
)
from verifier.inputs.policy_file import check_key_arn, check_parameters
from verifier.inputs.resources.generated import with_generated_in_doubt
from verifier.inputs.snapshot.files_inside import files_by_themselves
from verifier.inputs.snapshot.key_metadata import PLACEHOLDER_ID, is_key_arn
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.inputs.terraform import may_be_terraform
from verifier.inputs.text.files import Files, texts_given
from verifier.inputs.text.nodes import Remarks
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import arn_account
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import of_files


class Options(TypedDict, total=False):
    """How an input is read, and what is known besides.

    `key_arn` is the ARN of the key that the one policy file belongs to. Where it is left out, `declared_key_arn` (the
    only one that the invariants declare) stands for it if the input is one file, or `other_version`, the ARN found for
    another version of the policy; `Estate.concluded` says what was concluded of an account that nothing tells. Files in
    the folder `root` are called by their path from there. `supplied` is what the user says about a plan or template
    that it does not say itself.

    Without `steps` the documents that only steps turn on (managed policies that nobody has, versions that are not in
    force) are not read: nothing may be asked about steps then. Without `steps` and `tags` trust policies are not read
    either, unless the input itself mentions tags of callers (F3): then nothing may be asked about these.

    An input without a key is an error unless it may be `empty`. Where there are `several` paths, the key of a policy
    file is known by the name of the file; in a folder of policies by the name that the file has there, or by the one
    that `renamed` gives it. `texts` are those of paths that are no files, and those in the place of what files hold.
    Where statements hang on a Region that nothing tells they are in doubt, or an error where it `asks`.
    """

    key_arn: str | None
    declared_key_arn: str | None
    other_version: str | None
    root: Path | None
    supplied: Supplied
    steps: bool
    tags: bool
    empty: bool
    renamed: Mapping[Path, str]
    several: bool
    texts: Mapping[Path, str]
    asks: bool


class Version(Frozen):
    """The paths of one version. Those in the folder `root` are called by their path from there. `several` is whether
    more than one was asked for, of which this version may lack some."""

    paths: tuple[Path, ...]
    root: Path | None = None
    several: bool = False


def load_estate(paths: Sequence[str | PathLike[str]], **options: Unpack[Options]) -> Estate:
    """Reads snapshots, folders, Terraform plans and states, and single policy files; what a file is, its content
    decides.

    Raises `InputError` with every error found, also where there is no key at all (S3).
    """
    return _with_choices(_load(paths, **options))[0]


def load(
    *paths: str | PathLike[str],
    key_arn: str | None = None,
    account: str | None = None,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Estate:
    """Reads snapshots, folders, Terraform plans and states, CloudFormation templates and single policies.

    `key_arn` is the ARN of the key that a single policy belongs to. `account` and `region` say where a policy's key is,
    or where a plan or template makes things, if these do not tell; `parameters` are those of a template. Raises
    `InputError`.
    """
    return load_estate(paths, key_arn=key_arn, supplied=Supplied(account, region, parameters or {}))


def loads(
    *sources: str | Mapping[str, Any],
    key_arn: str | None = None,
    account: str | None = None,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Estate:
    """Reads what `load` reads, from texts and dictionaries: key policies, snapshots, Terraform plans and states,
    CloudFormation templates.

    Text is JSON or YAML. Errors call a source `<text>`, or `<text 2>` where there are several. The others are as for
    `load`. Raises `InputError`.
    """
    texts = texts_given(sources)
    return load_estate(tuple(texts), key_arn=key_arn, supplied=Supplied(account, region, parameters or {}), texts=texts)


def _load(paths: Sequence[str | PathLike[str]], **options: Unpack[Options]) -> EstateAndParts:
    """The estate, with the parts that it was read from."""
    key_arn, declared = options.get("key_arn"), options.get("declared_key_arn")
    if key_arn is not None:
        check_key_arn(key_arn)
    files = Files(options.get("root"), given=options.get("texts", {}))

    def read(known: Supplied) -> tuple[EstateAndParts, ...]:
        loader = Loader(
            files,
            known,
            key_arn,
            declared if len(paths) == 1 and not Path(paths[0]).is_dir() and is_key_arn(declared or "") else None,
            options.get("other_version"),
            steps=options.get("steps", True),
            tags=options.get("tags", True),
            several=options.get("several", len(paths) > 1),
            renamed=options.get("renamed", {}),
            of_two_versions="other_version" in options,
        )
        for path in map(Path, paths):
            loader.supplied = supplied_of(known, path)
            loader.remarks.keep(partial(loader.add, path))
        return ((loader.estate(empty=options.get("empty", False)), loader.parts),)

    supplied, asks = options.get("supplied", NOTHING_SUPPLIED), options.get("asks", False)

    def in_its_region(known: Supplied) -> tuple[EstateAndParts, ...]:
        return with_own_region(read, known, asks=asks)

    with collection_paused(), of_files():
        try:
            return with_own_account(in_its_region, supplied)[0]
        except InputError as error:
            if supplied.account is not None:
                raise
            raise _with_accounts(error, in_its_region, supplied, files, paths) from None


def _with_accounts(
    error: InputError,
    read: Callable[[Supplied], tuple[EstateAndParts, ...]],
    supplied: Supplied,
    files: Files,
    paths: Sequence[str | PathLike[str]],
) -> InputError:
    """The error that asks for the account of one policy file or template, with those that it may be; others as is."""
    if len(paths) > 1 or not error.asks:
        return error
    try:
        text = files.source(Path(paths[0])).text
        if "AccountId" in text or may_be_terraform(text):
            return error
        return OpenPlaceError(error.diagnostics, "account", accounts_that_may_own(read, supplied, text))
    except InputError:
        return error


def supplied_of(supplied: Supplied, path: Path) -> Supplied:
    """What is said of a path: by itself, or by the nearest folder that has an account or a Region of its own."""
    here = Path(abspath(path))
    account, region = next(
        (supplied.of_paths[each] for each in (here, *here.parents) if each in supplied.of_paths), (None, None)
    )
    return replace(supplied, account=account or supplied.account, region=region or supplied.region)


def load_plan_sides(path: str | PathLike[str], supplied: Supplied = NOTHING_SUPPLIED) -> tuple[Estate, Estate]:
    """The estate before a Terraform plan, and the one after it. One that has no keys is an `Estate` without keys; a
    user or role that is on one side only can do nothing on the other by policies of its own.

    Raises `InputError` where the file is no plan, and where it cannot be read.
    """
    files = Files()

    def read(known: Supplied) -> tuple[EstateAndParts, ...]:
        loaders = [Loader(files, known), Loader(files, known)]
        for loader, before in zip(loaders, (True, False), strict=True):
            loader.add_plan(Path(path), before=before)
        return tuple((loader.estate(empty=True), loader.parts) for loader in loaders)

    with collection_paused():
        before, after = with_own_account(lambda known: with_own_region(read, known, asks=True), supplied)
        return _both(before, after)


def load_versions(old: Version, new: Version, **options: Unpack[Options]) -> tuple[Estate, Estate]:
    """Both versions of one input. Where both are one policy file whose key is not given, both are on one key: what
    tells one's account and Region tells the other's. Raises `InputError` with the errors of both, and where they cannot
    be on one key."""
    errors: dict[Version, InputError] = {}
    renamed = _renamed(old, new)
    # keys are told apart alike on both sides
    several = any(version.several or len(version.paths) > 1 for version in (old, new))

    def read(version: Version, other: EstateAndParts | None) -> EstateAndParts | None:
        errors.pop(version, None)
        try:
            own: Options = {
                **options,
                "other_version": _assumed(other),
                "root": version.root,
                "steps": False,
                "empty": True,
                "renamed": renamed,
                "several": several,
                "asks": True,
            }
            return _load(version.paths, **own)
        except InputError as error:
            errors[version] = error
            return None

    first = read(old, None)
    second = read(new, first)
    if second is not None and _assumed(second) not in (None, _assumed(first)):
        first = read(old, second)
    if first is None or second is None:
        raise _together(list(errors.values()), options.get("supplied", NOTHING_SUPPLIED))
    remarks = Remarks()
    check_parameters(remarks, options.get("supplied", NOTHING_SUPPLIED), first[1], second[1])
    remarks.raise_errors()
    if first[0].keys and second[0].keys:
        _check_one_key(_assumed(first), _assumed(second))
    return _both(first, second)


def _together(errors: Sequence[InputError], supplied: Supplied) -> InputError:
    """The errors of both versions as one. Where both ask for the account alone, or for the Region, it is one of those
    that either names, or another."""
    error = InputError(tuple(dict.fromkeys(diagnostic for error in errors for diagnostic in error.diagnostics)))
    asking = [one for one in errors if isinstance(one, OpenPlaceError)]
    if len(asking) < len(errors) or len({one.what for one in asking}) != 1:
        return error
    accounts = {place.account for one in asking for place in one.places[1:] if place.account is not None}
    if asking[0].what == "account":
        return open_accounts(error, supplied, accounts)
    named = {place.region for one in asking for place in one.places if place.region is not None}
    if len({*map(region_partition, named)}) != 1:
        return error
    other = next((region for region in REGIONS[region_partition(min(named))] if region not in named), None)
    return open_regions(error, supplied, other, named) if other is not None else error


def _renamed(old: Version, new: Version) -> dict[Path, str]:
    """What the files of NEW are called in OLD that it has, byte for byte, under another name."""
    names: list[dict[str, Path]] = []
    for version in (old, new):
        files = [(folder, file) for folder in version.paths if folder.is_dir() for file in files_by_themselves(folder)]
        names.append({file.relative_to(folder).as_posix(): file for folder, file in files if file.is_file()})
    before, after = names
    gone = {file.read_bytes(): name for name, file in before.items() if name not in after}
    return {
        file: gone.pop(data)
        for name, file in after.items()
        if name not in before and (data := file.read_bytes()) in gone
    }


def _assumed(side: EstateAndParts | None) -> str | None:
    """The ARN of the one key whose ARN had to be assumed."""
    arns = [key.arn for key in side[0].keys] if side is not None else []
    return arns[0] if len(arns) == 1 and arns[0].endswith(f":key/{PLACEHOLDER_ID}") else None


def _check_one_key(first: str | None, second: str | None) -> None:
    if (first is None) != (second is None):
        raise InputError.of(
            "one version is a policy whose key is not given, the other a snapshot or a policy of a given key",
            hint="give two policies, or two snapshots; --key-arn says which key two policies are of",
        )
    if first is not None and second is not None and first != second:
        where = [f"account {arn_account(arn)} and Region {arn.split(':')[3]}" for arn in (first, second)]
        raise InputError.of(
            f"the old policy seems to be of a key of {where[0]}, the new one of {where[1]}",
            hint="give the ARN of the key with --key-arn",
        )


def _both(first: EstateAndParts, second: EstateAndParts) -> tuple[Estate, Estate]:
    """Both sides, each with what the other makes and what it leaves open."""
    sides = (_with_others(first, second), first[1]), (_with_others(second, first), second[1])
    old, new = _with_choices(*sides)
    return old, new


def _with_choices(*sides: EstateAndParts) -> tuple[Estate, ...]:
    """The versions, in doubt where plans or templates compare what is not generated yet."""
    estates = tuple(estate for estate, _ in sides)
    if not any(parts.has_planned for _, parts in sides):
        return estates
    return with_generated_in_doubt(*estates)


def _with_others(side: EstateAndParts, other: EstateAndParts) -> Estate:
    """One side, with the identities that plans or templates of the other make."""
    (estate, parts), (others, other_parts) = side, other
    accounts = {account.id: account for account in estate.accounts}
    for account in others.accounts:
        own = accounts.get(account.id, Account(account.id, complete=False))
        if not ({account.id} & {*parts.accounts, *other_parts.accounts}):
            users, roles = _missing(own.users, account.users, parts), _missing(own.roles, account.roles, parts)
            accounts[account.id] = replace(own, users=(*own.users, *users), roles=(*own.roles, *roles))
    return replace(estate, accounts=tuple(accounts[number] for number in sorted(accounts)))


def _missing(own: tuple[Identity, ...], others: tuple[Identity, ...], parts: Parts) -> Iterator[Identity]:
    listed = {identity.arn.rsplit("/", 1)[1].lower() for identity in own}  # one name is of one of them (R2)
    for identity in others:
        account, resource = identity.arn.split(":", 5)[4:]
        kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[1]
        if name.lower() not in listed and not any(
            change.may_be((kind, name)) for change in parts.changes_of_identities(account)
        ):
            yield Identity(identity.arn, tags=identity.tags, unique_id=identity.unique_id, span=identity.span)
