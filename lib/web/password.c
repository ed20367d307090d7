/* Passwords in a request. See password.h. */
#include "web/password.h"

#include "web/server.h"

static int take_turn(struct web_request *request)
{
	int place = web_turn_take(request->server, PASSWORDS_AT_ONCE, 5000);

	if (place < 0)
		web_problem(request, WEB_PROBLEM_TOO_BUSY, "Too many passwords at once. Try again in a moment.");
	return place;
}

int web_password_matches(struct web_request *request, const char *password, const char *hash)
{
	int place = take_turn(request);

	if (place < 0)
		return -1;
	bool same = password_matches(password, hash);
	web_turn_give(request->server, place);
	return same;
}

static const char *verdict_code(enum password_verdict verdict)
{
	return verdict == PASSWORD_SHORT ? "password_short" : verdict == PASSWORD_OWN_WORD ? "password_own_word" : "password_listed";
}

int web_password_new(struct web_request *request, const char *pointer, const char *password, int min_length, const char *const *own, size_t own_count,
		     char hash[PASSWORD_HASH_SIZE])
{
	const struct common_config *config = &request->server->config.common;
	struct password_rules rules = {.min_length = (size_t)min_length, .list_file = config->password_list_file,
				       .site_list_file = config->password_site_list_file};
	enum password_verdict verdict = password_judge(password, &rules, own, own_count);

	if (verdict == PASSWORD_UNJUDGED)
		return web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
	if (verdict != PASSWORD_GOOD) {
		web_problem(request, WEB_PROBLEM_INVALID, NULL);
		return web_field_problem(request, pointer, verdict_code(verdict), "%s", password_advice(verdict));
	}
	int place = take_turn(request);
	if (place < 0)
		return -1;
	int result = password_hash(password, hash);
	web_turn_give(request->server, place);
	return result == 0 ? 0 : web_problem(request, WEB_PROBLEM_INTERNAL, NULL);
}
