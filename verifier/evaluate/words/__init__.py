"""What explanations say of the parts of a request. Nothing here decides anything."""
