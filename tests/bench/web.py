"""Bench of the API under Apache: pages against their own statements by pgbench, against static files, against PHP-FPM."""
import os
import shutil
import subprocess

import load
from client import Client
from tap import eventually
from table import median

BROWSERS = 10
PAGES = {"gates": "/gates?limit=50", "history": "/history/access?limit=50"}


class Web:
    def __init__(self, world, table, seconds, rounds):
        self.world, self.table, self.seconds, self.rounds = world, table, seconds, rounds
        self.client = world.api()
        self.headers = [f"Cookie: {self.client.cookie}", "Accept: application/json"]
        self.base = world.url.rstrip("/")

    def get(self, path, connections=BROWSERS, headers=()):
        answer = load.http(f"{self.base}{path}", connections, self.seconds, [*self.headers, *headers])
        if answer.failed:
            raise RuntimeError(f"{path}: {answer.failed} replies failed")
        return answer

    def run(self):
        if not load.available():
            self.table.absent("API under load", "wrk is not installed (Debian package wrk)", "see FIGURES")
            return
        statements = {name: load.Statements(self.world, f"kidoban_{name}", lambda path=path: self.client.get(path))
                      for name, path in PAGES.items()}
        etag = self.client.get("/management-groups").headers["ETag"]
        php = Php(self.world, statements["gates"])
        rates = {}
        self.world.stop_component("gate-poller")  # what it makes PostgreSQL do meanwhile would be counted as the requests'
        try:
            for _ in range(self.rounds):
                self.one_round(statements, etag, php, rates)
        finally:
            php.stop()
            self.world.start_component("gate-poller")
        middle = {name: median(values) for name, values in rates.items()}
        self.report(middle, php)
        self.latency()

    def one_round(self, statements, etag, php, rates):
        """Everything that is compared, one after another, so that noise of the machine meets all of it alike."""
        def note(name, value):
            rates.setdefault(name, []).append(value)
        for name, path in PAGES.items():
            cost = load.Cost(self.world.server_pids)
            page = self.get(f"/api/v1{path}")
            note(name, page.rate)
            note(name + " cpu", cost.used() / (page.rate * self.seconds))
            note(name + " pgbench", statements[name].run(self.world, BROWSERS, self.seconds))
        note("static", self.get(self.world.static_path).rate)
        note("304", self.get("/api/v1/management-groups", headers=[f"If-None-Match: {etag}"]).rate)
        if php.missing is None:
            cost = load.Cost(lambda: self.world.server_pids() + php.pids())
            page = self.get("/bench/gates.php")
            note("php", page.rate)
            note("php cpu", cost.used() / (page.rate * self.seconds))

    def report(self, middle, php):
        table = self.table
        for name, label in (("gates", "gates list page of 50 rows"), ("history", "history page of 50 rows")):
            ratio = middle[name] / middle[name + " pgbench"]
            table.ratio(f"{label}, {BROWSERS} browsers", f"{middle[name]:.0f}/s, {middle[name + ' cpu'] * 1e6:.0f} µs CPU",
                        f"same statements by pgbench {middle[name + ' pgbench']:.0f}/s", ratio, "≥ 0.6", ratio >= 0.6)
            table.ratio(f"{label} beside a static file", f"{middle[name]:.0f}/s", f"static file {middle['static']:.0f}/s",
                        middle[name] / middle["static"], "", None)
        ratio = middle["304"] / middle["static"]
        table.ratio("GET that changes nothing (304, session check)", f"{middle['304']:.0f}/s", f"static file {middle['static']:.0f}/s",
                    ratio, "≥ 0.5", ratio >= 0.5)
        if php.missing:
            table.absent("gates page beside PHP-FPM", php.missing, "≥ 2 at ≤ half its CPU")
            return
        ratio, cpu = middle["gates"] / middle["php"], middle["gates cpu"] / middle["php cpu"]
        table.ratio("gates page beside PHP-FPM (pg_query, json_encode)", f"{middle['gates']:.0f}/s", f"PHP-FPM {middle['php']:.0f}/s", ratio,
                    "≥ 2", ratio >= 2)
        table.ratio("the same, CPU a request", f"{middle['gates cpu'] * 1e6:.0f} µs", f"PHP-FPM {middle['php cpu'] * 1e6:.0f} µs", cpu, "≤ 0.5",
                    cpu <= 0.5)

    def latency(self):
        for name, path in PAGES.items():
            page = self.get(f"/api/v1{path}", 100)
            ratio = page.p99 / page.p50
            self.table.ratio(f"{name} page under 100 browsers: p99", f"{page.p99 * 1000:.0f} ms at {page.rate:.0f}/s", f"p50 {page.p50 * 1000:.0f} ms",
                             ratio, "≤ 4", ratio <= 4)
        sizes = {name: max((load.resident(pid) for pid in self.world.pids(name)), default=(0, 0))
                 for name in ("session", "gates", "history", "live")}
        most = max(size for size, _ in sizes.values()) / 1048576
        self.table.ratio("memory of a FastCGI process, the largest",
                         ", ".join(f"{name} {size / 1048576:.1f}" for name, (size, _) in sizes.items()) + " MiB resident", "16 MiB",
                         most / 16, "≤ 1", most <= 16)


