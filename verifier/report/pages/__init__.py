"""Results → documents, and every form that a result has (`Forms`), one page a command, which imports its own alone. The
command line and the Python API write a result alike."""
