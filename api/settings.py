"""What the service is told by its environment: variables that begin with ``DROPWRIGHT_``, read once at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le
from pydantic import AfterValidator, SecretStr, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.addresses import Network

MIB = 2**20


def _long(given: SecretStr) -> SecretStr:
    known = given.get_secret_value().split()
    if not known or min(map(len, known)) < 32:
        raise ValueError("give 32 random characters or more; several secrets are parted by spaces, the newest first")
    return given


class Settings(BaseSettings):
    """Settings of one process. Sizes in bytes, spans in seconds."""

    model_config = SettingsConfigDict(env_prefix="DROPWRIGHT_", frozen=True, extra="ignore")

    database: str = "sqlite:///dropwright.db"
    """``sqlite:///FILE`` or ``postgresql://…``."""

    pool_size: Annotated[int, Ge(1), Le(200)] = 10
    """Database connections that one process keeps open."""

    body_bytes: Annotated[int, Ge(1024)] = 8 * MIB
    """The largest body of a request that is read whole."""

    bulk_bytes: Annotated[int, Ge(1024)] = 1024 * MIB
    """The largest body of a bulk request, which is read line by line."""

    metrics_token: SecretStr | None = None
    """What Prometheus has to send as its bearer token; without it there are no metrics to see."""

    notice_seconds: Annotated[int, Ge(0), Le(20)] = 3
    """How long the service still answers after it was told to end, so that a load balancer notices."""

    public_url: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+$")] | None = None
    """Where browsers find the service, such as ``https://drops.example``; else what they call it."""

    oidc_issuer: str | None = None
    """The provider of OpenID Connect by which people sign in too, as it calls itself."""

    oidc_client_id: str | None = None
    """What this service is called there."""

    oidc_client_secret: SecretStr | None = None
    """Its secret there, if it has one."""

    at_once: Annotated[int, Ge(1), Le(10_000)] = 64
    """Requests that this process has under way at once, half of them for any one partner; others shall ask again."""

    requests_per_minute: Annotated[int, Ge(1)] = 30_000
    """How often one key, or one person, may ask this process."""

    bulk_requests_per_minute: Annotated[int, Ge(1)] = 600
    """How often one key may send a bulk request, beside those."""

    workers: Annotated[int, Ge(0), Le(64)] = 1
    """Jobs that this process does beside each other; 0 leaves them to ``dropwright worker``."""

    solver_cores: Annotated[int, Ge(1), Le(256)] = 2
    """Cores that one solve may use."""

    small_orders: Annotated[int, Ge(0)] = 200
    """The most orders of a drop that is planned while the request waits."""

    small_seconds: Annotated[float, Ge(0), Le(25)] = 5
    """The most seconds of such a solve."""

    purges: bool = True
    """Whether this process deletes once a day what is kept no longer."""

    keep_personal_days: Annotated[int, Ge(0)] = 30
    """Recipients after their drop was released or cancelled, and manifests after the trip returned."""

    keep_answers_days: Annotated[int, Ge(1)] = 7
    """Answers by Idempotency-Key."""

    keep_deliveries_days: Annotated[int, Ge(4)] = 30
    """What became of webhooks' events; more than the three days for which they are sent again."""

    keep_events_days: Annotated[int, Ge(4)] = 90
    """The feed of events."""

    keep_jobs_days: Annotated[int, Ge(1)] = 90
    """Jobs after they ended."""

    extracts: Path = Path("extracts")
    """The folder in which the extracts of road travel lie."""

    secret: Annotated[SecretStr, AfterValidator(_long)] | None = None
    """What stored secrets are encrypted with, 32 characters or more; older ones may follow, parted by spaces.

    Absent on SQLite: made in a file beside the database."""

    webhooks: bool = True
    """Whether this process sends webhooks."""

    webhook_ports: frozenset[int] = frozenset({443})
    """The ports that webhooks may be sent to."""

    webhook_networks: tuple[Network, ...] = ()
    """Networks that are not public, and to which webhooks may be sent all the same, by plain http too."""
