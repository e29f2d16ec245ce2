"""The JSON-lines log. Knows events as dictionaries in an envelope; knows nothing of protocols or of Click.

`cinctl.store.log.Log` reads and writes it, `cinctl.store.verify.verify` walks its chain.
"""
