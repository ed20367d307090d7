"""TAP output and waiting, for the system tests.

A test file makes one Tap, calls ok()/equal()/section() and ends with `sys.exit(tap.done())`.
What an exception interrupts is reported as a failed test, so no file can end early and look well.
"""
import contextlib
import pathlib
import random
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import private_site  # noqa: E402


class Tap:
    """Prints one `ok`/`not ok` line per check, the plan at the end."""

    failures = 0  # of the whole program: a site asks, so that it leaves its logs when something failed

    def __init__(self):
        self.count = 0
        self.failed = 0
        self.began = time.monotonic()

    def ok(self, passed, name, *diagnostics):
        """One check. `diagnostics` are printed only when it fails. Returns `passed` as bool."""
        self.count += 1
        passed = bool(passed)
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name.replace('#', ' ')}", flush=True)
        if not passed:
            self.failed += 1
            Tap.failures += 1
            for line in diagnostics:
                self.say(line)
        return passed

    def equal(self, got, want, name, *diagnostics):
        return self.ok(got == want, name, f"got  {got!r}", f"want {want!r}", *diagnostics)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def say(self, text):
        for line in str(text).splitlines() or [""]:
            print(f"# {line}"[:2000], flush=True)

    @contextlib.contextmanager
    def section(self, name):
        """What belongs together: an exception in it is one failed check, and what follows still runs."""
        began = time.monotonic()
        try:
            yield
        except Exception:  # every failure must become a line of the report
            self.ok(False, f"{name}: ran to its end", traceback.format_exc())
        self.say(f"{name}: {time.monotonic() - began:.1f} s")

    def done(self):
        print(f"1..{self.count}", flush=True)
        self.say(f"{self.count - self.failed} passed, {self.failed} failed in {time.monotonic() - self.began:.1f} s")
        return 1 if self.failed else 0


class Late(Exception):
    """What was waited for did not come in time."""


def eventually(what, timeout, predicate, interval=0.2):
    """Calls predicate until it returns something true, and returns that. Late after `timeout` seconds.

    An OSError or a database that is just away counts as "not yet": tests wait across crashes.
    """
    end = time.monotonic() + timeout
    trouble = None
    while True:
        try:
            value = predicate()
            trouble = None
            if value:
                return value
        except (OSError, RuntimeError) as error:
            trouble = error
        if time.monotonic() >= end:
            raise Late(f"{what}: not within {timeout} s" + (f" ({trouble})" if trouble else ""))
        time.sleep(interval)


def seeded(tap, environment, name="KIDOBAN_SEED"):
    """A random generator whose seed is printed, so that a failure can be run again."""
    seed = int(environment.get(name) or random.SystemRandom().randrange(1, 1 << 31))
    tap.say(f"seed {seed} ({name}={seed} repeats this run)")
    return random.Random(seed), seed


def run(main):
    """Runs main(tap) as a test program, as an ordinary user."""
    private_site.become_ordinary()
    tap = Tap()
    with tap.section("all"):
        main(tap)
    sys.exit(tap.done())
