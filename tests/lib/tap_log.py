#!/usr/bin/python3
"""What test scripts left behind under automake: their results by name, and what they said where they failed.

	python3 tests/lib/tap_log.py tests/web/api_test.log …	prints the failures of these scripts
"""
import pathlib
import re
import sys
import typing

EXCERPT = 40  # lines of one failure
# The harness repeats each line of TAP as `PASS: tests/web/api_test.py 1 - its name`, and adds an ERROR when a script ends badly.
RESULT = re.compile(r"(PASS|FAIL|SKIP|ERROR|XPASS|XFAIL): (tests/.*)$")
TAP = re.compile(r"(not )?ok\b|1\.\.\d+|Bail out!")


class Result(typing.NamedTuple):
    passed: bool
    name: str
    lines: list  # its diagnostics; of an ERROR, what the script said outside of TAP


def results(log):
    """Every result of a script, in its order."""
    found, said = [], []
    for line in pathlib.Path(log).read_text(encoding="utf-8", errors="replace").splitlines():
        if match := RESULT.match(line):
            # What went to stderr may stand anywhere in the log, for it does not pass through the harness.
            lines, said = (said, []) if match[1] == "ERROR" else ([], said)
            found.append(Result(match[1] in ("PASS", "SKIP", "XFAIL"), match[2], lines))
        elif line.startswith("#") and found:
            found[-1].lines.append(line)
        elif not TAP.match(line):
            said.append(line)
    return found


def diagnostics(result):
    """The lines of a failure as TAP shows them; the first ones, when there are many."""
    for line in result.lines[:EXCERPT]:
        yield line if line.startswith("#") else f"# {line}"
    if len(result.lines) > EXCERPT:
        yield f"# … {len(result.lines) - EXCERPT} more lines in its .log"


def main(logs):
    for log in logs:
        for result in results(log):
            if not result.passed:
                print(f"failed: {result.name}", *diagnostics(result), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
