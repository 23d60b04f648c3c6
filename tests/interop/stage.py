"""What every pairing needs: processes that do not outlive it, where a server listens, and what is expected of a peer."""
import hashlib
import os
import re
import tempfile

from peer import Failure, Peer, is_listening_on, listening_port
from programs import Place

EITHER = "(PeerFinished|Completed)"     # both sides finish at once


class Stage:
    """The processes of one conversation; none outlives it."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="zocalo-")
        self._peers = []
        return self

    def __exit__(self, *_):
        for peer in self._peers:
            peer.stop()
        self._folder.cleanup()

    def start(self, command):
        self._peers.append(Peer(command))
        return self._peers[-1]

    def place(self, transport):
        return Place(transport, path=os.path.join(self._folder.name, "s") if transport == "unix" else "")


def where_zocalo_listens(server, asked):
    server.wait_for("line 'listening on'", lambda: re.search(r"listening on .*\n", server.said))
    port = re.search(r"listening on tcp://\S*:(\d+) ", server.said)
    return Place(asked.transport, int(port[1]) if port else 0, asked.path)


def where_it_listens(server, asked):
    if asked.path:
        server.wait_for("listening socket", lambda: is_listening_on(asked.path))
        return asked
    server.wait_for("listening socket", lambda: listening_port(server))
    return Place(asked.transport, listening_port(server))


def expect(peer, data):
    if peer.received != data:
        raise Failure(f"{len(data)} bytes were sent ({hashlib.sha256(data).hexdigest()[:12]}), "
                      f"{len(peer.received)} arrived ({hashlib.sha256(peer.received).hexdigest()[:12]}); {peer}")


def expect_exit(peer, code):
    if (actual := peer.wait_for_exit()) != code:
        raise Failure(f"exit code {actual}, not {code}; {peer}")


def expect_end(zocalo, reason, received, sent):
    line = f"closed .*: {reason}, {received} in, {sent} out"
    zocalo.wait_for(f"'{line}'", lambda: re.search(line, zocalo.said))
