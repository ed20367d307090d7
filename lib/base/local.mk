# lib/base: log, configuration, strings, clock and other things that know no domain word. May use no other layer.
noinst_LIBRARIES += lib/base/libbase.a
lib_base_libbase_a_SOURCES =
