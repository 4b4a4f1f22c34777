"""A solver's assignment → a request that people can read.

In: a question, and the classes and symbols that a solver chose. Out: concrete values, the `Request`, a command that
would send it.
Guarantee: values agree with the assignment; where none can, the reason is a clause that holds of every request, and
where none was found the answer says so. Nothing here is a verdict: `verifier.verify` replays every request.
"""
