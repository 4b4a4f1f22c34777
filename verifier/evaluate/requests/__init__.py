"""Requests and decisions as JSON objects (`verifier evaluate`), and what is remarked on a request besides: no verdict
rests on it."""
