"""Notices about places: SARIF, JUnit, annotations of a pull request."""
