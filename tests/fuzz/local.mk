# tests/fuzz: random and mutated input to the codecs and the driver; a short run in check, a long one by make fuzz.
check_PROGRAMS += tests/fuzz/fuzz_run
tests_fuzz_fuzz_run_SOURCES = tests/fuzz/fuzz_run.c tests/fuzz/fuzz_gate.c tests/fuzz/fuzz_gate.h tests/unit/gate_vector.c \
	tests/unit/gate_vector.h
tests_fuzz_fuzz_run_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit -I$(top_srcdir)/tests/fuzz
tests_fuzz_fuzz_run_LDADD = $(LINK_GATE)
FUZZ_TESTS += tests/fuzz/fuzz_run
EXTRA_DIST += tests/fuzz/fuzz.sh tests/fuzz/fuzz_libfuzzer.c

fuzz: tests/fuzz/fuzz_run$(EXEEXT) lib/gate/codes.c
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/fuzz/fuzz.sh
PHONY_TARGETS += fuzz
