/*
 * A server for tests: a DTLS client by OpenSSL over the message codec, against a simulator in a child process.
 * So what the GnuTLS side does is seen through the library that the real server uses.
 */
#ifndef TESTS_UNIT_SIM_CLIENT_H
#define TESTS_UNIT_SIM_CLIENT_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "gate/message.h"

struct sim_client {
	SSL_CTX *context;
	SSL *ssl;
	int fd;
	char identity[GATE_IDENTITY_MAX + 1];
	uint8_t key[GATE_KEY_SIZE];
	uint32_t exchange;
	struct gate_message reply; /* the last one */
	uint8_t bytes[2048];	   /* its datagram */
};

/* A simulator of one controller in a child process, its state and site below a fresh directory. */
struct sim_child {
	pid_t pid;
	char directory[64];
	uint16_t port;
	uint64_t serial;
	int rate, backfill_hours; /* 0 unless set before the start */
};

void sim_child_make(struct sim_child *child, const char *door_attributes, uint32_t capacity);
void sim_child_start(struct sim_child *child);
void sim_child_kill(struct sim_child *child); /* SIGKILL */
void sim_child_remove(struct sim_child *child);
/* Does a fault; the first line of the answer into `answer`. 0 when it was accepted. */
int sim_child_do(const struct sim_child *child, const char *text, char *answer, size_t size);

/* How soon an unanswered handshake message is sent again; 0 = as OpenSSL does (1 s). */
extern unsigned sim_resend_us;

/* Handshake; 0, or -1 when it did not finish within 3 s. Epoch GATE_EPOCH_NONE: breaks off in the middle. */
int sim_connect(struct sim_client *client, const struct sim_child *child, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE]);
void sim_close(struct sim_client *client, bool farewell);

/* Sends and waits for the reply of that exchange: its type, or -1 after 3 s without one. Sets request->exchange when 0. */
int sim_ask(struct sim_client *client, struct gate_message *request);

/* The key that the password of the child's site makes. */
void sim_enrol_key(const struct sim_child *child, uint8_t key[GATE_KEY_SIZE]);

#endif
