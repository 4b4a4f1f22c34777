"""Two versions of an input, compared by meaning: what each allows that the other does not, and the changes that it is
due to."""
