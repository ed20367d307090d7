"""What a UHPPOTE board answers to each request: one function each, (board, fields, now) to the reply's fields, None for silence."""
import datetime

import uhppote_door
from uhppote_wire import GUARD, fields_of

EPOCH = datetime.datetime(1970, 1, 1)
UNSET_CLOCK = bytes.fromhex("20000000000000")
REMOTE_OPEN_CODE = 0xE9CDACEA
DOOR, OVERWRITTEN = 2, 0xFF
REASON_REMOTE_OPEN = 44


def values(fields, function):
    """Only the fields of a record, as they came."""
    return {name: fields[name] for name, _, _ in fields_of(function)}


def guarded(act):
    """A command that needs the guard word, answered false without it."""
    def answer(board, fields, now):
        if fields["guard"] != GUARD:
            return {"ok": False}
        result = act(board, fields, now)
        return {"ok": result is not False}
    return answer


def set_time(board, fields, now):
    if fields["when"] is None:
        board.clock_offset = None
        return {"when": UNSET_CLOCK}
    board.clock_offset = (fields["when"] - EPOCH).total_seconds() - int(now)
    return {"when": fields["when"]}


def open_door(board, fields, now):
    if not 1 <= fields["door"] <= 4:
        return None
    door = board.door[fields["door"] - 1]
    if door.mode == uhppote_door.CLOSED and board.settings["lockdown_refuses"]:
        return {"ok": False}
    door.release(now)
    board.event(now, DOOR, True, door.number, 1, REMOTE_OPEN_CODE, REASON_REMOTE_OPEN)
    return {"ok": True}


def put_card(board, fields, now):
    card = values(fields, 0x50)
    for number in range(1, 5):
        profile = card[f"door{number}"]
        if 2 <= profile <= 254 and profile not in board.profiles:
            board.order_broken.append(f"card {card['card']} names profile {profile}, which is not defined: the door is open to it")
    return {"ok": board.put(card)}


def delete_all(board, fields, now):
    board.slots, board.where = [], {}


def card_by_index(board, fields, now):
    index = fields["index"]
    if not index:
        return None
    if index > len(board.slots):
        return {}
    return board.slots[index - 1] or {"card": 0xFFFFFFFF}


def set_control(board, fields, now):
    if not 1 <= fields["door"] <= 4:
        return None
    if not 1 <= fields["mode"] <= 3:
        return {}
    door = board.door[fields["door"] - 1]
    door.mode, door.delay = fields["mode"], fields["delay"]
    return values(fields, 0x80)


def get_control(board, fields, now):
    if not 1 <= fields["door"] <= 4:
        return None
    door = board.door[fields["door"] - 1]
    return {"door": door.number, "mode": door.mode, "delay": 0 if door.mode == uhppote_door.OPEN else door.delay}


def set_anti_passback(board, fields, now):
    if fields["mode"] > 4:
        return {"ok": False}
    board.anti_passback, board.positions = fields["mode"], {}
    return {"ok": True}


def set_profile(board, fields, now):
    profile = values(fields, 0x88)
    if not 2 <= profile["profile"] <= 254:
        return {"ok": False}
    if profile["linked"] and profile["linked"] not in board.profiles:
        board.order_broken.append(f"profile {profile['profile']} links to {profile['linked']}, which is not defined: allowed to all")
    board.profiles[profile["profile"]] = profile
    return {"ok": True}


def clear_profiles(board, fields, now):
    board.profiles = {}
    if any(2 <= card[f"door{n}"] <= 254 for card in board.slots if card for n in range(1, 5)):
        board.order_broken.append("time profiles were cleared while cards use them: their doors are open to them")


def set_listener(board, fields, now):
    board.listener, board.interval = (fields["address"], fields["port"]), fields["interval"]
    board.pushed = now
    return {"ok": True}


