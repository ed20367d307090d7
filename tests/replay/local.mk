# tests/replay: datagram scenarios replayed with virtual time.
check_PROGRAMS += tests/replay/replay
tests_replay_replay_SOURCES = tests/replay/replay.c tests/replay/model.c tests/replay/model.h tests/replay/world.c \
	tests/replay/world.h
tests_replay_replay_LDADD = $(LINK_GATE)
dist_check_SCRIPTS += tests/replay/replay_test.sh
REPLAY_TESTS += tests/replay/replay_test.sh
EXTRA_DIST += tests/replay/README.md $(SCENARIOS)
SCENARIOS = \
	tests/replay/bad_events.txt \
	tests/replay/clock.txt \
	tests/replay/command_reboot.txt \
	tests/replay/commands.txt \
	tests/replay/commands_late.txt \
	tests/replay/database.txt \
	tests/replay/duplicates.txt \
	tests/replay/enrol.txt \
	tests/replay/events.txt \
	tests/replay/fetch_ahead.txt \
	tests/replay/fetch_ahead_loss.txt \
	tests/replay/foreign.txt \
	tests/replay/give_up.txt \
	tests/replay/impostor.txt \
	tests/replay/keys.txt \
	tests/replay/log_change.txt \
	tests/replay/loss.txt \
	tests/replay/overflow.txt \
	tests/replay/reboot.txt \
	tests/replay/revoke.txt \
	tests/replay/take_over.txt \
	tests/replay/transfer.txt \
	tests/replay/transfer_loss.txt \
	tests/replay/transfer_reboot.txt
