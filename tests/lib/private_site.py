"""A whole site of one's own: PostgreSQL, Apache, the programs and simulated controllers in one state directory.

`make demo`, the system, API and browser tests and the bench all run on this. Nothing of the system is touched: loopback and
Unix sockets only, no root. Use:

    import private_site
    private_site.become_ordinary()                 # PostgreSQL refuses root; a no-op otherwise
    with private_site.Site(directory, gates=8) as site:
        site.kill("gate-poller")                   # comes back by itself
        print(site.rows("SELECT count(*) FROM kidoban.access_event"))

Unix socket paths have at most 107 bytes; when the state directory is too deep for that, sockets go to a private directory
under $XDG_RUNTIME_DIR or /tmp, which is removed at stop.

Environment: KIDOBAN_BUILDDIR or top_builddir says which build to run, top_srcdir where the sources are.
"""
import csv
import fcntl
import io
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.request

import site_files
import uhppote_simulator
from machine import SiteError, find_program, free_network, free_port, hash_password, postgres_bin, run_command
from ordinary import SOURCE, become_ordinary, builddir  # noqa: F401 (scripts call private_site.become_ordinary)
from plan import BOARD_PORT, Plan
from supervisor import Program, Supervisor

FASTCGI = ("session", "gates", "history", "live", "cardholders", "organisation", "explanations", "transfers", "imports", "operators", "system")
# In the order of starting. They are stopped the other way round: controllers go last of all that polls them.
COMPONENTS = ("postgres", "keeper", *FASTCGI, "httpd", "gate-simulator", "uhppote-boards", "gate-poller", "transfer")
HTTPD_MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "alias", "dir", "mime",
                 "headers", "setenvif", "reqtimeout", "ssl", "proxy", "proxy_fcgi")


