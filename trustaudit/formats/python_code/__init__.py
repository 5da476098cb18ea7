"""Python source: what it could do to a machine, when, and with what. Parsed, never imported or compiled."""
