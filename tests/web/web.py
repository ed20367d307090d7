"""What the tests of the API share: TAP, a client that validates every answer against openapi.yaml, and a site with some life in it."""
import http.client
import json
import os
import pathlib
import re
import ssl
import sys
import tempfile
import time
import traceback
import urllib.parse

import jsonschema
import yaml

import private_site

SOURCE = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
SPEC = yaml.safe_load((SOURCE / "htdocs/openapi.yaml").read_text(encoding="utf-8"))
COMPONENTS = ("postgres", "session", "gates", "history", "cardholders", "organisation", "live", "httpd")
TOKEN = re.compile(r"__Host-kidoban=([0-9a-f]{64}); Path=/; Secure; HttpOnly; SameSite=Strict$")


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, name, why=""):
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            self.failed += 1
            for line in str(why)[:3000].splitlines():
                print(f"#   {line}", flush=True)
        return good

    def run(self, *tests, **arguments):
        """Runs test functions; an exception is one failure."""
        for test in tests:
            try:
                test(**arguments)
            except Exception:  # pylint: disable=broad-except
                self.check(False, test.__name__, traceback.format_exc())

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = (headers.get("Content-Type") or "").split(";")[0]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        return self.json["type"].rpartition(":")[2] if self.type == "application/problem+json" else None

    @property
    def fields(self):
        return {(e["pointer"], e["code"]) for e in self.json.get("errors", [])}

    def __repr__(self):
        return f"{self.status} {self.type} {self.body[:600]!r}"


class Contract:
    """Which answers openapi.yaml allows, and which were seen."""

    def __init__(self):
        self.seen = set()
        self.paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path) for path in
                      sorted(SPEC["paths"], key=lambda p: (p.count("{"), p))]

    def operation(self, method, path):
        for pattern, template in self.paths:
            if pattern.match(path) and method.lower() in SPEC["paths"][template]:
                return template, SPEC["paths"][template][method.lower()]
        return None, None

    def check(self, method, path, answer):
        template, operation = self.operation(method, path)
        if operation is None:
            assert answer.status in (404, 405), f"{method} {path} is not documented and answers {answer}"
            return
        response = operation["responses"].get(str(answer.status))
        assert response is not None, f"{method} {template}: status {answer.status} is not documented: {answer}"
        self.seen.add((method, template, answer.status))
        while "$ref" in response:
            response = resolve(response["$ref"])
        content = response.get("content", {})
        if not content:
            assert answer.body == b"", f"a body where none is documented: {answer}"
            return
        assert answer.type in content, f"{method} {template}: {answer.type} is not documented for {answer.status}"
        if answer.type.endswith("json"):
            schema = content[answer.type]["schema"]
            validator(schema).validate(answer.json)


def resolve(reference):
    found = SPEC
    for part in reference[2:].split("/"):
        found = found[part]
    return found


def validator(schema):
    """Schemas refer to #/components…: the whole document is what # is."""
    whole = dict(schema)
    whole["components"] = SPEC["components"]
    return jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())


class Client:
    """One browser. Every answer is checked against the contract."""

    def __init__(self, site, contract=None, cookie=None):
        self.site, self.contract, self.cookie = site, contract, cookie
        self.context = site.tls_context()
        self.connection = None

    def raw(self, method, path, body=None, headers=None):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPSConnection("127.0.0.1", self.site.port, context=self.context, timeout=60)
            try:
                self.connection.request(method, "/api/v1" + path, body=body, headers=headers or {})
                reply = self.connection.getresponse()
                return Answer(reply.status, reply.headers, reply.read())
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):  # Apache had closed it
                self.connection = None
                if attempt == 2:
                    raise
        return None

    def ask(self, method, path, body=None, headers=None, checked=True):
        all_headers = {"Sec-Fetch-Site": "same-origin"}
        if method != "GET":
            all_headers["Content-Type"] = "application/json"
        if self.cookie:
            all_headers["Cookie"] = f"__Host-kidoban={self.cookie}"
        all_headers.update(headers or {})
        data = None if body is None else body if isinstance(body, (bytes, str)) else json.dumps(body)
        if isinstance(data, str):
            data = data.encode()
        answer = self.raw(method, path, data, {k: v for k, v in all_headers.items() if v is not None})
        if checked and self.contract is not None:
            self.contract.check(method, urllib.parse.urlsplit(path).path, answer)
        return answer

    def get(self, path, **arguments):
        return self.ask("GET", path, **arguments)

    def post(self, path, body, **arguments):
        return self.ask("POST", path, body, **arguments)

    def login(self, operator="admin", password=None):
        answer = self.post("/session", {"operator": operator, "password": password or self.site.password})
        if answer.status == 201:
            self.cookie = TOKEN.match(answer.headers["Set-Cookie"]).group(1)
        return answer


