"""Starts a whole private site with two days of history and lets on_site.mjs work on it in a real browser.

With KIDOBAN_URL and KIDOBAN_PASSWORD given (and no site wanted), run `node tests/browser/on_site.mjs` itself."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import private_site

private_site.become_ordinary()

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
MODULES = os.environ.get("KIDOBAN_NODE_MODULES") or str(private_site.builddir() / "node_modules")


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


# What a hostile controller or its network could have put where only text belongs: reasons, versions, details of events.
HOSTILE = '''"'><img data-pwn src=/pwn.png onerror=pwn()><script data-pwn>pwn()</script>'''


def plant(site):
    """Lets the newest events and the states of controllers say it."""
    details = json.dumps({"detail": HOSTILE, HOSTILE: HOSTILE})
    for table in ("access_event", "alarm_event", "operation_event", "management_event"):
        site.rows(f"UPDATE kidoban.{table} SET details = $evil${details}$evil$ WHERE t > now() - interval '3 days'")
    site.rows(f"UPDATE kidoban.controller_state SET reason = $evil${HOSTILE}$evil$, firmware = left($evil${HOSTILE}$evil$, 32), "
              f"model = left($evil${HOSTILE}$evil$, 32)")


def main():
    if not os.path.exists(CHROMIUM):
        skip(f"{CHROMIUM} is not there")
    if not shutil.which("node") or not os.path.isdir(f"{MODULES}/playwright-core"):
        skip("playwright-core is not there (npm ci)")
    with tempfile.TemporaryDirectory(prefix="kidoban-browser-", ignore_cleanup_errors=True) as directory:
        with private_site.Site(f"{directory}/site", gates=24, cardholders=120, seed=5, backfill=48, rate=60,
                               simulator_options=["--steady"]) as site:
            site.wait(lambda: int(site.value("SELECT count(*) FROM kidoban.access_event")) > 500, 120, "the history to arrive", 1)
            plant(site)
            doors = {gate: [serial, door + 1] for _, serial, _, _, gates in site.controllers for door, gate in enumerate(gates) if gate}
            environment = dict(os.environ, HOME=directory, KIDOBAN_URL=site.url, KIDOBAN_OPERATOR="admin", KIDOBAN_PASSWORD=site.password,
                               KIDOBAN_NODE_MODULES=MODULES, KIDOBAN_DOORS=json.dumps(doors),
                               KIDOBAN_SIMULATOR=json.dumps([str(site.build / "daemons/gate-simulator/gate-simulator"), "ctl", str(site.run / "simulator.sock")]))
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "on_site.mjs")
            if "--stay" in sys.argv:
                print(json.dumps({name: value for name, value in environment.items() if name.startswith("KIDOBAN_")}), flush=True)
                sys.stdin.read()
                return 0
            return subprocess.run(["node", script], env=environment, check=False).returncode


sys.exit(main())
