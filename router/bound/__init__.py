"""A proved lower bound on what any valid plan of a drop costs. Anytime: a quick one at once, then better ones."""

from router.bound.bound import lower_bound

__all__ = ["lower_bound"]
