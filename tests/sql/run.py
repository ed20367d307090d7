"""Runs pgTAP over a freshly made database: a private cluster, kidoban-db create, the fixture, then each file in a copy of its own.

run.py [FILE.sql ...]; prints TAP."""
import glob
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from ordinary import SOURCE, become_ordinary, builddir  # noqa: E402

HERE = SOURCE / "tests/sql"
TEMPLATE = "kidoban_template"


class Cluster:
    """A PostgreSQL of our own on a Unix socket in a directory of our own."""

    def __init__(self, directory):
        self.directory = directory
        self.data = directory / "data"
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
        if not bins:
            sys.exit("PostgreSQL is not installed: ./autogen.sh --install-deps")
        self.bin = pathlib.Path(bins[-1])
        self.environment = {**os.environ, "PGHOST": str(directory), "PGPORT": "5432", "PGUSER": "postgres", "PGOPTIONS": "",
                            "PATH": f"{self.bin}:{os.environ['PATH']}"}
        self.environment.pop("PGDATABASE", None)

    def run(self, *words, **options):
        return subprocess.run([str(word) for word in words], env=self.environment, text=True, **options)

    def start(self):
        self.run(self.bin / "initdb", "-D", self.data, "-U", "postgres", "--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust",
                 "--no-sync", check=True, stdout=subprocess.DEVNULL)
        # statement_timeout: a test that never ends must fail.
        settings = f"-k {self.directory} -c listen_addresses= -c fsync=off -c max_connections=80 -c statement_timeout=120s"
        self.run(self.bin / "pg_ctl", "-D", self.data, "-w", "-o", settings, "-l", self.directory / "log", "start", check=True,
                 stdout=subprocess.DEVNULL)

    def stop(self):
        self.run(self.bin / "pg_ctl", "-D", self.data, "-m", "immediate", "stop", check=False, stdout=subprocess.DEVNULL)

    def psql(self, database, *words, **options):
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, *words, **options)


def prepare(cluster):
    tool = builddir() / "sql/kidoban-db"
    conninfo = f"host={cluster.directory} user=postgres dbname={TEMPLATE}"
    made = cluster.run(tool, "create", "--without-operator", "--database", conninfo, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        print("Bail out! kidoban-db create failed\n" + re.sub("^", "# ", made.stdout, flags=re.M))
        sys.exit(1)
    cluster.psql(TEMPLATE, "-f", HERE / "fixture.sql", check=True)
    return tool, conninfo


def run_file(cluster, path, number):
    """Prints the file's TAP with numbers that go on from `number`; returns the next number and whether it can be trusted."""
    database = f"kidoban_{path.stem}"
    cluster.run("createdb", "-T", TEMPLATE, database, check=True)
    done = cluster.psql(database, "-f", path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    planned, seen = None, 0
    print(f"# {path.name}")
    for line in done.stdout.splitlines():
        plan = re.match(r"1\.\.(\d+)$", line)
        test = re.match(r"(not ok|ok) \d+(.*)$", line)
        if plan:
            planned = int(plan.group(1))
        elif test:
            seen += 1
            print(f"{test.group(1)} {number + seen} - {path.stem}: {test.group(2).lstrip(' -')}")
        elif line and not line.startswith("# Looks like"):
            print(line if line.startswith("#") else f"# {line}")
    complete = done.returncode == 0 and planned == seen and seen > 0
    seen += 1
    print(f"{'ok' if complete else 'not ok'} {number + seen} - {path.stem}: ran to its end ({seen - 1} of {planned} tests)", flush=True)
    cluster.run("dropdb", "--force", database, check=False)
    return number + seen


def run_tool(cluster, tool, conninfo, number):
    """kidoban-db itself, on the database it made."""
    checks = [
        ("upgrade over the same version changes nothing", ["upgrade"], None, 0),
        ("status tells the version", ["status"], None, 0),
        ("create over an existing one is refused", ["create"], None, 1),
        ("a hash that is none is refused", ["first-operator", "chief"], "secret\n", 1),
        ("the first operator is made", ["first-operator", "chief of 'all'"], "$y$j9T$abc$def\n", 0),
        ("the same name again is refused", ["first-operator", "chief of 'all'"], "$y$j9T$abc$def\n", 3),
        ("an unknown word is refused", ["destroy"], None, 2),
        ("a word of conninfo that it does not know is refused", ["--database", "dbnam=x", "status"], None, 1),
    ]
    for name, words, given, expected in checks:
        number += 1
        before = [] if "--database" in words else ["--database", conninfo]
        done = cluster.run(tool, *before, *words, input=given or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        good = done.returncode == expected
        print(f"{'ok' if good else 'not ok'} {number} - kidoban-db: {name}")
        if not good:
            print(re.sub("^", "# ", f"status {done.returncode}, wanted {expected}\n{done.stdout}".rstrip(), flags=re.M))
    done = cluster.run(tool, "--database", conninfo, "check", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    bad = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    number += 1
    # This cluster runs without fsync, and the check must say exactly that.
    good = done.returncode == 1 and len(bad) == 1 and "fsync" in bad[0]
    print(f"{'ok' if good else 'not ok'} {number} - kidoban-db: check finds the one setting that is wrong here")
    if not good:
        print(re.sub("^", "# ", done.stdout.rstrip(), flags=re.M))
    return number


def main():
    become_ordinary()
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="kidoban-sql-"))
    cluster = Cluster(directory)
    try:
        cluster.start()
        tool, conninfo = prepare(cluster)
        number = 0
        for path in files or sorted(path for path in HERE.glob("*.sql") if path.stem != "fixture"):
            number = run_file(cluster, path, number)
        if not files:
            number = run_tool(cluster, tool, conninfo, number)
        print(f"1..{number}")
    finally:
        cluster.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
