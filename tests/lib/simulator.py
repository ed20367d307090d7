"""Starts gate-simulator for a test, does things to its controllers, and reads its ledger.

    simulator = Simulator(state_dir, site_xml, program=".../gate-simulator", nudge=("127.0.0.1", 21100), quiet=True)
    simulator.start()
    simulator.do("000000000000a001", "loss", 30)          # one controller: its answer as a dict
    simulator.do_all("duplicate", 10)                     # all of them: a list of dicts
    simulator.pass_door("000000000000a001", 1, "0001234") # somebody at a door: {"passed": True, ...}
    simulator.kill()                                      # SIGKILL; start() goes on with what is on the disk
    events = simulator.ledger()                           # every event ever made, as Event tuples

Serials are texts of 16 hexadecimal digits. A refused fault raises SimulatorError.
"""

import collections
import json
import os
import signal
import socket
import subprocess
import time

Event = collections.namedtuple(
    "Event", "serial log seq t_ms kind door reader credential card flags detail command revision")

RAISED, CLEARED, BY_COMMAND, CLOCK_UNSET = 1, 2, 4, 8


class SimulatorError(Exception):
    """A controller refused, or the simulator is not there."""


class Control:
    """The control socket of a running simulator. One connection, used by one thread."""

    def __init__(self, path, timeout=60):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        # A socket's path has about 100 bytes of room; a deep build tree is longer, so it is named relative to its folder.
        directory = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.socket.connect(f"/proc/self/fd/{directory}/{os.path.basename(path)}")
        finally:
            os.close(directory)
        self.file = self.socket.makefile("r", encoding="utf-8")

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, serial, *words):
        """Sends one line; the answers of the controllers concerned, in the site's order."""
        line = " ".join([serial, *map(str, words)])
        self.socket.sendall(line.encode() + b"\n")
        answers = []
        while True:
            text = self.file.readline()
            if not text:
                raise SimulatorError("the simulator went away")
            answer = json.loads(text)
            if answer.get("end"):
                break
            answers.append(answer)
        for answer in answers:
            if not answer["ok"]:
                raise SimulatorError(f"{line}: {answer.get('serial', '')} {answer['error']}")
        return answers


def read_ledger(program, state):
    """Every event that the controllers of a state directory ever made, also those overwritten or cleared since."""
    text = subprocess.run([program, "ledger", state], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
    events = []
    for line in text.split("\n"):
        if not line:
            continue
        field = line.split("\t")
        events.append(Event(field[0], field[1], *map(int, field[2:8]), field[8], int(field[9]), field[10], field[11],
                            int(field[12])))
    return events


class Simulator:
    """A gate-simulator process over one state directory. The state survives kill() and stop()."""

    def __init__(self, state, site, program=None, control=None, nudge=None, rate=None, quiet=False, steady=False,
                 backfill=None, seed=1, log=None):
        self.state = state
        self.site = site
        self.program = program or os.path.join(os.environ["top_builddir"], "daemons/gate-simulator/gate-simulator")
        self.control_path = control or state.rstrip("/") + ".sock"
        self.log = log or state.rstrip("/") + ".log"
        self.options = ["--seed", str(seed)]
        if quiet:
            self.options.append("--quiet")
        if steady:
            self.options.append("--steady")
        if rate is not None:
            self.options += ["--rate", str(rate)]
        if backfill is not None:
            self.options += ["--backfill", str(backfill)]
        if nudge is not None:
            self.options += ["--nudge", f"{nudge[0]}:{nudge[1]}"]
        self.process = None
        self.control = None

    def start(self, timeout=60):
        """Returns when every controller listens."""
        if self.process is not None:
            raise SimulatorError("it runs already")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "--state", self.state, "--site", self.site, "--control", self.control_path, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + timeout
        while True:
            try:
                self.control = Control(self.control_path)
                return self
            except OSError:
                if self.process.poll() is not None:
                    code, self.process = self.process.returncode, None
                    raise SimulatorError(f"it ended with {code}; see {self.log}") from None
                if time.monotonic() > end:
                    self.kill()
                    raise SimulatorError(f"it does not listen; see {self.log}") from None
                time.sleep(0.02)

    def _end(self, number, timeout=30):
        if self.process is None:
            return
        if self.control is not None:
            self.control.close()
            self.control = None
        self.process.send_signal(number)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        """As loss of power to all controllers at this very moment, but for the machine's page cache."""
        self._end(signal.SIGKILL)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def do(self, serial, *words):
        return self.control.ask(serial, *words)[0]

    def do_all(self, *words):
        return self.control.ask("all", *words)

    def status(self, serial):
        return self.do(serial, "status")

    def statuses(self):
        return {answer["serial"]: answer for answer in self.do_all("status")}

    def pass_door(self, serial, door, card, pin=None, leaving=False, walk=True):
        """Somebody reads a card and, when let in, walks through at once (unless walk is False)."""
        words = ["pass", door, card]
        if pin is not None:
            words.append(f"pin={pin}")
        if leaving:
            words.append("exit")
        if not walk:
            words.append("stay")
        return self.do(serial, *words)

    def rate(self, events_a_minute):
        """Traffic of the whole site from now on, whatever the time of day; 0 = nobody comes."""
        return self.do_all("rate", events_a_minute)

    def heal(self):
        """No more loss, delay, hanging, and no cause of an alarm left."""
        return self.do_all("heal")

    def ledger(self):
        return read_ledger(self.program, self.state)

    def wait(self, what, timeout=30, every=0.1):
        """Waits until what(statuses) is true of the statuses by serial; returns them."""
        end = time.monotonic() + timeout
        while True:
            statuses = self.statuses()
            if what(statuses):
                return statuses
            if time.monotonic() > end:
                raise SimulatorError(f"waited {timeout} s in vain: {statuses}")
            time.sleep(every)
