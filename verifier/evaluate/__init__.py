"""A concrete request → a decision with a trace: the executable specification of docs/semantics.md.

In: an estate (keys with their policies, accounts with their identities) and one request.
Out: allow, deny or depends; the trace; the readings that it depends on; warnings where the request could not be sent.
Guarantee: plain Python that follows the rules one by one, shares no matcher with `problem`, and never guesses: what
AWS's documentation leaves open, or the input does not say, is tried both ways.
"""

from verifier.evaluate.engine import RequestDecider
from verifier.evaluate.requests.answers import answer, decider_with_remarks, decision_to_json, evaluate, values_read
from verifier.evaluate.requests.reading import GivenRequest, request_from_json

__all__ = [
    "GivenRequest",
    "RequestDecider",
    "answer",
    "decider_with_remarks",
    "decision_to_json",
    "evaluate",
    "request_from_json",
    "values_read",
]
