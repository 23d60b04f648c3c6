// What load.c and comers.c have in common: a clock, a connection to the server, and the times of answers.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { RECORD = 64, PATIENCE_MS = 30000 };

static int port, poll_fd;
static uint32_t *times;         // of the answers that count, in us
static size_t answers, room;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

// From so many addresses of our own in turn: ports that are in TIME_WAIT, or idle, are many addresses' concern.
static int dial(int addresses)
{
    static int next;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons(port) };
    from.sin_addr.s_addr = htonl(0x7f000002 + next++ % addresses);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (fd < 0 || bind(fd, (void *)&from, sizeof from) || connect(fd, (void *)&to, sizeof to)) {
        perror("connect");
        exit(2);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void add_time(uint32_t us)
{
    if (answers == room && !(times = realloc(times, (room = room ? room * 2 : 1 << 20) * sizeof *times)))
        exit(2);
    times[answers++] = us;
}

static int by_size(const void *a, const void *b)
{
    return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : *(const uint32_t *)a > *(const uint32_t *)b;
}

static void sort_times(void)
{
    qsort(times, answers, sizeof *times, by_size);
}

// The time within which this share of the answers came, once they are sorted; 0 when there were none.
static uint32_t within(double share)
{
    return answers ? times[(size_t)((answers - 1) * share)] : 0;
}
