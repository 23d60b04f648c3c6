"""The exercise that the sockets HOWTO leaves to its reader (section 3), solved with the standard library: messages with their length
in front, in five ASCII digits. Speaks with samples/Guide/five-digits, from either side.

usage: five_digits.py connect HOST PORT     sends messages in awkward pieces, and checks the answers
       five_digits.py listen                prints its port; answers each message of one client, two bytes at a time
"""
import socket
import sys

QUESTIONS = ["one", "", "¿Me oyes?", "00005 more", "z" * 70_000]


class MySocket:
    """Sends and receives whole messages, however the stream is cut."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(30)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def mysend(self, msg, piece=99_999):
        data = frame(msg)
        for start in range(0, len(data), piece):
            self.sock.sendall(data[start:start + piece])

    def myreceive(self):
        """The next message; None when the other side has finished between two messages."""
        digits = self.exactly(5, may_end=True)
        return None if digits is None else self.exactly(int(digits))

    def exactly(self, count, may_end=False):
        chunks, got = [], 0
        while got < count:
            chunk = self.sock.recv(count - got)
            if chunk == b"":
                if may_end and got == 0:
                    return None
                raise RuntimeError("socket connection broken inside a message")
            chunks.append(chunk)
            got += len(chunk)
        return b"".join(chunks)


def frame(msg):
    return b"%05d" % len(msg) + msg


def answer(msg):
    return f"'{msg.decode()}' is {len(msg)} bytes".encode()


def connect(host, port):
    with socket.create_connection((host, int(port))) as sock:
        peer = MySocket(sock)
        questions = [question.encode() for question in QUESTIONS]
        for question in questions[:-1]:
            peer.mysend(question, piece=1)
        sock.sendall(b"".join(map(frame, questions)))      # one send, many messages
        sock.shutdown(socket.SHUT_WR)
        for question in questions[:-1] + questions:
            got = peer.myreceive()
            if got != answer(question):
                sys.exit(f"expected {answer(question)[:50]!r}, got {got and got[:50]!r}")
        if peer.myreceive() is not None:
            sys.exit("one answer too many")
    print("every answer is right")


def listen():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(30)
        print(listening.getsockname()[1], flush=True)
        sock, _ = listening.accept()
        with sock:
            peer = MySocket(sock)
            while (msg := peer.myreceive()) is not None:
                peer.mysend(answer(msg), piece=2)
                print(f"received {msg.decode()!r}", flush=True)


{"connect": connect, "listen": listen}[sys.argv[1]](*sys.argv[2:])
