"""The parts of a snapshot: verbatim output of the AWS CLI → keys, accounts, organization, endpoints, workloads."""
