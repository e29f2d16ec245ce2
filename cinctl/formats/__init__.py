"""To and from the outside: one small module for each format, reached only when asked for."""
