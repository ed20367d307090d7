# doc: manual pages and what a developer or administrator reads.
dist_man_MANS += doc/man/kidoban-audit.8 doc/man/gate-simulator.1 doc/man/kidoban.conf.5 doc/man/kidoban-db.8 doc/man/kidoban-fastcgi.8 \
	doc/man/kidoban-gate-poller.8 doc/man/kidoban-keeper.8 doc/man/kidoban-operator.8 doc/man/kidoban-seal.8 doc/man/kidoban-transfer.8
EXTRA_DIST += doc/screenshot.png
dist_doc_DATA += README.md LICENSE doc/gate-protocol.md doc/gate-simulator.md doc/uhppote.md doc/decisions.md doc/operators.md doc/system-log.md
