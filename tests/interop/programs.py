"""How each of the other programs is run as a client and as a server, and what it cannot do.

Versions that this was tried with: Python 3.11, socat 1.7.4.4, ncat 7.93, OpenBSD nc 1.219 (Debian 12).
"""
import os
import sys
from dataclasses import dataclass
from typing import Callable, Optional

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTS = {"tcp4": "127.0.0.1", "tcp6": "::1"}


@dataclass(frozen=True)
class Place:
    """Where a server is: a TCP port on this machine, or a Unix socket's path."""
    transport: str
    port: int = 0
    path: str = ""

    @property
    def host(self):
        return HOSTS[self.transport]

    @property
    def words(self):
        return [self.path] if self.transport == "unix" else [self.host, str(self.port)]

    @property
    def address(self):
        """As zocalo writes it."""
        if self.transport == "unix":
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if self.transport == "tcp6" else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Program:
    name: str
    executable: str
    client: Callable[[Place], list]
    server: Callable[[Place], list]
    hangs_up: Optional[str] = None      # why, as a server, it cannot answer after the client's FIN


def unix(place):
    return ["-U"] if place.transport == "unix" else []


def python(role):
    return lambda place: [sys.executable, os.path.join(HERE, "relay.py"), role, *place.words]


# -t10: without it socat leaves 0.5 s after the first of the two directions has ended, and a late reply is lost.
def socat_client(place):
    kind = {"tcp4": "TCP4", "tcp6": "TCP6", "unix": "UNIX-CONNECT"}[place.transport]
    return ["socat", "-t10", "-", f"{kind}:{place.path or place.address}"]


def socat_server(place):
    kind = {"tcp4": "TCP4-LISTEN", "tcp6": "TCP6-LISTEN", "unix": "UNIX-LISTEN"}[place.transport]
    bind = {"tcp4": ",bind=127.0.0.1", "tcp6": ",bind=[::1]", "unix": ""}[place.transport]
    return ["socat", "-t10", f"{kind}:{place.path or place.port}{bind}", "-"]


PROGRAMS = [
    Program("python", "python3", python("connect"), python("listen")),
    Program("socat", "socat", socat_client, socat_server),
    # ncat sends its FIN when stdin ends, unless --no-shutdown. A listening ncat closes the connection when a recv gives
    # 0 bytes, whether its words come from stdin or from --exec.
    Program("ncat", "ncat",
            lambda place: ["ncat", *unix(place), *place.words],
            lambda place: ["ncat", "-l", *unix(place), *place.words],
            hangs_up="a listening ncat closes the connection at the client's FIN"),
    # -N: without it nc sends no FIN at the end of stdin. With -l it is over when the network's side has ended.
    Program("nc", "nc",
            lambda place: ["nc", "-N", *unix(place), *place.words],
            lambda place: ["nc", "-l", "-N", *unix(place), *place.words],
            hangs_up="a listening nc closes the connection at the client's FIN"),
]
