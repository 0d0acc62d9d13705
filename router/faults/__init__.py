"""What is wrong with a document: every fault at once, each with its place, a stable code and the cure.

``text`` reads JSON and finds what is wrong with the text itself, ``form`` compares values with the fields and types
of a format, ``drop`` and ``records`` find what only the whole document can tell. All of them work on JSON values, not
on records, and step over what another of them reports. ``docs/errors.md`` has every code.
"""

from router.faults.drop import Names, names_of, of_drop, of_order, zone_and_currency
from router.faults.form import of_form, of_times, of_top
from router.faults.records import of_plan
from router.faults.scan import MOST, Scan, escape, in_order, of_nul, rows, shown, texts, word
from router.faults.text import Text, parse, tidy

__all__ = [
    "MOST",
    "Names",
    "Scan",
    "Text",
    "escape",
    "in_order",
    "names_of",
    "of_drop",
    "of_form",
    "of_nul",
    "of_order",
    "of_plan",
    "of_times",
    "of_top",
    "parse",
    "rows",
    "shown",
    "texts",
    "tidy",
    "word",
    "zone_and_currency",
]
