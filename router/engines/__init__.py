"""One file, one engine: ``solve(drop, *, seed, effort, workers, watch) -> Draft``. Engines never import each other."""
