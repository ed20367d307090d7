#!/usr/bin/python3
"""The simulated UHPPOTE board against captured exchanges, and its behaviour at the doors; the checker of requests against mistakes."""
import calendar
import datetime
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]) / "tests/lib"))
from uhppote_board import Board  # noqa: E402
from uhppote_wire import GUARD, check, read, write  # noqa: E402

SERIAL = 405000001
NOW = calendar.timegm((2026, 11, 22, 22, 34, 42))
COUNT = [0, 0]
# (name, request, reply) of one board in this order, as two other programs exchanged them; "-" is silence.
VECTORS = [
    ("discover", "17 94", "17 94 00 00 41 cf 23 18 7f 00 00 01 ff 00 00 00 7f 00 00 01 00 66 18 23 cf 41 08 92 20 18 11 05"),
    ("set time", "17 30 00 00 41 cf 23 18 20 26 11 22 22 34 42", "17 30 00 00 41 cf 23 18 20 26 11 22 22 34 42"),
    ("get time", "17 32 00 00 41 cf 23 18", "17 32 00 00 41 cf 23 18 20 26 11 22 22 34 42"),
    ("profile 3", "17 88 00 00 41 cf 23 18 03 20 25 01 01 20 30 12 31 01 01 01 01 01 01 01 00 00 23 59", "17 88 00 00 41 cf 23 18 01"),
    ("profile 29", "17 88 00 00 41 cf 23 18 1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 00 00 09 30 11 00 15 00 16 00 23 59 03",
     "17 88 00 00 41 cf 23 18 01"),
    ("get profile 29", "17 98 00 00 41 cf 23 18 1d",
     "17 98 00 00 41 cf 23 18 1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 00 00 09 30 11 00 15 00 16 00 23 59 03"),
    ("no profile", "17 98 00 00 41 cf 23 18 21", "17 98 00 00 41 cf 23 18"),
    ("put card", "17 50 00 00 41 cf 23 18 a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 1e 1d 4d 05", "17 50 00 00 41 cf 23 18 01"),
    ("get card", "17 5a 00 00 41 cf 23 18 a0 7a 99", "17 5a 00 00 41 cf 23 18 a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 1e 1d 4d 05"),
    ("put it again", "17 50 00 00 41 cf 23 18 a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 01 01 6b 1d 00 09", "17 50 00 00 41 cf 23 18 01"),
    ("a second card", "17 50 00 00 41 cf 23 18 a1 7a 99 00 20 25 01 01 20 30 12 31 01 00 00 00", "17 50 00 00 41 cf 23 18 01"),
    ("count", "17 58 00 00 41 cf 23 18", "17 58 00 00 41 cf 23 18 02"),
    ("absent card", "17 5a 00 00 41 cf 23 18 01", "17 5a 00 00 41 cf 23 18"),
    ("delete card", "17 52 00 00 41 cf 23 18 a0 7a 99", "17 52 00 00 41 cf 23 18 01"),
    ("delete it twice", "17 52 00 00 41 cf 23 18 a0 7a 99", "17 52 00 00 41 cf 23 18"),
    ("deleted slot", "17 5c 00 00 41 cf 23 18 01", "17 5c 00 00 41 cf 23 18 ff ff ff ff"),
    ("past the last slot", "17 5c 00 00 41 cf 23 18 03", "17 5c 00 00 41 cf 23 18"),
    ("door control", "17 80 00 00 41 cf 23 18 02 03 09", "17 80 00 00 41 cf 23 18 02 03 09"),
    ("passcodes", "17 8c 00 00 41 cf 23 18 01 00 00 00 d2 04 00 00 2e 16", "17 8c 00 00 41 cf 23 18 01"),
    ("door events", "17 8e 00 00 41 cf 23 18 01", "17 8e 00 00 41 cf 23 18 01"),
    ("listener", "17 90 00 00 41 cf 23 18 7f 00 00 01 61 ea 01", "17 90 00 00 41 cf 23 18 01"),
    ("get listener", "17 92 00 00 41 cf 23 18", "17 92 00 00 41 cf 23 18 7f 00 00 01 61 ea 01"),
    ("PC control", "17 a0 00 00 41 cf 23 18 55 aa aa 55 01", "17 a0 00 00 41 cf 23 18 01"),
    ("interlock", "17 a2 00 00 41 cf 23 18 01", "17 a2 00 00 41 cf 23 18 01"),
    ("anti-passback", "17 84 00 00 41 cf 23 18 01", "17 84 00 00 41 cf 23 18 01"),
    ("keypads", "17 a4 00 00 41 cf 23 18 01 01", "17 a4 00 00 41 cf 23 18 01"),
    ("clear tasks", "17 a6 00 00 41 cf 23 18 55 aa aa 55", "17 a6 00 00 41 cf 23 18 01"),
    ("add task", "17 a8 00 00 41 cf 23 18 20 25 01 01 20 30 12 31 01 00 00 00 01 00 00 08 30 03 08 1d", "17 a8 00 00 41 cf 23 18 01"),
    ("first card", "17 aa 00 00 41 cf 23 18 03 08 30 01 17 45 03 01 01 00 01 00 01", "17 aa 00 00 41 cf 23 18 01"),
    ("refresh", "17 ac 00 00 41 cf 23 18 55 aa aa 55", "17 ac 00 00 41 cf 23 18 01"),
    ("a task too late", "17 a8 00 00 41 cf 23 18 20 25 01 01 20 30 12 31 01 00 00 00 01 00 00 08 30 03 01", "17 a8 00 00 41 cf 23 18"),
    ("open door 2", "17 40 00 00 41 cf 23 18 02", "17 40 00 00 41 cf 23 18 01"),
    ("event 1", "17 b0 00 00 41 cf 23 18 01",
     "17 b0 00 00 41 cf 23 18 01 00 00 00 02 01 02 01 ea ac cd e9 20 26 11 22 22 34 42 2c"),
    ("past newest", "17 b0 00 00 41 cf 23 18 09", "17 b0 00 00 41 cf 23 18 00 00 00 00 00 00 00 00 00 00 00 00 00 01 01 01"),
    ("event index", "17 b2 00 00 41 cf 23 18 01 00 00 00 55 aa aa 55", "17 b2 00 00 41 cf 23 18 01"),
    ("get event index", "17 b4 00 00 41 cf 23 18", "17 b4 00 00 41 cf 23 18 01"),
    ("status", "17 20 00 00 41 cf 23 18",
     "17 20 00 00 41 cf 23 18 01 00 00 00 02 01 02 01 ea ac cd e9 20 26 11 22 22 34 42 2c 00 00 00 00 00 00 00 00 00 "
     "22 34 42 00 00 00 00 00 00 00 00 00 02 00 26 11 22"),
    ("delete all", "17 54 00 00 41 cf 23 18 55 aa aa 55", "17 54 00 00 41 cf 23 18 01"),
    ("delete all without the guard", "17 54 00 00 41 cf 23 18", "17 54 00 00 41 cf 23 18"),
    ("set address", "17 96 00 00 41 cf 23 18 7f 00 00 02 ff 00 00 00 7f 00 00 01 55 aa aa 55", "-"),
    ("another serial number", "17 20 00 00 42 cf 23 18", "-"),
    ("first byte 0x19", "19 20 00 00 41 cf 23 18", "-"),
    ("door 5", "17 40 00 00 41 cf 23 18 05", "-"),
    ("bad BCD", "17 30 00 00 41 cf 23 18 20 2a 11 22 22 34 42", "-"),
    ("bulk load", "17 56 00 00 41 cf 23 18", "-"),
]
# Captured requests that a checker must pass, and the same with one thing wrong.
WRONG = [
    ("a reserved byte", "17 40 00 00 41 cf 23 18 02 00 00 01"),
    ("bytes 2-3", "17 40 01 00 41 cf 23 18 02"),
    ("first byte 0x19", "19 40 00 00 41 cf 23 18 02"),
    ("door 0", "17 40 00 00 41 cf 23 18 00"),
    ("no guard", "17 ac 00 00 41 cf 23 18"),
    ("serial 0", "17 20"),
    ("an unknown function", "17 c0 00 00 41 cf 23 18"),
    ("PIN 1,000,000", "17 50 00 00 41 cf 23 18 a0 7a 99 00 20 25 01 01 20 30 12 31 01 01 1e 1d 40 42 0f"),
    ("card 0xFFFFFFFF", "17 50 00 00 41 cf 23 18 ff ff ff ff 20 25 01 01 20 30 12 31 01 01"),
    ("valid never", "17 50 00 00 41 cf 23 18 a0 7a 99 00 20 30 01 01 20 25 12 31 01 01"),
    ("month 13", "17 50 00 00 41 cf 23 18 a0 7a 99 00 20 25 13 01 20 30 12 31 01 01"),
    ("no dates", "17 50 00 00 41 cf 23 18 a0 7a 99 00 00 00 00 00 00 00 00 00 01 01"),
    ("profile 1", "17 88 00 00 41 cf 23 18 01 20 25 01 01 20 30 12 31 01"),
    ("a segment over midnight", "17 88 00 00 41 cf 23 18 1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 22 00 06 00"),
    ("a link to itself", "17 88 00 00 41 cf 23 18 1d 20 25 01 01 20 30 12 31 01 00 01 00 01 00 00 00 00 06 00 00 00 00 00 00 00 00 00 1d"),
    ("delay 0", "17 80 00 00 41 cf 23 18 02 03 00"),
    ("mode 4", "17 80 00 00 41 cf 23 18 02 04 05"),
    ("task 8", "17 a8 00 00 41 cf 23 18 20 25 01 01 20 30 12 31 01 00 00 00 01 00 00 08 30 03 08 1d"),
    ("a boolean of 2", "17 8e 00 00 41 cf 23 18 02"),
    ("minute 60", "17 a8 00 00 41 cf 23 18 20 25 01 01 20 30 12 31 01 00 00 00 01 00 00 08 60 03 01"),
]


