"""The command line, tested as its users meet it."""
