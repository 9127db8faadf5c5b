#include "signature.h"

#include "sf_options.h"

#include <limits.h>

static const char *const argument_names[] = {"token",       "namespace",    "topic",  "address",
                                             "token-bytes", "token-length", "action", NULL};
static const char *const result_names[] = {"int", "bool", "text", NULL};
static const char *const accept_names[] = {"zero", "not-zero", "positive", "true", "not-null", NULL};

static char *copy(sf_options *options, const char *text) {
  char *copied = strdup(text);
  if (!copied) sf_options_refuse(options, "", "expected memory for a function, found none");
  return copied;
}

static int index_of(const char *const *names, const sf_option *option) {
  for (int i = 0; option->type == SF_OPTION_TEXT && names[i]; i++)
    if (strcmp(names[i], option->text) == 0) return i;
  return -1;
}

/* The one member of a section, if that is all it has. */
static const sf_option *only_member(const sf_option *option, const char *name) {
  const sf_option *member = option->type == SF_OPTION_SECTION ? option->first : NULL;
  return member && !member->next && strcmp(member->name, name) == 0 ? member : NULL;
}

static bool is_int(const sf_option *option) {
  return option->type == SF_OPTION_INTEGER && option->integer >= INT_MIN && option->integer <= INT_MAX;
}

static void read_argument(sf_options *options, const sf_option *option, argument *into, size_t index) {
  const int kind = index_of(argument_names, option);
  const sf_option *text = only_member(option, "text"), *integer = only_member(option, "int");
  if (kind >= 0) {
    into->kind = (argument_kind)kind;
  } else if (text && text->type == SF_OPTION_TEXT) {
    into->kind = ARGUMENT_TEXT;
    into->text = copy(options, text->text);
  } else if (integer && is_int(integer)) {
    into->kind = ARGUMENT_INT;
    into->integer = (int)integer->integer;
  } else {
    char name[32];
    snprintf(name, sizeof name, "arguments[%zu]", index);
    sf_options_refuse(options, name,
                      "expected token, namespace, topic, address, token-bytes, token-length, action, {text: ...} or "
                      "{int: ...}, found %s", sf_option_found(option));
  }
}

static void read_arguments(sf_options *options, signature *into) {
  const sf_option *list = sf_options_take(options, "arguments");
  if (!options->root) return;
  if (!list || list->type != SF_OPTION_LIST) {
    sf_options_refuse(options, "arguments", "expected a list, found %s", list ? sf_option_found(list) : "nothing");
    return;
  }
  for (const sf_option *item = list->first; item; item = item->next) {
    if (into->argument_count == MOST_ARGUMENTS) {
      sf_options_refuse(options, "arguments", "expected at most %d, found more", MOST_ARGUMENTS);
      return;
    }
    read_argument(options, item, &into->arguments[into->argument_count], into->argument_count);
    into->argument_count++;
  }
}

/* False where nobody knows what the result is, and so what fits to it. */
static bool read_result(sf_options *options, signature *into) {
  const sf_option *option = sf_options_take(options, "result");
  if (!options->root) return false;
  const int kind = option ? index_of(result_names, option) : -1;
  if (kind >= 0) return into->result = (result_kind)kind, true;
  sf_options_refuse(options, "result", "expected one of int, bool, text, found %s", option ? sf_option_found(option) : "nothing");
  return false;
}

