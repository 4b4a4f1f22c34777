"""Reads the two sides that a command compares.

In: two paths; or paths and two revisions in git; or a Terraform plan, with snapshots beside it or without. Out:
`Sides`.
Guarantee: the errors of both sides are reported together.
"""

from __future__ import annotations

from pathlib import Path

from verifier.frozen import Frozen
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.model.estate import Estate
from verifier.model.invariant_file import InvariantFiles
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import counted, printable


class SidesOptions(Frozen):
    """What the command line names. `git` is `BASE..HEAD`, `BASE...HEAD` or `BASE`; `plan` a plan as JSON."""

    paths: tuple[Path, ...] = ()
    git: str | None = None
    plan: Path | None = None
    key_arn: str | None = None
    supplied: Supplied = NOTHING_SUPPLIED


class Sides(Frozen):
    """Both sides as read, and what people call them."""

    old: Estate
    new: Estate
    labels: tuple[str, str]


def read_sides(options: SidesOptions, files: InvariantFiles) -> Sides:
    """Reads both sides; what `files` declare helps to find whose key a policy is on. Raises `InputError`."""
    if options.plan is not None:
        return _of_plan(options, options.plan, files)
    if options.git is not None:
        return _in_git(options, options.git, files)
    if len(options.paths) != 2:
        message = f"expected OLD and NEW, found {counted(len(options.paths), 'path')}"
        raise InputError.of(message, hint="give two paths, or --git BASE..HEAD PATH, or --plan plan.json")
    old, new = options.paths
    return Sides(
        *_versions(options, Version((old,)), Version((new,)), files), (printable(str(old)), printable(str(new)))
    )


def _of_plan(options: SidesOptions, plan: Path, files: InvariantFiles) -> Sides:
    """Before and after a plan: what the snapshots beside it hold, without it and with it; without any, what it says
    itself."""
    from verifier.inputs import load_plan_sides

    if options.git is not None or options.key_arn is not None:
        raise InputError.of("--plan is both sides by itself, or with snapshots", hint="leave out --git and --key-arn")
    if options.paths:
        with_plan = Version((*options.paths, plan))
        return Sides(*_versions(options, Version(options.paths), with_plan, files), ("as it is", "after the plan"))
    before, after = load_plan_sides(plan, options.supplied)
    return Sides(before, after, ("before the plan", "after it"))


def _in_git(options: SidesOptions, revisions: str, files: InvariantFiles) -> Sides:
    from verifier.cli.bodies.revisions import at_revisions

    if not options.paths:
        raise InputError.of("--git needs a path: a policy, a snapshot or a folder in the repository")
    with at_revisions(revisions, options.paths) as (old, new, labels):
        return Sides(*_versions(options, old, new, files), labels)


def _versions(options: SidesOptions, old: Version, new: Version, files: InvariantFiles) -> tuple[Estate, Estate]:
    declared = files.key_arns[0] if len(files.key_arns) == 1 else None
    return load_versions(old, new, key_arn=options.key_arn, declared_key_arn=declared, supplied=options.supplied)
