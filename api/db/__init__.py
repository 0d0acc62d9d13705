"""The relational store: tables, and one module of functions for each aggregate. Nobody here commits."""
