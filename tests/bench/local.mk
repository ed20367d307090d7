# tests/bench: make bench, ratios of one run; its site and fixture stay in the build tree until make bench-clean.
# A short run of every part is in make check: it judges that the bench runs, never the figures.
dist_check_SCRIPTS += tests/bench/bench.py tests/bench/bench_test.py
EXTRA_DIST += tests/bench/boards.py tests/bench/events.py tests/bench/fixture.sql tests/bench/history.py tests/bench/imports.py tests/bench/load.py tests/bench/minipg.py tests/bench/operators.py \
	tests/bench/people.py tests/bench/table.py tests/bench/transfers.py tests/bench/web.py
SYSTEM_TESTS += tests/bench/bench_test.py
dist_doc_DATA += doc/benchmarks.md

BENCH_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1
bench: all
	@$(MKDIR_P) tests/bench
	@env $(BENCH_ENVIRONMENT) $(PYTHON3) $(top_srcdir)/tests/bench/bench.py
bench-clean:
	rm -rf tests/bench/state
PHONY_TARGETS += bench bench-clean
