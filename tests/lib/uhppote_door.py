"""How a UHPPOTE board decides at its doors: cards, time profiles, anti-passback, interlock, first card, PIN, tasks."""
import datetime

from uhppote_wire import WEEKDAYS

OPEN, CLOSED, CONTROLLED = 1, 2, 3
GRANTED = 1
PC_CONTROL, NO_PRIVILEGE, WRONG_PIN, ANTI_PASSBACK, FIRST_CARD, NORMALLY_CLOSED, INTERLOCK, EXPIRED = 5, 6, 7, 8, 10, 11, 12, 15
PC_CONTROL_S = 30
# Doors of which one may be open at a time, by interlock mode.
INTERLOCKS = {0: [], 1: [{1, 2}], 2: [{3, 4}], 3: [{1, 2}, {3, 4}], 4: [{1, 2, 3}], 8: [{1, 2, 3, 4}]}
# Sets of readers on the two sides of what is passed, by anti-passback mode.
SIDES = {0: [], 1: [({1}, {2}), ({3}, {4})], 2: [({1, 3}, {2, 4})], 3: [({1}, {2, 3})], 4: [({1}, {2, 3, 4})]}
# What a task does to a door's verification: which readers ask for the PIN.
PIN_TASKS = {5: "none", 6: "in", 7: "both"}


class Door:
    def __init__(self, number):
        self.number = number
        self.mode, self.delay = CONTROLLED, 5
        self.until = 0.0  # released until, when controlled
        self.open = self.button = False
        self.walks_until = None
        self.passcodes = set()
        self.pin = None  # set by a task: "none", "in", "both"
        self.first_card = self.next_first_card = None
        self.first_seen = None  # the day on which a first card was accepted

    def release(self, now):
        if self.mode != CLOSED:
            self.until = now + self.delay

    def released(self, now):
        return self.mode == OPEN or (self.mode == CONTROLLED and now < self.until)


def reader_of(board, number, out):
    """Four doors have a reader each; fewer have one on either side."""
    return number if board.doors == 4 else 2 * number - (0 if out else 1)


def decide(board, number, out, card, pin, now):
    """(granted, reason) for a card at a reader."""
    record = board.card(card)
    if record is None:
        return False, board.settings["unknown_reason"]
    if board.pc_control and now - board.heard < PC_CONTROL_S:
        return False, PC_CONTROL
    permission = record[f"door{number}"]
    if permission == 0:
        return False, NO_PRIVILEGE
    wall, door = board.wall(now), board.door[number - 1]
    if not record["valid_from"] <= wall.date() <= record["valid_to"]:
        return False, EXPIRED
    if permission != 1 and not (board.profiles_on and allows(board, permission, wall)):
        return False, EXPIRED
    if door.mode == CLOSED:
        return False, NORMALLY_CLOSED
    if not first_card_allows(door, record, wall):
        return False, FIRST_CARD
    if asks_pin(board, door, reader_of(board, number, out), out) and record["pin"] and pin != record["pin"]:
        return False, WRONG_PIN
    if any(number in doors and any(board.door[n - 1].open for n in doors - {number}) for doors in INTERLOCKS[board.interlock]):
        return False, INTERLOCK
    if any(board.positions.get((card, pair)) == side for pair, side in sides(board, reader_of(board, number, out))):
        return False, ANTI_PASSBACK
    return True, GRANTED


def sides(board, reader):
    """Which pair and which side of it a reader is on."""
    return [(pair, side) for pair, both in enumerate(SIDES[board.anti_passback]) for side, readers in enumerate(both) if reader in readers]


def passed(board, number, out, card):
    for pair, side in sides(board, reader_of(board, number, out)):
        board.positions[(card, pair)] = side
    door, record = board.door[number - 1], board.card(card)
    if record["first_card"] >> (number - 1) & 1:
        door.first_seen = board.last_minute.date() if board.last_minute else None


def asks_pin(board, door, reader, out):
    if door.pin is not None:
        return door.pin == "both" or (door.pin == "in" and not out)
    return board.keypads[reader - 1]


def allows(board, identity, wall):
    """A chain of profiles; what is not defined allows, as boards do it."""
    seen = set()
    while identity and identity not in seen:
        seen.add(identity)
        profile = board.profiles.get(identity)
        if profile is None or inside(profile, wall):
            return True
        identity = profile["linked"]
    return False


def inside(profile, wall):
    if not (profile["valid_from"] or datetime.date.max) <= wall.date() <= (profile["valid_to"] or datetime.date.min):
        return False
    minute = wall.hour * 60 + wall.minute
    return profile[WEEKDAYS[wall.weekday()]] and any(profile[f"start{n}"] <= minute <= profile[f"end{n}"] for n in (1, 2, 3))


def first_card_allows(door, record, wall):
    rule = door.first_card
    if rule is None or rule["end_mode"] != 3 or not rule[WEEKDAYS[wall.weekday()]]:
        return True
    if not rule["start"] <= wall.hour * 60 + wall.minute <= rule["end"]:
        return True
    return bool(record["first_card"] >> (door.number - 1) & 1) or door.first_seen == wall.date()


def run_tasks(board, minute, now):
    """Tasks of the minutes since the last look. The first look at a day does what the day has had so far."""
    last, board.last_minute = board.last_minute, minute
    if last is None or minute == last:
        return
    if minute.date() != last.date():
        last = datetime.datetime.combine(minute.date(), datetime.time()) - datetime.timedelta(minutes=1)
    due = [task for task in board.tasks if task["valid_from"] <= minute.date() <= task["valid_to"] and task[WEEKDAYS[minute.weekday()]]]
    midnight = datetime.datetime.combine(minute.date(), datetime.time())
    due = [(midnight + datetime.timedelta(minutes=task["start"]), task) for task in due]
    for _, task in sorted(((at, task) for at, task in due if last < at <= minute), key=lambda pair: pair[0]):
        carry_out(board, board.door[task["door"] - 1], task["task"], now)


def carry_out(board, door, task, now):
    """Codes 8 and 9 differ between sources and 11 and 12 have no button to show for it: they change nothing here."""
    if task <= 2:
        door.mode = (CONTROLLED, OPEN, CLOSED)[task]
    elif task in (3, 4):
        board.profiles_on = task == 4
    elif task in PIN_TASKS:
        door.pin = PIN_TASKS[task]
    elif task == 10:
        door.release(now)
