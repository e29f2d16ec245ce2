"""The indicators that managers and inspectors look at, counted from the events and obligations of `due` and `audit`."""
