"""A page for each code of an error or fault, made of docs/errors.md, which comes with the installation."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from markdown_it import MarkdownIt

from router.errors import NotFound

INSTALLED = Path(__file__).with_name("errors.md")
IN_REPOSITORY = Path(__file__).parents[1] / "docs" / "errors.md"

_HEADING = re.compile(r"^### (\S+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^]]+)\]\((?:(?P<page>[\w./-]+)?#(?P<code>[\w-]+)|[\w./-]+)\)")
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{code}</title></head>
<body><main><h1><code>{code}</code></h1>
{body}</main></body>
</html>
"""


class NoCode(NotFound):
    """No error and no fault has this code."""

    code, title = "no-code", "There is no such code"

    def __init__(self) -> None:
        super().__init__("no error and no fault has this code")


def page(code: str) -> str:
    """The page of a code as HTML; one that a fault and an error have tells of both. Raises ``NoCode``."""
    said = _said().get(code)
    if said is None:
        raise NoCode
    return _PAGE.format(code=html.escape(code), body=_MARKDOWN.render(said))


@cache
def _said() -> Mapping[str, str]:
    """What is said of each code, as Markdown."""
    path = INSTALLED if INSTALLED.is_file() else IN_REPOSITORY
    said: dict[str, str] = {}
    for code, text in _sections(path.read_text(encoding="utf-8")):
        said[code] = said.get(code, "") + text
    return MappingProxyType(said)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Codes with what is said of them; links lead to other codes, and what is elsewhere in the docs stays words."""
    for code, said in _HEADING.findall(text):
        yield code, _LINK.sub(lambda link: link[1] if link["page"] or not link["code"] else _to(link), said)


def _to(link: re.Match[str]) -> str:
    return f"[{link[1]}]({link['code']})"
