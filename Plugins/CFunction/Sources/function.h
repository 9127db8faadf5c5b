/* A function of a library, ready to be called. */
#ifndef CFUNCTION_FUNCTION_H
#define CFUNCTION_FUNCTION_H

#include "signature.h"

#include <ffi.h>

typedef struct function {
  signature *signature;
  void (*address)(void);
  ffi_cif call;
  ffi_type *types[MOST_ARGUMENTS];
} function;

/* Loads the library, for as long as the process lives, and finds the function. Takes the signature. Null if it cannot. */
function *function_find(signature *signature, sf_error *error);

void function_free(function *function);

/* Calls it for a token, and answers. */
void function_decide(const function *function, const sf_token_request *request, uint64_t call, sf_token_answer answer);

#endif
