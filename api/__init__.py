"""Dropwright's edge: command line, documents, files and the wall clock."""