def about(board, fields, now):
    serial = board.serial.to_bytes(4, "big")
    return {"address": board.settings["address"], "netmask": "255.0.0.0", "gateway": "127.0.0.1", "mac": b"\x00\x66" + serial,
            "version": bytes.fromhex(board.settings["firmware"]), "built": datetime.date(2018, 11, 5)}


def set_interlock(board, fields, now):
    if fields["mode"] not in (0, 1, 2, 3, 4, 8):
        return {"ok": False}
    board.interlock = fields["mode"]
    return {"ok": True}


def set_passcodes(board, fields, now):
    if not 1 <= fields["door"] <= 4:
        return {"ok": False}
    board.door[fields["door"] - 1].passcodes = {fields[f"code{n}"] for n in range(1, 5)} - {0}
    return {"ok": True}


def clear_tasks(board, fields, now):
    board.tasks, board.new_tasks, board.tasks_open = [], [], True


def add_task(board, fields, now):
    if not board.tasks_open:
        board.order_broken.append("a task after the list was made effective: it is lost")
        return {"ok": False}
    if not (1 <= fields["door"] <= 4 and fields["task"] <= 12):
        return {"ok": False}
    board.new_tasks.append(values(fields, 0xA8))
    return {"ok": True}


def set_first_card(board, fields, now):
    if not 1 <= fields["door"] <= 4:
        return {"ok": False}
    board.door[fields["door"] - 1].next_first_card = values(fields, 0xAA)
    return {"ok": True}


def refresh_tasks(board, fields, now):
    board.tasks, board.tasks_open = board.new_tasks, False
    for door in board.door:
        door.first_card = door.next_first_card


def get_event(board, fields, now):
    event = board.stored(fields["index"])
    if event == "past":
        return {"when": board.no_event()}
    if event == "overwritten":
        return {"type": OVERWRITTEN, "when": board.no_event()}
    return event.fields()


def set_event_index(board, fields, now):
    if fields["guard"] != GUARD:
        return None
    if fields["index"] == board.event_index or fields["index"] > board.newest:
        return {"ok": False}
    board.event_index = fields["index"]
    return {"ok": True}


def assign(*names):
    """A request whose fields are simply kept under these names."""
    def answer(board, fields, now):
        for field, name in names:
            setattr(board, name, fields[field])
        return {"ok": True}
    return answer


def set_keypads(board, fields, now):
    board.keypads = [fields[f"reader{n}"] for n in range(1, 5)]
    return {"ok": True}


ANSWERS = {
    0x20: lambda board, fields, now: board.status(now),
    0x30: set_time,
    0x32: lambda board, fields, now: {"when": board.stamp(now)},
    0x40: open_door,
    0x50: put_card,
    0x52: lambda board, fields, now: {"ok": board.delete(fields["card"])},
    0x54: guarded(delete_all),
    0x58: lambda board, fields, now: {"count": len(board.where)},
    0x5A: lambda board, fields, now: board.card(fields["card"]) or {},
    0x5C: card_by_index,
    0x80: set_control,
    0x82: get_control,
    0x84: set_anti_passback,
    0x86: lambda board, fields, now: {"mode": board.anti_passback},
    0x88: set_profile,
    0x8A: guarded(clear_profiles),
    0x8C: set_passcodes,
    0x8E: assign(("on", "record_doors")),
    0x90: set_listener,
    0x92: lambda board, fields, now: {"address": board.listener[0], "port": board.listener[1], "interval": board.interval},
    0x94: about,
    0x98: lambda board, fields, now: board.profiles.get(fields["profile"], {}),
    0xA0: guarded(assign(("on", "pc_control"))),
    0xA2: set_interlock,
    0xA4: set_keypads,
    0xA6: guarded(clear_tasks),
    0xA8: add_task,
    0xAA: set_first_card,
    0xAC: guarded(refresh_tasks),
    0xB0: get_event,
    0xB2: set_event_index,
    0xB4: lambda board, fields, now: {"index": board.event_index},
    0xC8: guarded(lambda board, fields, now: board.factory()),
}
