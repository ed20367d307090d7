#!/usr/bin/python3
"""UHPPOTE boards, simulated from the protocol alone: events, commands, cards, clock, drift, capacity, and every byte sent to them."""
import os
import socket
import time

import tap as taps
import uhppote_wire
from client import Stream
from tap import eventually
from uhppote_world import DRIFT, Boards
from world import Background

OLD, OTHER, SMALL = 205000901, 105000902, 405000903


def order(client, gate, command, value=None, timeout=30):
    body = {"gates": [gate], "command": command, **({"value": value} if value else {})}
    rows, _ = client.command(body, timeout)
    return rows[gate]["outcome"], rows[gate]["reason"] or ""


def first_look(tap, world, client):
    """A seeded board comes up by itself: clock set, cards there, states shown."""
    serial = world.serials[0]
    world.wait_board(serial)
    world.wait_held(serial)
    status = world.status(serial)
    tap.ok(status["clock_offset"] is not None and abs(status["clock_offset"] - 9 * 3600) < 5, "its clock is set to the site's local time", status)
    wanted, held = world.wanted_cards(serial), world.held_cards(serial)
    tap.ok(wanted and held == wanted, f"it holds {len(wanted)} cards, each with its doors", sorted(wanted.items())[:5], sorted(held.items())[:5])
    gates = world.plan.boards[0].doors
    shown = client.gates()[gates[0].gate]
    tap.equal([shown["state"]["lock_state"], shown["state"]["door_state"], shown["controller"]["communication"]], ["locked", "closed", "up"], "its state is shown", shown)
    detail = client.get(f"/controllers/{world.controller_of(serial)}").json
    tap.ok(detail["firmware"] and detail["board"]["mac"], "and what it says of itself", detail)


def swipes(tap, world, client):
    """A swipe is in the browser's stream within a second."""
    serial, stream = world.serials[0], Stream(client)
    eventually("the stream opens", 20, lambda: stream.opened.is_set() and stream.status == 200)
    card = sorted(world.held_cards(serial))[0]
    waits = []
    for number, words in enumerate((("swipe", 1, card), ("swipe", 2, card), ("swipe", 1, 87654321), ("swipe", 3, card))):
        began = time.time()
        world.board(serial, *words)
        eventually("its line in the stream", 10, lambda n=number: len(stream.of("access")) > n, interval=0.01)
        waits.append(stream.of("access")[number][0] - began)
        time.sleep(0.3)
    lines = [data for _, _, _, data in stream.of("access")]
    tap.ok(max(waits) < 1, f"swipes are in the browser within a second (longest {max(waits) * 1000:.0f} ms)", waits)
    tap.equal([line["kind"] for line in lines], ["entry", "entry", "unknown_card", "entry"], "entry, and an unknown card", lines)
    tap.ok(lines[0]["cardholder"] and lines[0]["gate"]["id"] == world.plan.boards[0].doors[0].gate and lines[0]["card_number"] == str(card),
           "with who, where and which card", lines[0])
    tap.ok(lines[2]["cardholder"] is None and lines[2]["details"].get("card") == "87654321", "the unknown one with its number", lines[2])
    world.board(serial, "lose-pushes", "all")
    began = time.time()
    world.board(serial, "swipe", 4, card)
    eventually("its line although the push was lost", 30, lambda: len(stream.of("access")) > 4, interval=0.02)
    tap.ok(True, f"with every push lost it comes by asking, after {time.time() - began:.1f} s")
    world.board(serial, "lose-pushes", 0)
    stream.stop()


