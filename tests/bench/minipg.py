"""Just enough of PostgreSQL's protocol to time single statements and notifications without starting psql each time.

Trust authentication over a Unix socket, simple queries, text results: what a private site offers.
"""
import select
import socket
import struct
import time


class Error(RuntimeError):
    """What the server said."""


class Connection:
    def __init__(self, directory, user="postgres", database="kidoban", port=5432):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(f"{directory}/.s.PGSQL.{port}")
        self.buffer = b""
        self.notifications = []
        body = b"".join(word.encode() + b"\0" for word in ("user", user, "database", database)) + b"\0"
        self.socket.sendall(struct.pack(">II", len(body) + 8, 196608) + body)
        self.answer()

    def close(self):
        self.socket.close()

    def message(self):
        """The next message: (type, body)."""
        while len(self.buffer) < 5 or len(self.buffer) < 1 + struct.unpack_from(">I", self.buffer, 1)[0]:
            piece = self.socket.recv(65536)
            if not piece:
                raise Error("the connection was closed")
            self.buffer += piece
        size = struct.unpack_from(">I", self.buffer, 1)[0]
        kind, body = self.buffer[:1], self.buffer[5:1 + size]
        self.buffer = self.buffer[1 + size:]
        if kind == b"A":
            self.notifications.append((time.time(), body[4:].split(b"\0")[0].decode()))
        return kind, body

    def answer(self):
        rows, error = [], None
        while True:
            kind, body = self.message()
            if kind == b"D":
                rows.append(self.row(body))
            elif kind == b"E":
                error = body.replace(b"\0", b" ").decode(errors="replace")
            elif kind == b"R" and struct.unpack_from(">I", body)[0] != 0:
                raise Error("only trust authentication is spoken here")
            elif kind == b"Z":
                if error:
                    raise Error(error)
                return rows

    @staticmethod
    def row(body):
        count, at, values = struct.unpack_from(">H", body)[0], 2, []
        for _ in range(count):
            size = struct.unpack_from(">i", body, at)[0]
            at += 4
            values.append(None if size < 0 else body[at:at + size].decode())
            at += max(size, 0)
        return values

    def query(self, text):
        """Rows of the last statement, values as text."""
        data = text.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack(">I", len(data) + 4) + data)
        return self.answer()

    def wait_notification(self, timeout):
        """The oldest notification: (when it came, channel); None after timeout seconds."""
        end = time.monotonic() + timeout
        while not self.notifications:
            left = end - time.monotonic()
            if left <= 0 or (not self.buffer and not select.select([self.socket], [], [], left)[0]):
                return None
            self.message()
        return self.notifications.pop(0)
