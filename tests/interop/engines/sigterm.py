#!/usr/bin/env python3
"""SIGTERM under load, again and again: whoever was told of as connected gets its whole reply, and the server exits with 0 in time.

Each round is a new `zocalo echo --json` with --clients clients that come again and again: each connects, sends a request, and reads the
reply. At a random moment the server gets a SIGTERM, while some requests are half sent and some replies half read. A client whose connection
the server has logged must get every byte; one that it has not logged may be refused or reset.

fin       a request of 1 byte to 256 KiB, then the FIN; the reply is everything until the server's FIN
messages  on one connection, messages of 1 byte to 64 KiB, one after the other, until the server finishes: each that was sent is answered
"""
import random
import signal
import socket
import sys
import threading
import time

from served import Table, ToldServer, arguments, parse, port_of

DRAIN = 5.0
CASES = {"fin": (), "messages": ("--frame", "len:u32be")}


class Echo(ToldServer):
    """The server, and which clients it has told of."""

    def __init__(self, command):
        self.connected = set()
        super().__init__(command)

    def on_event(self, event):
        if event["event"] == "connected":
            self.connected.add(port_of(event["remote"]))

    def terminate(self):
        """The exit code, and how long it took; None when it had to be killed."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        return self.wait(DRAIN * 4), time.monotonic() - began


class Client(threading.Thread):
    """Comes again and again; what it asked for and did not get whole is kept, by the port that it came from."""

    def __init__(self, port, case, seed):
        super().__init__(daemon=True)
        self._port, self._random = port, random.Random(seed)
        self._talk = self._finish if case == "fin" else self._exchange
        self.broken, self.whole, self.stopping = {}, 0, False

    def run(self):
        while not self.stopping:
            try:
                connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            except OSError:
                return      # nobody listens any more
            with connection:
                name = connection.getsockname()[1]
                try:
                    self._talk(connection)
                except OSError as error:
                    self.broken[name] = str(error)
                    return

    def _finish(self, connection):
        request = self._random.randbytes(self._random.choice([1, 100, 10_000, 256 * 1024]))
        sending = threading.Thread(target=self._send, args=(connection, request), daemon=True)
        sending.start()
        reply = bytearray()
        while some := connection.recv(65536):
            reply += some
        sending.join(30)
        if reply != request:
            raise OSError(f"{len(reply)} of {len(request)} bytes")
        self.whole += 1

    def _send(self, connection, request):
        try:
            for start in range(0, len(request), 16384):
                connection.sendall(request[start:start + 16384])
                if self._random.random() < 0.1:
                    time.sleep(0.002)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass        # the reader tells

    def _exchange(self, connection):
        while not self.stopping:
            message = self._random.randbytes(self._random.choice([1, 100, 10_000, 65_536]))
            framed = len(message).to_bytes(4, "big") + message
            half = len(framed) // 2
            try:
                connection.sendall(framed[:half])
                if self._random.random() < 0.1:
                    time.sleep(0.002)
                connection.sendall(framed[half:])
            except OSError:
                # The server has finished since: this message is not a request any more, as the reset says.
                return
            reply = bytearray()
            while len(reply) < len(framed):
                some = connection.recv(65536)
                if not some:
                    break
                reply += some
            if not reply:
                return      # finished between two messages
            if reply != framed:
                raise OSError(f"{len(reply)} of {len(framed)} bytes")
            self.whole += 1


def run(table, engine, case, options):
    lost, whole, codes, longest, unlogged = [], 0, {}, 0.0, 0
    for number in range(options.rounds):
        seed = options.seed + number
        words = ["echo", "127.0.0.1:0", "--json", "--engine", f"{engine},strict", "--drain-timeout", f"{DRAIN}s", *CASES[case]]
        echo = Echo([options.server, *words])
        clients = [Client(echo.port, case, seed * 1000 + i) for i in range(options.clients)]
        for client in clients:
            client.start()
        time.sleep(random.Random(seed).uniform(0.05, 0.6))
        code, took = echo.terminate()
        for client in clients:
            client.stopping = True
        for client in clients:
            client.join(30)
            whole += client.whole
            for port, why in client.broken.items():
                if port in echo.connected:
                    lost.append((seed, port, why))
                else:
                    unlogged += 1
        codes[code] = codes.get(code, 0) + 1
        longest = max(longest, took)
    table.row(engine, f"{case}: logged clients without their whole reply", f"{len(lost)}, {whole} whole", "0", not lost)
    table.row(engine, f"{case}: exit codes in {options.rounds} rounds", str(codes), "0 each time", set(codes) == {0})
    table.row(engine, f"{case}: longest stop", f"{longest:.2f} s", f"{DRAIN + 1} s", longest <= DRAIN + 1)
    table.note(engine, f"{case}: cut before the server knew them", str(unlogged))
    for each in lost[:5]:
        print("   lost:", *each)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--case", action="append", choices=CASES, help="one of these only (default: both)")
    parser.add_argument("--rounds", type=int, default=50, help="how many servers (default: 50)")
    parser.add_argument("--clients", type=int, default=20, help="how many at once (default: 20)")
    parser.add_argument("--seed", type=int, default=1)
    options = parse(parser)
    table = Table()
    for engine in options.engine:
        for case in options.case or CASES:
            run(table, engine, case, options)
    sys.exit(table.exit_code)


if __name__ == "__main__":
    main()
