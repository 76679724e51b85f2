"""All SQL. Asks no rule and decides nothing; whoever calls holds the transaction."""
