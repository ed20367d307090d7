# tests/fuzz: random and mutated input to the codecs; a short run in check, a long one by make fuzz.
# A script prints TAP and is listed in dist_check_SCRIPTS and in FUZZ_TESTS; what it reads is in EXTRA_DIST.
