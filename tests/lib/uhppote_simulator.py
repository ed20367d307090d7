#!/usr/bin/python3
"""UHPPOTE boards on loopback addresses, for tests and the demo.

    uhppote_simulator.py run --state FILE --site FILE --control SOCKET [--rate N] [--broadcast ADDRESS] [--record]
    uhppote_simulator.py ctl SOCKET SERIAL|all WORD...        prints a line of JSON a board

The site file is JSON: a list of settings of boards (uhppote_board.py). The state is a journal of everything that changed a board,
written before the board answers, so that kill -9 costs nothing; --record keeps there also the requests that change nothing, and
`received` then tells every datagram that ever came. The words are a board's own acts (swipe, button, door, burst, ...) and:

    loss PERCENT          of datagrams either way
    lose-replies N        act on the next N requests but lose the answer
    lose-pushes N|all|0   the next N pushes, or all of them
    dead / alive          no answer to anything, no push
    delay MS              before each answer
    impostor N            before the next N answers, send one that is wrong: other serial, function, length, request id
    status / events / cards / received / complaints / profiles / tasks
"""
import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sys
import time

from uhppote_board import ACTS, Board
from uhppote_wire import SIZE, check

TICK_S = 0.2
# Requests that change nothing need not be kept: the board is the same without them.
READS = {0x20, 0x32, 0x58, 0x5A, 0x5C, 0x82, 0x86, 0x92, 0x94, 0x98, 0xB0, 0xB4}
OWN_PORT_BANNED = 60000


class Journal:
    """Lines of JSON, each in the kernel's hands before the board answers."""

    def __init__(self, path):
        self.path = path
        self.file = None

    def read(self):
        try:
            with open(self.path, encoding="ascii") as lines:
                for line in lines:
                    if line.endswith("\n"):
                        yield json.loads(line)
        except FileNotFoundError:
            return

    def open(self):
        """Cuts off what a kill left half written, and goes on behind it."""
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with open(self.path, "rb") as whole:
            data = whole.read()
        os.ftruncate(self.file, data.rfind(b"\n") + 1)

    def add(self, *fields):
        os.write(self.file, json.dumps(fields, separators=(",", ":")).encode() + b"\n")


class Port(asyncio.DatagramProtocol):
    """The socket of one board, or the one that hears broadcasts for all."""

    def __init__(self, receive):
        self.receive = receive
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.receive(data, addr)


class Faults:
    def __init__(self):
        self.loss = self.delay = 0
        self.lose_replies = self.lose_pushes = self.impostors = 0
        self.dead = False

    def lost(self):
        return self.loss and random.random() * 100 < self.loss


