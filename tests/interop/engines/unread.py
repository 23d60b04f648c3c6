#!/usr/bin/env python3
"""Peers that send and are never read, at a server with little memory: it lives, and honest clients are served all the while.

Each case is a server in a control group of --memory MiB, --peers connections that send 64 MiB each as fast as the server takes them, and
five honest clients that say something small again and again, from before the peers come until after they have been there.

echo     the peers do not read what is sent back to them: what holds them up is the window of their own receiving
collect  the handler keeps everything until the peer finishes, which none does (zocalo echo --reply-delay)
frames   each sends one message of 64 MiB, which the server allows (zocalo echo --frame)

What the kernel holds for 300 TCP peers is a GiB of the machine's memory for TCP (tcp_mem, tcp(7)): nothing else that is sensitive to that
should run meanwhile. With --unix the peers come by a Unix socket, of which the kernel charges what the server has sent, 212 KiB for each
peer that does not read, to the server's group: 300 of them take 63 MiB beside what the server itself holds.

Needs a control group for memory: root, or a delegated one.
"""
import os
import re
import selectors
import socket
import sys
import threading
import time

from quota import MemoryLimit, NoQuota
from served import Server, Table, arguments, parse

MIB = 1 << 20
TOTAL = 64 * MIB
HONEST = 5
CHUNK = bytes(MIB)
CASES = {
    "echo": (),
    "collect": ("--reply-delay", "1s"),
    "frames": ("--frame", "len:u32be,max=64M"),
}


class Honest(threading.Thread):
    """A client with a small message, on one connection; with the case collect a connection each, since the reply comes at the FIN."""

    def __init__(self, port, case):
        super().__init__(daemon=True)
        self._port, self._case = port, case
        self.served, self.failure, self.longest = 0, None, 0.0
        self._ending = threading.Event()

    def run(self):
        try:
            connection = None
            while not self._ending.is_set():
                began = time.monotonic()
                if connection is None:
                    connection = socket.create_connection(("127.0.0.1", self._port), timeout=20)
                message = b"%d of an honest client" % self.served
                sent = len(message).to_bytes(4, "big") + message if self._case == "frames" else message
                connection.sendall(sent)
                if self._case == "collect":
                    connection.shutdown(socket.SHUT_WR)
                received = b""
                while len(received) < len(sent):
                    some = connection.recv(4096)
                    if not some:
                        raise OSError(f"the answer ended after {len(received)} bytes")
                    received += some
                if received != sent:
                    raise OSError("the answer was another one")
                if self._case == "collect":
                    connection.close()
                    connection = None
                self.longest = max(self.longest, time.monotonic() - began)
                self.served += 1
                self._ending.wait(0.02)
        except OSError as error:
            self.failure = error

    def end(self):
        self._ending.set()
        self.join(30)


def connect(to):
    peer = socket.socket(socket.AF_UNIX if isinstance(to, str) else socket.AF_INET)
    peer.settimeout(20)
    peer.connect(to)
    return peer


def push(to, peers, seconds, case, server):
    """Lets the peers send for so long, or until none of them can: (bytes sent, peers that the server has ended)."""
    selector = selectors.DefaultSelector()
    left, sent, ended = {}, 0, 0
    for _ in range(peers):
        peer = connect(to)
        if case == "frames":
            peer.sendall(TOTAL.to_bytes(4, "big"))
        peer.setblocking(False)
        left[peer] = TOTAL
        selector.register(peer, selectors.EVENT_WRITE)
    end, moved = time.monotonic() + seconds, time.monotonic()
    while time.monotonic() < end and server.is_alive and left and time.monotonic() - moved < 5:
        for key, _ in selector.select(0.5):
            peer = key.fileobj
            try:
                some = peer.send(CHUNK[:min(MIB, left[peer])])
            except BlockingIOError:
                continue
            except OSError:
                some, ended = 0, ended + 1
            sent += some
            left[peer] -= some
            moved = time.monotonic()
            if some == 0 or left[peer] == 0:
                selector.unregister(peer)
                del left[peer]
                # one that has sent everything stays, and is as little read as the others
                if some == 0:
                    peer.close()
    return sent, ended


def run(table, engine, case, options):
    with MemoryLimit(options.memory * MIB) as group:
        name = f"zocalo-unread-{os.getpid()}"
        command = [options.server, "echo", "127.0.0.1:0", "--also", f"unix:@{name}", "--engine", f"{engine},strict", *CASES[case]]
        with Server(command, first=group.enter) as server:
            honest = [Honest(server.port, case) for _ in range(HONEST)]
            for client in honest:
                client.start()
            to = "\0" + name if options.unix else ("127.0.0.1", server.port)
            sent, ended = push(to, options.peers, options.seconds, case, server)
            for client in honest:
                client.end()
            alive = server.is_alive
            served = sum(client.served for client in honest)
            failures = [str(client.failure) for client in honest if client.failure]
            limits = len(re.findall("LimitExceeded", server.said))
            table.row(engine, f"{case}: the server lives", f"{'yes' if alive else 'no'}", "yes", alive)
            table.row(engine, f"{case}: honest clients that failed", f"{len(failures)}, {served} served", "0", not failures)
            table.note(engine, f"{case}: longest answer", f"{max(client.longest for client in honest):.2f} s")
            table.note(engine, f"{case}: memory at most", f"{group.peak() / MIB:.0f} MiB")
            table.note(engine, f"{case}: sent, peers ended", f"{sent / MIB:.0f} MiB, {ended} ({limits} told)")
            if not alive:
                print("\n".join(line for line in server.said.splitlines() if "connected by" not in line and "ended" not in line)[:1500])


def main():
    parser = arguments(__doc__)
    parser.add_argument("--case", action="append", choices=CASES, help="one of these only (default: all)")
    parser.add_argument("--peers", type=int, default=300, help="how many send (default: 300)")
    parser.add_argument("--memory", type=int, default=100, help="what the server may have, in MiB (default: 100)")
    parser.add_argument("--seconds", type=int, default=20, help="for how long they may send (default: 20)")
    parser.add_argument("--unix", action="store_true", help="the peers come by a Unix socket")
    options = parse(parser)
    table = Table()
    try:
        for engine in options.engine:
            for case in options.case or CASES:
                run(table, engine, case, options)
    except NoQuota as why:
        sys.exit(f"this needs a control group: {why}")
    sys.exit(table.exit_code)


if __name__ == "__main__":
    main()
