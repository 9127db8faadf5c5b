/* Nothing: this target is linked, not imported. */
