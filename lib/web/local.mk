# lib/web: the only user of libfcgi; workers, routes, parameters, session, JSON, problem replies. May use db and base.
noinst_LIBRARIES += lib/web/libweb.a
lib_web_libweb_a_SOURCES =
