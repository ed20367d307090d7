#!/usr/bin/python3
"""Permits and lost cards reach controllers by the protocol; never more than 50 are talked to at once (L-20)."""
import os
import threading
import time

import tap as taps
from tap import eventually
from world import World


class Sampler(threading.Thread):
    """How many slots are leased, looked at all the time."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.most, self.samples = world, 0, 0
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.wait(0.2):
            try:
                now = int(self.world.one("SELECT count(*) FROM kidoban.slot WHERE poller_id IS NOT NULL AND expires_at > clock_timestamp()"))
            except RuntimeError:
                continue
            self.most, self.samples = max(self.most, now), self.samples + 1


def held(tap, world):
    """Each controller holds just what it should."""
    wanted = {serial: int(count) for serial, count in world.sql("""
      SELECT c.serial, count(DISTINCT r.id) FROM kidoban.controller c
        JOIN kidoban.gate g ON g.controller_id = c.id
        LEFT JOIN kidoban.gate_group_member m ON m.gate_id = g.id
        JOIN kidoban.permit p ON p.gate_id = g.id OR p.gate_group_id = m.gate_group_id
        JOIN kidoban.credential r ON r.cardholder_id = p.cardholder_id
       GROUP BY c.serial""")}
    got = {serial: own["permits"]["records"] for serial, own in world.statistics().items()}
    tap.ok(sum(wanted.values()) > len(world.boards), f"{sum(wanted.values())} permits are wanted in all")
    wrong = {serial: (wanted.get(serial), got.get(serial)) for serial in wanted if wanted[serial] != got.get(serial)}
    tap.ok(not wrong, "each controller holds a record for each credential that may pass there", list(wrong.items())[:5])


def somebody(world):
    """A card that may pass somewhere: (cardholder, card number, gate)."""
    return world.sql("""
      SELECT h.id, r.card_number, g.id FROM kidoban.cardholder h JOIN kidoban.credential r ON r.cardholder_id = h.id
        JOIN kidoban.permit p ON p.cardholder_id = h.id LEFT JOIN kidoban.gate_group_member m ON m.gate_group_id = p.gate_group_id
        JOIN kidoban.gate g ON g.id = coalesce(p.gate_id, m.gate_id)
       WHERE h.enabled AND NOT h.lost AND p.valid_from IS NULL AND p.valid_to IS NULL AND h.valid_to IS NULL
       ORDER BY h.id LIMIT 1""")[0]


def lost(tap, world):
    """A card reported lost is refused at its gates at once and alarmed there (C-7)."""
    cardholder, card, gate = somebody(world)
    gate = int(gate)
    answer = world.passes(gate, card)
    tap.ok(answer["passed"], f"card {card} passes at gate {gate}", answer)
    begin = time.monotonic()
    world.change("lost card", f"UPDATE kidoban.cardholder SET lost = true, lost_at = clock_timestamp() WHERE id = {cardholder}")
    revision = int(world.one("SELECT max(revision) FROM kidoban.change_set"))
    eventually("every controller has confirmed the revocation", 60, lambda: int(world.one(
        f"SELECT count(*) FROM kidoban.controller_stream WHERE stream = 2 AND confirmed_revision >= {revision}")) == len(world.boards))
    tap.ok(True, f"confirmed by all {len(world.boards)} controllers {time.monotonic() - begin:.1f} s after the report")
    answer = world.passes(gate, card, "exit")
    tap.equal(answer["refused"], "lost_card_refused", "the gate refuses it", answer)
    refused = eventually("the refusal in the history", 20, lambda: world.sql(
        f"SELECT e.kind / 4 FROM kidoban.access_event e JOIN kidoban.cred d ON d.id = e.cred"
        f" WHERE d.card_number = '{card}' AND e.kind / 4 = 121"))
    tap.ok(refused, "the card is refused as lost")
    eventually("the alarm", 20, lambda: world.sql(f"SELECT id FROM kidoban.alarm WHERE kind = 201 AND gate_id = {gate}"))
    tap.ok(True, "and alarmed at the gate")
    world.change("found again", f"UPDATE kidoban.cardholder SET lost = false, lost_at = NULL WHERE id = {cardholder}")


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    with World("permits", gates=120, rate=0, seed=seed) as world:
        sampler = Sampler(world)
        world.wait_up(120)
        world.wait_permits(120)
        with tap.section("held"):
            held(tap, world)
        with tap.section("lost"):
            lost(tap, world)
        with tap.section("slots"):
            world.traffic(6000)
            world.wait_events(200, 60)
            world.traffic(0)
            sampler.stopping.set()
            tap.ok(0 < sampler.most <= 50, f"at most {sampler.most} of 50 slots were leased in {sampler.samples} looks")
        world.quiesce(60)
        world.check_ledger(tap, "at the end")


taps.run(main)
