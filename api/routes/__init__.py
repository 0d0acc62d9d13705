"""The routes, one resource a file; each has a ``router``. Parse, call, return."""
