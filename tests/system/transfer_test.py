#!/usr/bin/python3
"""Permits on their way: whatever happens in between, each controller ends with exactly what a full load would give it.

Seeded random acts (grants, revocations, lost cards, groups, deletions, new people), transfers by hand, kill -9 of the
poller, the transfer daemon and the simulator, lost memories, a bad network; then what each simulated controller has on its
disk is compared with api.permit_records, record by record, encoded anew here. KIDOBAN_SEED repeats a run.
"""
import os
import struct
import time

import tap as taps
from tap import eventually
from world import World

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEAD = 20 + 32 + 256 * 16  # of the simulator's file: magic, revision, count, digest key, sums
EPOCH_2000 = 946684800
ACTS = 60


def encode(credential, card, valid_from, valid_to, levels, disabled, traits):
    """A record as doc/gate-protocol.md has it."""
    number = 0
    for letter in card:
        number = number * 62 + DIGITS.index(letter) + 1
    packed = sum(level << 4 * door for door, level in enumerate(levels))
    flags = (bool(int(traits) & 1) << 27) | (bool(int(traits) & 2) << 28) | (disabled << 29)
    return struct.pack(">I12sIIII", credential, number.to_bytes(12, "big"), valid_from, valid_to, packed, flags)


def wanted(world, controller):
    rows = world.sql(f"""SELECT credential_id, card_number,
             coalesce(floor((extract(epoch FROM valid_from) - {EPOCH_2000}) / 60)::int8, 0),
             coalesce(floor((extract(epoch FROM valid_to) - {EPOCH_2000}) / 60)::int8, 4294967295), array_to_string(levels, ','), disabled::int,
             extended_unlock::int + 2 * apb_exempt::int
        FROM api.permit_records({controller}, NULL, (SELECT max(revision) FROM kidoban.change_set))""")
    return sorted(encode(int(r[0]), r[1], int(r[2]), int(r[3]), [int(level) for level in r[4].split(",")], int(r[5]), r[6]) for r in rows)


def held(world, board):
    """The records on the simulated controller's disk; the PIN, sealed in the database, is left out."""
    try:
        content = (world.state / "simulator" / board.serial / "permits").read_bytes()
    except FileNotFoundError:
        return []
    records = (content[at:at + 32] for at in range(HEAD, len(content), 32))
    return sorted(r[:28] + struct.pack(">I", struct.unpack(">I", r[28:])[0] & ~0x7FFFFFF) for r in records)


def exact(tap, world, name):
    total, wrong = 0, []
    for board in world.boards:
        want, got = wanted(world, board.id), held(world, board)
        total += len(want)
        if want != got:
            wrong.append((board.id, f"{len(want)} wanted, {len(got)} held, {len(set(want) - set(got))} missing, {len(set(got) - set(want))} too many"))
    tap.ok(total > 0 and not wrong, f"{name}: {len(world.boards)} controllers hold exactly the {total} records of a full load", wrong[:5])


def waiting(world):
    return int(world.one("SELECT count(*) FROM kidoban.job WHERE state IN ('queued', 'running')"))


def caught_up(world):
    """Nothing waits, and every controller has confirmed a revision that no later act concerns."""
    return waiting(world) == 0 and int(world.one("SELECT count(*) FROM kidoban.controller_stream WHERE stream = 1")) == len(world.boards) and not int(
        world.one("""SELECT count(*) FROM kidoban.controller_stream s
                      WHERE s.stream = 1 AND s.controller_id = ANY (kidoban.concerned_controllers(s.confirmed_revision, kidoban.latest_revision()))"""))


def plan(world, full=False, gates=None):
    return world.api().post("/transfers", {"kind": "permits", "full": full, **({"gates": gates} if gates else {"all": True})}).json


def settle(world, timeout=120):
    """Asks for what changed, and waits for the last of it."""
    plan(world)
    eventually("everything transferred", timeout, lambda: caught_up(world), interval=0.5)


