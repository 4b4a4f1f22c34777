"""The benchmark: query sets, engines that take turns on them, and what came of it.

In: the name of a query set, engines, rounds, a limit. Out: a `Run`, with times, counts, memory and the machine.
Guarantee: every engine gets the same questions, in turn, in a process of its own; a time covers everything from the
model of the policy to the answer; what was not answered within the limit is a timeout, never a time; two answers that
contradict each other are an error.
"""
