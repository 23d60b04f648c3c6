#!/usr/bin/env python3
"""200,000 connections come and go, a fifth of them killed at random points: nothing of them stays in the server.

The others send 1 to 2,000 random bytes, get them back and leave politely, in turns by close, or by shutdown and waiting for the server's
own end. Killed means reset (SO_LINGER 0) before a byte, after a part, after everything but unread, or after a half-close; or closed with
the echo unread, which makes the kernel reset; or finished without a byte.
Afterwards the server has the descriptors and threads that it had after the first 2,000 connections, still serves, and its memory has not
grown: the slope of resident bytes over the connections after the first 50,000 is at most 1 MiB per 100,000 (with fewer than 150,000
connections it is shown and not judged). Where it is more, as many connections come again, twice at most: what leaks goes on to, while a
single step, such as the runtime's, flattens out.
"""
import collections
import random
import socket
import struct
import sys
import time

from served import Table, arguments, echo, parse

IP_BIND_ADDRESS_NO_PORT = 24
AT_ONCE = 32
FIRST = 2_000
PATIENCE = 20
WARM = 50_000
ENOUGH = 150_000
SLOPE = 1024                # kB per 100,000
THREADS_MORE = 2            # the runtime's own come and go
RESET = struct.pack("ii", 1, 0)
POLITE = ["close", "finish"]
KILLED = ["at once", "after a part", "unread", "half-closed", "closed unread", "finished without a byte"]


class Churn:
    def __init__(self, server, seed):
        self.server = server
        self.chance = random.Random(seed)
        self.count = 0
        self.wrong = []
        self.open = collections.deque()
        self.noise = self.chance.randbytes(4096)

    def run(self, count):
        """So many more, of which a few are always in the middle of it."""
        for _ in range(count):
            self.begin()
            if len(self.open) >= AT_ONCE:
                self.end()
        while self.open:
            self.end()

    def begin(self):
        self.count += 1
        client = socket.socket()
        client.settimeout(PATIENCE)
        client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.bind((f"127.0.0.{2 + self.count % 64}", 0))      # ports that are in TIME_WAIT, for a minute, are many addresses' concern
        client.connect(("127.0.0.1", self.server.port))
        how = self.chance.choice(KILLED if self.chance.random() < 0.2 else POLITE)
        data = self.noise[:self.chance.randint(1, 2000)]
        if how not in ("at once", "finished without a byte"):
            client.sendall(data)
        self.open.append((client, how, data))

    def end(self):
        client, how, data = self.open.popleft()
        with client:
            if how in POLITE or how == "after a part":
                wanted = len(data) if how in POLITE else len(data) // 2
                if self.receive(client, wanted) != data[:wanted]:
                    self.wrong.append(f"number {self.count}, {how}: other bytes than were sent")
            if how in ("finish", "half-closed", "finished without a byte"):
                client.shutdown(socket.SHUT_WR)
            if how in ("finish", "finished without a byte") and client.recv(1) != b"":
                self.wrong.append(f"number {self.count}, {how}: a byte too many")
            if how in ("at once", "after a part", "unread", "half-closed"):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    @staticmethod
    def receive(client, count):
        return client.recv(count, socket.MSG_WAITALL) if count else b""


def slope(points):
    """Of the least squares' line, per 100,000."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points) * 100_000


def settled(measure, target):
    """The figure once it is down to the target, or after some time."""
    end = time.monotonic() + PATIENCE
    while (now := measure()) > target and time.monotonic() < end:
        time.sleep(0.1)
    return now


def main():
    parser = arguments(__doc__)
    parser.add_argument("--connections", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--points", action="store_true", help="print every sample of the memory")
    options = parse(parser)
    table = Table()
    for engine in options.engine:
        with echo(options, engine) as server:
            churn = Churn(server, options.seed)
            churn.run(FIRST)
            time.sleep(2)
            descriptors, threads = server.descriptors(), server.status("Threads")
            points, late, started = [], [], time.monotonic()
            try:
                for goal in range(1, 4):
                    while churn.count < goal * options.connections:
                        churn.run(max(1000, options.connections // 80))
                        points.append((churn.count, server.status("VmRSS")))
                    late = [point for point in points if point[0] >= min(WARM, options.connections / 4)]
                    if options.connections < ENOUGH or slope(late) <= SLOPE:
                        break
            except OSError as error:
                churn.wrong.append(f"number {churn.count}: {error!r}; the server says {server.said.strip()[-300:] or 'nothing'}")
            took = time.monotonic() - started
            table.row(engine, f"{churn.count} connections in {took:.0f} s: wrong", str(len(churn.wrong)), "0", not churn.wrong)
            for wrong in churn.wrong[:5]:
                table.note(engine, f"  {wrong}", "")
            if not server.is_alive:
                table.row(engine, "the server", "gone", "alive", False)
                continue
            left = settled(server.descriptors, descriptors)
            table.row(engine, "descriptors, at first and afterwards", f"{descriptors} and {left}", "no more", left <= descriptors)
            now = settled(lambda: server.status("Threads"), threads)
            table.row(
                engine,
                "threads, at first and afterwards",
                f"{threads} and {now}",
                f"at most {THREADS_MORE} more",
                now <= threads + THREADS_MORE)
            if late:
                table.note(
                    engine,
                    f"resident, at first, after {late[0][0]}, at the end",
                    f"{points[0][1] / 1024:.1f}, {late[0][1] / 1024:.1f}, {late[-1][1] / 1024:.1f} MiB")
                table.row(
                    engine,
                    "resident memory's slope",
                    f"{slope(late):+.0f} kB per 100,000",
                    "<= 1024",
                    options.connections < ENOUGH or slope(late) <= SLOPE)
            if options.points:
                print(points)
            before = len(churn.wrong)
            churn.run(100)
            table.row(engine, "it still serves", "yes" if len(churn.wrong) == before else "no", "yes", len(churn.wrong) == before)
    return table.exit_code


if __name__ == "__main__":
    sys.exit(main())
