"""What a browser does, without one: a session on the HTTP API and the live stream."""
import http.client
import json
import ssl
import threading
import time
import urllib.parse


IDLE = 3


class Answer:
    """A reply: status, headers (case-insensitive), raw body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        """The type of a problem reply, or None."""
        if "problem+json" not in (self.headers.get("Content-Type") or ""):
            return None
        return self.json.get("type")

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


def connection(url, timeout=20):
    """An HTTP(S) connection to the site. Its certificate is self-signed and made by the site itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)


class Client:
    """One browser. Keeps its connection; opens it again when the server closed it."""

    def __init__(self, url, timeout=20):
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.cookie = None
        self.http = None
        self.used = 0.0

    def close(self):
        if self.http:
            self.http.close()
            self.http = None

    def request(self, method, path, body=None, headers=None, base="/api/v1"):
        """path is below base. body is made JSON, unless it is bytes. Raises OSError when no reply can be had."""
        send = {"Accept": "application/json"}
        if method != "GET":
            send["Sec-Fetch-Site"] = "same-origin"
            send["Content-Type"] = "application/json"
        if self.cookie:
            send["Cookie"] = self.cookie
        send.update(headers or {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if self.http is not None and time.monotonic() - self.used > IDLE:
            self.close()  # the server closes idle connections after 5 s, and a POST must not be sent twice
        for attempt in (0, 1):
            kept = self.http is not None
            if not kept:
                self.http = connection(self.url, self.timeout)
            try:
                self.http.request(method, base + path, data, send)
                reply = self.http.getresponse()
                answer = Answer(reply.status, reply.headers, reply.read())
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A kept connection that the server had closed is no answer: ask again once, if asking twice is harmless.
                if attempt == 0 and kept and method == "GET":
                    continue
                raise OSError(f"{method} {path}: {error!r}") from error
            self.used = time.monotonic()
            cookie = reply.headers.get("Set-Cookie")
            if cookie:
                self.cookie = cookie.split(";", 1)[0]
            return answer
        raise AssertionError("unreachable")

    def get(self, path, **headers):
        return self.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path, body, **headers):
        return self.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def log_in(self, operator, password):
        answer = self.post("/session", {"operator": operator, "password": password})
        if answer.status != 201:
            raise OSError(f"log-in: {answer}")
        return self

    def gates(self):
        """Every gate by id."""
        found, after = {}, ""
        while True:
            page = self.get(f"/gates?limit=1000{after}").json
            found.update((gate["id"], gate) for gate in page["gates"])
            if not page.get("next"):
                return found
            after = "&after=" + urllib.parse.quote(str(page["next"]))

    def command(self, body, timeout=30, path="/gates/commands"):
        """Orders a command and waits for every gate's outcome: {gate id: outcome row}, and the request."""
        answer = self.post(path, body)
        if answer.status != 202:
            raise RuntimeError(f"command {body}: {answer}")
        location = answer.headers["Location"].removeprefix("/api/v1")
        end = time.monotonic() + timeout
        while True:
            request = self.get(location).json
            if request["finished"] or time.monotonic() > end:
                return {row["gate"]["id"]: row for row in request["outcomes"]}, request
            time.sleep(0.05)


class Stream(threading.Thread):
    """An open live stream. Collects (arrived, event, id, data); arrived is time.time()."""

    def __init__(self, client, last_event_id=None):
        super().__init__(daemon=True)
        self.client = client
        self.last_event_id = last_event_id
        self.events = []
        self.comments = 0
        self.status = None
        self.error = None
        self.opened = threading.Event()
        self.closed = threading.Event()
        self.http = None
        self.start()

    def run(self):
        headers = {"Accept": "text/event-stream", "Cookie": self.client.cookie or ""}
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = self.last_event_id
        try:
            self.http = connection(self.client.url, timeout=60)
            self.http.request("GET", "/api/v1/live", headers=headers)
            reply = self.http.getresponse()
            self.status = reply.status
            self.opened.set()
            self.read(reply)
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
            self.error = error
        finally:
            self.opened.set()
            self.closed.set()

    def read(self, reply):
        kind, cursor, data = "message", None, []
        while True:
            line = reply.readline()
            if not line:
                return
            line = line.rstrip(b"\r\n").decode()
            if line.startswith(":"):
                self.comments += 1
            elif line.startswith("event:"):
                kind = line[6:].strip()
            elif line.startswith("id:"):
                cursor = line[3:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            elif not line:
                if data:
                    self.events.append((time.time(), kind, cursor, json.loads("\n".join(data))))
                kind, data = "message", []

    def of(self, *kinds):
        return [event for event in list(self.events) if event[1] in kinds]

    def stop(self):
        if self.http and self.http.sock:
            try:
                self.http.sock.shutdown(2)
            except OSError:
                pass
        self.join(5)
