#!/usr/bin/python3
"""A board on the desk: a whole site and a UHPPOTE board that nobody has added; board_on_site.mjs works on it in a real browser."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(os.environ.get("top_srcdir") or pathlib.Path(__file__).resolve().parents[2]) / "tests/lib"))
import private_site  # noqa: E402

private_site.become_ordinary()

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MODULES = os.environ.get("KIDOBAN_NODE_MODULES") or str(private_site.builddir() / "node_modules")
SERIAL = 205000900


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def main():
    if not os.path.exists(CHROMIUM):
        skip(f"{CHROMIUM} is not there")
    if not shutil.which("node") or not os.path.isdir(f"{MODULES}/playwright-core"):
        skip("playwright-core is not there (npm ci)")
    with tempfile.TemporaryDirectory(prefix="kidoban-browser-", ignore_cleanup_errors=True) as directory:
        with private_site.Site(f"{directory}/site", gates=6, cardholders=50, seed=7, rate=0, simulator_options=["--steady"], uhppote=(4,),
                               spare_boards=[{"serial": SERIAL}]) as site:
            control = [sys.executable, str(private_site.SOURCE / "tests/lib/uhppote_simulator.py"), "ctl", str(site.run / "boards.sock"), str(SERIAL)]
            environment = dict(os.environ, HOME=directory, KIDOBAN_URL=site.url, KIDOBAN_OPERATOR="admin", KIDOBAN_PASSWORD=site.password,
                               KIDOBAN_NODE_MODULES=MODULES, KIDOBAN_BOARD=json.dumps({"serial": str(SERIAL), "network": f"{site.facts['network']}.0/28", "control": control}))
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "board_on_site.mjs")
            return subprocess.run(["node", script], env=environment, check=False).returncode


sys.exit(main())