def ok(passed, name, *said):
    COUNT[0] += 1
    COUNT[1] += 0 if passed else 1
    print(f"{'ok' if passed else 'not ok'} {COUNT[0]} - {name}")
    for text in () if passed else said:
        print(f"#   {text}")


def message(text):
    return bytes.fromhex(text.replace(" ", "")).ljust(64, b"\0")


def board(**settings):
    """A board whose clock is right, with the settings of a test."""
    one = Board({"serial": SERIAL, "address": "127.0.0.1", **settings})
    ask(one, 0x30, when=datetime.datetime.utcfromtimestamp(NOW))
    return one


def ask(one, function, now=NOW, **values):
    reply = one.request(write(function, one.serial, reply=False, **values), now)
    return None if reply is None else read(reply, reply=True)


def put(one, card, now=NOW, **values):
    day = datetime.date(2025, 1, 1), datetime.date(2030, 12, 31)
    return ask(one, 0x50, now, **{"card": card, "valid_from": day[0], "valid_to": day[1], "door1": 1, **values})["ok"]


def reason(one, card, *words, now=NOW, door=1):
    return one.act(["swipe", str(door), str(card), *words], now)["reason"]


def vectors():
    one = Board({"serial": SERIAL, "address": "127.0.0.1", "request_id": False, "no_event_date": True})
    for name, request, reply in VECTORS:
        answer = one.request(message(request), NOW)
        want = None if reply == "-" else message(reply)
        ok(answer == want, f"vector: {name}", f"got  {answer and answer.hex(' ')}", f"want {want and want.hex(' ')}")
        if reply != "-" and name not in ("add task", "delete all without the guard"):
            ok(not check(message(request)), f"checker passes: {name}", check(message(request)))
    for name, request in WRONG:
        ok(check(message(request)), f"checker finds: {name}")
    ok(check(b"\x17\x20"), "checker finds: two bytes")


