/* The limit of a fan-out: one thread, one send() for each viewer, nothing else.

   cc -O2 -o fanout fanout.c; ./fanout FRAME_BYTES

   Speaks like the other ways of bench/fanout.py: prints its port; at a line on standard input it prints the moment (monotonic
   seconds) and its CPU so far (seconds), and sends one text frame to all. It answers the one handshake key that the bench uses. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static int viewers[20000];
static int count;

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void greet(int listener) {
    char head[4096];
    int viewer = accept(listener, NULL, NULL);
    if (viewer < 0 || recv(viewer, head, sizeof head, 0) <= 0 || count == 20000) {
        close(viewer);
        return;
    }
    send(viewer, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL);
    viewers[count++] = viewer;
}

int main(int arguments, char **given) {
    int size = arguments > 1 ? atoi(given[1]) : 604;
    if (size < 130 || size > 65000) return 2;
    unsigned char *frame = malloc(size);
    memset(frame, 'x', size);
    frame[0] = 0x81;
    frame[1] = 126;
    frame[2] = (size - 4) >> 8;
    frame[3] = (size - 4) & 255;

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4096)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    struct pollfd watched[2] = {{listener, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    while (poll(watched, 2, -1) > 0) {
        if (watched[0].revents) greet(listener);
        if (watched[1].revents) {
            char line[16];
            struct timespec now;
            if (read(STDIN_FILENO, line, sizeof line) <= 0) return 0;
            clock_gettime(CLOCK_MONOTONIC, &now);
            printf("%.6f %.6f\n", now.tv_sec + now.tv_nsec / 1e9, cpu_seconds());
            fflush(stdout);
            for (int n = 0; n < count; n++) send(viewers[n], frame, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
    return 1;
}
