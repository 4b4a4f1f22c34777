"""Whether a request could be sent (F1–F9, R3, U4): warnings, never a change of the decision."""
