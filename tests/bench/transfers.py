"""Bench of permits on their way: all of them into one controller over a slow line, and a lost card to the last of many gates."""
import math
import os
import shutil
import tempfile
import time

from table import milliseconds, percentile
from tap import eventually
from world import World

KBIT, RECORD = 700, 32


class Transfers:
    def __init__(self, world, table, count, samples):
        self.world, self.table, self.count, self.samples = world, table, count, samples

    # --- everything into one controller

    def load(self):
        """A site of one gate that everybody may pass, at most 700 kbit/s to a controller; from asking for all to its confirmation."""
        directory = tempfile.mkdtemp(prefix="kb-", dir=os.environ.get("KIDOBAN_BENCH_TMP"))
        try:
            with World("load", gates=1, rate=0, directory=f"{directory}/site", keep=True, cardholders=5,
                       settings={"gate-poller": {"bandwidth_controller_kbit": KBIT}}) as world:
                world.wait_up(120)
                world.wait_permits(120)
                self.everybody(world)
                self.full(world)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def everybody(self, world):
        # As an import writes them, without its file: in one act, versions and dictionaries included.
        world.psql(f"""
SET search_path = kidoban, api;
BEGIN;
SELECT change_begin('bench.people', '');
INSERT INTO cardholder (id, employee_number, name, department_id)
SELECT 1000000 + n, 'L' || lpad(n::text, 7, '0'), '試験 ' || n, (SELECT min(id) FROM department) FROM generate_series(1, {self.count - 5}) n;
INSERT INTO credential (cardholder_id, card_number) SELECT id, 'L' || id FROM cardholder WHERE id > 1000000;
INSERT INTO permit (cardholder_id, gate_id) SELECT id, (SELECT min(id) FROM gate) FROM cardholder WHERE id > 1000000;
COMMIT;
ANALYZE cardholder; ANALYZE credential; ANALYZE permit;""")

    def full(self, world):
        latest = int(world.one("SELECT kidoban.latest_revision()"))
        began = time.monotonic()
        answer = world.api().post("/transfers", {"kind": "permits", "all": True, "full": True})
        if answer.status != 202:
            raise RuntimeError(f"transfer: {answer}")
        bound = self.count * RECORD * 8 / (KBIT * 1000)
        eventually("the controller confirms", 120 + 3 * bound, lambda: int(world.one(
            f"SELECT count(*) FROM kidoban.controller_stream WHERE stream = 1 AND confirmed_revision >= {latest}"
            " AND NOT EXISTS (SELECT FROM kidoban.job WHERE state IN ('queued', 'running'))")) == 1, interval=0.2)
        seconds = time.monotonic() - began
        board = world.boards[0]
        held = int(world.one(f"SELECT count(*) FROM api.permit_records({board.id}, NULL, {latest})"))
        self.table.ratio(f"full load of one gate with {held} permits at {KBIT} kbit/s", f"{seconds:.1f} s, at most {seconds * KBIT * 125 / held:.1f} B a permit",
                         f"{RECORD} B x 8 / rate = {bound:.1f} s", seconds / bound, "≤ 1.15", seconds / bound <= 1.15)

    # --- a lost card

    def lost(self, delay_ms=20):
        """From the click to the last controller's confirmation of its deny list, for somebody who may pass every gate."""
        world, client = self.world, self.world.api()
        person = int(world.one("SELECT min(id) FROM kidoban.cardholder WHERE enabled AND NOT lost"))
        group_count = math.ceil(len(world.list_of_gates) / 200)
        world.psql(f"""
SET search_path = kidoban, api;
BEGIN;
SELECT change_begin('bench.everywhere', '');
INSERT INTO gate_group (name) SELECT 'bench ' || n FROM generate_series(0, {group_count - 1}) n ON CONFLICT DO NOTHING;
INSERT INTO gate_group_member (gate_group_id, gate_id)
SELECT y.id, g.id FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM gate) g JOIN gate_group y ON y.name = 'bench ' || g.n / 200 ON CONFLICT DO NOTHING;
INSERT INTO permit (cardholder_id, gate_group_id) SELECT {person}, id FROM gate_group WHERE name LIKE 'bench %' ON CONFLICT DO NOTHING;
COMMIT;""")
        client.post("/transfers", {"kind": "permits", "all": True})
        self.confirmed(world, 1, 600)
        world.network(delay=delay_ms)
        spans = []
        for number in range(self.samples):
            for lost in (True, False):
                began = time.time()
                answer = client.post(f"/cardholders/{person}/lost", {"lost": lost})
                if answer.status != 200:
                    raise RuntimeError(f"lost: {answer}")
                last = self.confirmed(world, 2, 60)
                if lost:
                    spans.append(last - began)
        world.network()
        count = len(world.boards)
        bound = math.ceil(count / 50) * delay_ms / 1000
        worst = percentile(spans, 1)
        self.table.ratio(f"lost card to the last of {count} gates, {delay_ms} ms RTT", milliseconds(spans),
                         f"{math.ceil(count / 50)} x {delay_ms} ms = {bound:.2f} s", percentile(spans, 0.5) / bound, "≤ 3 s", worst <= 3)

    @staticmethod
    def confirmed(world, stream, patience):
        """When the last controller confirmed the newest revision of that stream."""
        wanted = int(world.one("SELECT max(revision) FROM kidoban.change_set" + (" WHERE revokes" if stream == 2 else "")))

        def last():
            low, at = world.sql(f"SELECT count(*) FILTER (WHERE confirmed_revision >= {wanted}), extract(epoch FROM max(confirmed_at))"
                                f" FROM kidoban.controller_stream WHERE stream = {stream}")[0]
            return float(at) if int(low) == len(world.boards) else None
        return eventually(f"stream {stream} everywhere", patience, last, interval=0.02)