class Unit:
    """A board, its socket, and what is wrong with the way to it."""

    def __init__(self, simulator, settings):
        self.simulator, self.board = simulator, Board(settings)
        self.faults, self.port = Faults(), None
        self.received = []
        self.complaints = []
        self.busy_until = 0.0

    @property
    def address(self):
        return self.board.settings["address"], self.board.settings["port"]

    def replay(self, now, kind, what, source):
        if kind == "act":
            self.board.act(what, now)
            self.board.pushes.clear()
            return
        data = bytes.fromhex(what).ljust(SIZE, b"\0")
        self.note(now, data, source)
        self.board.request(data, now)
        self.board.pushes.clear()

    def note(self, now, data, source):
        """Judges a datagram by the protocol, whatever the board makes of it."""
        if self.simulator.record:
            self.received.append((now, data, source))
        self.complaints += [f"{data.hex()}: {sentence}" for sentence in check(data)]
        if source.rsplit(":", 1)[1] == str(OWN_PORT_BANNED):
            self.complaints.append(f"{data.hex()}: sent from port {OWN_PORT_BANNED}")

    def receive(self, data, addr):
        now, faults, source = time.time(), self.faults, f"{addr[0]}:{addr[1]}"
        if faults.dead or faults.lost():
            return
        serial = int.from_bytes(data[4:8], "little") if len(data) == SIZE else None
        if serial in (0, self.board.serial) or serial is None:
            if now < self.busy_until:
                self.complaints.append(f"{data.hex()}: sent before the request ahead of it was answered")
            if len(data) != SIZE or self.simulator.record or data[1] not in READS:
                self.simulator.journal.add(now, self.board.serial, "rx", data.rstrip(b"\0").hex(), source)
            self.note(now, data, source)
        reply = self.board.request(data, now)
        self.send_pushes(now)
        if reply is None or faults.lost():
            return
        if faults.lose_replies:
            faults.lose_replies -= 1
            return
        if faults.impostors:
            faults.impostors -= 1
            for wrong in impostors(reply):
                self.port.transport.sendto(wrong, addr)
        if faults.delay:
            self.busy_until = now + faults.delay / 1000
            self.simulator.loop.call_later(faults.delay / 1000, self.port.transport.sendto, reply, addr)
        else:
            self.port.transport.sendto(reply, addr)

    def send_pushes(self, now):
        faults = self.faults
        for datagram, address in self.board.pushes:
            if faults.dead or faults.lose_pushes or faults.lost():
                faults.lose_pushes = max(faults.lose_pushes - 1, 0)
            else:
                self.port.transport.sendto(datagram, address)
        self.board.pushes.clear()

    def tick(self, now):
        self.board.advance(now)
        self.board.heartbeat(now)
        self.send_pushes(now)

    # --- the control socket ---------------------------------------------------------------------------------------------

    def do(self, words):
        word, rest, faults, board = words[0], words[1:], self.faults, self.board
        if word in ACTS:
            now = time.time()
            self.simulator.journal.add(now, board.serial, "act", words, "")
            result = board.act(words, now)
            self.send_pushes(now)
            return result
        if word in ("dead", "alive"):
            faults.dead = word == "dead"
        elif word == "loss":
            faults.loss = float(rest[0])
        elif word == "delay":
            faults.delay = float(rest[0])
        elif word == "lose-replies":
            faults.lose_replies = int(rest[0])
        elif word == "lose-pushes":
            faults.lose_pushes = float("inf") if rest[0] == "all" else int(rest[0])
        elif word == "impostor":
            faults.impostors = int(rest[0])
        elif word in VIEWS:
            return {word: VIEWS[word](self)}
        else:
            raise ValueError(f"{word}: no such word")
        return {}


def impostors(reply):
    """Answers that a driver must not take for this one."""
    other_serial = reply[:4] + (int.from_bytes(reply[4:8], "little") ^ 1).to_bytes(4, "little") + reply[8:]
    other_function = reply[:1] + bytes([reply[1] ^ 2]) + reply[2:]
    first_byte = b"\x18" + reply[1:]
    return [other_serial, other_function, first_byte, reply[:63], reply + b"\0", b"", os.urandom(SIZE)]


def view_status(unit):
    board, now = unit.board, time.time()
    return {"clock_offset": board.clock_offset, "newest": board.newest, "oldest": board.events[0].index if board.events else 0,
            "cards": len(board.where), "listener": list(board.listener), "interval": board.interval, "record_doors": board.record_doors,
            "doors": [{"mode": door.mode, "delay": door.delay, "released": door.released(now), "open": door.open} for door in board.door],
            "order_broken": board.order_broken, "anti_passback": board.anti_passback, "interlock": board.interlock,
            "pc_control": board.pc_control, "keypads": board.keypads, "event_index": board.event_index}


def texts(record):
    return {name: value if isinstance(value, (int, bool)) else str(value) for name, value in record.items()}


VIEWS = {
    "status": view_status,
    "events": lambda unit: [{**texts({n: v for n, v in event.fields().items() if n != "when"}), "made": event.made,
                             "when": event.when.hex() if isinstance(event.when, bytes) else str(event.when)} for event in unit.board.ledger],
    "cards": lambda unit: [texts(card) for card in unit.board.slots if card],
    "profiles": lambda unit: [texts(profile) for profile in unit.board.profiles.values()],
    "tasks": lambda unit: [texts(task) for task in unit.board.tasks],
    "received": lambda unit: [[now, data.hex(), source] for now, data, source in unit.received],
    "complaints": lambda unit: unit.complaints + unit.board.order_broken,
}


