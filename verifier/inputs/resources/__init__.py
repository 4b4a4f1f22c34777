"""Resources → the parts of a snapshot: one reader a service of AWS, for plans and templates alike.

In: a `Side`: the resources of a plan or template, whose attributes are nodes, those that are not known among them. Out:
what the AWS CLI would list of them, added to `Parts`. Guarantee: what is known is listed; what is not is `Unknown`, or
an `Unmodelled` that names it.

`resource` has what a format tells, `names` what follows from that, `reader` what all readers share; `kms` reads keys,
`iam` users, groups, roles and policies, `organizations` control policies, `endpoints` VPC endpoints, identity providers
and shares, `unread` what is not read. Attributes are called as the Terraform provider calls them; a property of a
template is the attribute of the same name.
"""
