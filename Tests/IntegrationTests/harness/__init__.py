"""What the integration tests are written with: the server, its clients and its command line, as a test speaks of them."""