class Php:
    """A pool of PHP-FPM under the same Apache that answers with the same statements, pg_query_params and json_encode."""

    POOL = """[global]
error_log = {directory}/php.log
daemonize = no
[bench]
listen = {directory}/php.sock
listen.mode = 0666
pm = static
pm.max_children = {children}
"""

    SCRIPT = """<?php
// One persistent connection a child, as the programs have. Statements as our own program sends them, literals for parameters.
$db = pg_pconnect({conninfo});
$rows = [];
pg_query($db, 'BEGIN');  // what the first statement says of the session holds for the others
foreach ({statements} as $statement) {{
    $result = pg_query($db, $statement);
    if ($result === false) {{ http_response_code(500); echo json_encode([$statement, pg_last_error($db)]); exit; }}
    $found = pg_fetch_all($result);
    if ($found && count($found) > count($rows)) $rows = $found;
}}
pg_query($db, 'COMMIT');
header('Content-Type: application/json');
echo json_encode(['rows' => $rows], JSON_UNESCAPED_UNICODE);
"""

    def __init__(self, world, statements):
        self.process = None
        binary = next((path for path in map(shutil.which, ("php-fpm8.2", "php-fpm", "/usr/sbin/php-fpm8.2")) if path), None)
        if binary is None:
            self.missing = "PHP-FPM is not installed (Debian packages php-fpm, php-pgsql)"
            return
        if "pgsql" not in subprocess.run([binary, "-m"], capture_output=True, text=True, check=False).stdout:
            self.missing = "PHP has no PostgreSQL (Debian package php-pgsql)"
            return
        if world.bench_directory is None:
            self.missing = "this site's Apache has no place for it"
            return
        self.missing = None
        directory = world.bench_directory
        with open(os.path.join(directory, "php.conf"), "w", encoding="utf-8") as pool:
            pool.write(self.POOL.format(directory=directory, children=max(4, len(world.pids("gates")) - 1)))
        with open(os.path.join(directory, "gates.php"), "w", encoding="utf-8") as script:
            script.write(self.SCRIPT.format(conninfo=quoted(world.conninfo(statements.role)),
                                            statements="[" + ", ".join(quoted(text) for text in statements.literal()) + "]"))
        if os.path.exists(os.path.join(directory, "php.sock")):
            os.unlink(os.path.join(directory, "php.sock"))
        # Not as root, but as ourselves: the site's Apache reaches it by its socket.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", binary, "-F", "-y", os.path.join(directory, "php.conf")], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        eventually("PHP-FPM", 20, lambda: os.path.exists(os.path.join(directory, "php.sock")))
        client = Client(world.url)
        for _ in range(20):  # every child connects and prepares
            answer = client.request("GET", "/bench/gates.php", base="")
            if answer.status != 200 or len(answer.json["rows"]) < min(50, len(world.list_of_gates)):
                self.missing = f"PHP-FPM answers {answer}"

    def pids(self):
        if self.process is None:
            return []
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [self.process.pid, *map(int, children.stdout.split())]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)


def quoted(text):
    """A PHP string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
