#!/usr/bin/env python3
"""No descriptor is left for the next client: the server neither dies nor burns a processor, and serves again soon when there are some.

Two ways to get there, with the limit of 300 that `prlimit --nofile=300` sets:
  from the start    the server knows its limit, and keeps below it by itself (where it reckons right)
  while it runs     the limit comes when it listens already, so that it runs into it: accept fails with EMFILE
Clients come until no more are served. Then, for 5 s, the server's processor time: below 10 % of a core. Then half of the clients hang up,
and a new one must be served within 1.5 s of the last of them. At the end all go, and 50 new ones are served one after the other.
"""
import select
import socket
import sys
import time

from served import Table, arguments, echo, parse
from peer import sockets_of, tcp_sockets     # beside served, which knows where it is

LIMIT = 300
CLIENTS = 400           # more than can be served, fewer than the backlog holds besides
STARVED = 5             # s
SHARE = 0.10
SOON = 1.5              # s


def dial(server):
    client = socket.socket()
    client.settimeout(10)
    client.connect(("127.0.0.1", server.port))
    client.sendall(b"?")
    return client


def served_among(waiting, seconds):
    """Those whose byte has come back before nothing has come for so long."""
    poll, found = select.poll(), []
    by_number = {client.fileno(): client for client in waiting}
    for number in by_number:
        poll.register(number, select.POLLIN)
    while ready := poll.poll(seconds * 1000):
        for number, _ in ready:
            poll.unregister(number)
            try:
                found += [by_number[number]] if by_number[number].recv(1) == b"?" else []
            except OSError:
                pass        # refused by a reset
    return found


def fill(server):
    clients = [dial(server) for _ in range(CLIENTS)]
    served = served_among(clients, 1.5)
    return served, [client for client in clients if client not in set(served)]


def starve(options, table, engine, name, server):
    before = server.descriptors()
    served, waiting = fill(server)
    table.note(engine, f"{name}: clients served, descriptors taken", f"{len(served)}, {server.descriptors()} of {LIMIT}")
    used, started = server.processor_seconds(), time.monotonic()
    time.sleep(options.seconds)
    share = (server.processor_seconds() - used) / (time.monotonic() - started)
    table.row(
        engine,
        f"{name}: processor while starved, {options.seconds:.0f} s",
        f"{share * 100:.1f} %",
        "< 10 % of a core",
        share < SHARE and server.is_alive)
    table.row(engine, f"{name}: the served are still served", *still_served(served))
    for client in waiting:
        client.close()              # they never had a descriptor there, and the new one is not to queue behind them
    freed = time.monotonic()
    for client in served[::2]:
        client.close()
    try:
        new = dial(server)
        answer = new.recv(1)
        took = time.monotonic() - freed
        table.row(engine, f"{name}: a new client is served after", f"{took:.2f} s", "<= 1.5 s", answer == b"?" and took <= SOON)
        new.close()
    except OSError as error:
        table.row(engine, f"{name}: a new client is served after", str(error), "<= 1.5 s", False)
    for client in served[1::2]:
        client.close()
    finish(table, engine, name, server, before)


def still_served(served):
    alive = 0
    for client in served[:20] + served[-20:]:
        try:
            client.sendall(b"!")
            alive += client.recv(1) == b"!"
        except OSError:
            pass
    return f"{alive} of {len(served[:20] + served[-20:])}", "all", alive == len(served[:20] + served[-20:]) > 0


def finish(table, engine, name, server, before):
    good = 0
    for _ in range(50):
        try:
            with dial(server) as client:
                good += client.recv(1) == b"?"
        except OSError:
            pass
    table.row(engine, f"{name}: then, one after the other, served", f"{good} of 50", "all", good == 50)
    end = time.monotonic() + 10
    while (left := server.descriptors()) > before and time.monotonic() < end:
        time.sleep(0.1)
    table.row(engine, f"{name}: descriptors, at first and at the end", f"{before} and {left}", "no more", left <= before)
    if left > before:
        mine = sockets_of(server.pid)
        table.note(
            engine,
            "  states of the sockets that are left (/proc/net/tcp)",
            " ".join(state for _, state, inode in tcp_sockets() if inode in mine))
    if server.is_alive:
        code = server.stop()
        table.row(engine, f"{name}: exit code at SIGTERM", str(code), "0", code == 0)
    else:
        table.row(engine, f"{name}: the server", f"died: {server.said[-200:]}", "alive", False)


def warm_up(server):
    """What a first connection loads, and opens for good, is there."""
    with dial(server) as first:
        first.recv(1)
    time.sleep(0.5)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=STARVED)
    options = parse(parser)
    table = Table()
    for engine in options.engine:
        with echo(options, engine, limit=LIMIT) as server:
            warm_up(server)
            starve(options, table, engine, "limit from the start", server)
        with echo(options, engine) as server:
            warm_up(server)
            server.limit_descriptors(LIMIT)
            starve(options, table, engine, "limit while it runs", server)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
