"""Bench of the history at size: bytes a row, and the first page of every filter through the API, as operators of two scopes."""
import os
import random
import subprocess
import time

from table import milliseconds, percentile

HERE = os.path.dirname(os.path.abspath(__file__))
HUNDRED = "bench-hundred"


class History:
    def __init__(self, world, table, rows, samples):
        self.world, self.table, self.rows, self.samples = world, table, rows, samples
        self.random = random.Random(7)

    # --- the fixture

    def prepare(self):
        """Makes the rows once; a fixture of another size in this database is kept and said."""
        if self.world.sql("SELECT to_regclass('bench.fixture')")[0][0]:
            kept = int(self.world.one("SELECT rows FROM bench.fixture"))
            if kept != self.rows:
                self.table.note(f"the kept fixture has {kept} rows, {self.rows} were asked for: make bench-clean to make it anew")
                self.rows = kept
            return
        days = 10 if self.rows >= 1000000 else 4
        began = time.monotonic()
        done = subprocess.run([self.world.psql_program, "-X", "-q", "-d", self.world.conninfo("postgres"), "-v", f"rows={self.rows}", "-v", f"days={days}",
                               "-v", "gates=1000", "-v", f"cards={max(500, self.rows // days // 20)}", "-f", os.path.join(HERE, "fixture.sql")],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"fixture: {done.stderr}")
        self.table.note(f"fixture of {self.rows} rows in {days} days made in {time.monotonic() - began:.0f} s")

    def scope(self):
        """An operator who holds one management group of a hundred gates, with the administrator's password."""
        if self.world.sql(f"SELECT id FROM kidoban.operator WHERE name = '{HUNDRED}'"):
            return
        self.world.change("bench", """
          INSERT INTO kidoban.management_group (id, name) VALUES (400, 'ベンチ 100');
          UPDATE kidoban.gate SET management_group_id = 400 WHERE id IN (SELECT id FROM kidoban.gate ORDER BY id LIMIT 100)""")
        self.world.sql(f"INSERT INTO kidoban.operator (name, role, password_hash, all_departments)"
                       f" SELECT '{HUNDRED}', 'general', password_hash, true FROM kidoban.operator WHERE name = '{self.world.operator}'")
        self.world.sql(f"INSERT INTO kidoban.operator_management_group SELECT id, 400 FROM kidoban.operator WHERE name = '{HUNDRED}'")

    # --- size

    def size(self):
        total, rows = map(int, self.world.sql("""
          SELECT sum(pg_total_relation_size(c.oid))::int8, sum(c.reltuples)::int8 FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            JOIN kidoban.history_part p ON p.name = c.relname, bench.fixture f
           WHERE i.inhparent = 'kidoban.access_event'::regclass AND p.from_t >= f.from_t AND p.to_t <= f.to_t""")[0])
        each = total / max(rows, 1)
        self.table.ratio("history bytes a row with all indexes, in order of delivery", f"{each:.1f} B ({rows} rows)", "the model's 620 B",
                         each / 620, "≤ 100 B", each <= 100)

    # --- pages

    def filters(self):
        """Name and a maker of the query for each filter; each asks for something else every time."""
        world, choose = self.world, self.random.choice
        gates = world.list_of_gates
        groups = [int(row[0]) for row in world.sql("SELECT DISTINCT management_group_id FROM kidoban.gate")]
        people = [int(row[0]) for row in world.sql("SELECT id FROM kidoban.cardholder ORDER BY id LIMIT 1000")]
        leaves = [int(row[0]) for row in world.sql("SELECT DISTINCT department_id FROM kidoban.cardholder")]
        from_t, days = world.sql("SELECT extract(epoch FROM from_t)::int8, days FROM bench.fixture")[0]
        span = int(days) * 86400

        def moment():
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(from_t) + self.random.randrange(span // 4, span)))

        return {
            "newest": lambda: "",
            "before a moment": lambda: f"&to={moment()}",
            "gate": lambda: f"&gate={choose(gates)}",
            "gate, before a moment": lambda: f"&gate={choose(gates)}&to={moment()}",
            "ten gates": lambda: "".join(f"&gate={gate}" for gate in self.random.sample(gates, min(10, len(gates)))),
            "management group": lambda: f"&management_group={choose(groups)}",
            "department": lambda: f"&department={choose(leaves)}",
            "cardholder": lambda: f"&cardholder={choose(people)}",
            "kind (rare)": lambda: f"&kind={choose(('out_of_time', 'no_permit', 'unknown_card', 'lost_card_refused'))}",
            "kind (common)": lambda: "&kind=entry",
            "gate and rare kind": lambda: f"&gate={choose(gates)}&kind=no_permit",
            "department and rare kind": lambda: f"&department={choose(leaves)}&kind=unknown_card&kind=no_permit",
        }

    def pages(self):
        low = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(self.world.one("SELECT extract(epoch FROM from_t)::int8 FROM bench.fixture"))))
        lookup = self.lookup()
        scopes = (("", self.world.api(), 10), (", hundred-gate scope", self.world.client(HUNDRED), 30))
        for suffix, client, limit in scopes:
            for name, make in self.filters().items():
                times, rows = self.ask(client, low, make)
                half = percentile(times, 0.5) * 1000
                self.table.ratio(f"history first page, {name}{suffix}", f"{milliseconds(times)} ({rows:.0f} rows)",
                                 f"primary-key look-up {lookup * 1000:.2f} ms", half / 1000 / lookup, f"p50 ≤ {limit} ms", half <= limit)

    def ask(self, client, low, make):
        """Times of single requests through Apache, one after another; and how many rows they had on average."""
        times, rows = [], 0
        for number in range(self.samples + 3):
            path = f"/history/access?limit=50{make()}&from={low}"
            began = time.perf_counter()
            answer = client.get(path)
            spent = time.perf_counter() - began
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer}")
            if number >= 3:  # the first ones warm the worker
                times.append(spent)
                rows += len(answer.json["events"])
        return times, rows / self.samples

    def lookup(self):
        """One row by primary key through pgbench, for comparison: seconds."""
        done = subprocess.run([self.world.pgbench, "-n", "-M", "prepared", "-c", "1", "-T", "2", "-f", "/dev/stdin", "-h", self.world.socket_directory,
                               "-U", "postgres", "kidoban"], input="SELECT * FROM kidoban.gate WHERE id = 1;\n",
                              capture_output=True, text=True, check=True)
        return float(done.stdout.split("latency average = ")[1].split()[0]) / 1000
