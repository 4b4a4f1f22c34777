"""The organization: its accounts, its tree, its control policies.

In: the identities. Out: the folder `organization`. Guarantee: an account whose organization was not read has its
control policies recorded as not read; one that is in no organization has not.

Any account may ask for its organization's ID; the rest is for the management account and delegated administrators.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from verifier.collect.folder import CollectionStep, Folder, Runner
from verifier.collect.reading import Refused, Service
from verifier.collect.sessions import AccountReader
from verifier.model.results.collection import NotRead, SnapshotPart

_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
_CONTROLS = {
    "SERVICE_CONTROL_POLICY": SnapshotPart.SERVICE_CONTROL,
    "RESOURCE_CONTROL_POLICY": SnapshotPart.RESOURCE_CONTROL,
}


@dataclass
class OrganizationReader:
    """Reads the one organization that some identity may list the accounts of."""

    folder: Folder
    runner: Runner
    identities: Sequence[AccountReader]
    region: str

    def read(self) -> str | None:
        """The ID of the organization that was read, `None` where there is none, or nobody may."""
        folder = self.folder
        self.runner.run([self._membership(identity) for identity in self.identities])
        if "organization" not in folder.done:
            self._read_first()
        read = folder.values.get("organization", {}).get("Id") if "organization" in folder.done else None
        for identity in self.identities:
            self._check(identity.account, read)
        return read

    def _service(self, identity: AccountReader) -> Service:
        return identity.service("organizations", self.region)

    def _membership(self, identity: AccountReader) -> CollectionStep:
        """Which organization the account is in: kept in the manifest, `None` for none."""
        name = f"organization/{identity.account}"

        def work() -> None:
            try:
                self.folder.keep(name, self._service(identity).read("DescribeOrganization"))
            except Refused as error:
                if error.code != _NO_ORGANIZATION:
                    raise
                self.folder.keep(name, None)

        return CollectionStep(name, SnapshotPart.ORGANIZATION, identity.account, work)

    def _read_first(self) -> None:
        """Reads the organization as the first identity that may list its accounts."""
        folder = self.folder
        for identity in self.identities:
            described = folder.values.get(f"organization/{identity.account}")
            if described is None:
                continue
            service = self._service(identity)
            try:
                accounts = service.listed("ListAccounts", "Accounts")
            except Refused as error:
                folder.keep(f"refused/{identity.account}", [error.operation, error.code])
                continue
            folder.write("organization/describe-organization.json", described)
            folder.write("organization/accounts.json", accounts)
            folder.keep("organization", {"Id": described["Organization"].get("Id"), "reader": identity.account})
            folder.finished("organization")
            break
        folder.save()

    def _check(self, account: str, read: str | None) -> None:
        """Records that the control policies over an account in an organization were not read, unless they were."""
        name = f"organization/{account}"
        if name not in self.folder.done:
            return
        described, step = self.folder.values.get(name), f"controls/{account}"
        if described is None or described["Organization"].get("Id") == read:
            self.folder.finished(step)
            return
        operation, code = self.folder.values.get(
            f"refused/{account}", ["organizations:ListAccounts", "another organization was read"]
        )
        self.folder.missed(step, NotRead(SnapshotPart.ORGANIZATION, account, operation, code))

    def details(self) -> Iterator[Sequence[CollectionStep]]:
        """The steps after `read`, in groups: each group needs the answers of those before it."""
        found = self.folder.values.get("organization")
        if found is None or "organization" not in self.folder.done:
            return
        reader = next((identity for identity in self.identities if identity.account == found["reader"]), None)
        if reader is None:
            return
        service = self._service(reader)
        yield [
            self._listing(service, "roots", "ListRoots", "Roots", reader.account),
            *self._policies(service, reader.account),
        ]
        yield from self._units(service, reader.account)
        yield list(self._of_policies(service, reader.account))

    def conclude(self) -> None:
        """Where the policies of a type could not be listed, those over every account are not known."""
        for type_, part in _CONTROLS.items():
            missing = self.folder.not_read.get(f"organization/list-policies/{type_}")
            for identity in self.identities:
                step = f"controls/{identity.account}/{type_}"
                if missing is None:
                    self.folder.not_read.pop(step, None)
                elif identity.account != missing.account:
                    self.folder.missed(step, NotRead(part, identity.account, missing.operation, missing.code))

    def _listing(
        self, service: Service, name: str, operation: str, member: str, account: str, **parameters: str
    ) -> CollectionStep:
        """One listing of the organization: a file, and its entries in the manifest."""

        def work() -> None:
            found = service.listed(operation, member, **parameters)
            self.folder.keep(f"organization/{name}", [entry["Id"] for entry in found[member] if "Id" in entry])
            self.folder.write(f"organization/{name}.json", found)

        return CollectionStep(f"organization/{name}", SnapshotPart.ORGANIZATION_DETAIL, account, work)

    def _policies(self, service: Service, account: str) -> Iterator[CollectionStep]:
        """The policies of each type; see `conclude`."""
        for type_, part in _CONTROLS.items():
            step = self._listing(service, f"list-policies/{type_}", "ListPolicies", "Policies", account, Filter=type_)
            yield replace(step, part=part)

    def _units(self, service: Service, account: str) -> Iterator[Sequence[CollectionStep]]:
        """The units level by level: each is below the root or a unit, and has its own file."""
        level = list(self.folder.values.get("organization/roots", ()))
        while level:
            yield [
                self._listing(
                    service,
                    f"organizational-units/{parent}",
                    "ListOrganizationalUnitsForParent",
                    "OrganizationalUnits",
                    account,
                    ParentId=parent,
                )
                for parent in level
            ]
            names = [f"organization/organizational-units/{parent}" for parent in level]
            level = [unit for name in names for unit in self.folder.values.get(name, ())]

    def _of_policies(self, service: Service, account: str) -> Iterator[CollectionStep]:
        """The document and the targets of each policy, and the parent of each account."""
        accounts = json.loads((self.folder.path / "organization/accounts.json").read_text(encoding="utf-8"))["Accounts"]
        for entry in (one["Id"] for one in accounts):
            yield self._listing(service, f"parents/{entry}", "ListParents", "Parents", account, ChildId=entry)
        for type_ in _CONTROLS:
            for policy in self.folder.values.get(f"organization/list-policies/{type_}", ()):
                yield self._listing(
                    service, f"targets/{policy}", "ListTargetsForPolicy", "Targets", account, PolicyId=policy
                )
                yield self._document(service, policy, account)

    def _document(self, service: Service, policy: str, account: str) -> CollectionStep:
        def work() -> None:
            self.folder.write(
                f"organization/describe-policy/{policy}.json", service.read("DescribePolicy", PolicyId=policy)
            )

        return CollectionStep(f"organization/describe-policy/{policy}", SnapshotPart.ORGANIZATION_DETAIL, account, work)
