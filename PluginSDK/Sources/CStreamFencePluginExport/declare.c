#include "streamfence_plugin.h"

/* A plugin in Swift has its ABI record from here: a constant that is in the file, which Swift can't promise. Only what
 * becomes a plugin may link this, or a host would have such a record too. */
SF_DECLARE_PLUGIN;
