"""Load from outside: wrk for HTTP, pgbench for the statements that a request made, /proc for what it cost."""
import os
import re
import shutil
import subprocess
import tempfile
import time

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class Load:
    """Result of one round: requests a second, p50 and p99 in seconds, replies that were not 2xx/3xx or failed."""

    def __init__(self, rate, p50, p99, failed):
        self.rate, self.p50, self.p99, self.failed = rate, p50, p99, failed


def seconds_of(text):
    found = re.fullmatch(r"([0-9.]+)(us|ms|s|m)", text)
    if not found:
        raise RuntimeError(f"wrk says {text} where a time is expected: nothing was answered")
    number, unit = found.groups()
    return float(number) * UNITS[unit]


def http(url, connections, seconds, headers=()):
    """wrk with so many browsers on keep-alive connections."""
    command = ["wrk", "-t1" if connections < 50 else "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "20s"]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [url], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    failed = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    failed += sum(int(number) for found in re.findall(r"Socket errors: (.*)", text) for number in re.findall(r"\d+", found))
    return Load(float(re.search(r"Requests/sec:\s+([0-9.]+)", text)[1]), seconds_of(re.search(r"^\s+50%\s+(\S+)", text, re.M)[1]),
                seconds_of(re.search(r"^\s+99%\s+(\S+)", text, re.M)[1]), failed)


def available():
    return shutil.which("wrk") is not None


class Statements:
    """What a program sends to PostgreSQL for one request, caught from the server's own log, to be replayed by pgbench."""

    def __init__(self, site, role, request):
        """request() makes one HTTP request; it is made a few times so that statements are prepared and caches are full."""
        for _ in range(20):
            request()
        site.sql("ALTER SYSTEM SET log_min_duration_statement = 0")
        site.sql("SELECT pg_reload_conf()")
        time.sleep(0.5)
        size = os.path.getsize(site.postgres_log)
        request()
        time.sleep(0.5)
        with open(site.postgres_log, encoding="utf-8", errors="replace") as log:
            log.seek(size)
            text = log.read()
        site.sql("ALTER SYSTEM RESET log_min_duration_statement")
        site.sql("SELECT pg_reload_conf()")
        self.role = role
        self.caught = []
        self.parse(text)

    def parse(self, text):
        """Log entries of our role: `... execute name: SQL` (or `statement: SQL`), then `DETAIL:  parameters: $1 = '..', ...`."""
        entries = re.split(r"^\d{4}-\d\d-\d\d [^\[\n]*\[\d+\] ", text, flags=re.M)
        statements, executed = [], False
        for entry in entries:
            user, _, rest = entry.partition(" ")
            rest = rest.lstrip()
            if user != self.role:
                continue
            found = re.match(r"LOG:\s+duration: [0-9.]+ ms\s+(?:execute [^:]*|statement): (.*)", rest, re.S)
            if rest.startswith("LOG:"):
                executed = bool(found)  # the details of a mere bind are told once more with its execute
            if found:
                statements.append([found[1].strip(), ""])
            elif rest.startswith("DETAIL:") and "arameters:" in rest and statements and executed:
                statements[-1][1] = rest.split("arameters:", 1)[1].strip()
        self.caught = [(re.sub(r"^\s*--.*$", "", statement, flags=re.M), self.values(parameters)) for statement, parameters in statements]

    @staticmethod
    def values(text):
        """{1: 'text' or None} from `$1 = 'a''b', $2 = NULL`."""
        return {int(n): None if value == "NULL" else value[1:-1].replace("''", "'")
                for n, value in re.findall(r"\$(\d+) = (NULL|'(?:[^']|'')*')", text)}

    def script(self):
        """Each statement prepared once a connection and then executed with the request's values, nulls too, in one pipeline as the
        program does it: so it is one transaction, and what its first statement says of the session holds for the others."""
        prepare, execute = [], []
        for number, (statement, values) in enumerate(self.caught):
            if re.match(r"(BEGIN|START|COMMIT|ROLLBACK|SET)\b", statement, re.I):
                execute.append(statement.rstrip(";") + ";")
                continue
            prepare.append(f"PREPARE s{number} AS {statement.rstrip(';')};")
            listed = ", ".join(self.quoted(values[place]) for place in sorted(values))
            execute.append(f"EXECUTE s{number}" + (f"({listed})" if listed else "") + ";")
        return "\n".join(["\\if :ready", "\\else", *prepare, "\\set ready 1", "\\endif", "\\startpipeline", *execute, "\\endpipeline"]) + "\n"

    @staticmethod
    def quoted(value):
        return "NULL" if value is None else "'" + value.replace("'", "''") + "'"

    def literal(self):
        """The statements with their values written in."""
        def place(values):
            return lambda match: self.quoted(values.get(int(match[1])))
        return [re.sub(r"\$(\d+)", place(values), statement) for statement, values in self.caught]

    def run(self, site, clients, seconds):
        """Transactions a second of the whole request's statements, as the program's own role, over the socket."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as script:
            script.write(self.script())
            script.flush()
            os.chmod(script.name, 0o644)
            command = [site.pgbench, "-n", "-M", "extended", "-D", "ready=0", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", script.name,
                       "-h", site.socket_directory, "-U", self.role, "kidoban"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
        if done.returncode or not found:
            raise RuntimeError(f"pgbench: {done.stderr}\n{done.stdout}\n" + self.script())
        return float(found[1])


class Cost:
    """CPU seconds that a set of processes used, children that ended included as far as their parents live."""

    def __init__(self, pids):
        self.pids = pids
        self.before = self.now()

    def now(self):
        total = 0.0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def used(self):
        return self.now() - self.before


def resident(pid):
    """Resident and private bytes of a process."""
    sizes = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup:
            name, _, rest = line.partition(":")
            if rest.strip().endswith("kB"):
                sizes[name] = int(rest.split()[0]) * 1024
    return sizes["Rss"], sizes["Private_Clean"] + sizes["Private_Dirty"]
