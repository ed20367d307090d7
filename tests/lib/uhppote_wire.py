"""The 64-byte messages of UHPPOTE boards for the tests: reading, writing, and what a server may send.

Written from the protocol's description alone and never from the server's own codec, so that a mistake there is found here.
Everything is bytes in, values out: no socket, no clock.

    fields = read(request)                    # {"function": 0x50, "serial": 405000001, "card": 10058400, "pin": 1357, ...}
    reply = write(0x58, serial, count=2)
    check(request)                            # [] or the list of what is wrong with it, each a sentence
"""
import datetime
import ipaddress

SIZE = 64
GUARD = 0x55AAAA55
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CARD_FIELDS = [("card", 8, "u32"), ("valid_from", 12, "date"), ("valid_to", 16, "date"), ("door1", 20, "u8"), ("door2", 21, "u8"),
               ("door3", 22, "u8"), ("door4", 23, "u8"), ("pin", 24, "u24"), ("first_card", 27, "u8")]
EVENT_FIELDS = [("index", 8, "u32"), ("type", 12, "u8"), ("granted", 13, "bool"), ("door", 14, "u8"), ("direction", 15, "u8"),
                ("card", 16, "u32"), ("when", 20, "stamp"), ("reason", 27, "u8")]
STATUS_FIELDS = [*EVENT_FIELDS, *((f"contact{n}", 27 + n, "bool") for n in range(1, 5)),
                 *((f"button{n}", 31 + n, "bool") for n in range(1, 5)), ("fault", 36, "u8"), ("time", 37, "bytes3"), ("sequence", 40, "u32"),
                 ("special", 48, "u8"), ("relays", 49, "u8"), ("inputs", 50, "u8"), ("day", 51, "bytes3")]
PROFILE_FIELDS = [("profile", 8, "u8"), ("valid_from", 9, "date"), ("valid_to", 13, "date"),
                  *((day, 17 + n, "bool") for n, day in enumerate(WEEKDAYS)),
                  ("start1", 24, "hhmm"), ("end1", 26, "hhmm"), ("start2", 28, "hhmm"), ("end2", 30, "hhmm"),
                  ("start3", 32, "hhmm"), ("end3", 34, "hhmm"), ("linked", 36, "u8")]
LISTENER_FIELDS = [("address", 8, "ipv4"), ("port", 12, "u16"), ("interval", 14, "u8")]
ADDRESS_FIELDS = [("address", 8, "ipv4"), ("netmask", 12, "ipv4"), ("gateway", 16, "ipv4")]
DOOR_FIELDS = [("door", 8, "u8"), ("mode", 9, "u8"), ("delay", 10, "u8")]
TASK_FIELDS = [("valid_from", 8, "date"), ("valid_to", 12, "date"), *((day, 16 + n, "bool") for n, day in enumerate(WEEKDAYS)),
               ("start", 23, "hhmm"), ("door", 25, "u8"), ("task", 26, "u8"), ("cards", 27, "u8")]
FIRST_CARD_FIELDS = [("door", 8, "u8"), ("start", 9, "hhmm"), ("start_mode", 11, "u8"), ("end", 12, "hhmm"), ("end_mode", 14, "u8"),
                     *((day, 15 + n, "bool") for n, day in enumerate(WEEKDAYS))]
OK, GUARDED = [("ok", 8, "bool")], [("guard", 8, "u32")]

