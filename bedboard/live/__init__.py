"""From the bell to every open board: one feed per process, a hub that hands out, sockets that carry."""
