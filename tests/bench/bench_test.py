#!/usr/bin/python3
"""That the bench runs: every part of it, small and short. What the figures are is not judged here."""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE.parent / "system")]
import private_site  # noqa: E402
import tap as taps  # noqa: E402

SMALL = {"ROWS": "100000", "GATES": "40", "SECONDS": "1", "ROUNDS": "1", "SAMPLES": "20", "BURST": "4000", "PEOPLE": "2000", "BOARDS": "6"}
ROWS = ("history bytes a row", "history first page, newest", "hundred-gate scope", "browser's stream", "click to the gate's answer", "event ingest end to end",
        "sweep of 40 controllers", "sweep of 6 UHPPOTE boards", "6 UHPPOTE boards from nothing", "import of 2000 cardholders", "the same file again", "export of 2000", "delta for 40 gates after 1 change",
        "after 2000 changes", "full load of one gate", "lost card to the last of 40 gates", "memory of a FastCGI process", "log-in under 100 operators", "rights and scope, gates page",
        "a write with its entry", "sealing of the system log")


def main(tap):
    results = private_site.builddir() / "tests/bench/results-short.md"
    environment = {f"KIDOBAN_BENCH_{name}": value for name, value in SMALL.items()}
    done = subprocess.run([sys.executable, str(HERE / "bench.py")], env=dict(os.environ, **environment, KIDOBAN_BENCH_RESULTS=str(results)),
                          capture_output=True, text=True, check=False, timeout=400)
    tap.say(done.stdout)
    tap.equal(done.returncode, 0, "the bench ends with 0", done.stderr[-3000:])
    for row in ROWS:
        tap.ok(f"| {row}" in done.stdout or row in done.stdout, f"it measures: {row}")
    tap.ok("could not be measured" not in done.stdout, "every part could be measured")


taps.run(main)
