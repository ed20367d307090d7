# sql: migrations (sqitch), functions, roles, views, and kidoban-db, the tool that creates, upgrades and checks a database.
# What is installed goes under $(pkgdatadir)/sql; sql/codes.sql is made by lib/gate/local.mk.
