"""Questions → answers: the loop between what finds assignments, concrete requests, and replays by `evaluate`.

In: a question; an oracle that finds assignments: a solver session, or decision diagrams. Out: Proved, Refuted or
Unknown.
Guarantee: Proved iff the oracle has no assignment left and none was set aside unanswered; Refuted only with a request
that `evaluate` has decided so; everything else is Unknown with its reason (S1). Where the two readings of the rules
differ there is an `InternalDisagreement`, never an answer.
"""
