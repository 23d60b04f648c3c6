"""zocalo's --frame against Python: messages both ways, and what becomes of one that is cut off."""
import os
import socket
import sys

from framing import encode
from programs import HERE, Place
from stage import EITHER, Stage, expect, expect_end, expect_exit, where_it_listens, where_zocalo_listens

FORMATS = ["line", "len:u32be", "digits:5", "netstring"]
QUESTION = [b"one", b"", "¿Me oyes?".encode(), bytes(range(32)) * 3, os.urandom(99_999)]
ANSWER = [os.urandom(70_000), b"x", b""] * 5


def pairings(zocalo):
    """As interop.py's."""
    return [(f"{name} --frame {frame}, tcp4", "python3", "tcp4", lambda play=play, frame=frame: play(zocalo, frame))
            for frame in FORMATS
            for name, play in (("python -> zocalo echo", client_of_echo),
                               ("python -> zocalo listen", client_of_listen),
                               ("zocalo connect -> python", server_of_connect))]


def client_of_echo(zocalo, frame):
    with Stage() as stage:
        echo = stage.start([zocalo, "echo", "127.0.0.1:0", "--frame", frame])
        place = where_zocalo_listens(echo, Place("tcp4"))
        question = messages(QUESTION, frame)
        client = stage.start(python("connect", frame, place))
        client.say(lines(question), then_finish=True)
        expect_exit(client, 0)
        expect(client, lines(question))
        size = wire(question, frame)
        expect_end(echo, "PeerFinished", size, size)
        cut_off(echo, place, frame)
        echo.terminate()
        expect_exit(echo, 0)


def cut_off(echo, place, frame):
    part = encode(frame, b"never whole")[:-1]
    with socket.create_connection((place.host, place.port)) as client:
        client.sendall(encode(frame, b"whole") + part)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(30)
        while client.recv(65536):
            pass
    size = len(encode(frame, b"whole"))
    expect_end(echo, "Truncated", size + len(part), size)


def client_of_listen(zocalo, frame):
    with Stage() as stage:
        server = stage.start([zocalo, "listen", "127.0.0.1:0", "-v", *frames_in_hex(frame)])
        place = where_zocalo_listens(server, Place("tcp4"))
        client = stage.start(python("connect", frame, place))
        converse(client, server, frame)
        expect_end(server, EITHER, wire(messages(QUESTION, frame), frame), wire(messages(ANSWER, frame), frame))


def server_of_connect(zocalo, frame):
    with Stage() as stage:
        server = stage.start(python("listen", frame, Place("tcp4")))
        place = where_it_listens(server, Place("tcp4"))
        client = stage.start([zocalo, "connect", place.address, "-v", *frames_in_hex(frame)])
        converse(client, server, frame)
        expect_end(client, EITHER, wire(messages(ANSWER, frame), frame), wire(messages(QUESTION, frame), frame))


def converse(client, server, frame):
    question, answer = lines(messages(QUESTION, frame)), lines(messages(ANSWER, frame))
    client.say(question, then_finish=False)
    server.say(answer, then_finish=False)
    server.wait_for_bytes(len(question))
    client.wait_for_bytes(len(answer))
    client.finish()
    server.finish()
    expect_exit(client, 0)
    expect_exit(server, 0)
    expect(server, question)
    expect(client, answer)


def python(role, frame, place):
    return [sys.executable, "-B", os.path.join(HERE, "framed_relay.py"), role, frame, *place.words]


def frames_in_hex(frame):
    return ["--frame", frame, "--input", "hex", "--print", "hex"]


def messages(some, frame):
    """A line carries anything but its own end."""
    return [message.replace(b"\n", b"").replace(b"\r", b"") for message in some] if frame == "line" else some


def lines(some):
    return b"".join(message.hex().encode() + b"\n" for message in some)


def wire(some, frame):
    return sum(len(encode(frame, message)) for message in some)
