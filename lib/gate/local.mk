# lib/gate: what a gate says and hears; messages, codecs, driver interface and drivers. Pure: no socket, no clock, no database.
# May use base only.
noinst_LIBRARIES += lib/gate/libgate.a lib/gate/libcodes.a
lib_gate_libgate_a_SOURCES = \
	lib/gate/codec.h \
	lib/gate/digest.c lib/gate/digest.h \
	lib/gate/driver.h \
	lib/gate/key.c lib/gate/key.h \
	lib/gate/kidoban.c lib/gate/kidoban.h \
	lib/gate/kidoban_channel.c \
	lib/gate/kidoban_command.c \
	lib/gate/kidoban_event.c \
	lib/gate/kidoban_exchange.c \
	lib/gate/kidoban_reply.c \
	lib/gate/kidoban_revoke.c \
	lib/gate/kidoban_transfer.c \
	lib/gate/message.h \
	lib/gate/message_decode.c \
	lib/gate/message_encode.c \
	lib/gate/message_event.c \
	lib/gate/message_layout.c \
	lib/gate/message_name.c \
	lib/gate/message_rule.c \
	lib/gate/permit.c lib/gate/permit.h \
	lib/gate/session.c lib/gate/session.h \
	lib/gate/uhppote.c lib/gate/uhppote_session.h \
	lib/gate/uhppote_cards.c \
	lib/gate/uhppote_command.c \
	lib/gate/uhppote_event.c \
	lib/gate/uhppote_message.c lib/gate/uhppote_message.h \
	lib/gate/uhppote_reason.c \
	lib/gate/uhppote_request.c \
	lib/gate/uhppote_state.c \
	lib/gate/uhppote_time.c \
	lib/gate/uhppote_value.c lib/gate/uhppote_value.h \
	lib/gate/wire.c

# The vocabulary, made from codes.tsv, is a library of its own so that every layer can use the same words.
nodist_lib_gate_libcodes_a_SOURCES = lib/gate/codes.c lib/gate/codes.h
lib_gate_libcodes_a_SOURCES =
EXTRA_DIST += lib/gate/codes.tsv
BUILT_SOURCES += lib/gate/codes.h
noinst_DATA += sql/codes.sql htdocs/messages/codes.ja.json htdocs/messages/codes.en.json
CLEANFILES += lib/gate/codes.h lib/gate/codes.c sql/codes.sql htdocs/messages/codes.ja.json htdocs/messages/codes.en.json

CODES_TSV = $(top_srcdir)/lib/gate/codes.tsv
CODES_AWK = $(top_srcdir)/build-aux/codes.awk
MAKE_CODES = $(AM_V_GEN)$(MKDIR_P) $(@D) && LC_ALL=C $(AWK) -f $(CODES_AWK)
lib/gate/codes.h: $(CODES_TSV) $(CODES_AWK)
	$(MAKE_CODES) -v form=h $(CODES_TSV) > $@.new && mv $@.new $@
lib/gate/codes.c: $(CODES_TSV) $(CODES_AWK)
	$(MAKE_CODES) -v form=c $(CODES_TSV) > $@.new && mv $@.new $@
sql/codes.sql: $(CODES_TSV) $(CODES_AWK)
	$(MAKE_CODES) -v form=sql $(CODES_TSV) > $@.new && mv $@.new $@
htdocs/messages/codes.ja.json: $(CODES_TSV) $(CODES_AWK)
	$(MAKE_CODES) -v form=json -v lang=ja $(CODES_TSV) > $@.new && mv $@.new $@
htdocs/messages/codes.en.json: $(CODES_TSV) $(CODES_AWK)
	$(MAKE_CODES) -v form=json -v lang=en $(CODES_TSV) > $@.new && mv $@.new $@

check_PROGRAMS += tests/unit/gate_driver_test tests/unit/gate_message_test tests/unit/gate_record_test \
	tests/unit/uhppote_driver_test tests/unit/uhppote_message_test
UNIT_TESTS += tests/unit/gate_driver_test tests/unit/gate_message_test tests/unit/gate_record_test \
	tests/unit/uhppote_driver_test tests/unit/uhppote_message_test
EXTRA_DIST += doc/gate-protocol.md
tests_unit_gate_message_test_SOURCES = tests/unit/gate_message_test.c tests/unit/gate_vector.c tests/unit/gate_vector.h
tests_unit_gate_message_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_gate_message_test_LDADD = $(LINK_GATE) $(LINK_CUNIT)
tests_unit_gate_record_test_SOURCES = tests/unit/gate_record_test.c tests/unit/gate_vector.c tests/unit/gate_vector.h
tests_unit_gate_record_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/unit
tests_unit_gate_record_test_LDADD = $(LINK_GATE) $(LINK_CUNIT)
tests_unit_gate_driver_test_SOURCES = tests/unit/gate_driver_test.c
tests_unit_gate_driver_test_LDADD = $(LINK_GATE) $(LINK_CUNIT)
tests_unit_uhppote_message_test_SOURCES = tests/unit/uhppote_message_test.c
tests_unit_uhppote_message_test_LDADD = $(LINK_GATE) $(LINK_CUNIT)
tests_unit_uhppote_driver_test_SOURCES = tests/unit/uhppote_driver_test.c
tests_unit_uhppote_driver_test_LDADD = $(LINK_GATE) $(LINK_CUNIT)
