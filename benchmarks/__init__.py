"""The numbers of the README: see docs/performance.md. In: nothing. Out: `Table`s, printed by `python -m benchmarks`."""
