"""One file, one engine: ``solve(drop, *, seed, effort, workers, watch, stop, start) -> Draft``.

``WARM`` says whether the engine goes on from ``start``, a draft of a valid plan; one that does not is never given any.
Engines never import each other.
"""
