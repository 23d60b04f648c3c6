"""A server of ours as a child process, what it takes of the machine, and the table that every script here prints."""
import argparse
import json
import os
import resource
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(1, os.path.dirname(HERE))
from peer import is_listening_on, sockets_of, tcp_sockets  # noqa: E402

ENGINES = ["async", "threads", "select", "epoll"]
PATIENCE = 30
COMINGS_AND_GOINGS = {"Listening", "Draining", "DrainCut", "Stopped", "EndedAbnormally", "AbnormalEndsSkipped"}


def begin(limit, first):
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    first()


def go_before_others():
    """What else the machine does is not to be measured: clients and server alike go before it, each as a session of its own (sched(7),
    autogroup), where that is allowed."""
    os.setsid()
    try:
        os.nice(-15)
        with open("/proc/self/autogroup", "w", encoding="ascii") as group:
            group.write("-15")
    except OSError:
        pass


class Server:
    """One process. Its descriptor limit is the hard one unless another is given; what it says goes to a file, which is shown when something
    fails. `first` is what the child does before the program begins: by default it goes before what else the machine does."""

    def __init__(self, command, path=None, limit=None, first=go_before_others):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        self._said = tempfile.NamedTemporaryFile()
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._said, stderr=subprocess.STDOUT,
                                         preexec_fn=lambda: begin(limit or hard, first))
        self.pid = self._process.pid
        self.path = path
        self.port = 0
        self._wait_until_it_listens()

    def _wait_until_it_listens(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            if self.path and is_listening_on(self.path):
                return
            if not self.path:
                mine = sockets_of(self.pid)
                self.port = next((port for port, state, inode in tcp_sockets() if state == "0A" and inode in mine), 0)
                if self.port:
                    return
            time.sleep(0.05)
        self.stop()
        sys.exit(f"the server does not listen: {self.said}")

    @property
    def said(self):
        with open(self._said.name, encoding="utf-8", errors="replace") as text:
            return text.read()

    @property
    def is_alive(self):
        return self._process.poll() is None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def status(self, key):
        """A number of /proc/PID/status: VmRSS in kB, Threads."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(key + ":"))

    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def limit_descriptors(self, count):
        """From now on, in the running process (prlimit(2))."""
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (count, count))

    def stop(self):
        """SIGTERM, then SIGKILL. The exit code; None when it had to be killed."""
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)
            try:
                return self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                return None
        return self._process.returncode

    def summary(self):
        """Stops a program of tests/programs. The JSON of its last line; None when it did not come to one."""
        self.stop()
        lines = [line for line in self.said.splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.is_alive:
            self._process.kill()
        self._process.wait()


class ToldServer:
    """`zocalo echo --json`, and what it says as it says it: its port, and what the subclass makes of each later event."""

    def __init__(self, command):
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self._listening = threading.Event()
        self.port = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._listening.wait(PATIENCE):
            sys.exit("the server does not listen")

    def _read(self):
        for line in self._process.stderr:
            event = json.loads(line)
            if event["event"] == "listening":
                self.port = port_of(event["address"])
                self._listening.set()
            else:
                self.on_event(event)

    def on_event(self, event):
        raise NotImplementedError

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds):
        """The exit code, when all that it said is known; None when it had to be killed."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        self._reader.join(PATIENCE)
        return code

    def kill(self):
        self._process.kill()
        self._process.wait()


def port_of(address):
    return int(address.rsplit(":", 1)[1])


def honest(port, count, message, seconds, hello=b"", until=lambda: False, meanwhile=lambda: None):
    """Clients that send a message and wait for it, one at a time each: when each answer came and how long it took, and how many clients
    got an end instead. `meanwhile` is called after each look at them."""
    selector = selectors.DefaultSelector()
    clients = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(count)]
    for client in clients:
        client.sendall(hello)
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    sent, times, missing = {}, [], 0
    end = time.monotonic() + seconds
    for client in clients:
        client.send(message)
        sent[client] = time.monotonic()
    while time.monotonic() < end and not until():
        for key, _ in selector.select(0.01):
            client = key.fileobj
            try:
                received = client.recv(len(message))        # so few bytes of loopback come in one piece
            except OSError:
                received = b""
            if not received:
                missing += 1
                selector.unregister(client)
                continue
            now = time.monotonic()
            times.append((now, now - sent[client]))
            client.send(message)
            sent[client] = now
        meanwhile()
    for client in clients:
        client.close()
    return times, missing


def p99(times, since=0.0):
    """Of what `honest` gives, in seconds."""
    longest = sorted(took for came, took in times if came >= since)
    return longest[int(len(longest) * 0.99)]


def echo(options, engine, path=None, limit=None, more=()):
    """`zocalo echo` on a free port, or at a Unix socket's path."""
    return Server(
        [options.server, "echo", f"unix:{path}" if path else "127.0.0.1:0", "-q", "--engine", f"{engine},strict", *more], path, limit)


def blocking(options, engine, *more, first=go_before_others):
    """tests/programs/Blocking, on a free port."""
    return Server([options.program, "--engine", engine, *more], first=first)


class Load:
    """The clients of load.c, or of another program in C, compiled once. `first` as for a server."""

    def __init__(self, name="load", first=go_before_others):
        self._name = name
        self._first = first
        self._folder = tempfile.TemporaryDirectory()
        self._program = os.path.join(self._folder.name, name)
        subprocess.run(["gcc", "-O2", "-o", self._program, os.path.join(HERE, f"{name}.c")], check=True)

    def run(self, server, **settings):
        words = [f"{name}={value}" for name, value in settings.items()]
        finished = subprocess.run(
            [self._program, str(server.port), *words],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            preexec_fn=self._first)
        if finished.returncode != 0:
            sys.exit(f"{self._name} {' '.join(words)} ended with {finished.returncode}; the server says: {server.said}")
        return json.loads(finished.stdout)


def events(summary):
    """What a program of tests/programs has logged, without what every server logs when clients and servers come and go."""
    counts = {name: count for name, count in summary["events"].items() if name not in COMINGS_AND_GOINGS}
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


class Table:
    """Rows of measured figures, each beside its bar. exit_code is 1 when a bar was missed."""

    def __init__(self):
        self.exit_code = 0

    def row(self, engine, what, figure, bar, holds):
        self.exit_code |= not holds
        print(f"{engine:8} {what:58} {figure:>26}  {bar:22} {'ok' if holds else 'MISSED'}", flush=True)

    def note(self, engine, what, figure):
        print(f"{engine:8} {what:58} {figure:>26}", flush=True)


def arguments(text, engines=None, program=None):
    """The parser that every script begins with. `program` is the one of tests/programs that it needs."""
    parser = argparse.ArgumentParser(
        description=text.split("\n")[0],
        epilog="\n".join(text.split("\n")[2:]),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", action="append", choices=engines or ENGINES, help="one of these only (default: all)")
    parser.add_argument("--server", default=os.path.join(ROOT, "artifacts/bin/Zocalo.Cli/release/zocalo"), help="the zocalo tool")
    if program:
        parser.add_argument(
            "--program", default=os.path.join(ROOT, f"artifacts/bin/{program}/release/{program}"), help=f"tests/programs/{program}")
    return parser


def parse(parser, engines=None):
    options = parser.parse_args()
    options.engine = options.engine or engines or ENGINES
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return options
