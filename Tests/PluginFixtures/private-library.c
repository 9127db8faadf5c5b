/* No plugin: what one of them needs, and has beside it. */
int limit_of_the_private_library(void) { return 3; }
