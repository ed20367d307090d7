#!/usr/bin/python3
"""A card reported lost on the screen is refused at the door within seconds, not at 03:00; so is one that a reissue replaced (C-7)."""
import os
import time

import tap as taps
from tap import eventually
from world import World


def somebody(world):
    """A person with a card that may pass somewhere: (cardholder, card number, gate)."""
    row = world.sql("""
      SELECT h.id, r.card_number, g.id FROM kidoban.cardholder h JOIN kidoban.credential r ON r.cardholder_id = h.id
        JOIN kidoban.permit p ON p.cardholder_id = h.id LEFT JOIN kidoban.gate_group_member m ON m.gate_group_id = p.gate_group_id
        JOIN kidoban.gate g ON g.id = coalesce(p.gate_id, m.gate_id)
       WHERE h.enabled AND NOT h.lost AND NOT r.lost AND p.valid_from IS NULL AND p.valid_to IS NULL AND h.valid_to IS NULL
       ORDER BY h.id LIMIT 1""")[0]
    return int(row[0]), row[1], int(row[2])


def confirmed(world, revision):
    return int(world.one(f"SELECT count(*) FROM kidoban.controller_stream WHERE stream = 2 AND confirmed_revision >= {revision}")) == len(world.boards)


def report(tap, world, path, body, what, gate, card, **headers):
    """The act, then: every controller has confirmed, and the gate refuses the card as lost."""
    begin = time.monotonic()
    answer = world.api().post(path, body, **headers)
    tap.equal(answer.status, 200, what, answer)
    revision = int(world.one("SELECT max(revision) FROM kidoban.change_set WHERE revokes"))
    eventually("every controller has confirmed", 20, lambda: confirmed(world, revision))
    tap.ok(True, f"confirmed by all {len(world.boards)} controllers {time.monotonic() - begin:.1f} s after the click")
    time.sleep(2.5)  # reread_guard_time: the reader ignores the card that it has just read
    answer = world.passes(gate, card)
    tap.equal(answer["refused"], "lost_card_refused", f"gate {gate} refuses card {card}", answer)


def main(tap):
    _, seed = taps.seeded(tap, os.environ)
    with World("people_lost", gates=6, rate=0, seed=seed, cardholders=60) as world:
        world.wait_up(120)
        world.wait_permits(120)
        cardholder, card, gate = somebody(world)
        with tap.section("lost"):
            answer = world.passes(gate, card)
            tap.ok(answer["passed"], f"card {card} passes at gate {gate}", answer)
            report(tap, world, f"/cardholders/{cardholder}/lost", {"lost": True, "comment": "駅で"}, "reported lost", gate, card)
            eventually("the alarm", 20, lambda: world.sql(f"SELECT id FROM kidoban.alarm WHERE kind = 201 AND gate_id = {gate}"))
            tap.ok(True, "and it is alarmed")
        world.api().post(f"/cardholders/{cardholder}/lost", {"lost": False})
        with tap.section("reissue"):
            tag = world.api().get(f"/cardholders/{cardholder}").headers["ETag"]
            report(tap, world, f"/cardholders/{cardholder}/reissue", {"card_number": "4711"}, "another card is given", gate, card, **{"If-Match": tag})


taps.run(main)
