"""One UHPPOTE board as it behaves on the wire and at its doors: no socket, no thread; the time is an argument.

    board = Board({"serial": 405000001, "address": "127.40.1.1"})
    reply = board.request(datagram, now)           # bytes, or None for silence
    board.act(["swipe", "1", "10058400"], now)     # somebody at door 1: {"granted": True, "reason": 1, "index": 15}
    board.advance(now)                             # what time alone does; board.pushes are datagrams for the listener

Every change comes by request() or act(), and both depend on nothing but what came before: the same calls with the same times
make the same board again. That is how the simulator keeps its boards through kill -9.

Settings: serial, address, port 60000, doors (by the serial's first digit), firmware "0892", events 200000 (stored at most),
block 2048 (dropped at a time), cards 20000 (at most), granted_type 1, unknown_reason 6, request_id true (returned in replies),
old_push false (0x19), wired true (contacts on the doors), utc_offset 0 (minutes; the clock before it is first set is unset),
lockdown_refuses true (an open command in the mode normally closed is answered false).
"""
import datetime

import uhppote_door
from uhppote_answer import ANSWERS, DOOR, EPOCH, UNSET_CLOCK
from uhppote_wire import Malformed, read, write

NO_DATE = bytes.fromhex("00010101")
DEFAULTS = {"port": 60000, "firmware": "0892", "events": 200000, "block": 2048, "cards": 20000, "granted_type": 1, "unknown_reason": 6,
            "request_id": True, "old_push": False, "wired": True, "lockdown_refuses": True, "no_event_date": False}
SWIPE = 1
REASON_BUTTON, REASON_OPENED, REASON_CLOSED, REASON_POWER_ON = 20, 23, 24, 28


class Event:
    """One record of the store, and when it was made for the ledger."""

    __slots__ = ("index", "type", "granted", "door", "direction", "card", "when", "reason", "made")

    def __init__(self, **fields):
        for name, value in fields.items():
            setattr(self, name, value)

    def fields(self):
        return {name: getattr(self, name) for name in self.__slots__ if name != "made"}


