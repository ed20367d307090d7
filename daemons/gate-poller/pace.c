#include "pace.h"

void pace_sent(struct pace *p, size_t bytes, int64_t kbit, int64_t now_ms)
{
	if (kbit <= 0)
		return;
	if (p->free_us < now_ms * 1000)
		p->free_us = now_ms * 1000;
	p->free_us += (int64_t)(bytes + PACE_OVERHEAD) * 8000 / kbit;
}

int64_t pace_next_ms(const struct pace *p, int64_t now_ms)
{
	int64_t free_ms = p->free_us / 1000;

	return free_ms > now_ms ? free_ms : now_ms;
}
