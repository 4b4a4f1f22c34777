"""The language server: what editors show of `.inv` files, policies, templates and `verifier.toml`.

In: documents as an editor has them, and places in them. Out: remarks, texts to show, places to go to, edits.
Guarantee: whatever a document holds, the server goes on; what is proved is proved in another process, which is ended
when its time is over, and what was not decided by then is Unknown. `server` alone speaks the protocol; the other
modules know offsets and spans.
"""
