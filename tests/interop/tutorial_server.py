"""The echo server that the tutorial builds: one client, 1024 bytes at a time, over when the client has finished.

usage: tutorial_server.py [HOST PORT]
"""
import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 2 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 5346

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
    listening.bind((HOST, PORT))
    listening.listen()
    connection, client = listening.accept()
    with connection:
        print("Connected by : ", client, flush=True)
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data)
