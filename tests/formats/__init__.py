"""Reports of an audit, each read back by a reader that is not ours."""