/* What can be said of each kind of result. */
static void read_accept(sf_options *options, signature *into, bool result_is_known) {
  static const char *const expected[] = {
      [RESULT_INT] = "zero, not-zero, positive or {equals: INTEGER}, as the result is int",
      [RESULT_BOOL] = "true, as the result is bool",
      [RESULT_TEXT] = "not-null or {equals: TEXT}, as the result is text",
  };
  const sf_option *option = sf_options_take(options, "accept");
  if (!result_is_known) return;
  const int kind = option ? index_of(accept_names, option) : -1;
  const sf_option *equal = option ? only_member(option, "equals") : NULL;
  const result_kind result = into->result;
  if (result == RESULT_INT && equal && is_int(equal)) {
    into->accept = ACCEPT_EQUAL;
    into->equal_integer = (int)equal->integer;
  } else if (result == RESULT_TEXT && equal && equal->type == SF_OPTION_TEXT) {
    into->accept = ACCEPT_EQUAL;
    into->equal_text = copy(options, equal->text);
  } else if ((result == RESULT_INT && kind >= ACCEPT_ZERO && kind <= ACCEPT_POSITIVE) ||
             (result == RESULT_BOOL && (kind == ACCEPT_TRUE || (option && option->type == SF_OPTION_FLAG && option->flag)))) {
    into->accept = result == RESULT_BOOL ? ACCEPT_TRUE : (accept_kind)kind;
  } else if (result == RESULT_TEXT && kind == ACCEPT_NOT_NULL) {
    into->accept = ACCEPT_NOT_NULL;
  } else {
    sf_options_refuse(options, "accept", "expected %s, found %s", expected[result], option ? sf_option_found(option) : "nothing");
  }
}

static void read_principal(sf_options *options, signature *into, bool result_is_known) {
  const sf_option *fixed = sf_options_take(options, "principal");
  const bool is_text = fixed && fixed->type == SF_OPTION_TEXT && *fixed->text;
  if (fixed && !is_text) sf_options_refuse(options, "principal", "expected text, found %s", sf_option_found(fixed));
  if (is_text) into->principal = copy(options, fixed->text);
  const bool from_result = sf_options_flag(options, "principalFromResult", false);
  if (options->root && from_result == (fixed != NULL))
    sf_options_refuse(options, "", "expected either principal or principalFromResult: true, found %s", fixed ? "both" : "none");
  into->free_result = sf_options_flag(options, "freeResult", false);
  if (!result_is_known || into->result == RESULT_TEXT) return;
  if (from_result) sf_options_refuse(options, "principalFromResult", "has an effect with result: text only");
  if (into->free_result) sf_options_refuse(options, "freeResult", "has an effect with result: text only");
}

/* Text that is not empty. dlopen("") would be the server itself. */
static const char *read_name(sf_options *options, const char *name) {
  const sf_option *option = sf_options_take(options, name);
  if (option && option->type == SF_OPTION_TEXT && *option->text) return option->text;
  if (options->root) sf_options_refuse(options, name, "expected text, found %s", option ? sf_option_found(option) : "nothing");
  return "";
}

static char *read_library(sf_options *options) {
  const char *library = read_name(options, "library");
  /* What is relative to the working directory would be another file elsewhere. */
  if (*library && *library != '/' && strchr(library, '/'))
    sf_options_refuse(options, "library", "expected the name of a library, or an absolute path, found \"%s\"", library);
  return copy(options, library);
}

signature *signature_read(const sf_settings *settings, sf_error *error) {
  signature *read = calloc(1, sizeof *read);
  if (!read) return sf_fail(error, "expected memory for a function, found none"), NULL;
  sf_options options;
  sf_options_open(&options, settings->options, error);
  read->library = read_library(&options);
  read->symbol = copy(&options, read_name(&options, "symbol"));
  read_arguments(&options, read);
  const bool result_is_known = read_result(&options, read);
  read_accept(&options, read, result_is_known);
  read_principal(&options, read, result_is_known);
  read->thread_safe = sf_options_flag(&options, "threadSafe", false);
  if (sf_options_close(&options, "c-function") == SF_SUCCESS) return read;
  signature_free(read);
  return NULL;
}

void signature_free(signature *signature) {
  if (!signature) return;
  for (size_t i = 0; i < signature->argument_count; i++) free(signature->arguments[i].text);
  free(signature->library);
  free(signature->symbol);
  free(signature->equal_text);
  free(signature->principal);
  free(signature);
}