class Chaos:
    """What may happen, each with its weight."""

    def __init__(self, world, random):
        self.world, self.random, self.done = world, random, []
        self.number = 0
        self.choices = [
            (8, self.grant), (5, self.revoke), (3, self.lose), (2, self.find), (3, self.regroup), (2, self.delete), (3, self.hire),
            (2, self.disable), (2, self.extend), (1, self.rename), (6, self.transfer), (1, self.everything),
            (3, self.kill_poller), (2, self.kill_transfer), (2, self.kill_simulator), (1, self.forget), (2, self.network), (2, self.stop_one),
        ]

    def step(self):
        act = self.random.choices([c[1] for c in self.choices], [c[0] for c in self.choices])[0]
        self.done.append(act.__name__)
        act()

    def one(self, table, where="true"):
        rows = self.world.sql(f"SELECT id FROM kidoban.{table} WHERE {where} ORDER BY id")
        return int(self.random.choice(rows)[0]) if rows else 0

    def act(self, sql):
        self.number += 1
        self.world.change(f"act {self.number}", sql)

    def grant(self):
        person, level = self.one("cardholder"), self.random.randint(1, 8)
        group = self.random.random() < 0.3
        target = self.one("gate_group") if group else self.random.choice(self.world.list_of_gates)
        until = "NULL" if self.random.random() < 0.7 else "date_trunc('minute', now()) + interval '40 days'"
        self.act(f"INSERT INTO kidoban.permit (cardholder_id, {'gate_group_id' if group else 'gate_id'}, pass_level, valid_to)"
                 f" VALUES ({person}, {target}, {level}, {until}) ON CONFLICT DO NOTHING")

    def revoke(self):
        self.act(f"DELETE FROM kidoban.permit WHERE id = {self.one('permit')}")

    def lose(self):
        self.act(f"UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = {self.one('cardholder', 'NOT lost AND id IN (SELECT cardholder_id FROM kidoban.credential)')}")

    def find(self):
        self.act(f"UPDATE kidoban.cardholder SET lost = false, lost_at = NULL WHERE id = {self.one('cardholder', 'lost')}")

    def disable(self):
        self.act(f"UPDATE kidoban.cardholder SET enabled = NOT enabled WHERE id = {self.one('cardholder')}")

    def extend(self):
        self.act(f"UPDATE kidoban.cardholder SET extended_unlock = NOT extended_unlock,"
                 f" valid_to = date_trunc('day', now()) + interval '1 year' WHERE id = {self.one('cardholder')}")

    def rename(self):
        self.act(f"UPDATE kidoban.cardholder SET note = note || 'x' WHERE id = {self.one('cardholder')}")

    def regroup(self):
        group, gate = self.one("gate_group"), self.random.choice(self.world.list_of_gates)
        if self.random.random() < 0.5:
            self.act(f"INSERT INTO kidoban.gate_group_member (gate_group_id, gate_id) VALUES ({group}, {gate}) ON CONFLICT DO NOTHING")
        else:
            self.act(f"DELETE FROM kidoban.gate_group_member WHERE gate_group_id = {group} AND gate_id = {gate}")

    def delete(self):
        person = self.one("cardholder")
        self.act(f"DELETE FROM kidoban.permit WHERE cardholder_id = {person}; DELETE FROM kidoban.credential WHERE cardholder_id = {person};"
                 f" DELETE FROM kidoban.cardholder WHERE id = {person}")

    def hire(self):
        self.number += 1
        tag = f"T{self.number:05}"
        self.act(f"""WITH c AS (INSERT INTO kidoban.cardholder (id, employee_number, name, department_id)
                       SELECT (SELECT max(id) FROM kidoban.cardholder_version) + 1, '{tag}', 'new {tag}', 1 RETURNING id)
                     INSERT INTO kidoban.credential (id, cardholder_id, card_number)
                       SELECT (SELECT max(id) FROM kidoban.credential_version) + 1, id, '{tag}' FROM c;
                     INSERT INTO kidoban.permit (id, cardholder_id, gate_id)
                       SELECT (SELECT max(id) FROM kidoban.permit_version) + 1, id, {self.random.choice(self.world.list_of_gates)}
                         FROM kidoban.cardholder WHERE employee_number = '{tag}'""")

    def transfer(self):
        plan(self.world, gates=None if self.random.random() < 0.5 else self.random.sample(self.world.list_of_gates, 5))

    def everything(self):
        plan(self.world, full=True, gates=self.random.sample(self.world.list_of_gates, 4))

    def kill_poller(self):
        self.world.strike("gate-poller")

    def kill_transfer(self):
        self.world.strike("transfer")

    def kill_simulator(self):
        self.world.strike("gate-simulator")

    def forget(self):
        self.tell(self.random.choice(self.world.boards).serial, "lost_memory")

    def network(self):
        bad = self.random.random() < 0.6
        for word, value in (("loss", 10), ("duplicate", 5), ("reorder", 5)):
            self.tell("all", word, value if bad else 0)

    def stop_one(self):
        rows = self.world.sql("SELECT id FROM kidoban.job WHERE state IN ('queued', 'running') AND controller_id IS NOT NULL ORDER BY id")
        if rows:
            self.world.api().post(f"/transfers/{self.random.choice(rows)[0]}/stop", None)

    def tell(self, *words):
        try:
            self.world.tell(*words)
        except (OSError, ValueError, RuntimeError):
            pass  # it was killed just now


