"""Sends the story of ``api.examples`` to a service, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from api.examples import STORY, VALUES, Step
from api.principal import Role
from tests.web.service import Service


@dataclass(kw_only=True)
class Told:
    """The story as far as it went: ``values`` fill paths, of what is there now."""

    service: Service
    values: dict[str, str] = field(default_factory=lambda: dict(VALUES))

    def send(self, step: Step) -> Any:
        """The answer to one step; an edit is sent with the revision that is there."""
        path = step.path.format(**self.values | dict(step.values))
        headers = {"Content-Type": step.media} if step.content else {}
        if step.method in ("PUT", "DELETE"):
            headers["If-Match"] = self.service.get(path).headers.get("etag", '"r1"')
        answer = self.service.send(step.method, path, Role(step.role), content=step.content, headers=headers)
        if step.keeps is not None:
            told = answer.json()
            first = told["items"][0] if "items" in told else told
            self.values[step.keeps] = first.get("id", first.get(step.keeps))
        return answer

    def each(self) -> Iterator[tuple[Step, Any]]:
        """Every step with its answer."""
        for step in STORY:
            yield step, self.send(step)
