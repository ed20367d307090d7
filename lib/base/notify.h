/* Telling the service manager how we are (sd_notify); every call does nothing when there is none (no NOTIFY_SOCKET). */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>

void notify_ready(void);
void notify_stopping(void);
/* The line that `systemctl status` shows. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Feeds the watchdog; call it at least every notify_watchdog_ms() milliseconds, from the loop that does the work. */
void notify_watchdog(void);
/* Half of what the service manager asks (WatchdogSec); 0 when there is no watchdog. */
int64_t notify_watchdog_ms(void);

#endif