def property_test(tap, world, random):
    chaos = Chaos(world, random)
    for _ in range(int(os.environ.get("KIDOBAN_ACTS", ACTS))):
        chaos.step()
        time.sleep(random.random() * 0.4)
    chaos.lose()  # what was lost may all have been found again
    tap.say("acts: " + " ".join(chaos.done))
    eventually("the simulator", 30, lambda: world.tell("all", "status"))
    world.network()
    world.wait_up(90)
    settle(world)
    exact(tap, world, "after chaos")
    lost = {int(r[0]) for r in world.sql("""SELECT k.id FROM kidoban.credential k JOIN kidoban.cardholder c ON c.id = k.cardholder_id WHERE c.lost OR k.lost""")}
    tap.ok(lost, f"{len(lost)} cards are lost at the end")


def no_traffic(tap, world):
    """What concerns nobody is not sent: no jobs, and the controllers keep the revision that they were told."""
    before = {serial: own["permits"]["revision"] for serial, own in world.statistics().items()}
    world.change("notes", "UPDATE kidoban.cardholder SET note = 'n'; UPDATE kidoban.gate SET place = place || '!'")
    jobs = int(world.one("SELECT count(*) FROM kidoban.job WHERE kind = 'permit_transfer'"))
    transfer = plan(world)
    api = world.api()
    eventually("planned", 20, lambda: api.get(f"/transfers/{transfer['id']}").json["state"] == "done")
    latest = int(world.one("SELECT max(revision) FROM kidoban.change_set"))
    tap.equal(int(world.one("SELECT min(confirmed_revision) FROM kidoban.controller_stream WHERE stream = 1")), latest,
              "an act that concerns no controller moves them all on")
    tap.equal(int(world.one("SELECT count(*) FROM kidoban.job WHERE kind = 'permit_transfer'")), jobs, "without a job")
    tap.equal({serial: own["permits"]["revision"] for serial, own in world.statistics().items()}, before, "and without traffic")
    person, gate = world.sql("SELECT min(id), 1 FROM kidoban.cardholder")[0]
    world.change("one grant", f"INSERT INTO kidoban.permit (id, cardholder_id, gate_id, valid_from) SELECT max(id) + 1, {person}, {gate}, '2030-01-01' FROM kidoban.permit_version")
    transfer = plan(world)
    eventually("planned", 20, lambda: api.get(f"/transfers/{transfer['id']}").json["state"] == "done")
    eventually("sent", 30, lambda: caught_up(world))
    tap.equal(int(world.one("SELECT count(*) FROM kidoban.job WHERE kind = 'permit_transfer'")), jobs + 1, "one grant at one gate is one job")
    exact(tap, world, "then")


def proof(tap, world):
    """A lost card, a permit of one door and a deletion are followed to their last gate."""
    api = world.api()
    person = int(world.one("""SELECT c.id FROM kidoban.cardholder c JOIN kidoban.credential k ON k.cardholder_id = c.id
        JOIN kidoban.permit p ON p.cardholder_id = c.id WHERE c.enabled AND NOT c.lost AND NOT k.lost AND c.valid_to IS NULL
         AND p.gate_group_id IS NOT NULL GROUP BY c.id ORDER BY count(*) DESC, c.id LIMIT 1"""))
    before = api.get(f"/cardholders/{person}/proof").json
    tap.ok(before["concerned"] > 0 and not before["exposed_count"] and len(before["confirmed"]) == before["concerned"],
           f"cardholder {person}: {before['concerned']} gates confirmed", before)
    world.stop_component("gate-poller", kill=True)
    world.change("lost", f"UPDATE kidoban.cardholder SET lost = true, lost_at = now() WHERE id = {person}")
    during = api.get(f"/cardholders/{person}/proof").json
    tap.ok(during["exposed_count"] == before["concerned"] and all(g["reason"] == "revoked" for g in during["exposed"]),
           "while nobody can tell them every gate is exposed", during)
    world.start_component("gate-poller")
    eventually("no gate exposed", 60, lambda: api.get(f"/cardholders/{person}/proof").json["exposed_count"] == 0)
    after = api.get(f"/cardholders/{person}/proof").json
    tap.ok(len(after["confirmed"]) == before["concerned"] and all(g["confirmed_at"] for g in after["confirmed"]),
           "then the number falls to zero, each with its time", after)
    world.change("found", f"UPDATE kidoban.cardholder SET lost = false, lost_at = NULL WHERE id = {person}")
    settle(world)

    # One of two doors of a controller: the deny list can not say that, so the permits go at once.
    board = next((b for b in world.boards if len(b.gates) > 1), None)
    a, b = board.gates[:2]
    world.change("both doors", f"""DELETE FROM kidoban.permit WHERE cardholder_id = {person};
        INSERT INTO kidoban.permit (id, cardholder_id, gate_id) SELECT (SELECT max(id) FROM kidoban.permit_version) + n, {person}, g FROM (VALUES (1, {a}), (2, {b})) v (n, g)""")
    settle(world)
    card = world.one(f"SELECT card_number FROM kidoban.credential WHERE cardholder_id = {person} AND NOT lost")
    began = time.monotonic()
    world.change("one door", f"DELETE FROM kidoban.permit WHERE cardholder_id = {person} AND gate_id = {a}")
    eventually("one door taken away", 30, lambda: api.get(f"/cardholders/{person}/proof").json["exposed_count"] == 0)
    tap.ok(world.passes(b, card)["passed"], f"one of two doors is taken away {time.monotonic() - began:.1f} s later without asking; the other still opens")
    refused = world.passes(a, card)
    tap.ok(not refused["passed"], "and the first does not", refused)
    job = api.get(f"/transfers?controller={board.id}&limit=1").json["transfers"][0]
    tap.equal(job["because"], "revocation", "by a transfer that says so")
    tap.equal(api.get("/cardholders/999999/proof").status, 404, "no proof of who does not exist")


