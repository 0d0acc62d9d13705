"""A process that sends webhooks to this machine's own sinks until it is ended or killed.

python -m tests.web.sender DATABASE SECRET LEASE_SECONDS
"""

from __future__ import annotations

import ssl
import sys

from api.db import deliveries
from api.db.connect import connect
from api.dispatch import Dispatcher
from api.drain import Drain
from api.jobs import utc_now
from api.lookup import addresses
from api.outbound import Reach
from api.sealing import Sealer
from api.sending import Line
from tests.web.hooked import LOOPBACK


def main(database: str, secret: str, lease_s: str) -> None:
    """Says when it begins."""
    deliveries.LEASE_S = int(lease_s)
    reach = Reach(ports=frozenset(range(1, 65_536)), allowed=LOOPBACK)
    line = Line(reach=reach, resolve=addresses, tls=ssl.create_default_context(), now=utc_now)
    sealer = Sealer(secret)
    sending = Dispatcher(store=connect(database, pool_size=3), sealer=lambda: sealer, drain=Drain(), line=line)
    sys.stdout.write("sending\n")
    sys.stdout.flush()
    sending.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
