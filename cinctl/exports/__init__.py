"""What leaves for analysts and other tools: which parts of a history may, and as what tables, traces and objects."""