def push_of_old_firmware():
    old = Board({"serial": 405000010, "address": "127.0.0.1", "old_push": True, "unknown_reason": 18, "wired": True})
    ask(old, 0x30, when=datetime.datetime(2026, 11, 22, 22, 42, 32))
    ask(old, 0x90, address="127.0.0.1", port=60001)
    for _ in range(2):
        old.act(["swipe", "1", "1"], NOW)
    want = message("19 20 00 00 4a cf 23 18 02 00 00 00 01 00 01 01 01 00 00 00 20 26 11 22 22 42 32 12 00 00 00 00 00 00 00 00 00 "
                   "22 42 32 00 00 00 00 00 00 00 00 00 00 00 26 11 22")
    ok(old.pushes[-1] == (want, ("127.0.0.1", 60001)), "a push of old firmware starts with 0x19", old.pushes[-1][0].hex(" "), want.hex(" "))


def decisions():
    one = board()
    ok(reason(one, 5) == 6, "an unknown card: 6")
    put(one, 5, door1=1, door2=0)
    ok(reason(one, 5) == 1, "a permitted card: 1")
    ok(reason(one, 5, door=2) == 6, "no permission on door 2: 6")
    put(one, 6, valid_to=datetime.date(2026, 11, 21))
    ok(reason(one, 6) == 15, "expired yesterday: 15")
    put(one, 7, valid_to=datetime.date(2026, 11, 22), pin=1234)
    ok(reason(one, 7) == 1, "valid to today, inclusive")
    ask(one, 0xA4, reader1=True)
    ok([reason(one, 7), reason(one, 7, "pin=1"), reason(one, 7, "pin=1234"), reason(one, 5)] == [7, 7, 1, 1], "keypads: the PIN of those who have one")
    ask(one, 0xA4)
    ask(one, 0x80, door=1, mode=2, delay=5)
    ok([reason(one, 5), reason(one, 9)] == [11, 6], "normally closed: 11 with, 6 without permission")
    ok(ask(one, 0x40, door=1)["ok"] is False, "and an open command is refused")
    ask(one, 0x80, door=1, mode=1, delay=5)
    ok(reason(one, 5) == 1 and ask(one, 0x82, door=1)["delay"] == 0, "normally open: granted; the delay reads 0")
    ask(one, 0x80, door=1, mode=3, delay=5)
    ask(one, 0xA2, mode=1)
    one.act(["door", "2", "open"], NOW)
    ok(reason(one, 5) == 12, "interlock: 12 while the other is open")
    ask(one, 0xA2)
    put(one, 5, door1=77)
    ok(reason(one, 5) == 1 and one.order_broken, "an undefined profile opens, and is noted as a mistake of order")
    ask(one, 0x88, profile=77, valid_from=datetime.date(2025, 1, 1), valid_to=datetime.date(2029, 1, 1), sunday=True, start1=60, end1=120)
    ok([reason(one, 5), reason(one, 5, now=NOW - 21 * 3600)] == [15, 1], "a profile: outside 15, inside 1")
    ask(one, 0xA0, guard=GUARD, on=True)
    ok(reason(one, 7) == 5, "PC control: 5 while the host is heard")
    ok(reason(one, 7, now=NOW + 40) == 1, "and the board decides again after 30 s of silence")


