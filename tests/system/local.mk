# tests/system: whole sites under faults, on tests/lib/private_site.py; a long run by make soak.
# Each script prints TAP and runs alone; KIDOBAN_SEED repeats a run. A site that failed stays in tests/system/state.
SITE_TESTS = \
	tests/system/audit_test.py \
	tests/system/commands_test.py \
	tests/system/crash_test.py \
	tests/system/datagrams_test.py \
	tests/system/demo_test.py \
	tests/system/gaps_test.py \
	tests/system/loss_test.py \
	tests/system/outage_test.py \
	tests/system/people_lost_test.py \
	tests/system/permits_test.py \
	tests/system/pollers_test.py \
	tests/system/transfer_test.py \
	tests/system/uhppote_test.py
dist_check_SCRIPTS += $(SITE_TESTS) tests/system/soak.py
EXTRA_DIST += tests/system/client.py tests/system/ledger.py tests/system/relay.py tests/system/tap.py tests/system/torment.py \
	tests/system/uhppote_world.py tests/system/world.py
SYSTEM_TESTS += $(SITE_TESTS)

SOAK_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1
soak: all
	@env $(SOAK_ENVIRONMENT) KIDOBAN_SOAK_MINUTES='$(KIDOBAN_SOAK_MINUTES)' KIDOBAN_SEED='$(KIDOBAN_SEED)' \
		$(PYTHON3) $(top_srcdir)/tests/system/soak.py
clean-system: ; rm -rf tests/system/state
CLEAN_LOCAL += clean-system
PHONY_TARGETS += soak clean-system
