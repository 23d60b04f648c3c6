"""A Python program at one end of a connection that carries messages: a line of stdin (hexadecimal) is one, and each one that comes is
a line of stdout. Every message is sent in two pieces, the first of one byte, so that its peer has to wait for the rest.

usage: framed_relay.py connect|listen FORMAT HOST PORT
"""
import socket
import sys
import threading

from framing import decode, encode


def main():
    role, name, host, port = sys.argv[1:]
    connection = socket.socket(socket.AF_INET)
    if role == "listen":
        with connection as listening:
            listening.bind((host, int(port)))
            listening.listen()
            connection, _ = listening.accept()
    else:
        connection.connect((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        sending = threading.Thread(target=send_all, args=[connection, name], daemon=True)
        sending.start()
        for message in decode(name, connection.makefile("rb")):
            print(message.hex(), flush=True)
        sending.join()


def send_all(connection, name):
    for line in sys.stdin:
        frame = encode(name, bytes.fromhex(line))
        connection.sendall(frame[:1])
        connection.sendall(frame[1:])
    connection.shutdown(socket.SHUT_WR)


main()