def jobs(tap, world):
    """Away, back; stopped, repeated; memory lost and refilled unasked."""
    api = world.api()
    board = world.boards[0]
    world.tell(board.serial, "hang", 3600)
    eventually("it is down", 60, lambda: world.one(f"SELECT communication FROM kidoban.controller_state WHERE controller_id = {board.id}") == "3")
    plan(world, full=True, gates=[board.gates[0]])
    job = eventually("a waiting job", 20, lambda: [t for t in api.get(f"/transfers?controller={board.id}&state=queued&state=running").json["transfers"]
                                                  if t["reason"] == "no communication"])[0]
    tap.ok(job["kind"] == "permit_transfer" and job["full"], "a controller that is away: its transfer waits and says why", job)
    stopped = api.post(f"/transfers/{job['id']}/stop", None)
    tap.equal((stopped.status, stopped.json["state"]), (200, "stopped"), "it can be stopped", stopped)
    tap.equal(api.post(f"/transfers/{job['id']}/stop", None).status, 409, "but once")
    again = api.post(f"/transfers/{job['id']}/repeat", None)
    tap.ok(again.status == 202 and again.json["id"] > job["id"] and again.json["full"], "and repeated", again)
    tap.equal(api.post(f"/transfers/{again.json['id']}/repeat", None).status, 409, "which needs its end")
    world.tell(board.serial, "unhang")
    done = eventually("it is done", 60, lambda: [t for t in [api.get(f"/transfers/{again.json['id']}").json] if t["state"] == "done"])[0]
    tap.ok(done["started_at"] and done["finished_at"] and done["total"] > 0 and done["progress"] == done["total"], "back again, it is done", done)

    world.tell(board.serial, "lost_memory")
    refill = eventually("a refill", 60, lambda: [t for t in api.get(f"/transfers?controller={board.id}&limit=5").json["transfers"]
                                                if t["id"] > done["id"] and t["because"] in ("memory lost", "nothing held", "digest differs")
                                                and t["state"] == "done"])[0]
    tap.ok(refill["full"], f"a lost memory is refilled without anyone asking ({refill['because']})", refill)
    exact(tap, world, "then")

    path = world.state / "simulator" / board.serial / "permits"
    world.stop_component("gate-simulator", kill=True)
    path.unlink()
    world.start_component("gate-simulator")
    eventually("refilled", 90, lambda: world.up() == len(world.boards) and held(world, board) and caught_up(world))
    exact(tap, world, "a file of permits that vanished is refilled")


def main(tap):
    random, seed = taps.seeded(tap, os.environ)
    with World("transfer", gates=16, rate=0, seed=seed, doors_per_controller=(1, 3), cardholders=120, state_interval=2) as world:
        world.wait_up(60)
        world.wait_permits(60)
        eventually("first loads", 60, lambda: waiting(world) == 0)
        exact(tap, world, "at first")
        for section in (no_traffic, proof, jobs):
            with tap.section(section.__name__):
                section(tap, world)
        with tap.section("property"):
            property_test(tap, world, random)


taps.run(main)
