"""Keeps programs running: starts them, restarts with back-off what dies, stops them in order.

It does for a private site what systemd does for an installed one: NOTIFY_SOCKET (READY=1), WatchdogSec, Restart=always.
Every program is started by one thread that lives as long as this process, with a parent-death signal: whatever happens to
the supervisor, even kill -9, leaves nothing running.
"""
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

WATCHDOG_S = 30


class Program:
    """One program to be kept running. Its output goes to log."""

    def __init__(self, name, command, log, environment=None, stop_signal=signal.SIGTERM, stop_timeout=20, notify=None, restart=True):
        self.name, self.command, self.log = name, [str(word) for word in command], str(log)
        self.environment, self.stop_signal, self.stop_timeout = environment or {}, stop_signal, stop_timeout
        self.notify_path, self.restart = notify, restart
        self.wanted = False
        self.process = None
        self.starts = 0
        self.started_at = self.next_at = 0.0
        self.delay = 0.2
        self.ready = threading.Event()
        self.fed_at = None
        self.notify_socket = None

    @property
    def pid(self):
        process = self.process
        return process.pid if process is not None and process.poll() is None else None


class Supervisor:
    def __init__(self, say=print):
        self.programs = {}
        self.say = say
        self._orders = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    # --- called from anywhere ----------------------------------------------------------------------------------------

    def start(self, program):
        """Starts a program (again) and keeps it running from now on."""
        self.programs[program.name] = program
        self._order(self._start, program)

    def stop(self, name, kill=False):
        """Stops a program for good; kill: at once, by SIGKILL. Returns its exit status, None when it was not running."""
        program = self.programs[name]
        program.wanted = False
        process = program.process
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(signal.SIGKILL if kill else program.stop_signal)
        try:
            status = process.wait(program.stop_timeout)
        except subprocess.TimeoutExpired:
            self.say(f"{name} did not stop within {program.stop_timeout} s: killed (see {program.log})")
            self.kill_group(process.pid)
            status = process.wait()
        self.kill_group(process.pid)
        return status

    def kill(self, name, number=signal.SIGKILL):
        """Sends a signal to a program, which is restarted when it dies of it. Returns the pid that got it.

        Of SIGKILL it has died on return: the kernel takes down a big address space (the sanitizer's) slowly, and its children
        answer until then."""
        process = self.programs[name].process
        if process is None or process.poll() is not None:
            raise RuntimeError(f"{name} is not running")
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait(20)
        return process.pid

    @staticmethod
    def kill_group(pid):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    # --- the supervising thread --------------------------------------------------------------------------------------

    def _order(self, function, *arguments):
        done, result = threading.Event(), []

        def carry_out():
            try:
                function(*arguments)
            except OSError as error:
                result.append(error)
            done.set()

        self._orders.put(carry_out)
        done.wait()
        if result:
            raise result[0]

    def _run(self):
        while True:
            try:
                self._orders.get(timeout=0.1)()
            except queue.Empty:
                pass
            for program in list(self.programs.values()):
                self._look_after(program)

    def _start(self, program):
        environment = dict(os.environ, **program.environment)
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"):
            environment.pop(name, None)
        if program.notify_path:
            self._open_notify(program)
            environment["NOTIFY_SOCKET"] = program.notify_path
            environment["WATCHDOG_USEC"] = str(WATCHDOG_S * 1000000)
        death = {signal.SIGINT: "INT"}.get(program.stop_signal, "TERM")
        command = [shutil.which("setpriv") or "/usr/bin/setpriv", "--pdeathsig", death, *program.command]
        with open(program.log, "ab") as log:
            program.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                               start_new_session=True)
        program.wanted, program.fed_at = True, None
        program.ready.clear()
        program.starts += 1
        program.started_at = time.monotonic()

    @staticmethod
    def _open_notify(program):
        if program.notify_socket is None:
            if os.path.exists(program.notify_path):
                os.unlink(program.notify_path)
            program.notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            program.notify_socket.bind(program.notify_path)

    def _look_after(self, program):
        self._read_notify(program)
        if not program.wanted or program.process is None:
            return
        status, now = program.process.poll(), time.monotonic()
        if status is None:
            if program.fed_at is not None and now - program.fed_at > WATCHDOG_S:
                self.say(f"{program.name} does not feed its watchdog: aborted")
                program.fed_at = None
                program.process.send_signal(signal.SIGABRT)
            if now - program.started_at > 10:
                program.delay = 0.2
            program.next_at = 0.0
            return
        if not program.next_at:
            # Its children (workers, backends) must not outlive it into the next start.
            if not program.name.startswith("postgres"):
                self.kill_group(program.process.pid)
            program.ready.clear()
            if not program.restart:
                program.wanted = False
                return
            program.next_at = now + program.delay
            self.say(f"{program.name} ended ({status}); starting it again in {program.delay:.1f} s (see {program.log})")
            program.delay = min(program.delay * 2, 5)
        if now >= program.next_at:
            program.next_at = 0.0
            try:
                self._start(program)
            except OSError as error:
                self.say(f"{program.name}: {error}")

    @staticmethod
    def _read_notify(program):
        while program.notify_socket is not None:
            try:
                message = program.notify_socket.recv(4096)
            except BlockingIOError:
                return
            for line in message.split(b"\n"):
                if line == b"READY=1":
                    program.ready.set()
                elif line == b"WATCHDOG=1":
                    program.fed_at = time.monotonic()
