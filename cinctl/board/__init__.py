"""The duty board: one page about what is due and whose it is, each case's timeline, and how the months went."""
