"""docs/partners.md names every field of every document, in order."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from api.documents import manifest_csv
from api.documents.manifests import Manifest, ManifestStop
from api.documents.picking import PickLine, PickList
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "partners.md").read_text(encoding="utf-8")


def tables(heading: str) -> list[list[str]]:
    """The names in the first column of each table under a heading."""
    part = re.split(r"^##+ ", PAGE.split(f"### {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    each = re.split(r"^\|---.*$", part, flags=re.MULTILINE)[1:]
    return [
        [name for row in re.findall(r"^\| ([a-z_, ]+) \|", table, flags=re.MULTILINE) for name in row.split(", ")]
        for table in each
    ]


def names(record: Any) -> list[str]:
    return [field.name for field in fields(record)]


@pytest.mark.parametrize(
    ("heading", "records"), [("As JSON", (PickList, PickLine)), ("Manifest as JSON", (Manifest, ManifestStop))]
)
def test_every_field_of_a_document_is_explained(heading: str, records: tuple[Any, ...]) -> None:
    explained = tables(heading)
    assert [sorted({*table} - {"field"}) for table in explained] == [sorted(names(record)) for record in records]


def test_every_column_of_a_manifest_is_explained_in_order() -> None:
    assert tables("Manifest as CSV") == [list(manifest_csv.HEADS)]
