/* Who is there already, each by a digest of what the file would have to say of them: a row that says just that is unchanged and needs no
 * judging. What a row alone can not tell stays as it is: of two rows with one key or one card both go to SQL, which refuses both. */
#include "import.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct person {
	unsigned char digest[16];
	uint32_t key;		/* where in keys */
	char card[17];
	bool judged;		/* SQL judges rows with their key or card */
	int n;			/* the row that says nothing new; 0: none */
};

struct import_known {
	struct person *people;
	size_t count, room;
	struct buf keys;	/* each with its '\0' */
	uint32_t *by_key, *by_card;	/* index + 1; 0: empty */
	size_t mask;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
};

struct import_known *import_known_new(void)
{
	struct import_known *known = xcalloc(1, sizeof(*known));

	known->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	known->digest = EVP_MD_CTX_new();
	if (known->sha256 == NULL || known->digest == NULL)
		fatalx("OpenSSL has no SHA-256");
	return known;
}

void import_known_free(struct import_known *known)
{
	if (known == NULL)
		return;
	EVP_MD_CTX_free(known->digest);
	EVP_MD_free(known->sha256);
	free(known->people);
	free(known->by_key);
	free(known->by_card);
	buf_free(&known->keys);
	free(known);
}

static void digest(struct import_known *known, const struct buf *said, unsigned char out[16])
{
	unsigned char whole[EVP_MAX_MD_SIZE];

	if (EVP_DigestInit_ex(known->digest, known->sha256, NULL) != 1 || EVP_DigestUpdate(known->digest, buf_text(said), said->len) != 1 ||
	    EVP_DigestFinal_ex(known->digest, whole, NULL) != 1)
		panic("SHA-256 fails");
	memcpy(out, whole, 16);
}

static size_t hash(const char *text)
{
	uint64_t h = 14695981039346656037u;

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static const char *text_of(const struct import_known *known, const struct person *person, bool card)
{
	return card ? person->card : known->keys.data + person->key;
}

static struct person *find(const struct import_known *known, const char *text, bool card)
{
	const uint32_t *slots = card ? known->by_card : known->by_key;

	if (slots == NULL || *text == '\0')
		return NULL;
	for (size_t slot = hash(text) & known->mask; slots[slot] != 0; slot = (slot + 1) & known->mask)
		if (strcmp(text_of(known, &known->people[slots[slot] - 1], card), text) == 0)
			return &known->people[slots[slot] - 1];
	return NULL;
}

void import_known_add(struct import_known *known, const char *key, const char *card, const struct buf *said)
{
	if (known->count == known->room) {
		known->room = known->room == 0 ? 1024 : known->room * 2;
		known->people = xreallocarray(known->people, known->room, sizeof(*known->people));
	}
	struct person *person = &known->people[known->count++];
	*person = (struct person){.key = (uint32_t)known->keys.len};
	buf_add(&known->keys, key, strlen(key) + 1);
	if (strlen(card) >= sizeof(person->card))
		panic("a card number of more than 16 characters");
	memcpy(person->card, card, strlen(card) + 1);
	digest(known, said, person->digest);
}

static uint32_t *index_by(const struct import_known *known, bool card)
{
	uint32_t *slots = xcalloc(known->mask + 1, sizeof(*slots));

	for (size_t i = 0; i < known->count; i++) {
		const char *text = text_of(known, &known->people[i], card);
		if (*text == '\0')
			continue;
		size_t slot = hash(text) & known->mask;
		while (slots[slot] != 0)
			slot = (slot + 1) & known->mask;
		slots[slot] = (uint32_t)i + 1;
	}
	return slots;
}

void import_known_end(struct import_known *known)
{
	known->mask = 15;
	while (known->mask < 2 * known->count)
		known->mask = known->mask * 2 + 1;
	known->by_key = index_by(known, false);
	known->by_card = index_by(known, true);
}

/* Two rows meet in this person: SQL sees this one, and what it needs to see of the one that said nothing new. */
static void meet(struct import_known *known, struct person *person, struct import_met *met)
{
	if (person == NULL)
		return;
	if (person->n != 0)
		*met = (struct import_met){person->n, known->keys.data + person->key, person->card};
	person->n = 0;
	person->judged = true;
}

bool import_known_same(struct import_known *known, int n, const char *key, const char *card, const struct buf *said, struct import_met met[2])
{
	unsigned char now[16];
	struct person *person = find(known, key, false);

	met[0] = met[1] = (struct import_met){0};
	if (said != NULL && person != NULL && person->n == 0 && !person->judged) {
		digest(known, said, now);
		if (memcmp(now, person->digest, sizeof(now)) == 0) {
			person->n = n;
			return true;
		}
	}
	meet(known, person, &met[0]);
	meet(known, find(known, card, true), &met[1]);
	return false;
}

void import_known_lines(const struct import_known *known, struct buf *lines, size_t *at, size_t most)
{
	for (; *at < known->count && lines->len < most; (*at)++) {
		const struct person *person = &known->people[*at];
		if (person->n == 0)
			continue;
		buf_add_int(lines, person->n);
		buf_addc(lines, '\t');
		cell_escape(lines, known->keys.data + person->key, strlen(known->keys.data + person->key));
		buf_adds(lines, "\tunchanged\n");
	}
}
