"""The forms of names that people give, as regular expressions for the whole text; without anything that is slow to
import."""

ACCOUNT = r"[0-9]{12}"
"""An account."""
REGION = r"[a-z]{2}(?:-(?!iso)[a-z]+)+-[0-9]+"
"""A Region, such as us-west-2."""
