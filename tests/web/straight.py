"""Requests straight to a program's socket, as Apache would hand them over: a thousand questions a second, without TLS."""
import json
import socket
import struct
import urllib.parse

import web

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    name, value = name.encode(), value.encode()
    return b"".join(struct.pack(">B", len(x)) if len(x) < 128 else struct.pack(">I", len(x) | 0x80000000) for x in (name, value)) + name + value


def variables(method, path, headers, body):
    """What mod_proxy_fcgi gives: CGI variables, each header of the request as HTTP_*."""
    url, _, query = path.partition("?")
    found = {"REQUEST_METHOD": method, "REQUEST_URI": "/api/v1" + path, "SCRIPT_NAME": "/api/v1" + url, "QUERY_STRING": query,
             "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body))}
    for name, value in headers.items():
        if value is not None:
            key = name.upper().replace("-", "_")
            found[key if key in ("CONTENT_TYPE", "REMOTE_USER") else "HTTP_" + key] = value
    return found


class Headers(dict):
    def get(self, name, other=None):
        return super().get(name.lower(), other)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())


def read_records(sock):
    """Yields (kind, content) until the program has ended the request or gone."""
    held = b""
    while True:
        while len(held) < 8 or len(held) < 8 + sum(struct.unpack(">HB", held[4:7])):
            more = sock.recv(65536)
            if not more:
                return
            held += more
        length, padding = struct.unpack(">HB", held[4:7])
        yield held[1], held[8:8 + length]
        if held[1] == END:
            return
        held = held[8 + length + padding:]


def parse(text):
    head, _, body = text.partition(b"\r\n\r\n")
    headers = Headers()
    for line in head.decode().split("\r\n"):
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return web.Answer(int(headers.get("Status", "200").split()[0]), headers, body)


class Straight:
    """One operator (by session cookie; None: nobody) who asks the programs whose sockets are in a directory."""

    def __init__(self, run, programs, cookie=None):
        self.run, self.cookie = run, cookie
        self.programs = programs  # {(method, pattern): program}

    def ask(self, program, method, path, body=None, headers=None):
        every = {"Sec-Fetch-Site": "same-origin"}
        if method != "GET":
            every["Content-Type"] = "application/json"
        if self.cookie:
            every["Cookie"] = f"__Host-kidoban={self.cookie}"
        every.update(headers or {})
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        path = urllib.parse.quote(path, safe="/?&=%+:,-_.~")
        out = record(BEGIN, struct.pack(">HB5x", 1, 0))
        out += record(PARAMS, b"".join(pair(*v) for v in variables(method, path, every, data).items())) + record(PARAMS, b"")
        for at in range(0, len(data), 32768):
            out += record(STDIN, data[at:at + 32768])
        out += record(STDIN, b"")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(60)
            sock.connect(str(self.run / f"{program}.sock"))
            sock.sendall(out)
            text = b""
            for kind, content in read_records(sock):
                if kind == STDOUT:
                    text += content
                if program == "live" and b"\r\n\r\n" in text and b"event-stream" in text:
                    break  # it would go on for ever
        return parse(text)
