#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dladdr1 */
#endif
#include "function.h"
#include "sf_options.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

static ffi_type *type_of(argument_kind kind) {
  switch (kind) {
  case ARGUMENT_TOKEN_LENGTH: return sizeof(size_t) == 8 ? &ffi_type_uint64 : &ffi_type_uint32;
  case ARGUMENT_ACTION:
  case ARGUMENT_INT: return &ffi_type_sint;
  default: return &ffi_type_pointer;
  }
}

static ffi_type *type_of_result(result_kind kind) {
  switch (kind) {
  case RESULT_INT: return &ffi_type_sint;
  case RESULT_BOOL: return &ffi_type_uint8;
  default: return &ffi_type_pointer;
  }
}

/* Whether a symbol is known to be a variable: calling it would end the server. */
static bool is_variable(const void *address) {
  Dl_info info;
  const ElfW(Sym) *symbol = NULL;
  if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != address) return false;
  const int type = ELF64_ST_TYPE(symbol->st_info);
  return type == STT_OBJECT || type == STT_COMMON || type == STT_TLS;
}

static bool find(function *function, sf_error *error) {
  const signature *signature = function->signature;
  void *library = dlopen(signature->library, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return sf_fail(error, "library: expected one that can be loaded, found: %s", dlerror()), false;
  void *address = dlsym(library, signature->symbol);
  if (!address) return sf_fail(error, "symbol: expected a function of %s, found: %s", signature->library, dlerror()), false;
  if (is_variable(address))
    return sf_fail(error, "symbol: expected a function of %s, found the variable %s", signature->library, signature->symbol), false;
  memcpy(&function->address, &address, sizeof address);
  for (size_t i = 0; i < signature->argument_count; i++) function->types[i] = type_of(signature->arguments[i].kind);
  if (ffi_prep_cif(&function->call, FFI_DEFAULT_ABI, (unsigned)signature->argument_count, type_of_result(signature->result),
                   function->types) == FFI_OK)
    return true;
  return sf_fail(error, "arguments: expected what can be called on this machine, found something else"), false;
}

function *function_find(signature *signature, sf_error *error) {
  function *found = calloc(1, sizeof *found);
  if (!found) {
    signature_free(signature);
    return sf_fail(error, "expected memory for a function, found none"), NULL;
  }
  found->signature = signature;
  if (find(found, error)) return found;
  function_free(found);
  return NULL;
}

void function_free(function *function) {
  signature_free(function->signature);
  free(function);
}