class Site:
    """One private site. The first start in a directory makes everything; later ones go on with what is there.

    gates, cardholders, seed, doors_per_controller: the plan (plan.py). port: HTTPS, None for a free one. backfill: hours of
    history that the simulated controllers remember. rate: events a minute. settings: {"gate-poller": {"name": value}} for
    kidoban.conf; "" for all programs. simulator_options: further words of its command line. httpd_extra: lines for the private virtual host. components: what to start. durable: survive the
    machine's crash too (fsync); a killed process never costs data. threads: in each of Apache's two
    processes; one is held by each event stream. uhppote: how many doors each UHPPOTE board has (among the gates); spare_boards:
    settings of further boards that exist but nobody has added; board_options: words of their simulator's command line."""

    def __init__(self, directory, gates=40, cardholders=500, seed=1, doors_per_controller=(1, 4), port=None, backfill=0, rate=None,
                 settings=None, simulator_options=(), incidents=False, httpd_extra="", components=COMPONENTS, durable=False, threads=256,
                 build=None, password=None, postgres_options=(), say=None, uhppote=(), spare_boards=(), board_options=()):
        self.state = pathlib.Path(directory).resolve()
        self.build = pathlib.Path(build).resolve() if build else builddir()
        self.gates, self.cardholders, self.seed, self.doors = gates, cardholders, seed, doors_per_controller
        self.port, self.backfill, self.rate, self.threads = port, backfill, rate, threads
        self.settings, self.components, self.durable = settings or {}, tuple(components), durable
        self.httpd_modules = HTTPD_MODULES
        self.simulator_options, self.httpd_extra, self.postgres_options = tuple(simulator_options), httpd_extra, tuple(postgres_options)
        self.incidents, self.password = incidents, password
        self.uhppote, self.spare_boards, self.board_options = tuple(uhppote), tuple(spare_boards), tuple(board_options)
        self.say = say or (lambda text: print(f"# {text}", file=sys.stderr, flush=True))
        self.supervisor = None
        self.facts = {}
        self._lock = None
        self._own_run = False
        self.run = self.log = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # --- start and stop ---------------------------------------------------------------------------------------------

    def start(self):
        if os.geteuid() == 0:
            raise SiteError("PostgreSQL does not run as root: call become_ordinary() first")
        self._take_state()
        self._choose_run()
        self._load_facts()
        site_files.write_files(self)
        self.supervisor = Supervisor(self.say)
        self.start_component("postgres")
        self._prepare_database()
        for name in self.components:
            if name != "postgres" and (name != "uhppote-boards" or self.uhppote or self.spare_boards):
                self.start_component(name)
        if "httpd" in self.components and "session" in self.components:
            self.wait(self.healthy, 60, "the console to answer")

    def stop(self):
        """Stops everything, last started first; the data stays."""
        if self.supervisor is not None:
            for name in reversed(list(self.supervisor.programs)):
                self.supervisor.stop(name)
            self.supervisor = None
        if self._own_run and self.run is not None:
            shutil.rmtree(self.run, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_state(self):
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        self.log = self.state / "log"
        self.log.mkdir(exist_ok=True)
        self._lock = open(self.state / "lock", "w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SiteError(f"another site is running in {self.state}") from None

    def _choose_run(self):
        self.run = self.state / "run"
        # The longest name in it: PostgreSQL's ".s.PGSQL.5432.lock"; a NOTIFY socket of a second poller is shorter.
        # Connection strings and settings hold this path: a plain one needs no quoting anywhere.
        if len(os.fsencode(self.run)) + 32 > 107 or not re.fullmatch(r"[\w./+-]+", str(self.run), re.ASCII):
            base = os.environ.get("XDG_RUNTIME_DIR")
            base = base if base and os.access(base, os.W_OK) and len(base) < 60 else "/tmp"
            self.run, self._own_run = pathlib.Path(tempfile.mkdtemp(prefix="kidoban-", dir=base)), True
        self.run.mkdir(mode=0o700, exist_ok=True)

    def _load_facts(self):
        """What is drawn once and kept: ports, network, passwords."""
        path = self.state / "site.json"
        if path.exists():
            self.facts = json.loads(path.read_text(encoding="utf-8"))
            kept = self.facts["plan"]
            self.gates, self.cardholders, self.seed = kept["gates"], kept["cardholders"], kept["seed"]
            self.doors, self.uhppote = tuple(kept["doors"]), tuple(kept.get("uhppote", ()))
            if self.port is None:
                self.port = self.facts["port"] if self._port_free(self.facts["port"]) else free_port()
        else:
            self.port = self.port or free_port()
            self.facts = {
                "plan": {"gates": self.gates, "cardholders": self.cardholders, "seed": self.seed, "doors": list(self.doors),
                         "uhppote": list(self.uhppote)},
                "network": free_network(self.gates, 11000, BOARD_PORT), "controller_port": 11000,
                "password": self.password or secrets.token_urlsafe(12), "mutual_auth_password": secrets.token_urlsafe(18),
            }
        if not self._port_free(self.port):
            raise SiteError(f"port {self.port} is in use; choose another one by DEMO_PORT")
        self.facts["port"] = self.port
        self.facts.setdefault("nudge_port", free_port(socket.SOCK_DGRAM))
        self.facts.setdefault("listen_port", free_port(socket.SOCK_DGRAM))
        self.password = self.facts["password"]
        site_files.write_private(path, json.dumps(self.facts, indent=1))

    @staticmethod
    def _port_free(port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return True
            except OSError:
                return False

    @property
    def plan(self):
        return Plan(self.gates, self.cardholders, self.seed, self.facts["network"], self.facts["controller_port"], self.doors, self.uhppote)

    @property
    def controllers(self):
        """(controller id, serial, address, port, [gate ids by door]) of every simulated controller of our own protocol."""
        return [(c.id, c.serial, c.address, c.port, [door.gate for door in c.doors]) for c in self.plan.controllers]

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}/"

    # --- components --------------------------------------------------------------------------------------------------

    def start_component(self, name):
        """Starts one component (a second poller is called gate-poller-2) and waits until it is ready."""
        log = self.log / f"{name}.log"
        if name == "postgres":
            self._start_postgres(log)
            return
        if name == "httpd":
            self.supervisor.start(Program(name, [find_program("apache2"), "-DFOREGROUND", "-f", self.state / "httpd.conf"], log))
            self.wait(self._httpd_listens, 30, f"Apache to listen (see {log})")
            return
        if name == "gate-simulator":
            self.supervisor.start(Program(name, self._simulator_command(), log))
            return
        if name == "uhppote-boards":
            self.supervisor.start(Program(name, self._boards_command(), log))
            self.wait((self.run / "boards.sock").exists, 60, "the simulated boards")
            return
        kind = name.rstrip("0123456789").rstrip("-")
        path = self.build / ("cgi-bin" if kind in FASTCGI else "daemons") / kind / kind
        conf = self.state / "kidoban.conf"
        if kind != name:
            conf = self.state / f"{name}.conf"
            site_files.write_conf(self, conf.name, {kind: {"name": name, "nudge_port": self.facts["nudge_port"]}})
        if not os.access(path, os.X_OK):
            raise SiteError(f"{path} is not built: run make")
        program = Program(name, [path, "-c", conf], log, notify=str(self.run / f"{name}.notify"))
        self.supervisor.start(program)
        if kind in FASTCGI:
            self.wait(lambda: (self.run / f"{kind}.sock").exists() or self._gave_up(program), 30, f"{name}'s socket")
        else:
            self.wait(lambda: program.ready.is_set() or self._gave_up(program), 60, f"{name} to become ready")

    @staticmethod
    def _gave_up(program):
        """SiteError with the last it said when a program dies again and again while we wait for it."""
        if program.starts >= 4:
            last = pathlib.Path(program.log).read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
            raise SiteError(f"{program.name} does not stay up (see {program.log}):\n" + "\n".join(last))
        return False

    def _httpd_listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _simulator_command(self):
        path = self.build / "daemons/gate-simulator/gate-simulator"
        command = [path, "--state", self.state / "simulator", "--site", self.state / "site.xml", "--control",
                   self.run / "simulator.sock", "--seed", self.seed, "--nudge", f"127.0.0.1:{self.facts['nudge_port']}"]
        (self.state / "simulator").mkdir(exist_ok=True)
        command += ["--rate", self.rate] if self.rate is not None else []
        command += ["--backfill", self.backfill] if self.backfill else []
        return [*command, *self.simulator_options]

    def _boards_command(self):
        return [sys.executable, SOURCE / "tests/lib/uhppote_simulator.py", "run", "--state", self.state / "boards.journal",
                "--site", self.state / "boards.json", "--control", self.run / "boards.sock", *self.board_options]

    def _start_postgres(self, log):
        data = self.state / "postgres"
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)
            run_command("initdb", "-D", data, "-U", "postgres", "--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-sync")
        durable = "on" if self.durable else "off"
        options = ["listen_addresses=", f"unix_socket_directories={self.run}", "unix_socket_permissions=0700", "max_connections=200",
                   f"fsync={durable}", "shared_buffers=128MB", "timezone=UTC", "log_timezone=UTC",
                   "log_line_prefix=%m [%p] %u ", "max_wal_size=2GB", *self.postgres_options]
        command = [find_program("postgres", *postgres_bin()), "-D", data]
        for option in options:
            command += ["-c", option]
        self.supervisor.start(Program("postgres", command, log, stop_signal=signal.SIGINT, stop_timeout=60))
        self.wait(self._postgres_up, 60, f"PostgreSQL (see {log})")

    def _postgres_up(self):
        try:
            run_command("psql", "-X", "-q", "-c", "SELECT 1", self.conninfo("postgres", "postgres"))
            return True
        except SiteError:
            return False

    def _prepare_database(self):
        tool = self.build / "sql/kidoban-db"
        database = self.conninfo("postgres")
        if (self.state / "filled").exists():
            run_command(tool, "upgrade", "--database", database)
            return
        run_command("psql", "-X", "-q", "-c", "DROP DATABASE IF EXISTS kidoban", self.conninfo("postgres", "postgres"))
        run_command(tool, "create", "--without-operator", "--database", database)
        self._fill()
        (self.state / "filled").touch()

    def _fill(self):
        sealed = run_command(self.build / "tools/kidoban-seal", "-c", self.state / "kidoban.conf",
                               "site_secret/mutual_auth_password", stdin=self.facts["mutual_auth_password"]).strip()
        hashed = hash_password(self.password)
        self.psql(self.plan.sql(hashed, sealed))

    def stop_component(self, name, kill=False):
        """Stops a component until start_component; kill: by SIGKILL."""
        self.supervisor.stop(name, kill)

    def restart(self, name):
        self.supervisor.stop(name)
        self.start_component(name)

    def kill(self, name, number=signal.SIGKILL):
        """Kills a component; the supervisor starts it again. Returns the pid that was killed."""
        return self.supervisor.kill(name, number)

    def pid(self, name):
        return self.supervisor.programs[name].pid

    def pids(self, name):
        """The component's own pid and those of all processes below it."""
        found, parents = [], {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                        parents.setdefault(int(stat.read().rpartition(")")[2].split()[1]), []).append(int(entry))
                except OSError:
                    continue
        todo = [self.pid(name)]
        while todo:
            pid = todo.pop()
            if pid is not None:
                found.append(pid)
                todo += parents.get(pid, [])
        return found

    # --- asking it ---------------------------------------------------------------------------------------------------

    def conninfo(self, user="postgres", database="kidoban"):
        return f"host={self.run} dbname={database} user={user}"

    def psql(self, sql, user="postgres"):
        """Runs SQL, several statements if need be; returns what psql prints, unaligned and without headings."""
        return run_command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", self.conninfo(user), stdin=sql)

    def rows(self, sql, user="postgres"):
        """The rows of one query as lists of texts; null is the empty text."""
        text = run_command("psql", "-X", "-q", "-t", "--csv", "-v", "ON_ERROR_STOP=1", "-f", "-", self.conninfo(user), stdin=sql)
        return list(csv.reader(io.StringIO(text)))

    def value(self, sql, user="postgres"):
        """The first column of the first row, None when there is no row."""
        rows = self.rows(sql, user)
        return rows[0][0] if rows else None

    def simulator(self, *words):
        """Tells the simulator something (gate-simulator ctl): simulator("all", "loss", "30")."""
        return run_command(self.build / "daemons/gate-simulator/gate-simulator", "ctl", self.run / "simulator.sock", *words)

    def board(self, serial, *words):
        """Tells one simulated UHPPOTE board something (uhppote_simulator.py); its answer."""
        return uhppote_simulator.ask(self.run / "boards.sock", serial, *words)[0]

    def ledger(self):
        """Every event that the simulated controllers ever made, as dicts."""
        text = run_command(self.build / "daemons/gate-simulator/gate-simulator", "ledger", self.state / "simulator")
        names = ("serial", "log", "seq", "t_ms", "kind", "door", "reader", "credential", "card", "flags", "detail", "command",
                 "revision")
        return [dict(zip(names, line.split("\t"))) for line in text.splitlines()]

    def tls_context(self):
        return ssl.create_default_context(cafile=str(self.state / "tls.crt"))

    def healthy(self):
        try:
            with urllib.request.urlopen(self.url + "api/v1/health", context=self.tls_context(), timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def wait(self, condition, timeout, what, interval=0.1):
        """Waits until condition() is true; SiteError naming what otherwise."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise SiteError(f"waited {timeout} s in vain for {what}; logs are in {self.log}")
            time.sleep(interval)
