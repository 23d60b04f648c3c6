// comers PORT [name=value...]: clients that come, have one record echoed and leave, on one thread. It counts them, and times each from
// before its connect until its answer.
//
//   atonce=64 seconds=2                so many at the same time, for so long: each that leaves is followed by the next one
//   block=0                            the first one stays, and asks the handler of the program Blocking to sleep so many milliseconds,
//                                      again and again; it is not counted
//
// A record is 64 bytes: how, two bytes of milliseconds, and filling. One line of JSON tells how many came, the times in microseconds, how
// many waited for more than 20 ms, and how many got something else than their record, or nothing. It needs Linux and gcc.
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

enum { RECORD = 64, LATE_US = 20000, PATIENCE_MS = 30000 };

struct client {
    int fd, got;
    uint64_t since;
};

static int port, atonce = 64, block;
static double seconds = 2;
static int poll_fd;
static uint32_t *times;
static size_t answers, room, late;
static long lost;
static unsigned char record[RECORD];

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int dial(void)
{
    static int next;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons(port) };
    from.sin_addr.s_addr = htonl(0x7f000002 + next++ % 200);    // ports that are in TIME_WAIT are many addresses' concern
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

static void come(struct client *c)
{
    c->since = now();
    c->got = 0;
    c->fd = dial();
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event);
    lost += send(c->fd, record, RECORD, MSG_NOSIGNAL) != RECORD;
}

static void leave(struct client *c)
{
    close(c->fd);
    c->fd = -1;
}

// Whether it has its answer, or will never have it.
static int receive(struct client *c)
{
    unsigned char bytes[RECORD + 1];
    int n = recv(c->fd, bytes, sizeof bytes, 0);
    if (n <= 0 || c->got + n > RECORD || memcmp(bytes, record + c->got, n)) {
        lost++;
        return 1;
    }
    if ((c->got += n) < RECORD)
        return 0;
    if (answers == room && !(times = realloc(times, (room = room ? room * 2 : 1 << 20) * sizeof *times)))
        exit(2);
    times[answers] = (now() - c->since) / 1000;
    late += times[answers++] > LATE_US;
    return 1;
}

static int begin_to_block(void)
{
    unsigned char asks[RECORD] = { 'S', block & 255, block >> 8 };
    int fd = dial();
    if (send(fd, asks, RECORD, MSG_NOSIGNAL) != RECORD)
        exit(2);
    usleep(100000);
    return fd;
}

static void go_on_blocking(int fd)
{
    unsigned char asks[RECORD];
    if (recv(fd, asks, RECORD, 0) == RECORD)
        lost += send(fd, asks, RECORD, MSG_NOSIGNAL) != RECORD;
}

static int by_size(const void *a, const void *b)
{
    return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : *(const uint32_t *)a > *(const uint32_t *)b;
}

static void report(double took)
{
    qsort(times, answers, sizeof *times, by_size);
    uint32_t none = 0, *t = answers ? times : &none;
    size_t last = answers ? answers - 1 : 0;
    printf("{\"connections\": %zu, \"rate\": %.0f, \"p50\": %u, \"p99\": %u, \"max\": %u, \"late\": %zu, \"lost\": %ld}\n",
        answers, answers / took, t[last / 2], t[(size_t)(last * 0.99)], t[last], late, lost);
}

int main(int count, char **words)
{
    if (count < 2)
        return 2;
    port = atoi(words[1]);
    for (int i = 2; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value)
            return 2;
        *value++ = 0;
        if (!strcmp(words[i], "atonce"))
            atonce = atoi(value);
        if (!strcmp(words[i], "block"))
            block = atoi(value);
        if (!strcmp(words[i], "seconds"))
            seconds = atof(value);
    }
    memset(record, 'x', RECORD);
    poll_fd = epoll_create1(0);
    int blocker = block ? begin_to_block() : -1;
    struct client *clients = calloc(atonce, sizeof *clients);
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9), at = start;
    for (int i = 0; i < atonce; i++)
        come(&clients[i]);
    int open = atonce;
    while (open && at < end + PATIENCE_MS * 1000000ull) {
        struct epoll_event events[256];
        int ready = epoll_wait(poll_fd, events, 256, 1);
        at = now();
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (!receive(c))
                continue;
            leave(c);
            if (at < end)
                come(c);
            else
                open--;
        }
        if (blocker >= 0 && at < end)
            go_on_blocking(blocker);
    }
    lost += open;
    report(seconds);
    return 0;
}