# function: (name, fields of the request, fields of the reply; None: no reply)
FUNCTIONS = {
    0x20: ("get status", [], STATUS_FIELDS),
    0x30: ("set time", [("when", 8, "stamp")], [("when", 8, "stamp")]),
    0x32: ("get time", [], [("when", 8, "stamp")]),
    0x40: ("open door", [("door", 8, "u8")], OK),
    0x50: ("put card", CARD_FIELDS, OK),
    0x52: ("delete card", [("card", 8, "u32")], OK),
    0x54: ("delete all cards", GUARDED, OK),
    0x58: ("count cards", [], [("count", 8, "u32")]),
    0x5A: ("get card by number", [("card", 8, "u32")], CARD_FIELDS),
    0x5C: ("get card by index", [("index", 8, "u32")], CARD_FIELDS),
    0x80: ("set door control", DOOR_FIELDS, DOOR_FIELDS),
    0x82: ("get door control", DOOR_FIELDS[:1], DOOR_FIELDS),
    0x84: ("set anti-passback", [("mode", 8, "u8")], OK),
    0x86: ("get anti-passback", [], [("mode", 8, "u8")]),
    0x88: ("set time profile", PROFILE_FIELDS, OK),
    0x8A: ("clear all time profiles", GUARDED, OK),
    0x8C: ("set door passcodes", [("door", 8, "u8"), *((f"code{n}", 8 + 4 * n, "u32") for n in range(1, 5))], OK),
    0x8E: ("record door and button events", [("on", 8, "bool")], OK),
    0x90: ("set listener", LISTENER_FIELDS, OK),
    0x92: ("get listener", [], LISTENER_FIELDS),
    0x94: ("get controller", [], [*ADDRESS_FIELDS, ("mac", 20, "bytes6"), ("version", 26, "bytes2"), ("built", 28, "date")]),
    0x96: ("set address", [*ADDRESS_FIELDS, ("guard", 20, "u32")], None),
    0x98: ("get time profile", [("profile", 8, "u8")], PROFILE_FIELDS),
    0xA0: ("set PC control", [*GUARDED, ("on", 12, "bool")], OK),
    0xA2: ("set interlock", [("mode", 8, "u8")], OK),
    0xA4: ("activate keypads", [(f"reader{n}", 7 + n, "bool") for n in range(1, 5)], OK),
    0xA6: ("clear task list", GUARDED, OK),
    0xA8: ("add task", TASK_FIELDS, OK),
    0xAA: ("set first card", FIRST_CARD_FIELDS, OK),
    0xAC: ("refresh task list", GUARDED, OK),
    0xB0: ("get event", [("index", 8, "u32")], EVENT_FIELDS),
    0xB2: ("set event index", [("index", 8, "u32"), ("guard", 12, "u32")], OK),
    0xB4: ("get event index", [], [("index", 8, "u32")]),
    0xC8: ("restore factory defaults", GUARDED, OK),
}
WIDTH = {"u8": 1, "bool": 1, "u16": 2, "u24": 3, "u32": 4, "ipv4": 4, "date": 4, "stamp": 7, "hhmm": 2,
         "bytes2": 2, "bytes3": 3, "bytes6": 6}
REQUEST_ID = range(40, 44)
# What empties or takes over a board: a server that keeps doors as they are has no business sending it unasked.
DESTRUCTIVE = {0x54, 0x8A, 0x96, 0xC8}


class Malformed(ValueError):
    """Bytes that are not what the field's type allows."""


def bcd(data):
    """Decimal digits of BCD bytes as text."""
    text = data.hex()
    if not text.isdigit():
        raise Malformed(f"{text} is not BCD")
    return text


def unpack(kind, data):
    if kind.startswith("u"):
        return int.from_bytes(data, "little")
    if kind == "bool":
        if data[0] > 1:
            raise Malformed(f"{data[0]:#04x} is neither 0 nor 1")
        return data[0] == 1
    if kind == "ipv4":
        return str(ipaddress.IPv4Address(data))
    if kind.startswith("bytes"):
        return bytes(data)
    digits = bcd(data)
    if kind == "date":
        return None if not int(digits) else date(digits)
    if kind == "stamp":
        return None if not int(digits) else stamp(digits)
    if not (int(digits[2:]) < 60 and int(digits) <= 2400):
        raise Malformed(f"{digits} is not hours and minutes")
    return int(digits[:2]) * 60 + int(digits[2:])


def date(digits):
    try:
        return datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise Malformed(f"{digits}: {error}") from error


def stamp(digits):
    try:
        return datetime.datetime.strptime(digits, "%Y%m%d%H%M%S")
    except ValueError as error:
        raise Malformed(f"{digits}: {error}") from error


def pack(kind, value):
    if value is None:
        return bytes(WIDTH[kind])
    if kind in ("u8", "u16", "u24", "u32", "bool"):
        return int(value).to_bytes(WIDTH[kind], "little")
    if kind == "ipv4":
        return ipaddress.IPv4Address(value).packed
    if kind == "date":
        return bytes.fromhex(f"{value.year:04}{value.month:02}{value.day:02}") if not isinstance(value, bytes) else value
    if kind == "stamp":
        return bytes.fromhex(f"{value:%Y%m%d%H%M%S}".zfill(14)) if not isinstance(value, bytes) else value
    if kind == "hhmm":
        return bytes.fromhex(f"{value // 60:02}{value % 60:02}")
    return bytes(value)


def fields_of(function, reply=False):
    return (FUNCTIONS[function][2 if reply else 1] or []) if function in FUNCTIONS else []


def read(data, reply=False):
    """A message's fields by name. Malformed when it is none."""
    if len(data) != SIZE:
        raise Malformed(f"{len(data)} bytes instead of {SIZE}")
    out = {"function": data[1], "serial": int.from_bytes(data[4:8], "little")}
    for name, offset, kind in fields_of(data[1], reply):
        try:
            out[name] = unpack(kind, data[offset:offset + WIDTH[kind]])
        except Malformed as error:
            raise Malformed(f"{name}: {error}") from error
    return out


