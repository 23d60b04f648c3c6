#!/usr/bin/env python3
"""Data and FIN in one segment, 10,000 times: every byte comes back, and then the server's own FIN.

A readiness engine is told of both by one event, and an edge-triggered one only once. The bytes and the end are made to coalesce in three
ways: send and shutdown at once, MSG_MORE before the shutdown, TCP_CORK around both. Half of the connections have exchanged a byte before,
so that the server is already waiting when it happens.
"""
import os
import random
import socket
import sys
import tempfile
import time

from served import Table, arguments, echo, parse

WAYS = {"tcp, send and shutdown": "plain", "tcp, MSG_MORE": "more", "tcp, TCP_CORK": "cork", "unix, send and shutdown": "unix"}
IP_BIND_ADDRESS_NO_PORT = 24
PATIENCE = 10


def dial(server, number):
    if server.path:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(server.path)
        return client
    client = socket.socket()
    client.settimeout(PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.0.{2 + number % 64}", 0))      # each of these ports is in TIME_WAIT for a minute
    client.connect(("127.0.0.1", server.port))
    return client


def finish(client, way, data):
    if way == "cork":
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    client.sendall(data, socket.MSG_MORE if way == "more" else 0)
    client.shutdown(socket.SHUT_WR)


def once(server, way, number, chance):
    """What went wrong; None when nothing did."""
    data = chance.randbytes(chance.choice([1, 2, 100, 1000, 4096, 16384]) if number % 16 else 40_000)
    with dial(server, number) as client:
        if number % 2:
            client.sendall(b"?")
            if client.recv(1) != b"?":
                return "the byte before did not come back"
        finish(client, way, data)
        back = bytearray()
        try:
            while piece := client.recv(65536):
                back += piece
        except TimeoutError:
            return f"{len(back)} of {len(data)} bytes and no FIN within {PATIENCE} s"
        except ConnectionError as error:
            return f"{error} after {len(back)} of {len(data)} bytes"
        return None if back == data else f"{len(back)} of {len(data)} bytes, or others"


def main():
    parser = arguments(__doc__)
    parser.add_argument("--times", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parse(parser)
    table = Table()
    for engine in options.engine:
        for name, way in WAYS.items():
            with tempfile.TemporaryDirectory() as folder, \
                    echo(options, engine, os.path.join(folder, "echo") if way == "unix" else None) as server:
                chance = random.Random(options.seed)
                started, failures = time.monotonic(), []
                for number in range(options.times):
                    failure = once(server, way, number, chance)
                    if failure:
                        failures.append(f"number {number}: {failure}")
                        if len(failures) == 3:         # each may have cost all of its patience
                            break
                table.row(
                    engine,
                    f"{name}: {options.times} in {time.monotonic() - started:.1f} s, failures",
                    str(len(failures)),
                    "0",
                    not failures)
                for failure in failures[:5]:
                    table.note(engine, f"  {failure}", "")
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
