"""The echo client that the tutorial builds: one sentence out, one recv for the reply.

usage: tutorial_client.py [HOST PORT]
"""
import socket
import sys

HOST = sys.argv[1] if len(sys.argv) > 2 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 5346

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
    connection.connect((HOST, PORT))
    connection.sendall(b"Hello world! This is an echo server made with python.")
    data = connection.recv(1024)

print("Received: " + repr(data))
