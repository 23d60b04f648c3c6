#!/usr/bin/env python3
"""What one message of 1 MiB costs that comes byte by byte, beside the same bytes without messages.

usage: dribble.py [--zocalo PATH] [--rounds N]

Processor time of `zocalo listen` with `--frame delim:0a` and without, in turns. Each byte is a send of its own; what the kernel has put
together by the time the tool looks comes together, in both. Exit code 0 when the median ratio is at most 2.
"""
import argparse
import os
import socket
import statistics
import subprocess
import sys
import time

from programs import HERE

LENGTH = 1 << 20


def port_of(process):
    """The tool's children have one listening socket: the kernel knows its port."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        inodes = {
            os.readlink(f"/proc/{process.pid}/fd/{fd}")
            for fd in os.listdir(f"/proc/{process.pid}/fd")
            if os.path.exists(f"/proc/{process.pid}/fd/{fd}")}
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in list(table)[1:]:
                fields = line.split()
                if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                    return int(fields[1].split(":")[1], 16)
        time.sleep(0.05)
    sys.exit("zocalo does not listen")


def seconds_of(zocalo, arguments):
    process = subprocess.Popen(
        [zocalo, "listen", "127.0.0.1:0", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    with socket.create_connection(("127.0.0.1", port_of(process))) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(LENGTH - 1):
            client.send(b"x")
        client.send(b"\n")
        client.shutdown(socket.SHUT_WR)
        client.recv(1)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"zocalo ended with {process.returncode}"
    return usage.ru_utime + usage.ru_stime


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    options.add_argument(
        "--zocalo", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "artifacts/bin/Zocalo.Cli/release/zocalo"))
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    ratios = []
    for _ in range(chosen.rounds):
        plain = seconds_of(chosen.zocalo, [])
        framed = seconds_of(chosen.zocalo, ["--frame", "delim:0a,max=2M"])
        ratios.append(framed / plain)
        print(f"unframed {plain:.2f} s, one message {framed:.2f} s: {ratios[-1]:.2f}", flush=True)
    median = statistics.median(ratios)
    print(f"median {median:.2f}")
    return 0 if median <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