def add_operator(site, name, role="general", rights=None, groups=None, departments=None, remote_user=None):
    """An operator whose password is the site's. groups, departments: ids, None for all."""
    hashed = private_site.hash_password(site.password)
    remote = "NULL" if remote_user is None else f"'{remote_user}'"
    site.psql(f"""INSERT INTO kidoban.operator (name, display_name, role, password_hash, all_management_groups, all_departments, remote_user)
        VALUES ('{name}', '{name} 様', '{role}', '{hashed}', {groups is None}, {departments is None}, {remote});""")
    for table, column, values in (("operator_management_group", "management_group_id", groups), ("operator_department", "department_id", departments)):
        for value in values or []:
            site.psql(f"INSERT INTO kidoban.{table} (operator_id, {column}) SELECT id, {value} FROM kidoban.operator WHERE name = '{name}'")
    for function, level in (rights or {}).items():
        site.psql(f"INSERT INTO kidoban.operator_right SELECT id, '{function}', '{level}' FROM kidoban.operator WHERE name = '{name}'")


def life_of(site):
    """The site's one Life: it holds the leases of all controllers."""
    if not hasattr(site, "life"):
        site.life = Life(site)
    return site.life


class Life:
    """Stands in for a gate-poller: what it tells the database, through the functions that it uses."""

    def __init__(self, site):
        self.site = site
        self.poller = site.value("SELECT api.poller_start('test')", "kidoban_gate_poller")
        rows = site.rows(f"SELECT controller_id, token, encode(log, 'hex'), array_to_string(doors, ','), array_to_string(gates, ',')"
                         f" FROM api.poller_lease({self.poller})", "kidoban_gate_poller")
        self.controllers = {int(r[0]): r for r in rows}
        self.gates = {}
        for row in rows:
            for door, gate in zip(row[3].split(","), row[4].split(",")):
                if gate:
                    self.gates[int(gate)] = (int(row[0]), int(door))
        self.logs = {c: f"{c:032x}" for c in self.controllers}
        self.seq = dict.fromkeys(self.controllers, 0)

    def lease(self):
        for row in self.site.rows(f"SELECT controller_id, token FROM api.poller_lease({self.poller})", "kidoban_gate_poller"):
            self.controllers[int(row[0])][1] = row[1]

    def events(self, gate, kinds, flags=0, credential=0, card="", ago_s=0, detail="", reader=1):
        """One event of each kind at the gate, a millisecond apart."""
        self.lease()
        controller, door = self.gates[gate]
        token, values = self.controllers[controller][1], []
        for kind in kinds:
            self.seq[controller] += 1
            values.append((self.seq[controller], kind))
        n = len(values)
        card = card.replace("'", "''")
        detail = detail.replace("'", "''")
        self.site.psql(f"""SELECT * FROM api.poller_ingest(ARRAY[{controller}], ARRAY[{token}::int8], ARRAY['\\x{self.logs[controller]}'::bytea], ARRAY[1],
            array_fill({controller}, ARRAY[{n}]), ARRAY{[v[0] for v in values]}, ARRAY(SELECT clock_timestamp() - interval '{ago_s} s' + i * interval '1 ms' FROM generate_series(1, {n}) i),
            ARRAY{[v[1] for v in values]}::int2[], array_fill({door}::int2, ARRAY[{n}]), array_fill({reader}::int2, ARRAY[{n}]), array_fill({credential}, ARRAY[{n}]),
            array_fill('{card}'::text, ARRAY[{n}]), array_fill(0::int8, ARRAY[{n}]), array_fill({flags}::int2, ARRAY[{n}]),
            array_fill(NULL::uuid, ARRAY[{n}]), array_fill('{detail}'::text, ARRAY[{n}]))""", "kidoban_gate_poller")

    def state(self, gate, lock=1):
        """The gate's controller answers: locked or unlocked."""
        self.lease()
        controller, door = self.gates[gate]
        self.site.psql(f"""SELECT api.poller_store_status(ARRAY[{controller}], ARRAY[{self.controllers[controller][1]}::int8], ARRAY[clock_timestamp()], ARRAY[2::int2], ARRAY[''],
            ARRAY[1::int8], ARRAY['1'], ARRAY['test'], ARRAY[0], ARRAY[0], ARRAY[1], ARRAY[{controller}], ARRAY[{door}::int2], ARRAY[{lock}::int2], ARRAY[1::int2],
            ARRAY[1::int2], ARRAY[1::int2], ARRAY[1::int2], ARRAY[0])""", "kidoban_gate_poller")


def run(*tests, **site_arguments):
    """Starts a site, runs each test with it, ends the script."""
    private_site.become_ordinary()
    tap = Tap()
    build = pathlib.Path(os.environ.get("top_builddir") or ".")
    with tempfile.TemporaryDirectory(prefix="web-", dir=build / "tests" if os.access(build / "tests", os.W_OK) else None) as directory:
        arguments = {"gates": 8, "cardholders": 60, "components": COMPONENTS, **site_arguments}
        with private_site.Site(directory, say=lambda text: print(f"# {text}", flush=True), **arguments) as site:
            contract = Contract()
            tap.run(*tests, tap=tap, site=site, contract=contract)
            log = site.log
        site.stop()  # what the sanitizer has to say about leaks comes at the end
        found = [line for path in sorted(log.glob("*.log")) if path.stem not in ("postgres", "httpd-error", "httpd-access", "httpd")
                 for line in path.read_text(errors="replace").splitlines()
                 if re.search(r"Sanitizer|runtime error|panic|database: 42", line)]
        tap.check(not found, "no program has logged a fault of its own", "\n".join(found))
    tap.end()


def wait(condition, seconds=10, step=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(step)
    return condition()
