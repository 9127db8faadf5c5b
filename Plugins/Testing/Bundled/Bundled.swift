// Depends on every plugin, so that all are built; has nothing of its own.
