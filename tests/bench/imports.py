"""Bench of people by the hundred thousand: a file in and out, and what controllers must be told after changes.

Sites of their own, made anew: a first import is only measured once."""
import os
import shutil
import subprocess
import tempfile
import time

import minipg
import people
import private_site
from client import Client
from table import Stopwatch, median
from tap import Late, eventually

DEPARTMENTS, GROUPS = 4000, 300


class People:
    def __init__(self, table, count, gates):
        self.table, self.count, self.gates = table, count, gates

    def run(self):
        """File in, again, out, and the deltas, on one site without controllers."""
        directory = tempfile.mkdtemp(prefix="kb-", dir=os.environ.get("KIDOBAN_BENCH_TMP"))
        parts = ("postgres", "session", "cardholders", "imports", "transfer", "httpd")
        try:
            with private_site.Site(f"{directory}/site", gates=self.gates, cardholders=5, doors_per_controller=(1, 1), components=parts,
                                   postgres_options=("shared_buffers=1GB", "max_wal_size=8GB")) as site:
                site.psql(people.organisation_sql(DEPARTMENTS, GROUPS))
                self.file = f"{directory}/people.csv"
                people.write(self.file, self.count, DEPARTMENTS, GROUPS, [])
                site.psql("CREATE SCHEMA bench; CREATE UNLOGGED TABLE bench.people (" + ", ".join(f"{name} text" for name in people.COLUMNS) + ")")
                self.in_and_out(site)
                self.deltas(site)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    # --- files

    def in_and_out(self, site):
        self.client = Client(site.url, timeout=600).log_in("admin", site.password)
        copies = [self.copy(site)]
        for what, reach in ((f"import of {self.count} cardholders", 25), ("the same file again, without changes", 6)):
            seconds, shown = self.load()
            copies.append(self.copy(site))
            copy = median(copies[-2:])
            self.table.ratio(what, f"{seconds:.1f} s ({shown})", f"COPY of the file {copy:.2f} s", seconds / copy, f"≤ {reach}", seconds / copy <= reach)
        self.export(site)

    def copy(self, site):
        site.psql("TRUNCATE bench.people")
        with Stopwatch() as watch:
            site.psql(f"COPY bench.people FROM '{self.file}' CSV HEADER")
        return watch.seconds

    def load(self):
        """(seconds from the upload's first byte to the commit, its parts)."""
        with open(self.file, "rb") as file:
            data = file.read()
        times = [time.monotonic()]
        answer = self.client.request("POST", "/imports?kind=cardholders&mode=upsert", data, {"Content-Type": "text/csv"})
        if answer.status != 202:
            raise Late(f"upload: {answer}")
        times.append(time.monotonic())
        number = answer.json["id"]
        for wanted, path in (("previewed", None), ("done", f"/imports/{number}/apply")):
            if path and self.client.post(path, {}).status != 202:
                raise Late("it does not let itself be applied")
            state = eventually(f"import {wanted}", 900, lambda: self.state(number, wanted), interval=0.1)
            if state["state"] != wanted or state["counts"]["error"]:
                raise Late(f"import: {state}")
            times.append(time.monotonic())
        upload, look, apply = (after - before for before, after in zip(times, times[1:]))
        return times[-1] - times[0], f"upload {upload:.1f}, preview {look:.1f}, apply {apply:.1f}"

    def state(self, number, wanted):
        found = self.client.get(f"/imports/{number}").json
        return found if found["state"] in (wanted, "failed", "cancelled") else None

    def export(self, site):
        pairs = []
        for _ in range(3):
            with Stopwatch() as ours:
                answer = self.client.request("GET", "/cardholders", headers={"Accept": "text/csv"})
            with Stopwatch() as bound:
                subprocess.run([private_site.find_program("psql", *private_site.postgres_bin()), "-X", "-q", "-c", "COPY bench.people TO STDOUT CSV",
                                site.conninfo()], stdout=subprocess.DEVNULL, check=True)
            pairs.append((ours.seconds, bound.seconds))
        lines = answer.body.count(b"\n")
        if lines < self.count:
            raise Late(f"the export has {lines} lines")
        ours, bound = (median(column) for column in zip(*pairs))
        ratio = median([a / b for a, b in pairs])
        self.table.ratio(f"export of {self.count} cardholders", f"{ours:.1f} s", f"COPY TO STDOUT {bound:.2f} s", ratio, "≤ 2", ratio <= 2)

    # --- deltas

    def deltas(self, site):
        """Every controller holds all; then so many people change, and everything that must be told is worked out."""
        db = minipg.Connection(site.run)
        db.socket.settimeout(1800)
        db.query("SET search_path = kidoban, api; SET jit = off")
        look = min(self.timed(db, "SELECT count(*) FROM cardholder WHERE id = (SELECT min(id) FROM cardholder)")[0] for _ in range(20))
        self.change(db, 1)     # plans are kept in a session: a poller's is an old one
        for changed in sorted({1, min(1000, self.count), self.count}):
            took = [self.change(db, changed) for _ in range(5 if changed == 1 else 1)]
            total, found, records = sorted(took)[len(took) // 2]
            met = total <= 0.1 if changed == 1 else None
            self.table.ratio(f"delta for {self.gates} gates after {changed} change{'s' * (changed > 1)}",
                             f"{total * 1000:.0f} ms in all ({found} controllers concerned, {records} records)",
                             f"one indexed look-up {look * 1000:.2f} ms", total / look, "≤ 100 ms in all" if changed == 1 else "", met)
        db.close()

    def change(self, db, changed):
        """(seconds to work out everything that must be told, controllers concerned, records)."""
        held = int(db.query("SELECT latest_revision()")[0][0])
        db.query("BEGIN; SELECT change_begin('bench', '');"
                 " UPDATE cardholder SET apb_exempt = NOT apb_exempt WHERE id IN (SELECT id FROM cardholder WHERE employee_number >= '1'"
                 f" ORDER BY employee_number LIMIT {changed}); COMMIT")
        plan, found = self.timed(db, f"SELECT unnest(concerned_controllers({held}, latest_revision()))")
        spent, records = [], 0
        for (controller,) in found:
            seconds, rows = self.timed(db, f"SELECT count(*) FROM permit_records({controller}, {held}, latest_revision())")
            spent.append(seconds)
            records += int(rows[0][0])
        return plan + sum(spent), len(found), records

    @staticmethod
    def timed(db, query):
        began = time.perf_counter()
        rows = db.query(query)
        return time.perf_counter() - began, rows
