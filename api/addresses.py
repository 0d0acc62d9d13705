"""Which internet addresses are public, so that a URL from outside may have this machine connect there.

Python's ``is_global`` is the start, not the answer: it is true of multicast, of NAT64 and of other ways to wrap an
inner address. In version 6 only 2000::/3 is given to the public at all; everything outside it is refused.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PUBLIC_6 = IPv6Network("2000::/3")

_SPECIAL_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo wraps addresses of version 4, ORCHID names no machine
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 wraps an address of version 4
        "2620:4f:8000::/48",  # AS112 answers for private names
        "3fff::/20",  # documentation
    )
)

_SPECIAL_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by a carrier's customers
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "192.0.0.0/24",  # protocol assignments
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT relays
        "192.88.99.0/24",  # 6to4 relays
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)


def is_public(address: Address) -> bool:
    """Whether the address belongs to a machine on the public internet and stands for nothing but itself."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _SPECIAL_4)
    return address in _PUBLIC_6 and not any(address in block for block in _SPECIAL_6)
