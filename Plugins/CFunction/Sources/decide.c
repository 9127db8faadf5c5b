#include "function.h"
#include "sf_options.h"

#include <pthread.h>

#ifndef __EXCEPTIONS
#error "expected -fexceptions: an exception of a function would leave the others locked out"
#endif

/* Runs a function on a variable when its scope ends, also when a C++ exception ends it. */
#define FINALLY(function) __attribute__((cleanup(function)))

/* What a call is made with. */
typedef struct values {
  union {
    const void *pointer;
    size_t length;
    int integer;
  } slots[MOST_ARGUMENTS];
  void *pointers[MOST_ARGUMENTS];
  char *copies[MOST_ARGUMENTS]; /* to be freed */
} values;

/* A function has room for its whole register, however small its result. */
typedef union result {
  ffi_arg whole;
  ffi_sarg integer;
  char *text;
} result;

typedef struct answer {
  sf_token_decision decision;
  char reason[256];
  char *principal; /* to be freed */
} answer;

/* One call at a time in the process, of functions that are not said to be thread-safe. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static sf_slice part_of(const sf_token_request *request, argument_kind kind) {
  switch (kind) {
  case ARGUMENT_NAMESPACE: return request->namespace_path;
  case ARGUMENT_TOPIC: return request->topic;
  case ARGUMENT_ADDRESS: return request->remote_address;
  default: return request->token;
  }
}

static char *terminated(sf_slice slice) {
  char *copy = malloc(slice.length + 1);
  if (!copy) return NULL;
  if (slice.length > 0) memcpy(copy, slice.bytes, slice.length);
  copy[slice.length] = 0;
  return copy;
}

/* Null if all values are there; otherwise why not. */
static const char *set_values(const signature *signature, const sf_token_request *request, values *values) {
  memset(values, 0, sizeof *values);
  for (size_t i = 0; i < signature->argument_count; i++) {
    const argument *argument = &signature->arguments[i];
    values->pointers[i] = &values->slots[i];
    switch (argument->kind) {
    case ARGUMENT_TOKEN_BYTES: values->slots[i].pointer = request->token.length ? (const void *)request->token.bytes : ""; break;
    case ARGUMENT_TOKEN_LENGTH: values->slots[i].length = request->token.length; break;
    case ARGUMENT_ACTION: values->slots[i].integer = (int)request->action; break;
    case ARGUMENT_INT: values->slots[i].integer = argument->integer; break;
    case ARGUMENT_TEXT: values->slots[i].pointer = argument->text; break;
    default: {
      const sf_slice part = part_of(request, argument->kind);
      if (part.length > 0 && memchr(part.bytes, 0, part.length)) return "expected a token without a zero byte, found one";
      values->slots[i].pointer = values->copies[i] = terminated(part);
      if (!values->copies[i]) return "expected memory for a call, found none";
    }
    }
  }
  return NULL;
}

/* Takes as long for every text of one length. */
static bool is_equal(const char *left, const char *right) {
  const size_t length = strlen(right);
  if (strlen(left) != length) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < length; i++) difference |= (unsigned char)(left[i] ^ right[i]);
  return difference == 0;
}

static bool is_accepted(const signature *signature, const result *result) {
  const int integer = (int)result->integer;
  switch (signature->accept) {
  case ACCEPT_ZERO: return integer == 0;
  case ACCEPT_NOT_ZERO: return integer != 0;
  case ACCEPT_POSITIVE: return integer > 0;
  case ACCEPT_TRUE: return (uint8_t)result->whole != 0;
  case ACCEPT_NOT_NULL: return result->text != NULL;
  case ACCEPT_EQUAL:
    if (signature->result == RESULT_INT) return integer == signature->equal_integer;
    return result->text && is_equal(result->text, signature->equal_text);
  }
  return false;
}

/* What the result means. A text may be gone with the next call of the function. */
static void judge(const signature *signature, const sf_token_request *request, const result *result, answer *answer) {
  sf_token_decision *decision = &answer->decision;
  if (!is_accepted(signature, result)) {
    decision->verdict = SF_TOKEN_REJECTED;
    if (signature->result == RESULT_INT) {
      snprintf(answer->reason, sizeof answer->reason, "expected %s to accept the token, found the result %d", signature->symbol,
               (int)result->integer);
    } else {
      snprintf(answer->reason, sizeof answer->reason, "expected %s to accept the token, found another result", signature->symbol);
    }
    return;
  }
  answer->principal = strdup(signature->principal ? signature->principal : result->text);
  decision->verdict = SF_TOKEN_FAILED;
  if (!answer->principal) {
    snprintf(answer->reason, sizeof answer->reason, "expected memory for a principal, found none");
    return;
  }
  const sf_slice principal = sf_text(answer->principal);
  if (principal.length == 0 || (principal.length == request->token.length &&
                                memcmp(principal.bytes, request->token.bytes, principal.length) == 0)) {
    snprintf(answer->reason, sizeof answer->reason, "expected %s to return a principal, found %s", signature->symbol,
             principal.length ? "the token" : "an empty text");
    return;
  }
  decision->verdict = SF_TOKEN_ACCEPTED;
  decision->principal = principal;
}

static void unlock(pthread_mutex_t **locked) {
  if (*locked) pthread_mutex_unlock(*locked);
}

static void free_copies(values *values) {
  for (size_t i = 0; i < MOST_ARGUMENTS; i++) free(values->copies[i]);
}

static void call_function(const function *function, const sf_token_request *request, values *values, answer *answer) {
  const signature *signature = function->signature;
  result result = {0};
  FINALLY(unlock) pthread_mutex_t *lock = signature->thread_safe ? NULL : &one_at_a_time;
  if (lock) pthread_mutex_lock(lock);
  /* An exception goes on to the host, which counts it as a failure of this call. */
  ffi_call((ffi_cif *)&function->call, function->address, &result, values->pointers);
  judge(signature, request, &result, answer);
  if (signature->free_result) free(result.text);
}

void function_decide(const function *function, const sf_token_request *request, uint64_t call, sf_token_answer take_answer) {
  answer answer = {.decision = {.size = sizeof answer.decision}};
  FINALLY(free_copies) values values;
  const char *problem = set_values(function->signature, request, &values);
  if (problem) {
    answer.decision.verdict = SF_TOKEN_REJECTED;
    snprintf(answer.reason, sizeof answer.reason, "%s", problem);
  } else {
    call_function(function, request, &values, &answer);
  }
  if (answer.decision.verdict != SF_TOKEN_ACCEPTED) answer.decision.reason = sf_text(answer.reason);
  take_answer(call, &answer.decision);
  free(answer.principal);
}
