"""The tables, one module for each aggregate. Importing this package makes the metadata whole."""

from importlib import import_module
from pkgutil import iter_modules

from api.db.schema import metadata

__all__ = ["metadata"]

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")