def write(function, serial, reply=True, first=0x17, request_id=0, **values):
    """A message of the given fields; those that are not named are 0."""
    out = bytearray(SIZE)
    out[0], out[1] = first, function
    out[4:8] = serial.to_bytes(4, "little")
    out[40:44] = request_id.to_bytes(4, "little")
    for name, offset, kind in fields_of(function, reply):
        if name in values:
            out[offset:offset + WIDTH[kind]] = pack(kind, values.pop(name))
    if values:
        raise KeyError(f"function {function:#04x} has no {', '.join(values)}")
    return bytes(out)


# --- what a server may send ---------------------------------------------------------------------------------------------


def check(data):
    """What is wrong with a request, by the protocol alone; an empty list when nothing is."""
    if len(data) != SIZE:
        return [f"{len(data)} bytes instead of {SIZE}"]
    function = data[1]
    if function not in FUNCTIONS:
        return [f"function {function:#04x} is not to be used"]
    found = [] if data[0] == 0x17 else [f"first byte {data[0]:#04x} instead of 0x17"]
    serial = int.from_bytes(data[4:8], "little")
    if not serial and function != 0x94:
        found.append("serial number 0 in something else than 0x94")
    used = {0, 1, 4, 5, 6, 7, *REQUEST_ID}
    for _, offset, kind in fields_of(function):
        used.update(range(offset, offset + WIDTH[kind]))
    found += [f"reserved byte {at} is {data[at]:#04x}" for at in range(SIZE) if at not in used and data[at]]
    try:
        fields = read(data)
    except Malformed as error:
        return [*found, str(error)]
    if "guard" in fields and fields["guard"] != GUARD:
        found.append(f"guard word {fields['guard']:#010x}")
    if "door" in fields and not 1 <= fields["door"] <= 4:
        found.append(f"door {fields['door']}")
    return found + CHECKS.get(function, lambda _: [])(fields)


def check_card(card):
    return [f"{card:#x} is no card number"] if card in (0, 0x00FFFFFF) or card >= 0xFFFFFF00 else []


def check_put(fields):
    found = check_card(fields["card"])
    if fields["valid_from"] is None or fields["valid_to"] is None:
        found.append("no date of validity")
    elif fields["valid_from"] > fields["valid_to"]:
        found.append("valid from a day after the last")
    elif fields["valid_from"].year <= 2001:
        found.append(f"valid from {fields['valid_from']}: the year must be after 2001")
    if fields["pin"] > 999999:
        found.append(f"PIN {fields['pin']} has more than six digits")
    if fields["first_card"] > 15:
        found.append(f"first-card bits {fields['first_card']:#04x}")
    return found + [f"door {n}: profile 255" for n in range(1, 5) if fields[f"door{n}"] == 255]


def check_profile(fields):
    found = [] if 2 <= fields["profile"] <= 254 else [f"profile {fields['profile']}"]
    if fields["linked"] in (1, 255) or fields["linked"] == fields["profile"]:
        found.append(f"linked profile {fields['linked']}")
    if fields["valid_from"] is None or fields["valid_to"] is None:
        found.append("no date of validity")
    elif fields["valid_from"] > fields["valid_to"]:
        found.append("valid from a day after the last")
    return found + [f"segment {n} ends before it starts" for n in (1, 2, 3) if fields[f"start{n}"] > fields[f"end{n}"]]


def check_task(fields):
    found = [] if fields["task"] <= 12 else [f"task {fields['task']}"]
    if fields["task"] in (8, 9):
        found.append("tasks 8 and 9 are disputed")
    elif fields["cards"]:
        found.append("a number of cards for a task that has none")
    if fields["valid_from"] is None or fields["valid_to"] is None or fields["valid_from"] > fields["valid_to"]:
        found.append("no valid dates")
    return found + ([] if any(fields[day] for day in WEEKDAYS) else ["a task on no weekday"])


CHECKS = {
    0x30: lambda f: [] if f["when"] else ["no time"],
    0x50: check_put,
    0x52: lambda f: check_card(f["card"]),
    0x5A: lambda f: check_card(f["card"]),
    0x5C: lambda f: [] if f["index"] else ["index 0"],
    0x80: lambda f: ([] if 1 <= f["mode"] <= 3 else [f"mode {f['mode']}"]) + ([] if f["delay"] else ["delay 0"]),
    0x84: lambda f: [] if f["mode"] <= 4 else [f"anti-passback {f['mode']}"],
    0x88: check_profile,
    0x8C: lambda f: [f"passcode {f[n]}" for n in ("code1", "code2", "code3", "code4") if f[n] > 999999],
    0x98: lambda f: [] if 2 <= f["profile"] <= 254 else [f"profile {f['profile']}"],
    0xA2: lambda f: [] if f["mode"] in (0, 1, 2, 3, 4, 8) else [f"interlock {f['mode']}"],
    0xA8: check_task,
    0xAA: lambda f: ([] if f["start_mode"] <= 2 else ["mode after the first card"]) + ([] if f["end_mode"] <= 3 else ["mode at the end"]),
}
