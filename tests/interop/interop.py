#!/usr/bin/env python3
"""zocalo against other programs, each as client and as server, over TCP (IPv4, IPv6) and Unix sockets.

Each pairing shows three things: a few words arrive; 1 MiB of random bytes arrives, the same, each way; and a reply that
is sent 2 s after the client's FIN arrives whole (where the other program can answer after a FIN: see programs.py).
With --frame: messages arrive, each whole and the same, each way; and one that is cut off ends Truncated.

With --short each pairing has one conversation instead of three: 1 MiB each way, and the reply after 1 s.

usage: interop.py [--zocalo PATH] [--jobs N] [--short] [--list] [PAIRING...]

One line for each pairing: ok, FAILED or skipped (a program is missing). Exit code 0 when none FAILED.
"""
import argparse
import concurrent.futures
import os
import shutil
import socket
import sys
import time

import framed
from peer import Failure, has_seen_fin
from programs import HERE, PROGRAMS, Place
from stage import EITHER, Stage, expect, expect_end, expect_exit, where_it_listens, where_zocalo_listens

WORDS = "¿Me oyes?\n".encode()
MEBIBYTE = os.urandom(1 << 20)
OTHER_MEBIBYTE = os.urandom(1 << 20)
TUTORIAL = b"Hello world! This is an echo server made with python."
SHORT = "--short" in sys.argv
LATE = 1 if SHORT else 2


class Skipped(Exception):
    """Cannot be tried on this machine."""


def pairings(zocalo):
    """Name, what must be installed, and what to run."""
    found = [("tutorial client -> zocalo echo, tcp4", "python3", "tcp4", lambda: tutorial_client(zocalo)),
             ("zocalo connect -> tutorial server, tcp4", "python3", "tcp4", lambda: tutorial_server(zocalo))]
    for program in PROGRAMS:
        for transport in ("tcp4", "tcp6", "unix"):
            for name, play in ((f"{program.name} -> zocalo echo", client_of_echo),
                               (f"{program.name} -> zocalo listen", client_of_listen),
                               (f"zocalo connect -> {program.name}", server_of_connect)):
                found.append((f"{name}, {transport}", program.executable, transport,
                              lambda play=play, program=program, transport=transport: play(zocalo, program, transport)))
    return found + framed.pairings(zocalo)


def client_of_echo(zocalo, program, transport):
    for delay, messages in ECHOES:
        with Stage() as stage:
            echo = stage.start([zocalo, "echo", stage.place(transport).address, *delay])
            place = where_zocalo_listens(echo, stage.place(transport))
            for message in messages:
                client = stage.start(program.client(place))
                client.say(message, then_finish=True)
                expect_exit(client, 0)
                expect(client, message)
                expect_end(echo, "PeerFinished", len(message), len(message))
            echo.terminate()
            expect_exit(echo, 0)


def client_of_listen(zocalo, program, transport):
    for question, answer, late in CONVERSATIONS:
        with Stage() as stage:
            server = stage.start([zocalo, "listen", stage.place(transport).address, "-v"])
            place = where_zocalo_listens(server, stage.place(transport))
            client = stage.start(program.client(place))
            converse(client, server, place, question, answer, late)
            expect_exit(server, 0)
            expect_end(server, "PeerFinished" if late else EITHER, len(question), len(answer))


def server_of_connect(zocalo, program, transport):
    for question, answer, late in CONVERSATIONS:
        if late and program.hangs_up:
            if not SHORT:
                continue
            late = False
        with Stage() as stage:
            server = stage.start(program.server(stage.place(transport)))
            place = where_it_listens(server, stage.place(transport))
            client = stage.start([zocalo, "connect", place.address, "-v"])
            converse(client, server, place, question, answer, late)
            expect_exit(client, 0)
            expect_end(client, "Completed" if late else EITHER, len(answer), len(question))
    return program.hangs_up and f"no late reply: {program.hangs_up}"


