"""Commands that list what the program knows: rules, questions, built-ins, actions, schemas."""
