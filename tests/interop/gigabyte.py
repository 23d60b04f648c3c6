#!/usr/bin/env python3
"""Random bytes through `zocalo connect | zocalo echo`: they must come back the same, while the memory of both stays flat.

usage: gigabyte.py [--zocalo PATH] [--mebibytes N | --long]

64 MiB unless told otherwise; --long is 1 GiB. Exit code 0 when the hashes are equal and neither process ever held
more than 150 MiB (its peak resident size, as the kernel counted it).
"""
import argparse
import hashlib
import os
import re
import subprocess
import sys
import threading
import time

from peer import Peer
from programs import HERE

LIMIT = 150
CHUNK = 1 << 20


def main():
    options = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    options.add_argument(
        "--zocalo", default=os.path.join(os.path.dirname(os.path.dirname(HERE)), "artifacts/bin/Zocalo.Cli/release/zocalo"))
    options.add_argument("--mebibytes", type=int, default=64)
    options.add_argument("--long", action="store_const", const=1024, dest="mebibytes")
    chosen = options.parse_args()

    echo = Peer([chosen.zocalo, "echo", "127.0.0.1:0"])
    try:
        echo.wait_for("line 'listening on'", lambda: re.search(r"listening on tcp://\S+ ", echo.said))
        address = re.search(r"listening on (\S+) ", echo.said)[1]
        started = time.monotonic()
        sent, received, connect_peak = there_and_back(chosen.zocalo, address, chosen.mebibytes)
        seconds = time.monotonic() - started
        echo_peak = peak_of_running(echo.pid)
    finally:
        echo.stop()
    print(f"{chosen.mebibytes} MiB there and back in {seconds:.1f} s: sent {sent[:16]}, received {received[:16]}; "
          f"peak memory: connect {connect_peak} MiB, echo {echo_peak} MiB")
    return 0 if sent == received and max(connect_peak, echo_peak) <= LIMIT else 1


def there_and_back(zocalo, address, mebibytes):
    """The hashes of what went and what came, and the client's peak in MiB."""
    process = subprocess.Popen([zocalo, "connect", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    went, came = hashlib.sha256(), hashlib.sha256()

    def feed():
        for _ in range(mebibytes):
            chunk = os.urandom(CHUNK)
            went.update(chunk)
            process.stdin.write(chunk)
        process.stdin.close()

    feeding = threading.Thread(target=feed, daemon=True)
    feeding.start()
    while chunk := process.stdout.read1(CHUNK):
        came.update(chunk)
    feeding.join(30)
    _, process.returncode, usage = os.wait4(process.pid, 0)
    return went.hexdigest(), came.hexdigest(), usage.ru_maxrss // 1024


def peak_of_running(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) // 1024


if __name__ == "__main__":
    sys.exit(main())