def forged(tap, world, client):
    """A datagram that says it is the board brings nothing into the history."""
    serial = world.serials[0]
    time.sleep(1.5)  # doors that somebody just walked through fall shut
    before = world.made_by(serial)
    listener = world.status(serial)["listener"]
    tap.equal(listener, ["127.0.0.1", world.facts["listen_port"]], "the board pushes to us")
    push = uhppote_wire.write(0x20, serial, index=len(before) + 5, type=1, granted=True, door=1, direction=1, card=sorted(world.held_cards(serial))[0], reason=1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        for data in (push, push[:63], b"", os.urandom(64), b"\x19" + push[1:]):
            forger.sendto(data, tuple(listener))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind((world.plan.boards[0].address, 0))
        forger.sendto(push, tuple(listener))
    time.sleep(3)
    tap.equal([row.seq for row in world.kept_of(serial)], [event["index"] for event in before], "forged pushes, also from its own address, store nothing")


def commands(tap, world, client):
    """An open command is sent once and never again; what a board can not do is said."""
    serial, gates = world.serials[0], [door.gate for door in world.plan.boards[0].doors]
    opened = lambda: len(world.requests(serial, 0x40))  # noqa: E731
    before = opened()
    tap.equal(order(client, gates[1], "unlock")[0], "done", "unlocking works")
    tap.equal(opened() - before, 1, "by one request")
    tap.ok(world.status(serial)["doors"][1]["released"], "the lock is released")
    eventually("in the operation history with who did it", 10, lambda: any(
        event["kind"] == "unlock" and event["operator"] for event in client.get(f"/history/operation?gate={gates[1]}&limit=20").json["events"]))
    tap.ok(True, "the history says who did it")
    before = opened()
    world.board(serial, "lose-replies", 1)
    outcome, reason = order(client, gates[0], "unlock")
    tap.ok(outcome == "unknown" and reason, f"a lost answer is {outcome}: {reason}")
    time.sleep(5)
    tap.equal(opened() - before, 1, "and it was not sent again")
    tap.equal(order(client, gates[2], "set_unlock_mode", "continuous")[0], "done", "a door is held open")
    tap.equal(world.status(serial)["doors"][2]["mode"], 1, "by the mode normally open")
    eventually("shown as unlocked", 10, lambda: client.gates()[gates[2]]["state"]["lock_state"] == "unlocked")
    tap.equal(order(client, gates[2], "lock")[0], "done", "and locked again")
    tap.ok(world.status(serial)["doors"][2]["mode"] != 1 and world.status(serial)["doors"][2]["delay"] > 0, "with its delay as it was", world.status(serial)["doors"][2])
    for command, value in (("arm", None), ("disarm", None), ("set_verification_mode", "card_and_pin"), ("set_unlock_mode", "toggle")):
        outcome, reason = order(client, gates[0], command, value)
        tap.ok(outcome == "not_supported" and reason, f"{command} {value or ''}: {outcome}: {reason}")
    world.board(serial, "impostor", 3)
    tap.equal(order(client, gates[3], "unlock")[0], "done", "wrong answers before the right one are passed over")


def grants(tap, world, client):
    """Cards are put and deleted at once where they concern a board; a lost card goes at once; what does not fit is refused."""
    serial, gates = world.serials[0], [door.gate for door in world.plan.boards[0].doors]
    department = client.get("/departments").json["departments"][0]["id"]
    made = client.post("/cardholders", {"employee_number": "U-1", "name": "新人 太郎", "kana": "シンジン タロウ", "department": department, "card_number": "20012345"})
    person = made.json["id"]
    began = time.monotonic()
    permit = client.post("/permits", {"cardholders": [person], "gate": gates[1]})
    tap.equal(permit.status, 201, "a permit is granted", permit)
    eventually("the card on the board", 15, lambda: 20012345 in world.cards(serial), interval=0.05)
    tap.ok(True, f"the card is on the board {time.monotonic() - began:.1f} s after the grant")
    card = world.cards(serial)[20012345]
    tap.equal([card[f"door{n}"] for n in range(1, 5)], [0, 1, 0, 0], "for the one door", card)
    tap.ok(world.board(serial, "swipe", 2, 20012345)["granted"] and not world.board(serial, "swipe", 1, 20012345)["granted"], "which it opens, and no other")
    one = client.get(f"/cardholders/{person}")
    answer = client.request("PATCH", f"/cardholders/{person}", {"valid_to": time.strftime("%Y-%m-%dT15:00:00Z", time.gmtime(time.time() + 86400 * 30))}, {"If-Match": one.headers["ETag"]})
    tap.equal(answer.status, 200, "validity to the end of a day is taken", answer)
    world.wait_held(serial)
    tap.ok(world.cards(serial)[20012345]["valid_to"] < "2028", "and held by the board", world.cards(serial)[20012345])
    one = client.get(f"/cardholders/{person}")
    refused = client.request("PATCH", f"/cardholders/{person}", {"valid_to": "2027-03-01T04:30:00Z"}, {"If-Match": one.headers["ETag"]})
    tap.ok(refused.status == 422 and "whole days" in refused.json["detail"], "validity by time of day is refused, and why", refused)
    began = time.monotonic()
    client.post(f"/cardholders/{person}/lost", {"lost": True})
    eventually("the lost card gone", 15, lambda: 20012345 not in world.cards(serial), interval=0.05)
    gone = time.monotonic() - began
    tap.ok(gone < 5, f"a lost card is gone from the board after {gone:.1f} s")
    tap.ok(not world.board(serial, "swipe", 2, 20012345)["granted"], "and refused")
    letters = client.post("/cardholders", {"employee_number": "U-2", "name": "英字 花子", "kana": "エイジ ハナコ", "department": department, "card_number": "ABC123"})
    refused = client.post("/permits", {"cardholders": [letters.json["id"]], "gate": gates[0]})
    tap.ok(refused.status == 422 and client.gates()[gates[0]]["name"] in refused.json["detail"], "a card number with letters is refused where it is granted, naming the gate", refused)


def capacity(tap, world, client):
    serial, gates = world.serials[0], [door.gate for door in world.plan.boards[0].doors]
    world.psql(f"UPDATE kidoban.setting SET value = '{len(world.cards(serial))}' WHERE name = 'uhppote_cards'")
    department = client.get("/departments").json["departments"][0]["id"]
    person = client.post("/cardholders", {"employee_number": "U-3", "name": "一人 余分", "kana": "ヒトリ ヨブン", "department": department, "card_number": "20099999"}).json["id"]
    refused = client.post("/permits", {"cardholders": [person], "gate": gates[0]})
    tap.ok(refused.status == 422 and "cards" in refused.json["detail"] and client.gates()[gates[0]]["name"] in refused.json["detail"], "a full board is named where one more is granted", refused)
    world.psql("UPDATE kidoban.setting SET value = '20000' WHERE name = 'uhppote_cards'")


def drift(tap, world, client):
    """What other programs did to a board is found by reading it back, shown and put right."""
    serial = world.serials[0]
    world.wait_held(serial)
    good = world.held_cards(serial)
    for number in sorted(good)[:3]:
        world.board(serial, "forget", number)
    world.board(serial, "plant", 33333333)
    tap.ok(world.held_cards(serial) != good, "somebody else deleted three cards and put one")
    answer = client.post("/transfers", {"kind": "permits", "gates": [world.plan.boards[0].doors[0].gate], "full": True})
    tap.ok(answer.status in (201, 202), "a full transfer is ordered", answer)
    eventually("the card list as it should be", 90, lambda: world.held_cards(serial) == good)
    tap.ok(True, "it is put right, the strange card is deleted")
    board = eventually("the drift shown", 30, lambda: (lambda b: b if b["drift"] else None)(client.get(f"/controllers/{world.controller_of(serial)}").json["board"]))
    tap.equal(board["drift"], 4, "four cards had drifted, it says", board)


def clock(tap, world, client):
    serial = world.serials[0]
    controller = world.controller_of(serial)
    world.board(serial, "drift", 3600)
    eventually("clock_drift", 60, lambda: int(world.one(f"SELECT count(*) FROM kidoban.alarm WHERE kind = {DRIFT} AND controller_id = {controller}")))
    eventually("the clock set right", 60, lambda: abs(world.status(serial)["clock_offset"] - 9 * 3600) < 5)
    tap.ok(True, "a clock an hour ahead is alarmed and set right")
    eventually("the alarm cleared", 90, lambda: world.one(f"SELECT cleared_at IS NOT NULL FROM kidoban.alarm WHERE kind = {DRIFT} AND controller_id = {controller} ORDER BY id DESC LIMIT 1") == "t")
    tap.ok(True, "and the alarm cleared")


def once(tap, world, client):
    """Every event exactly once, with kill -9 of the poller and of the boards, lost datagrams, door events."""
    serial = world.serials[0]
    cards = sorted(world.held_cards(serial))
    world.board(serial, "loss", 15)
    turn = iter(range(10 ** 6))

    def step():
        n = next(turn)
        world.board(serial, "swipe", n % 4 + 1, cards[n % len(cards)] if n % 5 else 66600000 + n)
        if n % 25 == 0:
            world.board(serial, "burst", 60)
    people = Background(step, 0.05)
    for number in range(5):
        time.sleep(3)
        world.strike("gate-poller" if number != 2 else "uhppote-boards")
        if number == 2:
            eventually("the boards again", 30, lambda: world.board(serial, "loss", 15))
    people.stop()
    world.board(serial, "loss", 0)
    world.wait_board(serial, 90)
    world.wait_events(serial, 120)
    world.check_events(tap, serial, "after kill -9")


def searched(client, network):
    """{serial: what was found} of a search of a network."""
    answer = client.post("/controllers/discoveries", {"network": network})
    at = answer.headers["Location"].removeprefix("/api/v1")
    search = eventually(f"the search of {network}", 60, lambda: (lambda s: s if s["finished_at"] else None)(client.get(at).json))
    return {int(board["serial"]): board for board in search["found"]}


def spare_boards(tap, world, client):
    """Found on the network, added with their doors: old firmware; one whose listener is somebody's; one that overwrites its events."""
    found = searched(client, world.facts["network"] + ".0/28")
    tap.equal(sorted(found), sorted([*world.serials, *world.spare_serials]), "a search finds every board of the network", found)
    # Other boards of this machine may hear a broadcast as well.
    heard = searched(client, "127.255.255.255")
    tap.ok(set(found) <= set(heard), "and so does a broadcast", sorted(heard))
    tap.ok(found[world.serials[0]]["controller"] and not found[OLD]["controller"], "and says which are added")
    world.board(OTHER, "listen", "127.0.0.1", 4444)
    gates = {}
    for serial in world.spare_serials:
        board = found[serial]
        made = client.post("/controllers", {"name": f"spare {serial}", "driver": "uhppote", "serial": board["serial"], "address": board["address"], "port": board["port"],
                                            "gates": [{"door": n, "name": f"{serial} {n}", "management_group": 1} for n in range(1, board["doors"] + 1)]})
        tap.equal(made.status, 201, f"{serial} is added with {board['doors']} doors", made)
        gates[serial] = [gate["id"] for gate in made.json["gates"]]
    for serial in world.spare_serials:
        world.wait_board(serial)
    tap.ok(True, "all come into communication")
    world.board(OLD, "swipe", 1, 424242)
    world.board(OLD, "swipe", 2, 424243, "out")
    world.wait_events(OLD)
    world.check_events(tap, OLD, "old firmware, pushes with 0x19")
    controller = world.controller_of(OTHER)
    time.sleep(2)
    tap.equal(world.status(OTHER)["listener"], ["127.0.0.1", 4444], "somebody else's listener is left alone")
    eventually("it is shown", 10, lambda: client.get(f"/controllers/{controller}").json["board"]["listener"] == "127.0.0.1:4444")
    world.board(OTHER, "swipe", 1, 515151)
    world.wait_events(OTHER, 15)
    tap.ok(True, "its events come by asking")
    one = client.get(f"/controllers/{controller}")
    client.request("PATCH", f"/controllers/{controller}", {"take_listener": True}, {"If-Match": one.headers["ETag"]})
    eventually("the listener taken", 60, lambda: world.status(OTHER)["listener"] == ["127.0.0.1", world.facts["listen_port"]])
    eventually("what was replaced is on record", 15, lambda: client.get(f"/controllers/{controller}").json["board"]["listener_replaced"] == "127.0.0.1:4444")
    tap.ok(True, "with an administrator's leave it is taken, and what was replaced is on record")
    overflow(tap, world)


def overflow(tap, world):
    """A board whose store is small overwrites what nobody fetched: recorded as a gap, and nothing else is lost."""
    world.board(SMALL, "swipe", 1, 777)
    world.wait_events(SMALL)
    known = world.status(SMALL)["newest"]
    world.stop_component("gate-poller")
    world.board(SMALL, "burst", 150)
    status = world.status(SMALL)
    tap.ok(status["oldest"] > known + 1, f"the board has overwritten {known + 1} to {status['oldest'] - 1}")
    world.start_component("gate-poller")
    world.wait_events(SMALL, 60)
    gaps = [row.details for row in world.kept_of(SMALL) if row.kind == 217 and "from" in row.details]
    tap.ok(len(gaps) == 1 and (gaps[0]["from"], gaps[0]["to"]) == (known + 1, status["oldest"] - 1), "the gap is in the history with what is missing", gaps)
    world.check_events(tap, SMALL, "after the overflow", range(known + 1, status["oldest"]))


def main(tap):
    spare = [{"serial": OLD, "old_push": True, "request_id": False, "firmware": "0662", "unknown_reason": 18}, {"serial": OTHER},
             {"serial": SMALL, "events": 60, "block": 16}]
    with Boards("uhppote", spare=spare, board_options=("--record", "--broadcast", "127.255.255.255")) as world:
        client = world.api()
        for part in (first_look, swipes, forged, commands, grants, capacity, drift, clock, once, spare_boards):
            with tap.section(part.__name__):
                part(tap, world, client)
        world.check_protocol(tap, "at the end")


taps.run(main)
