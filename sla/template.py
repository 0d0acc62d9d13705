"""The contract templates that Dropwright comes with (``sla/templates``): ready to be published and bound."""

from __future__ import annotations

from importlib import resources

from router.errors import NotFound

_SUFFIX = ".yaml"


class TemplateUnknown(NotFound):
    """No template has this name."""

    code, title = "template-unknown", "There is no such template"


def names() -> tuple[str, ...]:
    """The names of the templates, in order."""
    found = (each.name for each in (resources.files("sla") / "templates").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def text(name: str) -> bytes:
    """A template as it was written, in YAML. Raises TemplateUnknown."""
    if name not in names():
        raise TemplateUnknown(f"there is no template {name[:60]!r}; there are {', '.join(names())}")
    return (resources.files("sla") / "templates" / f"{name}{_SUFFIX}").read_bytes()
