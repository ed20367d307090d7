"""`make demo`: a site with simulated controllers to look at, in the foreground until Ctrl-C. `demo.py STATE`.

DEMO_PORT fixes the HTTPS port, DEMO_GATES the number of gates (at the first start), DEMO_SEED the made-up people.
"""
import os
import signal
import sys
import threading

import private_site


def number(name, fallback, low, high):
    text = os.environ.get(name, "")
    if not text:
        return fallback
    if not text.isdigit() or not low <= int(text) <= high:
        sys.exit(f"{name} must be a number from {low} to {high}, not {text}")
    return int(text)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo.py STATE-DIRECTORY")
    gates = number("DEMO_GATES", 40, 1, 1000)
    private_site.become_ordinary(sys.argv[1])
    over, up = threading.Event(), threading.Event()

    def end(*_):
        over.set()
        if not up.is_set():
            sys.exit(130)  # still starting: unwinds through Site, which stops what runs

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, end)
    # One board that anyone can buy among our own controllers, and one that is only on the network, for the search to find.
    boards = (4,) if gates >= 6 else ()
    site = private_site.Site(sys.argv[1], gates=gates, seed=number("DEMO_SEED", 1, 1, 65535), backfill=36, durable=True,
                             port=number("DEMO_PORT", None, 1, 65535), rate=max(30, gates), simulator_options=["--steady"], incidents=True,
                             uhppote=boards, spare_boards=[{"serial": 205000900}] if boards else (), board_options=["--rate", "6"])
    print("starting PostgreSQL, Apache, the programs and the simulated controllers ...", flush=True)
    try:
        with site:
            up.set()
            stray = f"; a board that nobody has added yet answers at {site.facts['network']}.{len(boards) + 1}" if boards else ""
            print(f"\nurl: {site.url}\noperator: admin\npassword: {site.password}\n\n"
                  f"{site.gates} gates{stray}. The certificate is self-signed. Ctrl-C stops all; data stays in {site.state}; "
                  "make demo-reset forgets it.", flush=True)
            over.wait()
            print("stopping ...", flush=True)
    except private_site.SiteError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
