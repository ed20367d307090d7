# tests/bench: make bench; ratios of one run, never part of check.
# A script prints TAP and is listed in dist_check_SCRIPTS and in no list of tests; what it reads is in EXTRA_DIST.
