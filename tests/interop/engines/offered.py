#!/usr/bin/env python3
"""1,000 peers that never read while 10 MiB are offered to each: what a connection takes, what the others notice, and when they are cut.

The server is tests/programs/Offers, with a limit of --stall seconds for a peer that takes nothing. 50 honest clients send 100 bytes each,
again and again, and wait for them: first alone, then from before the others come until all of them are cut.

stream    the handler writes into the connection's output
messages  it sends messages of 64 KiB
"""
import functools
import multiprocessing
import os
import socket
import sys
import threading
import time

from served import ROOT, Server, Table, arguments, honest, p99, parse

HONEST = 50
SELECTS = 850         # select serves 960 connections in all
MESSAGE = b"h" * 100
CASES = {"stream": b"s", "messages": b"m"}


def crowd(port, wish, count, stay, come):
    """Peers that say their wish and read nothing, in a process of their own. They are not told of their end: the system gives such a
    connection up without a word."""
    peers = []
    for _ in range(count):
        peer = socket.create_connection(("127.0.0.1", port), timeout=30)
        peer.sendall(wish)
        peers.append(peer)
    come.set()
    time.sleep(stay)


def run(table, engine, case, count, options):
    with Server([options.program, f"{engine}", str(options.stall)]) as server:
        clients = functools.partial(honest, server.port, HONEST, MESSAGE, hello=b"e", meanwhile=lambda: time.sleep(0.002))
        clients(seconds=2)
        alone, _ = clients(seconds=5)
        before, grown, there = server.status("VmRSS"), [], []

        come = multiprocessing.Event()
        stay = options.stall * 1.25 + 1
        peers = multiprocessing.Process(target=crowd, args=(server.port, CASES[case], count, stay, come), daemon=True)

        def measure():
            come.wait(60)
            there.append(time.monotonic() + 1)
            time.sleep(options.stall / 3)       # everything is offered, nobody is cut
            grown.append(server.status("VmRSS") - before)

        measuring = threading.Thread(target=measure)
        peers.start()
        measuring.start()
        beside, failed = clients(seconds=120, until=lambda: not peers.is_alive())
        measuring.join()
        ends = server.summary()
    each = grown[0] / count
    table.row(engine, f"{case}: memory of a connection that takes nothing", f"{each:.0f} KiB", "128 KiB", each <= 128)
    ratio = p99(beside, there[0]) / p99(alone)
    figure = f"{p99(alone) * 1000:.1f}, {p99(beside, there[0]) * 1000:.1f} ms, {ratio:.2f} x"
    table.note(engine, f"{case}: the same, the crowd's arrival included", f"{p99(beside) * 1000:.1f} ms")
    table.row(engine, f"{case}: p99 of {HONEST} honest clients", figure, "2 x", ratio <= 2)
    table.row(engine, f"{case}: honest clients that failed", f"{failed}", "0", failed == 0)
    cut, latest = ends["ends"].get("Unresponsive", 0), options.stall * 1.25 + 1
    table.row(engine, f"{case}: cut, of {count}", f"{cut}", "all", cut == count)
    if cut != count:
        print("   ends:", ends["ends"])
    when = f"{ends['first']:.1f} to {ends['last']:.1f} s"
    holds = options.stall <= ends["first"] <= ends["last"] <= latest
    table.row(engine, f"{case}: cut after", when, f"{options.stall} to {latest} s", holds)


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
            most = options.peers if engine != "select" else min(options.peers, SELECTS)
            run(table, engine, case, most, options)
    sys.exit(table.exit_code)


if __name__ == "__main__":
    main()
