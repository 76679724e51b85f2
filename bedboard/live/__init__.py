"""From the bell to every open page: a board in memory, a hub that hands out, sockets that carry."""
