"""The numbers of docs/performance.md. In: nothing. Out: `Table`s, printed by `python -m benchmarks`."""
