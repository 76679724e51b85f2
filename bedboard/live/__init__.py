"""From the bell to every open board: one board in memory per process, a hub that hands out, sockets that carry."""
