"""Questions → verdicts. Joins the rooms above; each verification condition is a few lines.

In: an estate and what is asked of it. Out: reports. Guarantee: S1: proved, refuted or unknown, and never one for
another.
"""

from verifier.ask.answers import Contradiction, InternalDisagreement

__all__ = ["Contradiction", "InternalDisagreement"]
