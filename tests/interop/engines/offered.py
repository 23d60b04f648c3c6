#!/usr/bin/env python3
"""1,000 peers that never read while 10 MiB are offered to each: what a connection takes, what the others notice, and when they are cut.

The server is tests/programs/Offers, with a limit of --stall seconds for a peer that takes nothing. 50 honest clients send 100 bytes each,
again and again, and wait for them: first alone, then from before the others come until all of them are cut.

stream    the handler writes into the connection's output
messages  it sends messages of 64 KiB
"""
import json
import os
import select
import selectors
import socket
import sys
import threading
import time

from served import ROOT, Server, Table, arguments, parse

HONEST = 50
MESSAGE = b"h" * 100
MOST = 128 * 1024
CASES = {"stream": b"s", "messages": b"m"}


def honest(port, seconds, until=lambda: False):
    """Times of answers, sorted; one request at a time on each connection."""
    selector = selectors.DefaultSelector()
    clients = []
    for _ in range(HONEST):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(b"e")
        client.settimeout(None)
        clients.append(client)
        selector.register(client, selectors.EVENT_READ)
    sent, times, failed = {}, [], 0
    end = time.monotonic() + seconds
    for client in clients:
        sent[client] = time.monotonic()
        client.sendall(MESSAGE)
    while time.monotonic() < end and not until():
        for key, _ in selector.select(0.1):
            client = key.fileobj
            try:
                received = client.recv(len(MESSAGE))
            except OSError:
                received = b""
            if not received:
                failed += 1
                selector.unregister(client)
                continue
            # 100 bytes of loopback come in one piece
            now = time.monotonic()
            times.append(now - sent[client])
            sent[client] = now
            client.sendall(MESSAGE)
        time.sleep(0.002)
    for client in clients:
        client.close()
    return sorted(times), failed


def p99(times):
    return times[int(len(times) * 0.99)] * 1000


class Crowd(threading.Thread):
    """Peers that say their wish and read nothing. When each is cut shows in its socket: it is looked at, not read."""

    def __init__(self, port, wish, count, patience):
        super().__init__(daemon=True)
        self._port, self._wish, self._count, self._patience = port, wish, count, patience
        self.cut, self.all_came, self.ended = [], threading.Event(), threading.Event()

    def run(self):
        poll = select.poll()
        peers = {}
        for _ in range(self._count):
            peer = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            peer.sendall(self._wish)
            peers[peer.fileno()] = (peer, time.monotonic())
            poll.register(peer, 0)      # errors and hang-ups are told all the same
        self.all_came.set()
        end = time.monotonic() + self._patience
        while peers and time.monotonic() < end:
            for number, _ in poll.poll(100):
                poll.unregister(number)
                peer, began = peers.pop(number)
                self.cut.append(time.monotonic() - began)
                peer.close()
        self.left = len(peers)
        for peer, _ in peers.values():
            peer.close()
        self.ended.set()


def run(table, engine, case, options):
    with Server([options.program, f"{engine}", str(options.stall)]) as server:
        honest(server.port, 2)
        alone, _ = honest(server.port, 5)
        before = server.status("VmRSS")
        crowd = Crowd(server.port, CASES[case], options.peers, options.stall * 1.25 + 30)
        grown = []

        def measure():
            crowd.all_came.wait(60)
            time.sleep(options.stall / 3)       # everything is offered, nobody is cut
            grown.append(server.status("VmRSS") - before)

        measuring = threading.Thread(target=measure)
        crowd.start()
        measuring.start()
        beside, failed = honest(server.port, 120, crowd.ended.is_set)
        measuring.join()
        each = grown[0] * 1024 / options.peers
        table.row(engine, f"{case}: memory of a connection that takes nothing", f"{each / 1024:.0f} KiB", "128 KiB", each <= MOST)
        ratio = p99(beside) / p99(alone)
        figure = f"{p99(alone):.1f}, {p99(beside):.1f} ms, {ratio:.2f} x"
        table.row(engine, f"{case}: p99 of {HONEST} honest clients", figure, "2 x", ratio <= 2)
        table.row(engine, f"{case}: honest clients that failed", f"{failed}", "0", failed == 0)
        first, last = (min(crowd.cut), max(crowd.cut)) if crowd.cut else (0, 0)
        holds = crowd.left == 0 and first >= options.stall and last <= options.stall * 1.25 + 1
        bar = f"{options.stall} to {options.stall * 1.25 + 1} s"
        table.row(engine, f"{case}: cut after, not cut", f"{first:.1f} to {last:.1f} s, {crowd.left}", bar, holds)
        table.note(engine, f"{case}: ends", json.dumps(server.summary()))


def main():
    parser = arguments(__doc__)
    parser.add_argument("--program", default=os.path.join(ROOT, "artifacts/bin/Offers/release/Offers"), help="tests/programs/Offers")
    parser.add_argument("--case", action="append", choices=CASES, help="one of these only (default: both)")
    parser.add_argument("--peers", type=int, default=1000, help="how many never read (default: 1000)")
    parser.add_argument("--stall", type=float, default=12, help="the server's limit, in seconds (default: 12)")
    options = parse(parser)
    table = Table()
    for engine in options.engine:
        for case in options.case or CASES:
            run(table, engine, case, options)
    sys.exit(table.exit_code)


if __name__ == "__main__":
    main()
