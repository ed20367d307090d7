#include "sim_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "simulator.h"

enum { PATIENCE_MS = 3000 };
static const char password[] = "正しい password";

static struct sockaddr_in address_of(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = address_of(0);
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		fatal("port");
	close(fd);
	return ntohs(address.sin_port);
}

void sim_child_make(struct sim_child *child, const char *door_attributes, uint32_t capacity)
{
	char path[128];
	FILE *site;

	*child = (struct sim_child){.port = free_port(), .serial = 0xa001};
	snprintf(child->directory, sizeof(child->directory), "/tmp/sim-test-XXXXXX");
	if (!mkdtemp(child->directory))
		fatal("mkdtemp");
	snprintf(path, sizeof(path), "%s/site.xml", child->directory);
	site = fopen(path, "w");
	if (!site)
		fatal("%s", path);
	fprintf(site,
		"<site><controller serial=\"%016" PRIx64 "\" port=\"%u\" password=\"%s\" capacity=\"%u\"><door number=\"1\" %s/>"
		"<door number=\"2\"/></controller></site>\n",
		child->serial, child->port, password, capacity, door_attributes);
	fclose(site);
}

static int control_connect(const struct sim_child *child)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", child->directory);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void sim_child_start(struct sim_child *child)
{
	char state[128], site[128], control[128];
	struct simulator_options options = {.state = state, .site = site, .control = control, .seed = 1, .steady = true,
						.rate = child->rate, .backfill_hours = child->backfill_hours};
	int64_t end = clock_mono_ms() + 20000;
	int fd;

	snprintf(state, sizeof(state), "%s/state", child->directory);
	snprintf(site, sizeof(site), "%s/site.xml", child->directory);
	snprintf(control, sizeof(control), "%s/control", child->directory);
	fflush(stdout);
	child->pid = fork();
	if (child->pid < 0)
		fatal("fork");
	if (child->pid == 0) {
		/* What it logs is none of the test's output. */
		log_set_level(LOG_LEVEL_WARN);
		_exit(simulator_run(&options));
	}
	while ((fd = control_connect(child)) < 0) {
		if (clock_mono_ms() > end || waitpid(child->pid, NULL, WNOHANG) != 0)
			fatalx("the simulator does not start");
		usleep(5000);
	}
	close(fd);
}

void sim_child_kill(struct sim_child *child)
{
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	child->pid = 0;
}

/* Removes the files that a controller's directory can have; anything else is left and shows. */
void sim_child_remove(struct sim_child *child)
{
	static const char *const files[] = {"journal", "permits", "permits.next", "staged-1", "staged-4", "stream-4", "stream-4.next"};
	char path[192];

	sim_child_kill(child);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/state/%016" PRIx64 "/%s", child->directory, child->serial, files[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/state/%016" PRIx64, child->directory, child->serial);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/state", child->directory);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/site.xml", child->directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/control", child->directory);
	unlink(path);
	rmdir(child->directory);
}

int sim_child_do(const struct sim_child *child, const char *text, char *answer, size_t size)
{
	int fd = control_connect(child);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");
	char end[128];
	int result = -1;

	if (!stream)
		return -1;
	fprintf(stream, "all %s\n", text);
	fflush(stream);
	if (fgets(answer, (int)size, stream) && fgets(end, sizeof(end), stream) && strstr(end, "\"failed\":0}"))
		result = 0;
	fclose(stream);
	return result;
}

void sim_enrol_key(const struct sim_child *child, uint8_t key[GATE_KEY_SIZE])
{
	char salt[17];

	snprintf(salt, sizeof(salt), "%016" PRIx64, child->serial);
	if (EVP_PBE_scrypt(password, strlen(password), (unsigned char *)salt, 16, 16384, 8, 1, 64 << 20, key, GATE_KEY_SIZE) != 1)
		fatalx("scrypt");
}

static unsigned psk(SSL *ssl, const char *hint, char *identity, unsigned room, unsigned char *key, unsigned key_room)
{
	struct sim_client *client = SSL_get_app_data(ssl);

	(void)hint;
	/* An identity that is not even said: the client gives up here. */
	if (client->identity[0] == '\0' || room <= strlen(client->identity) || key_room < GATE_KEY_SIZE)
		return 0;
	memcpy(identity, client->identity, strlen(client->identity) + 1);
	memcpy(key, client->key, GATE_KEY_SIZE);
	return GATE_KEY_SIZE;
}

