"""Seeded drops of any size: ``make_drop``, and what it may be given to work with."""

from router.generate.drop import make_drop
from router.generate.ground import District, Ground, Site
from router.generate.supply import BIKE, VAN, Mode
from router.generate.travel import MatrixTooLarge

__all__ = ["BIKE", "VAN", "District", "Ground", "MatrixTooLarge", "Mode", "Site", "make_drop"]
