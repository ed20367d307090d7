/* What alarms of the system are judged by: listening sockets, certificates, clocks. No database. */
#include "alarms.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

enum { STEP_MS = 2000, LISTENS = 0x10000 };

char *alarm_read_file(const char *path)
{
	FILE *in = fopen(path, "re");
	struct buf text = {0};
	char chunk[4096];
	size_t got;

	if (in == NULL)
		return NULL;
	while ((got = fread(chunk, 1, sizeof chunk, in)) > 0)
		buf_add(&text, chunk, got);
	fclose(in);
	return buf_take(&text);
}

/* Num: RefCount Protocol Flags Type St Inode Path */
bool alarm_listens(const char *sockets, const char *path)
{
	size_t len = strlen(path);

	for (const char *line = sockets; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t line_len = strcspn(line, "\n");
		unsigned flags;

		if (line_len <= len || line[line_len - len - 1] != ' ' || memcmp(line + line_len - len, path, len) != 0)
			continue;
		if (sscanf(line, "%*s %*s %*s %x", &flags) == 1 && (flags & LISTENS))
			return true;
	}
	return false;
}

int alarm_certificate_end(const char *path, int64_t *ends_ms)
{
	BIO *in = BIO_new_file(path, "r");
	X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	struct tm tm;
	int result = -1;

	if (certificate != NULL && ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) == 1) {
		*ends_ms = (int64_t)timegm(&tm) * 1000;
		result = 0;
	}
	X509_free(certificate);
	BIO_free(in);
	return result;
}

bool alarm_clock_stepped(struct alarm_clock *clock, int64_t wall_ms, int64_t mono_ms, int64_t *stepped_ms)
{
	int64_t difference = wall_ms - mono_ms, before = clock->difference_ms;

	clock->difference_ms = difference;
	*stepped_ms = before == 0 ? 0 : difference - before;
	if (*stepped_ms <= STEP_MS && *stepped_ms >= -STEP_MS)
		return false;
	clock->stepped_at_ms = mono_ms;
	return true;
}
