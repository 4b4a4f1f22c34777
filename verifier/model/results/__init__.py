"""What commands answer: verdicts, comparisons, findings, explanations, regions; frozen, without text."""
