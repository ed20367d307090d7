# tests/replay: datagram scenarios replayed with virtual time.
# A script prints TAP and is listed in dist_check_SCRIPTS and in REPLAY_TESTS; what it reads is in EXTRA_DIST.