class Board:
    def __init__(self, settings):
        self.settings = {**DEFAULTS, **settings}
        self.serial = self.settings["serial"]
        self.doors = self.settings.get("doors") or int(str(self.serial)[0])
        self.clock_offset = None  # its wall clock minus UTC in seconds; None: not set since it was made
        self.pushes = []
        self.ledger = []
        self.order_broken = []  # what was asked in an order that opens doors or is lost
        self.heard = -1000.0
        self.pushed = 0.0
        self.listener, self.interval = ("0.0.0.0", 0), 0
        self.factory()

    def factory(self):
        """As it comes out of its box. The address and the clock stay."""
        self.slots = []  # cards: dicts, or None where one was deleted
        self.where = {}  # card number -> slot
        self.profiles = {}
        self.tasks, self.new_tasks = [], []
        self.tasks_open = True
        self.events, self.newest, self.event_index = [], 0, 0
        self.record_doors = self.pc_control = False
        self.anti_passback = self.interlock = 0
        self.door = [uhppote_door.Door(number) for number in range(1, 5)]
        self.positions = {}
        self.keypads = [False] * 4
        self.profiles_on = True
        self.last_minute = None

    # --- time -----------------------------------------------------------------------------------------------------------

    def wall(self, now):
        """Its own wall clock; before it was ever set it runs from 2000-01-01, which no date of validity reaches."""
        if self.clock_offset is None:
            return datetime.datetime(2000, 1, 1)
        return EPOCH + datetime.timedelta(seconds=int(now + self.clock_offset))

    def stamp(self, now):
        return UNSET_CLOCK if self.clock_offset is None else self.wall(now)

    def advance(self, now):
        """What happens by itself: tasks at their minute, locks that fall shut."""
        if self.clock_offset is not None:
            uhppote_door.run_tasks(self, self.wall(now).replace(second=0, microsecond=0), now)
        for door in self.door:
            if door.walks_until is not None and now >= door.walks_until:
                # At its own time, however late the look is: what is replayed must be the same.
                shut, door.walks_until = door.walks_until, None
                self.contact(door, False, shut)

    def heartbeat(self, now):
        """The regular push: only once a second is asked for at most, and nothing while no event is stored."""
        if self.interval and self.newest and now - self.pushed >= self.interval:
            self.push(now)

    # --- events ---------------------------------------------------------------------------------------------------------

    def event(self, now, kind, granted, door, direction, card, reason):
        self.newest += 1
        event = Event(index=self.newest, type=kind, granted=granted, door=door, direction=direction, card=card, when=self.stamp(now),
                      reason=reason, made=now)
        self.events.append(event)
        self.ledger.append(event)
        if len(self.events) > self.settings["events"]:
            del self.events[:self.settings["block"]]
        self.push(now)
        return event

    def push(self, now):
        address, port = self.listener
        if port:
            self.pushed = now
            self.pushes.append((self.status(now, 0x19 if self.settings["old_push"] else 0x17), (address, port)))

    def stored(self, index):
        """The event of an index: an Event, "past" or "overwritten"."""
        if not self.events:
            return "past"
        if index == 0:
            return self.events[0]
        if index == 0xFFFFFFFF:
            return self.events[-1]
        if index > self.newest:
            return "past"
        first = self.events[0].index
        return self.events[index - first] if index >= first else "overwritten"

    def status(self, now, first=0x17, request_id=0):
        fields = self.events[-1].fields() if self.events else {"when": self.no_event()}
        for number, door in enumerate(self.door, 1):
            fields[f"contact{number}"] = door.open or not self.wired(number)
            fields[f"button{number}"] = door.button
        relays = sum(1 << n for n, door in enumerate(self.door) if door.released(now))
        if self.clock_offset is not None:
            fields["time"] = bytes.fromhex(f"{self.wall(now):%H%M%S}")
            fields["day"] = bytes.fromhex(f"{self.wall(now):%y%m%d}")
        return write(0x20, self.serial, first=first, request_id=request_id, relays=relays, **fields)

    def wired(self, number):
        return self.settings["wired"] and number <= self.doors

    def no_event(self):
        return NO_DATE + bytes(3) if self.settings["no_event_date"] else None

    # --- the doors ------------------------------------------------------------------------------------------------------

    def act(self, words, now):
        """Something at the board itself; see ACTS."""
        self.advance(now)
        if words[0] not in ACTS:
            raise ValueError(f"{words[0]} is none of {', '.join(sorted(ACTS))}")
        return ACTS[words[0]](self, words[1:], now) or {}

    def contact(self, door, is_open, now):
        if door.open == is_open or not self.wired(door.number):
            return
        door.open = is_open
        if self.record_doors:
            self.event(now, DOOR, True, door.number, 1, 8 if is_open else 9, REASON_OPENED if is_open else REASON_CLOSED)

    def act_swipe(self, words, now):
        """swipe DOOR CARD [out] [pin=N] [stay]: stay = nobody walks through."""
        number, card = int(words[0]), int(words[1])
        out = "out" in words[2:] and self.doors < 4
        pin = next((int(word[4:]) for word in words[2:] if word.startswith("pin=")), None)
        granted, reason = uhppote_door.decide(self, number, out, card, pin, now)
        door = self.door[number - 1]
        if granted:
            uhppote_door.passed(self, number, out, card)
            door.release(now)
        kind = self.settings["granted_type"] if granted else SWIPE
        event = self.event(now, kind, granted, number, 2 if out else 1, card, reason)
        if granted and "stay" not in words[2:]:
            self.contact(door, True, now)
            door.walks_until = now + 1.0
        return {"granted": granted, "reason": reason, "index": event.index}

    def act_button(self, words, now):
        """button DOOR: somebody inside presses the exit button."""
        door = self.door[int(words[0]) - 1]
        door.release(now)
        if self.record_doors:
            self.event(now, DOOR, True, door.number, 1, 1, REASON_BUTTON)

    def act_door(self, words, now):
        """door DOOR open|closed: the contact alone."""
        self.contact(self.door[int(words[0]) - 1], words[1] == "open", now)

    def act_burst(self, words, now):
        """burst N: so many refused swipes at once."""
        for number in range(int(words[0])):
            self.event(now, SWIPE, False, number % self.doors + 1, 1, 90000000 + number, self.settings["unknown_reason"])

    def act_power(self, words, now):
        """power: off and on again."""
        for door in self.door:
            door.until = 0.0
        self.event(now, DOOR, True, 0, 0, 0, REASON_POWER_ON)

    def act_drift(self, words, now):
        """drift SECONDS: its clock is now so much ahead of what it was; `unset`: as when its battery was empty."""
        self.clock_offset = None if words[0] == "unset" else (self.clock_offset or 0) + float(words[0])

    def act_forget(self, words, now):
        """forget CARD: another program deleted a card."""
        return {"deleted": self.delete(int(words[0]))}

    def act_plant(self, words, now):
        """plant CARD: another program put a card that opens every door."""
        card = {"card": int(words[0]), "valid_from": datetime.date(2020, 1, 1), "valid_to": datetime.date(2029, 12, 31), "pin": 0,
                "first_card": 0, **{f"door{n}": 1 for n in range(1, 5)}}
        return {"put": self.put(card)}

    def act_listen(self, words, now):
        """listen ADDRESS PORT: another program takes the listener."""
        self.listener = (words[0], int(words[1]))

    def act_factory(self, words, now):
        """factory: reset at the board; event numbers begin again."""
        self.factory()

    # --- cards ----------------------------------------------------------------------------------------------------------

    def card(self, number):
        slot = self.where.get(number)
        return None if slot is None else self.slots[slot]

    def put(self, card):
        if card["valid_from"] is None or card["valid_to"] is None:
            return False
        slot = self.where.get(card["card"])
        if slot is None:
            if len(self.where) >= self.settings["cards"]:
                return False
            if len(self.where) < len(self.slots):
                slot = self.slots.index(None)
            else:
                slot = len(self.slots)
                self.slots.append(None)
            self.where[card["card"]] = slot
        self.slots[slot] = {**card, "pin": card["pin"] if card["pin"] <= 999999 else card["pin"] & 0x7FFFF}
        return True

    def delete(self, number):
        slot = self.where.pop(number, None)
        if slot is None:
            return False
        self.slots[slot] = None
        return True

    # --- requests -------------------------------------------------------------------------------------------------------

    def request(self, data, now):
        """The reply to a datagram, or None: boards have no error replies, only silence and false."""
        try:
            fields = read(data)
        except Malformed:
            return None
        if data[0] != 0x17 or fields["function"] not in ANSWERS:
            return None
        if fields["serial"] != self.serial and not (fields["serial"] == 0 and fields["function"] == 0x94):
            return None
        self.advance(now)
        self.heard = now
        answer = ANSWERS[fields["function"]](self, fields, now)
        if answer is None:
            return None
        # Bytes 40-43 are the request id but where a message has something of its own there.
        identity = int.from_bytes(data[40:44], "little") if self.settings["request_id"] else 0
        if isinstance(answer, bytes):
            return answer[:40] + identity.to_bytes(4, "little") + answer[44:]
        return write(fields["function"], self.serial, request_id=identity, **answer)


ACTS = {name[4:]: function for name, function in vars(Board).items() if name.startswith("act_")}
