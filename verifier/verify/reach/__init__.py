"""Reach: what a caller can bring about, step by step (W2, docs/reach.md).

A closure over facts that a caller can make true says what is out of reach; what is within it is shown by a chain of
requests that `evaluate` replays, each on the state that those before it made. What is neither is Unknown.
"""
