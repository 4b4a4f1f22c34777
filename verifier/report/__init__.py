"""Results → what people and programs read.

In: results of `verifier.verify`, or the diagnostics of an input that was refused. Out: what each format calls for.

    result → Document (pages/) → text, Markdown, HTML (render/, html/)        what a result says is said once
           → Notices (notices/) → SARIF, JUnit, annotations                   what points at places
           → shapes (wire/) → JSON

`words/` and `reach/` put parts of results in words, for documents and notices alike, and say which exit code a result
has.
Guarantee: pure functions; every text of the input that reaches a terminal or a page is made safe by what renders it;
JSON validates against its schema in `data/`; Unknown is never shown or counted as a pass (S1). Each format is a module
of its own, imported where it is asked for.
"""
