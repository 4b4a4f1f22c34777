"""What a plan or template has that is not read: types that are not known, and what makes resources of others (S1, U3).

Guarantee: what is not read is not passed over in silence: stacks, products and projects, whose templates hold resources
of their own, what code of others makes, what the Cloud Control API makes, and what is of a type that is not known; also
what goes, for it may have taken something away. [CloudFormation User Guide: nested stacks, custom resources, StackSets,
modules; docs/cloudformation.md has the table]
"""

from __future__ import annotations

import re

from verifier.inputs.resource_types import Family, unknown_families
from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import CONTROLLED, Resource, Verb
from verifier.syntax.text import first_few

STACKS = re.compile(
    r"(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product|sagemaker_project)"
    r"|AWS::CloudFormation::Stack(?:Set)?|AWS::Serverless::Application|AWS::ServiceCatalog::CloudFormationProvisionedProduct"
    r"|AWS::SageMaker::Project|.*::MODULE"
    r"|aws_elastic_beanstalk_environment|awscc_elasticbeanstalk_environment|AWS::ElasticBeanstalk::Environment"
    r"|(?:aws|awscc)_(?:ssmquicksetup_configuration_manager|launchwizard_deployment)"
    r"|AWS::(?:SSMQuickSetup::ConfigurationManager|LaunchWizard::Deployment)",
    re.IGNORECASE,
)
"""Types that stand for resources of another template. The source bundle of an environment of Elastic Beanstalk may hold
resources of any type. [AWS Elastic Beanstalk Developer Guide: ebextensions]"""
_BY_CODE = re.compile(r"AWS::CloudFormation::CustomResource|(?!AWS::|Alexa::|[a-z]\w*$).*")
"""Types that code of others makes: custom resources, and those that are registered in the account."""
_RUNS = re.compile(
    r"(?:aws|awscc)_(?:lambda_invocation|ssm_association|ssm_maintenance_window_task|config_remediation_configuration)"
    r"|(?:aws|awscc)_config_(?:organization_)?conformance_pack|shell_\w+"
    r"|AWS::(?:SSM::(?:Association|MaintenanceWindowTask)|Config::(?:RemediationConfiguration|\w*ConformancePack))"
)
"""Types of what runs code of others when it is made or changed, or by itself, which may be told of keys."""
_OF_SERVICE = re.compile(
    r"(?:aws|awscc)_iam_service_linked_role|AWS::IAM::ServiceLinkedRole"
    r"|(?:aws|awscc)_controltower_\w*(?:baseline|landing_zone)|AWS::ControlTower::(?:EnabledBaseline|LandingZone)"
    r"|(?:aws|awscc)_(?:datazone_(?:environment|project)|securitylake_subscriber)"
    r"|AWS::(?:DataZone::(?:Environment|Project)|SecurityLake::Subscriber)"
)
"""Types for which services make roles."""
_UNREAD_ROLES = re.compile(r"awscc_iam_(?:role|user)")
_CONTROLLED_ROLES = re.compile(r"AWS::(?:IAM|CloudFormation|ServiceCatalog)::\w+")
_OTHER = re.compile(r"(?!.*kms|aws_cloudcontrolapi_)(?:aws_|awscc_|AWS::)", re.IGNORECASE)
"""Types of other services: the ID of the default key of a service is the ARN of a key."""
_OWN_ARN = re.compile(r"(?!.*(?:key|kms|resource|source|target))\w*arn", re.IGNORECASE)
"""Attributes that services give to a resource, not those that it is given."""
_PERMISSION_SETS = re.compile(r"aws_ssoadmin_\w+|awscc_sso_\w+|AWS::SSO::\w+", re.IGNORECASE)


def made_by_others(type_: str) -> bool:
    """True iff resources of a type stand for others, which are not in the input."""
    return bool(STACKS.fullmatch(type_) or _BY_CODE.fullmatch(type_))


def is_other_than_key(type_: str, attribute: str) -> bool:
    """True iff an attribute (an empty one: the physical ID) certainly names the resource, which is no key."""
    if made_by_others(type_) or not _OTHER.match(type_):
        return False
    return attribute in ("arn", "id", "") or (not type_.startswith("aws_") and bool(_OWN_ARN.fullmatch(attribute)))


class Unread(ResourceReader):
    """The resources of a template, or of one side of a plan, that are not read."""

    def is_maker(self, resource: Resource) -> bool:
        """True iff a resource stands for others that are not read."""
        type_ = self.type_of(resource)
        return type_ is not None and made_by_others(type_)

    def runs(self, resource: Resource) -> bool:
        """True iff a resource has code of others run, of which nothing but that is recorded."""
        return bool(_RUNS.fullmatch(self.type_of(resource) or ""))

    def supposes(self) -> list[str]:
        running = [one.quoted for one in self.side.done() if one.verb is not Verb.KEEPS and self.runs(one)]
        does = "changes no key and makes no grant, whatever keys it is told of"
        return [f"the code that {first_few(running)} has run {does}"] if running else []

    def changes(self, resource: Resource, *, read: bool = True, why: str = "is of a type that is not read") -> None:
        """Records what a resource may change that is of a type that is not read; with `read` false none is."""
        type_ = self.type_of(resource)
        of = [Family.ANYTHING] if type_ is None else unknown_families(type_, read=read and resource.type != CONTROLLED)
        for family in of:
            self.may_change(resource, family, why if type_ is not None else "has a `type_name` that is not known")
        if Family.KEYS in of and read:
            self.remarks.unread(self.side.at(resource), f"{resource.quoted} is of a type that is not read")

    def roles(self, resource: Resource) -> None:
        """Records roles that a resource makes, or may, and that are not in the input."""
        type_ = self.type_of(resource)
        controlled = resource.type == CONTROLLED and _CONTROLLED_ROLES.fullmatch(type_ or "AWS::IAM::Role")
        of_service = any(one.fullmatch(resource.type) for one in (_OF_SERVICE, _UNREAD_ROLES))
        makes = controlled or of_service or self.is_maker(resource)
        if makes and resource.verb not in (Verb.KEEPS, Verb.TAKES):
            self.parts.leave_roles_out(None if self.is_everywhere(resource) else self.side.account(resource))
        if _PERMISSION_SETS.fullmatch(type_ or "") and resource.verb is not Verb.KEEPS:
            self.parts.leave_roles_out(None, permission_sets=resource.quoted)

    def made_roles(self, resource: Resource, *more: object) -> None:
        """Records what is said of the policies of roles that AWS makes for a resource."""
        is_permission_set = _PERMISSION_SETS.fullmatch(self.type_of(resource) or "")
        if is_permission_set or resource.type.endswith("iam_service_linked_role"):
            self.parts.made_by_others.append((resource.shown.replace("`", ""), [self.whole(resource), *more], None))
