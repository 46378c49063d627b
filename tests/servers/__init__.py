"""Real servers for tests: databases, mail, a browser, the desk itself as a process of its own."""
