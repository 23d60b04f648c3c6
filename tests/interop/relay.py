"""A Python program at one end of a connection, as the sockets HOWTO has it: what stdin gives goes out, then shutdown(1)
("I am done, I still listen"); what comes goes to stdout, until a recv of 0 bytes.

usage: relay.py connect|listen HOST PORT       relay.py connect|listen PATH
"""
import os
import socket
import sys
import threading


def main():
    role, *where = sys.argv[1:]
    if len(where) == 1:
        connection, address = socket.socket(socket.AF_UNIX), where[0]
    else:
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        connection, address = socket.socket(family), (where[0], int(where[1]))
    if role == "listen":
        with connection as listening:
            listening.bind(address)
            listening.listen()
            connection, _ = listening.accept()
    else:
        connection.connect(address)
    with connection:
        sending = threading.Thread(target=send_all, args=[connection], daemon=True)
        sending.start()
        while data := connection.recv(65536):
            write_all(data)
        sending.join()


def send_all(connection):
    while data := os.read(0, 65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def write_all(data):
    while data:
        data = data[os.write(1, data):]


main()
