"""What one principal can do on one target: facts that it can make true, and what it needs for that."""
