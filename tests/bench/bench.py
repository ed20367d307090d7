#!/usr/bin/python3
"""make bench: how far from their bounds the parts are, as one table of ratios measured in one run.

Runs on a private site of its own in the build tree that is kept between runs, with its fixture. Shortfalls are printed,
never hidden; the exit status is 0 whatever the figures are, and 1 only when the bench itself could not be run.

KIDOBAN_BENCH_ROWS     rows of the history fixture (20000000)
KIDOBAN_BENCH_GATES    controllers, one gate each (1000)
KIDOBAN_BENCH_SECONDS  of each HTTP measurement (4), in KIDOBAN_BENCH_ROUNDS rounds (3)
KIDOBAN_BENCH_PEOPLE   cardholders of an import and of a full load (299990)
KIDOBAN_BENCH_BOARDS   UHPPOTE boards, four gates each (250)
KIDOBAN_BENCH_ONLY     parts to run, of: people load history web operators browser click lost ingest sweep boards (all)
"""
import os
import pathlib
import platform
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "system")]
import private_site  # noqa: E402
from boards import BoardSweep  # noqa: E402
from events import Events  # noqa: E402
from history import History  # noqa: E402
from imports import People  # noqa: E402
from operators import Operators  # noqa: E402
from table import Table  # noqa: E402
from transfers import Transfers  # noqa: E402
from web import Web  # noqa: E402
from world import World  # noqa: E402

PARTS = ("people", "load", "history", "web", "operators", "browser", "click", "lost", "ingest", "sweep", "boards")
ALONE = ("people", "load")   # on sites of their own


def number(name, fallback):
    return int(os.environ.get(f"KIDOBAN_BENCH_{name}") or fallback)


class Bench(World):
    """The bench's own site: as many controllers as gates, a static file beside the API, and a place for PHP."""

    static_path = "/bench/static.json"

    def __init__(self, gates, rows):
        state = private_site.builddir() / "tests/bench/state" / f"{gates}-{rows}"
        self.extra = pathlib.Path(f"{state}-www")
        self.extra.mkdir(parents=True, exist_ok=True)
        (self.extra / "static.json").write_text("{" + " " * 1000 + "}")
        lines = [f'Alias /bench "{self.extra}"', f'<Directory "{self.extra}">', "Require all granted", "Header set Cache-Control no-cache", "</Directory>",
                 f'ProxyPassMatch "^/bench/(.*\\.php)$" "unix:{self.extra}/php.sock|fcgi://bench/{self.extra}/$1"']
        super().__init__("bench", gates=gates, rate=0, state_interval=10, keep=True, cardholders=500, httpd_extra="\n".join(lines), directory=state,
                         postgres_options=("shared_buffers=1GB", "max_wal_size=8GB"))

    @property
    def bench_directory(self):
        return str(self.extra)

    @property
    def psql_program(self):
        return private_site.find_program("psql", *private_site.postgres_bin())

    @property
    def pgbench(self):
        return private_site.find_program("pgbench", *private_site.postgres_bin())

    @property
    def postgres_log(self):
        return str(self.log / "postgres.log")

    @property
    def socket_directory(self):
        return str(self.run)

    def server_pids(self):
        """Everything that a request costs: Apache, the programs, PostgreSQL."""
        return [pid for name in ("httpd", "session", "gates", "history", "live", "postgres") for pid in self.pids(name)]


def machine():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, load {os.getloadavg()[0]:.1f} at the start"


def attempt(table, part, steps):
    """Runs the steps of a part; how many could not be measured. One must not hide the others."""
    broken = 0
    for step in steps:
        try:
            step()
        except Exception:
            broken += 1
            table.absent(f"{part}: could not be measured", traceback.format_exc().strip().splitlines()[-1], "see FIGURES")
            print(traceback.format_exc(), file=sys.stderr)
    return broken


def run_alone(table, wanted):
    people = number("PEOPLE", 299990)
    parts = {"people": [People(table, people, number("GATES", 1000)).run], "load": [Transfers(None, table, people, 0).load]}
    return sum(attempt(table, part, parts[part]) for part in wanted if part in ALONE)


def run(bench, table, wanted):
    samples = number("SAMPLES", 200)
    history = History(bench, table, number("ROWS", 20000000), max(20, samples // 2))
    web = Web(bench, table, number("SECONDS", 4), number("ROUNDS", 3))
    operators = Operators(bench, table, number("SECONDS", 4), number("ROUNDS", 3), samples)
    events = Events(bench, table, samples, number("BURST", 100000))
    transfers = Transfers(bench, table, 0, max(2, samples // 20))
    parts = {
        "history": [history.size, history.pages],
        "web": [web.run],
        "operators": [operators.log_in, operators.rights, operators.audit],
        "browser": [events.to_browser],
        "click": [lambda: events.click(0), lambda: events.click(20)],
        "lost": [transfers.lost],
        "ingest": [events.ingest],
        "sweep": [lambda: events.sweep(0), lambda: events.sweep(20)],
        "boards": [BoardSweep(table, number("BOARDS", 250)).run],
    }
    bench.wait_up(300)
    bench.wait_permits(600)
    if {"history", "web", "ingest"} & set(wanted):
        history.prepare()
        history.scope()
    return sum(attempt(table, part, parts[part]) for part in wanted if part not in ALONE)


def main():
    private_site.become_ordinary()
    wanted = os.environ.get("KIDOBAN_BENCH_ONLY", "").split() or PARTS
    table = Table()
    table.note(machine())
    began = time.monotonic()
    broken = run_alone(table, wanted)
    if set(wanted) - set(ALONE):
        with Bench(number("GATES", 1000), number("ROWS", 20000000)) as bench:
            broken += run(bench, table, wanted)
    table.note(f"measured in {time.monotonic() - began:.0f} s")
    print()
    print(table.markdown())
    print(f"{len(table.short)} short of what is to be reached" + (f": {', '.join(row.what for row in table.short)}" if table.short else ""))
    results = os.environ.get("KIDOBAN_BENCH_RESULTS") or str(private_site.builddir() / "tests/bench/results.md")
    with open(results, "w", encoding="utf-8") as out:
        out.write(table.markdown())
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
