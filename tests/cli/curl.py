"""As much of curl as docs/client.md uses, so that its lines are tried on machines without curl too."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx2


def main() -> int:
    known = argparse.ArgumentParser()
    known.add_argument("url")
    known.add_argument("-H", action="append", default=[])
    known.add_argument("-X")
    known.add_argument("-d", "--data-binary", dest="data")
    for switch in ("-s", "-S", "-f", "-N"):
        known.add_argument(switch, action="store_true")
    asked = known.parse_args()
    body: bytes | None = None if asked.data is None else asked.data.encode()
    if asked.data is not None and asked.data.startswith("@"):
        body = Path(asked.data[1:]).read_bytes()
    head = dict(line.split(": ", 1) for line in asked.H)
    if body is not None:
        head.setdefault("Content-Type", "application/x-www-form-urlencoded")
    method = asked.X or ("GET" if body is None else "POST")
    answer = httpx2.request(method, asked.url, content=body, headers=head, timeout=60)
    if answer.is_error:
        sys.stderr.write(f"curl: (22) The requested URL returned error: {answer.status_code}\n")
        return 22
    sys.stdout.write(answer.text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
