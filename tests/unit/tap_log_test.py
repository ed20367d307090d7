#!/usr/bin/python3
"""What is read from a script's log after automake's own harness has run it: names of results, and why one failed."""
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(SOURCE / "tests/lib"))
import tap_log  # noqa: E402

COUNT = [0, 0]
SCRIPT = """
echo 'ok 1 - the first'
echo '# of the first'
echo 'not ok 2 - the second: a # in it'
echo '#   File "x", line 3'
echo '# KeyError: 18'
echo 'ok 3 # SKIP no board here'
echo '==7==ERROR: AddressSanitizer: heap-use-after-free' >&2
for i in $(seq 50); do echo "    #$i 0x1 in f" >&2; done
echo 1..3
exit 1
"""


def ok(passed, name, why=""):
    COUNT[0] += 1
    COUNT[1] += not passed
    print(f"{'ok' if passed else 'not ok'} {COUNT[0]} - {name}")
    if not passed:
        print(f"# {why}")


with tempfile.TemporaryDirectory() as folder:
    log = f"{folder}/x.log"
    subprocess.run(["sh", SOURCE / "build-aux/tap-driver.sh", "--test-name", "tests/web/x_test.py", "--log-file", log, "--trs-file", f"{folder}/x.trs",
                    "--color-tests", "no", "--enable-hard-errors", "yes", "--expect-failure", "no", "--", "sh", "-c", SCRIPT], check=True, stdout=subprocess.DEVNULL)
    found = tap_log.results(log)
    told = pathlib.Path(f"{folder}/x.trs").read_text(encoding="utf-8").count(":test-result:")
ok(len(found) == told == 4, "one result for each that the harness counts", found)
ok([r.passed for r in found] == [True, False, True, False], "passed, failed, skipped, and the error of a script that ends badly", found)
ok(found[1].name == "tests/web/x_test.py 2 - the second: a # in it", "a result has the script's name and its own", found[1])
ok(list(tap_log.diagnostics(found[1])) == ['#   File "x", line 3', "# KeyError: 18"], "a failure has its own lines", found[1])
shown = list(tap_log.diagnostics(found[3]))
ok(found[3].name.endswith("exited with status 1") and "AddressSanitizer" in shown[0], "the error has what was said outside of TAP", found[3])
ok(len(shown) == tap_log.EXCERPT + 1 and "11 more" in shown[-1], "and not more of it than can be read", shown)
print(f"1..{COUNT[0]}")
sys.exit(1 if COUNT[1] else 0)
