/* The system log as requests write it (M-1): by lib/web for every program, so that none can forget it. See doc/system-log.md.
 *
 * Written are: every write, in the transaction of the act, when that is committed (web_commit, or the end of the request): when the entry can
 * not be written the act fails. Every write that is refused or fails, by itself. Every file that is exported, before its first byte. 401, 403 and
 * 429 of anything. Plain reading is not. Of a request's content only ids, numbers, times, flags and coded words are kept; of texts that they were given.
 */
#ifndef WEB_AUDIT_H
#define WEB_AUDIT_H

#include <stdbool.h>

#include "web/request.h"

/* What handlers may add, before the commit; texts are copied and cut to their bounds. Never give a secret. */

/* What it was done to, in words or as "gates/12"; without it the path tells. */
void web_audit_object(struct web_request *request, const char *object);
/* A JSON object that goes into details as "change", before and after for instance; what is longer than 2,500 bytes is left out. */
void web_audit_details(struct web_request *request, const char *json);
/* The next commit is another act than the route's, such as the end of the session that a log-in replaces. The route's own is written later. */
void web_audit_as(struct web_request *request, const char *action);
/* Only in the program session, at a log-in: who it is (id), or says to be (id 0, name; kept only when somebody has that name). */
void web_audit_operator(struct web_request *request, int operator_id, const char *name);
/* The name is what Apache calls the operator. */
#define WEB_AUDIT_REMOTE_USER (-1)

/* For lib/web. */

/* Before a commit: queues the entry of a write that is not written yet. 0, or -1 with the problem set. */
int web_audit_commit(struct web_request *request) __attribute__((warn_unused_result));
/* Writes the entry in a transaction of its own (none may be open) when the act is one to be written and is not yet. 0, or -1 with the problem set. */
int web_audit_alone(struct web_request *request) __attribute__((warn_unused_result));
/* The request was answered with a problem, and its transaction is rolled back. */
void web_audit_refused(struct web_request *request);
/* The word for what the route does, into out of 65 bytes. */
void web_audit_action(const struct web_request *request, char out[65]);
/* details: what was asked, as far as it is no text, and the problem's code. */
void web_audit_put_details(struct web_request *request, struct buf *out);
void web_audit_free(struct web_audit *audit);

#endif
