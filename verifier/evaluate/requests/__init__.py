"""Requests and decisions as JSON objects (`verifier evaluate`)."""
