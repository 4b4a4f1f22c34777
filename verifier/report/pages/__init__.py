"""Results → documents: one page a command."""
