"""Little towns drawn by hand, on which every road can be worked out."""

from __future__ import annotations

import math

import numpy as np
import osmium

from router.roads import read_roads
from router.streets.extract import EARTH_METRES

ORIGIN = (60.0, 25.0)


def at(east_m, north_m):
    """A place so many metres east and north of the town's corner."""
    lat = ORIGIN[0] + math.degrees(north_m / EARTH_METRES)
    return lat, ORIGIN[1] + math.degrees(east_m / (EARTH_METRES * math.cos(math.radians(ORIGIN[0]))))


def places(*metres):
    return np.array([at(east, north) for east, north in metres])


class Town:
    """Draws an extract: corners with places in metres, streets over corners, forbidden turns at corners."""

    def __init__(self, folder, corners):
        self.path = folder / "town.osm.pbf"
        self.names = {name: i for i, name in enumerate(corners, start=1)}
        self.corners, self.tags, self.streets, self.turns = corners, {}, [], []

    def street(self, over, **tags):
        """Adds a street, gives its number; ``a__b`` is the tag a:b, and a tag of None is left out."""
        named = {"highway": "residential"} | {key.replace("__", ":"): value for key, value in tags.items()}
        kept = {key: value for key, value in named.items() if value is not None}
        self.streets.append((over.split(), kept))
        return len(self.streets)

    def barrier(self, corner, **tags):
        self.tags[corner] = tags

    def turn(self, kind, start, via, end, **tags):
        self.turns.append((kind, start, via, end, tags))

    def drawn(self, without=()):
        self.path.unlink(missing_ok=True)
        with osmium.SimpleWriter(str(self.path)) as writer:
            for name, i in self.names.items():
                if name not in without:
                    lat, lon = at(*self.corners[name])
                    node = osmium.osm.mutable.Node(id=i, location=(lon, lat), tags=self.tags.get(name, {}))
                    writer.add_node(node)
            for i, (over, tags) in enumerate(self.streets, start=1):
                nodes = [self.names[name] for name in over]
                writer.add_way(osmium.osm.mutable.Way(id=i, nodes=nodes, tags=tags))
            for i, (kind, start, via, end, tags) in enumerate(self.turns, start=1):
                members = [("w", start, "from"), ("n", self.names[via], "via"), ("w", end, "to")]
                tags = {"type": "restriction", "restriction": kind} | tags
                writer.add_relation(osmium.osm.mutable.Relation(id=i, members=members, tags=tags))
        return self.path


def ways(path, costing, *metres, **options):
    """(metres, seconds) between places, row by row."""
    matrix = read_roads(path, costing).matrix(places(*metres), **options)
    return [list(zip(*row, strict=True)) for row in zip(matrix.metres.tolist(), matrix.seconds.tolist(), strict=True)]
