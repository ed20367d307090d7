#!/usr/bin/python3
"""make demo: starts, prints its three lines, is usable, keeps its data at a second start, and Ctrl-C leaves no process."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import tap as taps
from client import Client
from tap import eventually, private_site

LINES = {"url": r"https://127\.0\.0\.1:\d+/", "operator": r"admin", "password": r"\S{12,}"}
START = 120


class Demo:
    """A `make demo` in the foreground of its own terminal's process group."""

    def __init__(self, directory):
        self.output = os.path.join(os.path.dirname(directory), "demo.out")
        words = ["make", "--no-print-directory", "demo", f"DEMO_DIR={directory}"]
        if not os.path.exists(private_site.builddir() / "Makefile"):
            words = [sys.executable, str(private_site.SOURCE / "tests/lib/demo.py"), directory]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(words, cwd=private_site.builddir(), stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            env=dict(environment, DEMO_GATES="6"), start_new_session=True)

    def text(self):
        with open(self.output, encoding="utf-8") as output:
            return output.read()

    def facts(self):
        """{"url": …, "operator": …, "password": …} once all are printed on lines of their own."""
        if self.process.poll() is not None:
            raise AssertionError(f"make demo ended with {self.process.returncode}: {self.text()}")
        found = {name: re.search(rf"^{name}: ({form})$", self.text(), re.M) for name, form in LINES.items()}
        return all(found.values()) and {name: match[1] for name, match in found.items()}

    def interrupt(self):
        """Ctrl-C: SIGINT to the whole foreground group. Seconds until it ended."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(60)
        return time.monotonic() - began


def leftovers(directory):
    """Processes that still name the demo's directory."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as line:
                words = line.read()
        except OSError:
            continue
        if os.fsencode(directory) in words:
            found.append((entry, words.replace(b"\0", b" ")[:150]))
    return found


def main(tap):
    home = private_site.builddir() / "tests/system/state"
    directory = str(home / "demo")
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(home, exist_ok=True)

    demo = Demo(directory)
    facts = eventually("url, operator and password", START, demo.facts)
    tap.ok(True, "it prints url, operator and password on lines of their own")
    client = Client(facts["url"]).log_in(facts["operator"], facts["password"])
    eventually("gates in communication", 60, lambda: all(gate["controller"]["communication"] == "up" for gate in client.gates().values()))
    tap.equal(len(client.gates()), 6, "DEMO_GATES gates are there and in communication")
    page = eventually("history", 90, lambda: client.get("/history/access?limit=500").json["events"])
    tap.ok(page, f"there is history to look at ({len(page)} rows on the first page)")
    oldest = page[-1]["id"]
    tap.say(f"stopped in {demo.interrupt():.1f} s")
    eventually("no process left", 10, lambda: not leftovers(directory))
    tap.equal(leftovers(directory), [], "Ctrl-C leaves no process")
    client.close()

    demo = Demo(directory)
    again = eventually("url, operator and password", START, demo.facts)
    tap.equal(again["password"], facts["password"], "a second start has the same password")
    client = Client(again["url"]).log_in(again["operator"], again["password"])
    known = {event["id"] for event in client.get(f"/history/access?limit=500&to={page[0]['t'].replace('+', '%2B')}").json["events"]}
    tap.ok(oldest in known or {event["id"] for event in page} & known, "and the same history")
    demo.interrupt()
    eventually("no process left", 10, lambda: not leftovers(directory))
    tap.ok(True, "and stops again")
    shutil.rmtree(directory, ignore_errors=True)
    os.unlink(demo.output)


taps.run(main)
