"""The parts of all paths, read together.

Guarantee: every error of every file is reported in one `InputError`; an estate holds no key twice, and at least one
unless it may be empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.inputs.cloudformation import is_template
from verifier.inputs.cloudformation.assembly import in_one_account, is_assembly, stacks
from verifier.inputs.drafts import Details
from verifier.inputs.ids import with_known_ids, with_open_patterns
from verifier.inputs.merged_keys import as_one, tell_apart
from verifier.inputs.no_input import NoInput
from verifier.inputs.open_tags import with_open_tags
from verifier.inputs.policy_file import (
    check_parameters,
    is_of_others,
    is_policy,
    no_key,
    none_read,
    of_accounts,
    placeholders,
    read_policy_file,
)
from verifier.inputs.resource_types import Family, with_harmful
from verifier.inputs.snapshot.accounts import read_account
from verifier.inputs.snapshot.controls import with_controls
from verifier.inputs.snapshot.files_inside import about_access, files_by_themselves, is_configuration
from verifier.inputs.snapshot.folder import FolderReader
from verifier.inputs.snapshot.key_metadata import DescribedKey, check_described
from verifier.inputs.snapshot.keys import keys_not_listed, read_key
from verifier.inputs.snapshot.not_read import unmodelled as unmodelled_parts
from verifier.inputs.snapshot.not_read import with_gaps, with_unique_names
from verifier.inputs.snapshot.organization import read_organization
from verifier.inputs.snapshot.parts import MENTIONS_SESSIONS, DocumentReader, Parts, is_snapshot
from verifier.inputs.snapshot.vpc_endpoints import read_vpc_endpoints
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform import may_be_terraform
from verifier.inputs.tested_facts import with_tested_facts
from verifier.inputs.text.files import CONFIGURATION, OF_CONFIGURATION, Files
from verifier.inputs.text.nodes import Members, Node, Remarks
from verifier.inputs.unlisted import with_unlisted
from verifier.model.estate import Account, Estate, Key
from verifier.model.organization import Organization
from verifier.model.unmodelled import Unmodelled
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.text import first_few

if TYPE_CHECKING:
    from verifier.inputs.cloudformation.nested import TemplateReader
    from verifier.inputs.cloudformation.side import TemplateSide
    from verifier.inputs.terraform_input import TerraformReader


@dataclass
class Loader:
    """Collects the parts of all paths, then reads them together, for the organization needs the keys."""

    files: Files
    supplied: Supplied
    key_arn: str | None = None
    declared_key_arn: str | None = None
    other_version: str | None = None
    steps: bool = field(default=True, kw_only=True)
    tags: bool = field(default=True, kw_only=True)
    """Whether the tags of callers are asked about, whatever the input says of them."""
    remarks: Remarks = field(default_factory=Remarks)
    parts: Parts = field(default_factory=Parts)
    keys: list[Key] = field(default_factory=list)
    policy_files: int = 0
    several: bool = False
    """Whether there is more than one path."""
    renamed: Mapping[Path, str] = field(default_factory=dict)
    """What files are called in folders of policies that another version has under another name."""
    of_two_versions: bool = False
    """Whether a parameter may be one of another version alone."""
    templates: list[TemplateSide] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    """Folders of `.tf` files."""
    snapshots: bool = False
    """Whether something tells what there is in an account."""
    no_input: NoInput = field(default_factory=NoInput)

    def __post_init__(self) -> None:
        self.parts.steps = self.steps

    # What reads the formats that few inputs are in is imported for these: it takes longer than a proof does.

    @cached_property
    def _terraform(self) -> TerraformReader:
        from verifier.inputs.terraform_input import TerraformReader

        return TerraformReader(self.remarks, self.files, self.parts)

    @cached_property
    def _cloudformation(self) -> TemplateReader:
        from verifier.inputs.cloudformation.nested import TemplateReader

        return TemplateReader(self.remarks, self.files, self.parts, self.templates)

    def add(self, path: Path, among: str | None = None) -> None:
        """Adds a path, or a file of a folder by its name `among` the others. Raises `InputError`, or records errors."""
        if path not in self.files.given and path.is_dir():
            self._add_directory(path)
            return
        if path.suffix in CONFIGURATION:
            message = f"`{self.files.name(path)}` is a Terraform configuration, not a plan"
            raise InputError.of(message, hint=f"give its folder; or {OF_CONFIGURATION}")
        if path.suffix == ".inv":
            message = f"`{self.files.name(path)}` is a file of invariants by its name, no input"
            raise InputError.of(message, hint="give it with --invariants; beside the input it is read by itself")
        if self.add_plan(path):
            self.tags = True  # which texts a plan is made of only its reader knows
            return
        node = self.files.node(path)
        if is_template(node):
            self._add_template(path, self.supplied)
        elif isinstance(node, Members) and is_snapshot(node, among=among is not None):
            self.snapshots = self.snapshots or node.has("accounts", "keys", "vpc_endpoints")
            DocumentReader(self.remarks, self.files, self.parts, path.parent).read(node)
        elif is_policy(node):
            self._add_policy(node, path, among or (self.files.name(path) if self.several else None))
        else:
            self.no_input.values.append(node)

    def _add_directory(self, path: Path) -> None:
        """Adds a cloud assembly of the CDK, a Terraform configuration, a folder of policies, or a snapshot in files."""
        self.no_input.folders.append(path)
        if is_assembly(self.files, path):  # its manifest tells what is in it
            before = self.parts.by_stand_in.copy()
            for template, deployed in stacks(self.files, path, self.supplied):
                self.remarks.keep(partial(self._add_template, template, deployed, template.parent))
            in_one_account(self.remarks, self.parts, self.files.name(path), before)
            return
        if not is_configuration(path):
            self._add_files_of(path)
            return
        self.folders.append(path)
        self._terraform.add_folder(path, self.supplied)
        self.tags = True

    def _add_files_of(self, path: Path) -> None:
        """Adds the files about access in a folder, each by itself; where there are none, the folder is a snapshot."""
        inside = files_by_themselves(path)
        for file in about_access(self.remarks, self.files, path, inside):
            add = partial(self.add, file, self.renamed.get(file, file.relative_to(path).as_posix()))
            self.remarks.keep(partial(self.no_input.keep_template, self.files.name(file), add))
        if not inside:
            self.snapshots = True
            FolderReader(self.remarks, self.files, self.parts, path).read()

    def add_plan(self, path: Path, *, before: bool | None = None) -> bool:
        """True iff the file is output of `terraform show -json`. With `before` it must be a plan; one side is added."""
        source = self.files.source(path)
        if before is None and not may_be_terraform(source.text):
            return False
        return self._terraform.add_plan(path, self.supplied, before=before)

    def _add_template(self, path: Path, supplied: Supplied, assembly: Path | None = None) -> None:
        """Adds a template; of one in the folder of an `assembly` also those of its nested stacks."""
        self._cloudformation.add(path, supplied, assembly)
        self.tags = True

    def _add_policy(self, node: Node, path: Path, among: str | None) -> None:
        names = tuple(placeholders(node))
        if names:
            self.parts.parameters.append((node, names))
        if (self.key_arn or self.declared_key_arn) is None and is_of_others(self.remarks, node, self.supplied):
            return
        self.policy_files += 1
        if self.policy_files == 2 and self.key_arn is not None:
            hint = "describe several keys in a snapshot"
            self.remarks.error(node, "a second policy file, but --key-arn names one key", hint=hint)
        if self.key_arn is None and self.declared_key_arn is not None:
            own = f"the key of {path.name} is {self.declared_key_arn}, the only one that the invariants declare"
            self.remarks.concluded[own] = None
        key_arn = self.key_arn or self.declared_key_arn
        part = read_policy_file(self.remarks, node, path, key_arn, self.supplied, self.other_version, among)
        if part is not None:
            self.parts.keys.append(part)

    def estate(self, *, empty: bool = False) -> Estate:
        """Reads all parts. Raises `InputError` with every error, of which no key is one unless it may be `empty`."""
        if self.no_input.values or self.no_input.templates:
            self.no_input.check(self.remarks, self.files)
        if self.templates:
            self._cloudformation.read()
        unmodelled = [*self._read_keys(), *self.parts.unmodelled, *unmodelled_parts(self.parts.not_read)]
        read = self._read_accounts()
        unmodelled += [thing for _, things, _ in read for thing in things]
        organization, controls = self._read_organization()
        endpoints, policies = read_vpc_endpoints(self.remarks, self.parts)
        unmodelled += [*controls, *policies]
        self._check_keys(empty)
        if self.folders and self.snapshots:
            plan = "a plan alone tells what of a Terraform configuration is there already"
            message = f"{plan}, so its folder cannot stand beside a snapshot"
            self.remarks.error(self.files.place(self.folders[0]), message, hint=OF_CONFIGURATION)
        if not self.of_two_versions:
            check_parameters(self.remarks, self.supplied, self.parts)
        if self.no_input.folders and not self.remarks.errors:
            self.no_input.check_keys(self.remarks, self.files)
        self.remarks.raise_errors()
        accounts = tuple(sorted((account for account, *_ in read), key=lambda account: account.id))
        known = ((draft.unique_id, draft.arn) for *_, details in read for draft in details.drafts)
        keys, accounts = with_known_ids(self.keys, accounts, known)
        estate = Estate(
            keys=keys,
            accounts=accounts,
            organization=organization,
            unmodelled=(*with_unique_names(unmodelled), *self.remarks.unknown_statements.values()),
            warnings=self.remarks.all_warnings(),
            endpoints=endpoints,
            inputs=tuple(self.files.digests.items()),
            open_region=tuple(self.remarks.own_regions),
            concluded=(*self.remarks.concluded, *of_accounts(self.remarks.own_accounts)),
            supposed=tuple(dict.fromkeys(chain.from_iterable(self.parts.supposed.values()))),
            regions_taken=tuple(self.remarks.definitions.digest(said) for said in self.remarks.regions_taken),
        )
        self.parts.own_regions = self.remarks.own_regions
        return self._with_doubts(estate, {account.id: details for account, _, details in read})

    def _with_doubts(self, estate: Estate, details: Mapping[str, Details]) -> Estate:
        """The estate, with what plans and templates leave open. `details` are those of the accounts, by ID."""
        if self.templates or self.parts.ignored_tags or self.parts.without_system_tags:
            files = {template.file: template.stack_tags for template in self.templates}
            estate = with_open_tags(estate, files, self.parts)
        estate = with_open_patterns(estate)
        if self.remarks.written_statements:
            estate = with_tested_facts(estate, self.remarks.written_statements)
        changed = self.parts.unknown or self.parts.remade or self.parts.identity_changes or self.parts.made
        if not changed and not self.supplied.harmless and all(account.complete for account in estate.accounts):
            return estate
        harmless, two = self.supplied.harmless, self.of_two_versions
        estate = with_harmful(estate, self.remarks.definitions, self.parts, harmless, of_two_versions=two)
        return with_unlisted(estate, self.remarks, self.parts, details)

    def _read_accounts(self) -> list[tuple[Account, list[Unmodelled], Details]]:
        # Trust policies say which sessions come from a provider that a key policy names (P6).
        provided = any(policy.names_providers for key in self.keys for policy in key.policies or ())
        trusts = self.steps or self.tags or self.files.mention(MENTIONS_SESSIONS) or provided
        listed = dict.fromkeys((*self.parts.accounts, *self.parts.made))
        if not listed:
            return []
        return [read_account(self.remarks, self.parts, account, steps=self.steps, trusts=trusts) for account in listed]

    def _read_keys(self) -> list[Unmodelled]:
        unmodelled: list[Unmodelled] = []
        tell_apart(self.parts)
        described: list[DescribedKey] = []
        not_read = {(entry.part, entry.place): entry for entry in self.parts.not_read}
        for part in as_one(self.remarks, self.parts.keys):
            read = read_key(self.remarks, part, self.parts.key_changes, self.parts.loose_policies)
            if read is not None:
                found, things = read
                self.keys.append(with_gaps(found[0], not_read))
                described.append(found)
                unmodelled += things
        self.keys += keys_not_listed(self.parts.not_read)
        check_described(self.remarks, described)
        self._check_changes()
        return unmodelled

    def _check_changes(self) -> None:
        known = {key.arn for key in self.keys}
        for arn, place in self.remarks.by_id.items():
            region, own_id = arn.split(":")[3], arn.rsplit("/", 1)[1]
            if regions := sorted({key.region for key in self.keys if key.arn.endswith(f"/{own_id}")} - {region}):
                message = f"{own_id} is the ID of a key of {first_few(regions)}, and the Region of this is not given"
                self.remarks.error(place, message, hint="give it with --region, or name the key by its ARN", rule="S4")
        for arn, changes in self.parts.key_changes.items():
            if changes.grants and arn not in known:
                message = f"the key of this grant, {arn}, is not in the input, so the grant changes nothing here"
                self.remarks.warning(changes.place, message)

    def _read_organization(self) -> tuple[Organization | None, tuple[Unmodelled, ...]]:
        if self.parts.organization is None:
            return None, ()
        for changed, name in self.parts.organization_changes:
            message = (
                f"{name} changes an organization that another input describes as it is now; the two cannot be put "
                "together"
            )
            by_plan = "let the plan read it (data aws_organizations_organization)"
            hint = f"leave the organization out of the snapshot, or {by_plan}"
            self.remarks.error(changed, message, hint=hint, rule="D7")
        read = read_organization(self.parts.organization)
        return with_controls(self.parts.organization, *read, self.keys) if read is not None else (None, ())

    def _check_keys(self, empty: bool) -> None:
        """Records errors: keys that are given twice, several partitions (R7), no key at all (S3)."""
        seen: set[str] = set()
        for key in self.keys:
            if key.arn in seen:
                self._error(f"key {key.arn} is given twice", key)
            seen.add(key.arn)
        if len({key.partition for key in self.keys}) > 1:
            self._error("the keys are of several partitions; give one partition at a time", self.keys[-1], rule="R7")
        if self.key_arn is not None and not self.policy_files and not self.remarks.errors and self.files.digests:
            self._error("--key-arn goes with a policy file, and none is given")
        if not self.keys and not self.remarks.errors:
            makers = {found.address: found.span for found in self.parts.unknown if found.family is Family.ANYTHING}
            if self.remarks.not_read or makers:  # then it is not known that there is none
                self.remarks.errors.append(none_read(self.remarks, makers, self.no_input.key_places(self.files)))
            elif not empty:
                places = self.no_input.key_places(self.files)
                self.remarks.errors.append(no_key(self.files.digests, self.remarks.no_keys, places))

    def _error(self, message: str, key: Key | None = None, *, rule: str | None = None) -> None:
        self.remarks.errors.append(Diagnostic(Severity.ERROR, message, key.span if key else None, rule=rule))
