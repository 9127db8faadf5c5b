/* What a configuration says of a function: where it is, how it is called and which of its results accept a token. */
#ifndef CFUNCTION_SIGNATURE_H
#define CFUNCTION_SIGNATURE_H

#include "streamfence_plugin.h"

#include <stdbool.h>

enum { MOST_ARGUMENTS = 16 };

typedef enum {
  /* const char *: terminated copies */
  ARGUMENT_TOKEN,
  ARGUMENT_NAMESPACE,
  ARGUMENT_TOPIC,
  ARGUMENT_ADDRESS,
  /* const void * and size_t: the token as it came, zero bytes too */
  ARGUMENT_TOKEN_BYTES,
  ARGUMENT_TOKEN_LENGTH,
  /* int: 0 to connect, 1 to subscribe, 2 to publish */
  ARGUMENT_ACTION,
  /* what the configuration says */
  ARGUMENT_TEXT,
  ARGUMENT_INT
} argument_kind;

typedef struct argument {
  argument_kind kind;
  char *text;
  int integer;
} argument;

typedef enum { RESULT_INT, RESULT_BOOL, RESULT_TEXT } result_kind;

typedef enum { ACCEPT_ZERO, ACCEPT_NOT_ZERO, ACCEPT_POSITIVE, ACCEPT_TRUE, ACCEPT_NOT_NULL, ACCEPT_EQUAL } accept_kind;

typedef struct signature {
  char *library, *symbol;
  argument arguments[MOST_ARGUMENTS];
  size_t argument_count;
  result_kind result;
  accept_kind accept;
  char *equal_text;  /* ACCEPT_EQUAL of text */
  int equal_integer; /* ACCEPT_EQUAL of int */
  char *principal;   /* null: the result is the principal */
  bool free_result, thread_safe;
} signature;

/* Reads it from options. Null, with every mistake in the error, if anything is wrong. */
signature *signature_read(const sf_settings *settings, sf_error *error);

void signature_free(signature *signature);

#endif
