"""A child process at one end of a conversation, and the questions that a test asks it. Every wait ends: after 30 seconds in failure."""
import glob
import os
import re
import subprocess
import threading
import time

PATIENCE = 30


class Failure(Exception):
    """What was claimed does not hold."""


class Peer:
    def __init__(self, command):
        self.command = command
        self._came = threading.Condition()
        self._out = bytearray()
        self._err = bytearray()
        self._open = 2
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for pipe, into in ((self._process.stdout, self._out), (self._process.stderr, self._err)):
            threading.Thread(target=self._collect, args=[pipe, into], daemon=True).start()

    @property
    def pid(self):
        return self._process.pid

    @property
    def received(self):
        return bytes(self._out)

    @property
    def said(self):
        return self._err.decode(errors="replace")

    def say(self, data, then_finish):
        """Gives it something to send, from a thread: it may have to wait for its own reader."""
        threading.Thread(target=self._say, args=[data, then_finish], daemon=True).start()

    def finish(self):
        self.say(b"", then_finish=True)

    def wait_for(self, what, holds):
        """Waits until holds() is true; output that arrives is reason to look again, and so is the time."""
        limit = time.monotonic() + PATIENCE
        with self._came:
            while True:
                ended = self._open == 0 and self._process.poll() is not None     # before the look: nothing comes after it
                if holds():
                    return
                if ended:
                    raise Failure(f"no {what} before its exit with {self._process.returncode}; {self}")
                if time.monotonic() > limit:
                    raise Failure(f"no {what} within {PATIENCE} s; {self}")
                self._came.wait(0.02)

    def wait_for_bytes(self, count):
        self.wait_for(f"{count} bytes", lambda: len(self._out) >= count)

    def wait_for_exit(self):
        self.wait_for("exit", lambda: self._open == 0 and self._process.poll() is not None)
        return self._process.returncode

    def terminate(self):
        self._process.terminate()

    def stop(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def __str__(self):
        return f"{' '.join(self.command)} has received {len(self._out)} bytes and says: {self.said.strip() or 'nothing'}"

    def _collect(self, pipe, into):
        while data := os.read(pipe.fileno(), 65536):
            with self._came:
                into += data
                self._came.notify_all()
        with self._came:
            self._open -= 1
            self._came.notify_all()

    def _say(self, data, then_finish):
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
            if then_finish:
                self._process.stdin.close()
        except (BrokenPipeError, ValueError):
            pass    # it left early: what the test waits for will not come, and says so


def sockets_of(pid):
    inodes = set()
    for link in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
        except OSError:
            pass    # closed meanwhile
    return inodes


def tcp_sockets():
    """(local port, state, inode) of every TCP socket."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            with open(table) as rows:
                for row in list(rows)[1:]:
                    words = row.split()
                    yield int(words[1].rsplit(":", 1)[1], 16), words[3], words[9]


def listening_port(peer):
    """The port that the system gave to a program which listens on port 0; 0 while there is none."""
    mine = sockets_of(peer.pid)
    return next((port for port, state, inode in tcp_sockets() if state == "0A" and inode in mine), 0)


def is_listening_on(path):
    with open("/proc/net/unix") as rows:
        return any(row.split()[3] == "00010000" and row.rstrip().endswith(" " + path) for row in rows)


def has_seen_fin(port):
    """Whether a connection of the server on this port is in CLOSE_WAIT: the client's FIN is there, the server has not finished."""
    return any(local == port and state == "08" for local, state, _ in tcp_sockets())