static int wait_for(struct sim_client *client, int64_t end)
{
	struct pollfd poll_fd = {.fd = client->fd, .events = POLLIN};
	struct timeval timeout = {0};
	int64_t wait = end - clock_mono_ms();

	if (wait <= 0)
		return -1;
	if (DTLSv1_get_timeout(client->ssl, &timeout) && timeout.tv_sec * 1000 + timeout.tv_usec / 1000 < wait)
		wait = timeout.tv_sec * 1000 + timeout.tv_usec / 1000 + 1;
	(void)poll(&poll_fd, 1, (int)wait);
	(void)DTLSv1_handle_timeout(client->ssl);
	return 0;
}

unsigned sim_resend_us;

static unsigned resend_after(SSL *ssl, unsigned last_us)
{
	(void)ssl;
	(void)last_us;
	return sim_resend_us;
}

static void prepare(struct sim_client *client, const struct sim_child *child, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE])
{
	struct sockaddr_in address = address_of(child->port);
	BIO *bio;

	*client = (struct sim_client){.exchange = 1};
	if (epoch != GATE_EPOCH_NONE)
		gate_identity_format(child->serial, epoch, client->identity, sizeof(client->identity));
	memcpy(client->key, key, GATE_KEY_SIZE);
	client->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fatal("socket");
	client->context = SSL_CTX_new(DTLS_client_method());
	SSL_CTX_set_min_proto_version(client->context, DTLS1_2_VERSION);
	SSL_CTX_set_cipher_list(client->context, "ECDHE-PSK-CHACHA20-POLY1305");
	SSL_CTX_set_psk_client_callback(client->context, psk);
	client->ssl = SSL_new(client->context);
	SSL_set_app_data(client->ssl, client);
	if (sim_resend_us)
		DTLS_set_timer_cb(client->ssl, resend_after);
	bio = BIO_new_dgram(client->fd, BIO_NOCLOSE);
	BIO_ctrl(bio, BIO_CTRL_DGRAM_SET_CONNECTED, 0, &address);
	SSL_set_bio(client->ssl, bio, bio);
	SSL_set_connect_state(client->ssl);
}

int sim_connect(struct sim_client *client, const struct sim_child *child, uint32_t epoch, const uint8_t key[GATE_KEY_SIZE])
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	int code;

	prepare(client, child, epoch, key);
	ERR_clear_error();
	while ((code = SSL_do_handshake(client->ssl)) != 1) {
		if (SSL_get_error(client->ssl, code) != SSL_ERROR_WANT_READ || wait_for(client, end) < 0) {
			sim_close(client, false);
			return -1;
		}
	}
	return 0;
}

void sim_close(struct sim_client *client, bool farewell)
{
	if (!client->ssl)
		return;
	if (farewell)
		(void)SSL_shutdown(client->ssl);
	SSL_free(client->ssl);
	SSL_CTX_free(client->context);
	close(client->fd);
	client->ssl = NULL;
}

int sim_ask(struct sim_client *client, struct gate_message *request)
{
	uint8_t out[GATE_MESSAGE_MAX];
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	int size;

	if (request->exchange == 0)
		request->exchange = client->exchange++;
	size = gate_encode(request, out, sizeof(out));
	if (size < 0 || SSL_write(client->ssl, out, size) != size)
		return -1;
	for (;;) {
		int got;

		/* What another session left in the queue would be taken for an error of this one. */
		ERR_clear_error();
		got = SSL_read(client->ssl, client->bytes, sizeof(client->bytes));

		if (got > 0) {
			if (gate_decode(client->bytes, (size_t)got, &client->reply) == GATE_OK && client->reply.exchange == request->exchange)
				return client->reply.type;
		} else if (SSL_get_error(client->ssl, got) != SSL_ERROR_WANT_READ || wait_for(client, end) < 0) {
			return -1;
		}
	}
}
