"""Dropwright's contracts: clocks, verdicts and credits. Imports the router, never the other way round."""
