"""Who the client is: the peer of the connection, or whom a proxy that is trusted names.

A header says what its sender likes. So only the last address of it that no trusted proxy has is
believed: everything to the left of that may have been written by the client.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Header fields that can name a client, by the name that the command line has for them.
X_FORWARDED_FOR: Final = "x-forwarded-for"
FORWARDED: Final = "forwarded"
#: A reverse proxy most often runs beside the server.
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: Who has an IPv6 connection has a network of this size or larger (RFC 6177), all of it his own.
_IPV6_PREFIX: Final = 64
#: Proxies behind each other that are looked at, from the server outwards.
_LONGEST_CHAIN: Final = 16
#: An element of Forwarded (RFC 7239, 4) names the client in its parameter `for`.
_FOR: Final = re.compile(r'(?:^|;)\s*for\s*=\s*(?:"([^"\\]*)"|([^\s;"]*))', re.IGNORECASE)
_BRACKETED: Final = re.compile(r"\[([^\]]*)\](?::\w+)?")
_WITH_PORT: Final = re.compile(r"([0-9.]+):\w+")


@dataclass(frozen=True)
class Proxies:
    """The proxies in front of the server, and the one header in which they name the client.

    Only one header is read: a proxy passes the other one on as the client wrote it.
    """

    trusted: tuple[Network, ...] = LOOPBACK
    header: str = X_FORWARDED_FOR

    def client(self, peer: str, fields: Sequence[str]) -> Network | None:
        """Return the network of a client: one IPv4 address, or an IPv6 network of 64 bits.

        `fields` are the values of the header in the order of the request. None if the connection
        has no address (as over a Unix socket) and the header names none.
        """
        address = _address(peer)
        if address is None or self._trusts(address):
            for element in self._chain(fields):
                named = _address(element)
                if named is None:
                    break
                address = named
                if not self._trusts(address):
                    break
        return None if address is None else _network(address)

    def trusts(self, network: Network) -> bool:
        """Whether a client is in truth one of the proxies, which then named nobody."""
        return self._trusts(network.network_address)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def _chain(self, fields: Sequence[str]) -> list[str]:
        """Return who passed the request on to whom, the last first."""
        elements = ",".join(fields).rsplit(",", _LONGEST_CHAIN)
        if len(elements) > _LONGEST_CHAIN:
            del elements[0]
        elements.reverse()
        if self.header == FORWARDED:
            matches = map(_FOR.search, elements)
            return [match[1] or match[2] or "" if match else "" for match in matches]
        return elements


def network(text: str) -> Network:
    """Read an address or network in CIDR notation. Raises ValueError."""
    return ip_network(text.strip())


def _address(text: str) -> Address | None:
    """Read an address, with a port or without; None for a name or what is none at all."""
    text = text.strip()
    match = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(match[1] if match else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _network(address: Address) -> Network:
    if isinstance(address, IPv4Address):
        return IPv4Network(address)
    return IPv6Network((int(address) >> _IPV6_PREFIX << _IPV6_PREFIX, _IPV6_PREFIX))