def anti_passback():
    two = Board({"serial": 205000001, "address": "127.0.0.1"})
    ask(two, 0x30, when=datetime.datetime.utcfromtimestamp(NOW))
    put(two, 5)
    ask(two, 0x84, mode=1)
    ok([reason(two, 5), reason(two, 5), reason(two, 5, "out"), reason(two, 5, "out"), reason(two, 5)] == [1, 8, 1, 8, 1],
       "anti-passback: in, not in again, out, not out again, in")
    four = board()
    put(four, 5, door2=1)
    ask(four, 0x84, mode=2)
    ok([reason(four, 5), reason(four, 5), reason(four, 5, door=2), reason(four, 5, door=1)] == [1, 8, 1, 1], "with four doors: in at 1, out at 2")


def tasks():
    one = board()
    for start, task in ((1355, 1), (1357, 0)):
        ask(one, 0xA8, valid_from=datetime.date(2025, 1, 1), valid_to=datetime.date(2029, 1, 1), sunday=True, start=start, door=1, task=task)
    ask(one, 0xAC, guard=GUARD)
    modes = []
    for minute in range(4):
        one.advance(NOW + 60 * minute)
        modes.append(one.door[0].mode)
    ok(modes == [3, 1, 1, 3], "tasks open a door at their minute and close it", modes)


def store():
    one = board(events=10, block=4, cards=2)
    ok([put(one, n) for n in (1, 2, 3)] == [True, True, False], "a full card list says false")
    put(one, 2, pin=1000001)
    ok(ask(one, 0x5A, card=2)["pin"] != 1000001, "a PIN of seven digits is mangled, yet true")
    one.act(["burst", "11"], NOW)
    ok(ask(one, 0xB0, index=0)["index"] == 5, "the eleventh of ten events drops a block of four")
    ok(ask(one, 0xB0, index=4)["type"] == 255 and ask(one, 0xB0, index=0xFFFFFFFF)["index"] == 11, "what is dropped reads 0xFF")
    one.act(["factory"], NOW)
    ok(ask(one, 0x20)["index"] == 0, "after a factory reset numbers begin again")


def same_again():
    """The same calls make the same board: what the journal rests on."""
    def made():
        one = board()
        ask(one, 0x8E, on=True)
        put(one, 5)
        for step in range(5):
            one.act(["swipe", "1", "5"], NOW + 7 * step)
        return one.status(NOW + 60), [event.fields() for event in one.ledger]
    first, second = made(), made()
    ok(first == second and len(first[1]) >= 14, "the same calls make the same board")


for part in (vectors, push_of_old_firmware, decisions, anti_passback, tasks, store, same_again):
    part()
print(f"1..{COUNT[0]}")
sys.exit(1 if COUNT[1] else 0)
