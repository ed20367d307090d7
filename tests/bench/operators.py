"""Bench of operators: log-in under a hundred of them, what rights and scope cost, what the entry of the system log costs."""
import copy
import ctypes
import secrets
import time

import private_site
import load
from client import Client
from table import median, milliseconds


class Operators:
    def __init__(self, world, table, seconds, rounds, samples):
        self.world, self.table, self.seconds, self.rounds, self.samples = world, table, seconds, rounds, samples
        self.client = world.api()

    def log_in(self):
        """99 are logged in and a hundredth comes: beside one crypt(3) of the password, which is meant to be dear. Both in turns; the
        browser has its connection already, since it has shown the page."""
        there = int(self.world.value("SELECT count(*) FROM kidoban.session WHERE ended_at IS NULL"))
        sessions = ", ".join(f"(1, sha256('{secrets.token_hex(16)}'), now() + interval '1 day', 'password')" for _ in range(99 - there))
        self.world.psql(f"INSERT INTO kidoban.session (operator_id, token_hash, expires_at, origin) VALUES {sessions}")
        hashed = private_site.hash_password(self.world.password).encode()
        library = ctypes.CDLL("libcrypt.so.1")
        library.crypt.restype = ctypes.c_char_p
        times, crypts = [], []
        try:
            for _ in range(max(10, self.samples // 10)):
                browser = Client(self.world.url)
                browser.get("/health")
                began = time.monotonic()
                browser.log_in(self.world.operator, self.world.password)
                times.append(time.monotonic() - began)
                self.world.psql("UPDATE kidoban.session SET ended_at = clock_timestamp() WHERE id = (SELECT max(id) FROM kidoban.session)")
                began = time.monotonic()
                library.crypt(self.world.password.encode(), hashed)
                crypts.append(time.monotonic() - began)
        finally:
            self.world.psql("UPDATE kidoban.session SET ended_at = clock_timestamp() WHERE ended_at IS NULL AND last_seen_at = created_at AND remote_addr IS NULL")
            self.client = self.world.api()
        ratio = median(times) / median(crypts)
        self.table.ratio("log-in under 100 operators", milliseconds(times), f"one crypt(3) {median(crypts) * 1000:.1f} ms", ratio, "≤ 2", ratio <= 2)

    def in_turns(self, variants):
        """Transactions a second of each variant, the median of rounds in which they take turns."""
        rates = {name: [] for name in variants}
        for _ in range(self.rounds):
            for name, statements in variants.items():
                rates[name].append(statements.run(self.world, 4, self.seconds))
        return {name: median(values) for name, values in rates.items()}

    def rights(self):
        """The statements of a page as its program's role, and the same as one whom no policy binds."""
        for role, path, label in (("kidoban_gates", "/gates?limit=50", "gates page"), ("kidoban_history", "/history/access?limit=50", "history page")):
            bound = load.Statements(self.world, role, lambda path=path: self.client.get(path))
            free = copy.copy(bound)
            free.role = "postgres"
            self.world.psql("ALTER ROLE postgres IN DATABASE kidoban SET search_path = api, kidoban; ALTER ROLE postgres IN DATABASE kidoban SET jit = off")
            try:
                rates = self.in_turns({"bound": bound, "free": free})
            finally:
                self.world.psql("ALTER ROLE postgres IN DATABASE kidoban RESET ALL")
            ratio = rates["bound"] / rates["free"]
            self.table.ratio(f"rights and scope, {label}", f"{1e6 / rates['bound'] * 4:.0f} µs a request", f"without policies {1e6 / rates['free'] * 4:.0f} µs", ratio,
                             "≥ 0.5", ratio >= 0.5)

    def audit(self):
        """A command with its entry and without; then the sealer alone."""
        self.world.stop_component("gate-poller")
        try:
            body = {"gates": [self.world.list_of_gates[0]], "command": "lock"}
            whole = load.Statements(self.world, "kidoban_gates", lambda: self.client.request("POST", "/gates/commands", body))
            without = copy.copy(whole)
            without.caught = [pair for pair in whole.caught if "system_log_write" not in pair[0]]
            if len(without.caught) != len(whole.caught) - 1:
                raise RuntimeError(f"a write has {len(whole.caught) - len(without.caught)} entries: {whole.caught}")
            rates = self.in_turns({"whole": whole, "without": without})
            ratio = rates["whole"] / rates["without"]
            self.table.ratio("a write with its entry of the system log", f"{rates['whole']:.0f}/s", f"the same without {rates['without']:.0f}/s", ratio, "≥ 0.8", ratio >= 0.8)
        finally:
            self.world.psql("DELETE FROM kidoban.command_request")
            self.world.start_component("gate-poller")
        self.seal()

    def seal(self):
        count = 20000
        self.world.stop_component("keeper")
        try:
            self.world.psql("SELECT api.keeper_seal(1000000)")
            self.world.psql(f"SELECT count(kidoban.system_log_add('system', '', 'system_started', 'bench', 'done', '')) FROM generate_series(1, {count})")
            began = time.monotonic()
            done = int(self.world.value(f"SELECT api.keeper_seal({count})"))
            took = time.monotonic() - began
        finally:
            self.world.start_component("keeper")
        if done != count:
            raise RuntimeError(f"{done} of {count} were sealed")
        self.table.ratio("sealing of the system log", f"{count / took:.0f} entries/s", "", None, "≥ 1,000/s", count / took >= 1000)
