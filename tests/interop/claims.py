#!/usr/bin/env python3
"""What peers cost that claim the longest message and send nothing.

usage: claims.py [--zocalo PATH] [--peers N]

Starts `zocalo echo --frame len:u32be` (1 MiB at most), opens 10,000 connections unless told otherwise, weighs the server, lets each
claim 1 MiB, and weighs it again. Resident bytes, as the kernel counts them. Exit code 0 when a claim costs at most 4 KiB.
Each connection sends one whole message first, so that what a first message costs is not what is weighed.
"""
import argparse
import os
import re
import resource
import socket
import sys
import time

from peer import Peer
from programs import HERE

CAP = 4096


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def settled(pid):
    """The figure once it has stopped moving."""
    last, now = 0, resident(pid)
    while abs(now - last) > 200_000:
        time.sleep(3)
        last, now = now, resident(pid)
    return now


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    options.add_argument(
        "--zocalo", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "artifacts/bin/Zocalo.Cli/release/zocalo"))
    options.add_argument("--peers", type=int, default=10_000)
    chosen = options.parse_args()

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    echo = Peer([chosen.zocalo, "echo", "127.0.0.1:0", "--frame", "len:u32be"])
    try:
        echo.wait_for("line 'listening on'", lambda: re.search(r"listening on tcp://\S+ ", echo.said))
        port = int(re.search(r"listening on tcp://\S+?:(\d+) ", echo.said)[1])
        connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(chosen.peers)]
        for connection in connections:
            connection.sendall(b"\x00\x00\x00\x01x")
            connection.recv(5, socket.MSG_WAITALL)
        idle = settled(echo.pid)
        for connection in connections:
            connection.sendall((1 << 20).to_bytes(4, "big"))
        more = (settled(echo.pid) - idle) / chosen.peers
        print(f"{chosen.peers} peers, {idle / chosen.peers:.0f} bytes each while idle; a claim of 1 MiB costs {more:.0f} more")
        return 0 if more <= CAP else 1
    finally:
        echo.stop()


if __name__ == "__main__":
    sys.exit(main())