class Simulator:
    def __init__(self, site, journal, record, rate):
        self.record, self.rate, self.loop = record, rate, None
        self.journal = Journal(journal)
        self.units = {}
        for settings in site:
            self.units[settings["serial"]] = Unit(self, settings)

    async def run(self, control, broadcast):
        self.loop = asyncio.get_running_loop()
        for now, serial, kind, what, source in self.journal.read():
            if serial in self.units:
                self.units[serial].replay(now, kind, what, source)
        self.journal.open()
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self.loop.add_signal_handler(number, over.set)
        for unit in self.units.values():
            _, unit.port = await self.loop.create_datagram_endpoint(lambda unit=unit: Port(unit.receive), local_addr=unit.address)
        if broadcast:
            await self.hear_broadcasts(broadcast)
        if os.path.exists(control):
            os.unlink(control)
        # Bound under another name and moved: who sees the name can connect at once.
        listener = await asyncio.start_unix_server(self.serve, control + ".new")
        os.rename(control + ".new", control)
        tasks = [asyncio.create_task(self.tick()), asyncio.create_task(self.people())]
        await over.wait()
        for task in tasks:
            task.cancel()
        listener.close()

    async def hear_broadcasts(self, address):
        """Every board hears what is sent to the broadcast address, and answers from its own."""
        port = next(iter(self.units.values())).address[1]
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.setblocking(False)
        heard.bind((address, port))

        def receive(data, addr):
            for unit in self.units.values():
                unit.receive(data, addr)
        await self.loop.create_datagram_endpoint(lambda: Port(receive), sock=heard)

    async def tick(self):
        while True:
            await asyncio.sleep(TICK_S)
            now = time.time()
            for unit in self.units.values():
                unit.tick(now)

    async def people(self):
        """Somebody with a card of the board's comes by, rate times a minute in all; now and then a stranger."""
        while True:
            await asyncio.sleep(60 / self.rate * random.uniform(0.2, 1.8) if self.rate else 3600)
            unit = random.choice(list(self.units.values()))
            known = list(unit.board.where)
            if known:
                card = random.choice(known) if random.random() < 0.95 else 90000000
                words = ["swipe", str(random.randint(1, unit.board.doors)), str(card), *(["out"] if random.random() < 0.4 else [])]
                unit.do(words)

    async def serve(self, reader, writer):
        while line := await reader.readline():
            target, *words = line.decode().split()
            units = self.units.values() if target == "all" else [self.units[int(target)]] if target.isdigit() and int(target) in self.units else []
            failed = 0 if units else 1
            for unit in units:
                answer = {"serial": unit.board.serial, "ok": True}
                try:
                    answer.update(unit.do(words))
                except (ValueError, IndexError, KeyError) as error:
                    failed += 1
                    answer.update(ok=False, error=str(error))
                writer.write(json.dumps(answer).encode() + b"\n")
            writer.write(json.dumps({"end": True, "failed": failed}).encode() + b"\n")
            await writer.drain()
        writer.close()


def ask(path, target, *words, timeout=60):
    """What the boards concerned answer to one line, a dict each. RuntimeError when one refused."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(timeout)
        control.connect(str(path))
        control.sendall((" ".join(map(str, (target, *words))) + "\n").encode())
        answers = []
        for line in control.makefile(encoding="utf-8"):
            answer = json.loads(line)
            if answer.get("end"):
                if answer["failed"]:
                    raise RuntimeError(f"boards: {target} {words}: {[a for a in answers if not a['ok']] or 'no such serial'}")
                return answers
            answers.append(answer)
    raise OSError("the simulated boards did not answer")


def main():
    parser = argparse.ArgumentParser(description="simulated UHPPOTE boards")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    for name in ("--state", "--site", "--control"):
        run.add_argument(name, required=True)
    run.add_argument("--rate", type=float, default=0, help="swipes a minute of all boards")
    run.add_argument("--broadcast", help="an address whose broadcasts all boards hear")
    run.add_argument("--record", action="store_true")
    ctl = commands.add_parser("ctl")
    ctl.add_argument("control")
    ctl.add_argument("serial")
    ctl.add_argument("word", nargs="+")
    given = parser.parse_args()
    if given.command == "ctl":
        try:
            for answer in ask(given.control, given.serial, *given.word):
                print(json.dumps(answer, ensure_ascii=False))
        except (OSError, RuntimeError) as error:
            sys.exit(str(error))
        return
    with open(given.site, encoding="utf-8") as site:
        boards = json.load(site)
    asyncio.run(Simulator(boards, given.state, given.record, given.rate).run(given.control, given.broadcast))


if __name__ == "__main__":
    main()
