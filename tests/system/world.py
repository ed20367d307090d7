"""A whole private site for the system tests: what tests/lib/private_site.py runs, plus what these tests ask of it."""
import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import private_site  # noqa: E402
import ledger  # noqa: E402
from client import Client  # noqa: E402
from tap import Tap, eventually  # noqa: E402

Command = collections.namedtuple("Command", "id gate outcome reason")
Controller = collections.namedtuple("Controller", "id serial address port gates")
UP = 2


class World(private_site.Site):
    """Use as a context manager; `name` names its state directory, which is removed when all went well.

    gates, rate (passages a minute of the whole site, whatever the hour), seed, pollers, state_interval (s): see Site.
    """

    def __init__(self, name, gates=8, rate=600, seed=1, pollers=1, state_interval=5, doors_per_controller=(1, 1), settings=None, keep=False, directory=None,
                 **options):
        self.keep = keep
        directory = directory or private_site.builddir() / "tests/system/state" / name
        if not keep and directory.exists():
            shutil.rmtree(directory)
        self.state_interval, self.pollers, self.flat_rate = state_interval, pollers, rate
        merged = {"gate-poller": {"state_interval": state_interval, "events_interval": 30}}
        merged["gate-poller"].update((settings or {}).pop("gate-poller", {}))
        merged.update(settings or {})
        options.setdefault("cardholders", 200)
        super().__init__(directory, gates=gates, seed=seed % 65535 + 1, rate=rate, simulator_options=("--steady",), doors_per_controller=doors_per_controller, settings=merged, **options)
        self.operator = "admin"

    def start(self):
        super().start()
        for number in range(2, self.pollers + 1):
            self.start_component(f"gate-poller-{number}")

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        if kind is None and not self.keep and not Tap.failures:
            shutil.rmtree(self.state, ignore_errors=True)

    @property
    def list_of_gates(self):
        return [door.gate for door in self.plan.doors]

    @property
    def boards(self):
        """Every controller."""
        return [Controller(*fields) for fields in self.controllers]

    def serial_of(self, gate):
        return next(board.serial for board in self.boards if gate in board.gates)

    def sql(self, query, user="postgres"):
        try:
            return [row or [""] for row in self.rows(query, user)]
        except private_site.SiteError as error:
            raise RuntimeError(str(error)) from error

    def change(self, comment, statements):
        """Statements as one committed act (a change set)."""
        self.psql(f"BEGIN; SELECT api.change_begin('test', '{comment}'); {statements}; COMMIT;")

    def move_controller(self, board, port):
        """Another port of the same address, as after a change of the network."""
        self.change("moved", f"UPDATE kidoban.controller SET port = {port} WHERE id = {board.id}")

    # --- faults

    def strike(self, name, number=signal.SIGKILL):
        """kill -9, when it runs: 1 or 0."""
        try:
            self.kill(name, number)
            return 1
        except (RuntimeError, KeyError, ProcessLookupError):
            return 0

    def client(self, operator):
        return Client(self.url).log_in(operator, self.password)

    def api(self):
        """A logged-in administrator."""
        return self.client(self.operator)

    # --- the simulated controllers

    def tell(self, target, *words):
        """A line to the simulator's control socket for one serial or "all": the answers, one a controller."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(120)
            control.connect(str(self.run / "simulator.sock"))
            control.sendall((" ".join(str(word) for word in (target, *words)) + "\n").encode())
            answers = []
            for line in control.makefile(encoding="utf-8"):
                answer = json.loads(line)
                if answer.get("end"):
                    if answer["failed"]:
                        raise RuntimeError(f"simulator: {target} {words}: {[a for a in answers if not a['ok']][:3]}")
                    return answers
                answers.append(answer)
        raise OSError("the simulator did not answer")

    def statistics(self):
        """What each controller is like from inside, by serial."""
        return {answer["serial"]: answer for answer in self.tell("all", "status")}

    def network(self, loss=0, duplicate=0, reorder=0, delay=0):
        """How bad the network is: percentages of datagrams, and milliseconds added to a round trip."""
        for word, value in (("loss", loss), ("duplicate", duplicate), ("reorder", reorder), ("delay", delay)):
            self.tell("all", word, value)

    def traffic(self, rate):
        """People come, rate events a minute in the whole site; 0: nobody."""
        self.tell("all", "rate", rate)

    def made(self):
        """The ledger: every event that controllers ever made."""
        command = [str(self.build / "daemons/gate-simulator/gate-simulator"), "ledger", str(self.state / "simulator")]
        lines = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8").stdout.splitlines()
        return [ledger.parse(line) for line in lines]

    def passes(self, gate, card, *words):
        """Somebody reads a card at a gate: the simulator's answer."""
        board = next(board for board in self.boards if gate in board.gates)
        return self.tell(board.serial, "pass", board.gates.index(gate) + 1, card, *words)[0]

    def burst(self, total):
        """So many events at once, spread over all controllers. How many it were."""
        each = -(-total // len(self.boards))
        return sum(answer["newest"] for answer in self.tell("all", "burst", each)) and each * len(self.boards)

    def resident(self, pid):
        """Resident bytes of a process; 0 when it is gone."""
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as sizes:
                return int(sizes.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return 0

    # --- the controllers as the database sees them

    def one(self, query):
        """The single value of a query."""
        return self.sql(query)[0][0]

    def up(self):
        """How many controllers are in communication."""
        return int(self.one(f"SELECT count(*) FROM kidoban.controller_state WHERE communication = {UP}"))

    def wait_up(self, timeout=60, count=None):
        wanted = len(self.boards) if count is None else count
        eventually(f"{wanted} controllers in communication", timeout, lambda: self.up() >= wanted)

    def wait_permits(self, timeout=90):
        """Until every controller has confirmed the permits it should have."""
        eventually("permits confirmed by every controller", timeout, lambda: int(self.one(
            "SELECT count(*) FROM kidoban.controller_stream WHERE stream = 1")) >= len(self.boards))

    def events(self):
        """How many events the database has of controllers."""
        return int(self.one("SELECT coalesce(sum(mark), 0) FROM kidoban.event_log WHERE controller_id IS NOT NULL"))

    def wait_events(self, more, timeout=60):
        """Until so many further events are stored."""
        begin = self.events()
        eventually(f"{more} further events stored", timeout, lambda: self.events() >= begin + more)

    def wait_ready(self, events=20, timeout=120):
        """A site as an operator meets it: in communication, permits held, events coming."""
        self.wait_up(timeout)
        self.wait_permits(timeout)
        if events:
            self.wait_events(events, timeout)

    # --- after the storm

    def quiesce(self, timeout=120):
        """Traffic stops; returns when the database has committed the last event of every controller, and it was told so."""
        self.traffic(0)
        eventually("every event committed and acknowledged", timeout, self.settled, interval=0.5)

    def settled(self):
        """True when each controller's newest event is the mark in the database and acknowledged to the controller."""
        marks = {(serial, log): int(mark) for serial, log, mark in self.sql(
            "SELECT c.serial, encode(l.log, 'hex'), l.mark FROM kidoban.event_log l JOIN kidoban.controller c ON c.id = l.controller_id")}
        for serial, own in self.statistics().items():
            if marks.get((serial, own["log"]), 0) != own["newest"] or own["acked"] != own["newest"]:
                return False
        return True

    def newest(self):
        return {serial: (own["log"], own["newest"]) for serial, own in self.statistics().items()}

    def difference(self, overwritten=()):
        """The ledger compared with the database, both as they were while no controller made an event (a door may still close)."""
        for _ in range(10):
            before = self.newest()
            eventually("every event committed", 60, self.settled, interval=0.5)
            made, kept = self.made(), ledger.stored(self)
            if self.newest() == before:
                return ledger.compare(made, kept, overwritten)
            time.sleep(2)
        raise RuntimeError("the controllers do not come to rest")

    def check_ledger(self, tap, name, overwritten=()):
        difference = self.difference(overwritten)
        tap.ok(not difference and difference.events > 0, f"{name}: {difference.events} events in the database exactly once, with the same content",
               difference)

    # --- commands

    def settle_commands(self, timeout=60):
        """Until the last command has an outcome."""
        eventually("an outcome of every command", timeout, lambda: not int(self.one(
            "SELECT count(*) FROM kidoban.command WHERE finished_at IS NULL")))

    def commands(self):
        """Every command ever ordered, as the database has it."""
        return [Command(row[0].replace("-", ""), int(row[1]), int(row[2]), row[3]) for row in self.sql(
            "SELECT id, gate_id, outcome, reason FROM kidoban.command")]

    def check_commands(self, tap, name):
        """No command acted twice, one that is done acted once, one that was not carried out left no act."""
        acts = collections.Counter(event.command for event in self.made() if event.command)
        commands = self.commands()
        tap.ok(commands, f"{name}: there were commands")
        twice = [command for command in commands if acts[command.id] > 1]
        tap.ok(not twice, f"{name}: none of {len(commands)} commands acted twice", twice[:5])
        missing = [command for command in commands if command.outcome == 3 and acts[command.id] != 1]
        tap.ok(not missing, f"{name}: every command that is done acted once", missing[:5])
        phantom = [command for command in commands if command.outcome in (4, 6, 7) and acts[command.id]]
        tap.ok(not phantom, f"{name}: no refused or expired command acted", phantom[:5])
        unfinished = [command for command in commands if command.outcome in (1, 2)]
        tap.ok(not unfinished, f"{name}: every command has an outcome", unfinished[:5])


class Background:
    """A loop in a thread beside the test. Failures of single rounds are counted, not raised: the site is under fire."""

    def __init__(self, step, pause=0.5):
        self.step, self.pause = step, pause
        self.rounds = self.troubles = 0
        self.bad = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while not self.stopping.wait(self.pause):
            try:
                complaint = self.step()
                self.rounds += 1
                if complaint:
                    self.bad.append(complaint)
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                self.troubles += 1
                self.last = error

    def stop(self):
        self.stopping.set()
        self.thread.join(30)
