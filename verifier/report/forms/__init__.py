"""Each result of a question in every form that it has, one module a result: a command imports its own alone. The
command line and the Python API write a result alike."""
