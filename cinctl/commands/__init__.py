"""One file for each subcommand: parse, call the domain, print."""
