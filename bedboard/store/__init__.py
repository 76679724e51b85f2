"""All SQL. It asks no rule and decides nothing; the caller holds the transaction."""