CONVERSATIONS = [(MEBIBYTE, OTHER_MEBIBYTE, True)] if SHORT else [
    (WORDS, b"Te oigo.\n", False), (MEBIBYTE, OTHER_MEBIBYTE, False), (WORDS, OTHER_MEBIBYTE, True)]
DELAYED_ECHO = (["--reply-delay", f"{LATE}s"], [MEBIBYTE])
ECHOES = [DELAYED_ECHO] if SHORT else [([], [WORDS, MEBIBYTE]), DELAYED_ECHO]


def converse(client, server, place, question, answer, late):
    """Both speak; late: the server only when the client has finished, and then not at once."""
    if late:
        client.say(question, then_finish=True)
        server.wait_for_bytes(len(question))
        if place.port:
            server.wait_for("FIN from the client", lambda: has_seen_fin(place.port))
        time.sleep(LATE)
        server.say(answer, then_finish=True)
    else:
        client.say(question, then_finish=False)
        server.say(answer, then_finish=False)
        server.wait_for_bytes(len(question))
        client.wait_for_bytes(len(answer))
        client.finish()
        server.finish()
    expect_exit(client, 0)
    expect(client, answer)
    expect(server, question)


def tutorial_client(zocalo):
    with Stage() as stage:
        echo = stage.start([zocalo, "echo", "127.0.0.1:0"])
        place = where_zocalo_listens(echo, Place("tcp4"))
        client = stage.start([sys.executable, os.path.join(HERE, "tutorial_client.py"), *place.words])
        expect_exit(client, 0)
        expect(client, b"Received: " + repr(TUTORIAL).encode() + b"\n")
        expect_end(echo, "PeerFinished", len(TUTORIAL), len(TUTORIAL))


def tutorial_server(zocalo):
    for message in [TUTORIAL] if SHORT else [TUTORIAL, MEBIBYTE]:
        with Stage() as stage:
            server = stage.start([sys.executable, os.path.join(HERE, "tutorial_server.py"), "127.0.0.1", "0"])
            place = where_it_listens(server, Place("tcp4"))
            client = stage.start([zocalo, "connect", place.address, "-v"])
            client.say(message, then_finish=True)
            expect_exit(client, 0)
            expect(client, message)
            expect_end(client, "Completed", len(message), len(message))
            expect_exit(server, 0)
            if b"Connected by : " not in server.received:
                raise Failure(f"no client at the server; {server}")


def run(pairing):
    name, executable, transport, play = pairing
    try:
        if not shutil.which(executable):
            raise Skipped(f"needs {executable}")
        if not os.path.exists("/proc/net/tcp"):
            raise Skipped("needs Linux's /proc/net")
        if transport == "tcp6" and not has_ipv6():
            raise Skipped("needs IPv6 on the loopback interface")
        started = time.monotonic()
        note = play()
        return "ok", f"{name}: {time.monotonic() - started:.1f} s{f'; {note}' if note else ''}"
    except Skipped as reason:
        return "skipped", f"{name}: {reason}"
    except Failure as failure:
        return "FAILED", f"{name}: {' '.join(str(failure).split())}"


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def main():
    root = os.path.dirname(os.path.dirname(HERE))
    options = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    options.add_argument("--zocalo", default=os.path.join(root, "artifacts/bin/Zocalo.Cli/release/zocalo"))
    options.add_argument("--jobs", type=int, default=4)
    options.add_argument("--short", action="store_true")
    options.add_argument("--list", action="store_true")
    options.add_argument("pairing", nargs="*")
    chosen = options.parse_args()
    every = pairings(chosen.zocalo)
    if unknown := set(chosen.pairing) - {name for name, *_ in every}:
        options.error(f"no such pairing: {', '.join(unknown)}; --list shows them")
    if chosen.list:
        print(*(name for name, *_ in every), sep="\n")
        return 0
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
        for verdict, text in pool.map(run, [pairing for pairing in every if not chosen.pairing or pairing[0] in chosen.pairing]):
            print(f"{verdict}: {text}", flush=True)
            failed += verdict == "FAILED"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
