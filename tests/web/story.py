"""Sends the story of ``api.examples`` to a service, step by step, for one marketplace or another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from api.examples import STORY, VALUES, Step
from api.principal import Role
from tests.web.service import OTHER, TENANT, Service

FREE = ("title", "name", "phone", "address", "bin")
"""Fields of the story whose words are free; each marketplace's have its canary."""

AT = "@example.com"
CANARY = {TENANT: "Kanarienvogel", OTHER: "Wellensittich"}


def names(tree: Any) -> set[str]:
    """The ids of records in a tree."""
    if isinstance(tree, list):
        return set().union(*map(names, tree))
    if not isinstance(tree, dict):
        return set()
    own = {tree[key] for key in ("id", "sku") if key in tree}
    return own.union(*map(names, tree.values()))


NAMES = set().union(*(names(step.body) for step in STORY))
"""Every id that the story gives to something."""


def spelt(tree: Any, tenant: str) -> Any:
    """A tree of the story as a marketplace has it: with its canary, and with ids of its own where it is ``OTHER``."""
    if isinstance(tree, list):
        return [spelt(each, tenant) for each in tree]
    if isinstance(tree, dict):
        return {
            key: f"{value} {CANARY[tenant]}" if key in FREE else spelt(value, tenant) for key, value in tree.items()
        }
    if tenant == OTHER and isinstance(tree, str) and tree.endswith(AT):
        return tree.replace(AT, f"@{OTHER}.example")
    return f"{tree}-{OTHER}" if tenant == OTHER and isinstance(tree, str) and tree in NAMES else tree


@dataclass(kw_only=True)
class Told:
    """The story as far as it went: ``values`` fill paths, of what is there now."""

    service: Service
    tenant: str = TENANT
    values: dict[str, str] = field(default_factory=lambda: dict(VALUES))

    def __post_init__(self) -> None:
        self.values = spelt(self.values, self.tenant)

    def send(self, step: Step) -> Any:
        """The answer to one step; an edit is sent with the revision that is there."""
        mine = replace(step, body=spelt(step.body, self.tenant))
        answer = self.ask(mine, mine.content)
        if step.keeps is not None:
            told = answer.json()
            first = told["items"][0] if "items" in told else told
            self.values[step.keeps] = first.get("id", first.get(step.keeps))
        return answer

    def ask(self, step: Step, content: bytes) -> Any:
        """The answer to the request of a step with another body; nothing is kept of it."""
        path = step.path.format(**self.values | spelt(dict(step.values), self.tenant))
        headers = {"Content-Type": step.media} if content else {}
        if step.method in ("PUT", "DELETE"):
            known = self.service.get(path, tenant=self.tenant).headers
            headers["If-Match"] = known.get("etag", '"r1"')
        return self.service.send(step.method, path, Role(step.role), self.tenant, content=content, headers=headers)

    def each(self) -> Iterator[tuple[Step, Any]]:
        """Every step with its answer."""
        for step in STORY:
            yield step, self.send(step)
