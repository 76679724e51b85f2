"""From rows to what an audience may see, and from that to HTML or JSON. Every audience has its own typed projection: a row is
never serialised whole, and what is not chosen here does not leave."""
