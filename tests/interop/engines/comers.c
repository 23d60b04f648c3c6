// comers PORT [name=value...]: clients that come, have one record echoed and leave, on one thread. It counts them, and times each from
// before its connect until its answer.
//
//   atonce=64 seconds=2                so many at the same time, for so long: each that leaves is followed by the next one
//   block=0                            the first one stays, and asks the handler of the program Blocking to sleep so many milliseconds,
//                                      again and again; it is not counted
//
// A record is 64 bytes: how, two bytes of milliseconds, and filling. One line of JSON tells how many came, the times in microseconds, how
// many waited for more than 20 ms, and how many got something else than their record, or nothing. It needs Linux and gcc.
#include "clients.h"

enum { LATE_US = 20000, ADDRESSES = 200 };

struct client {
    int fd, got;
    uint64_t since;
};

static int atonce = 64, block;
static double seconds = 2;
static size_t late;
static long lost;
static unsigned char record[RECORD];

static void come(struct client *c)
{
    c->since = now();
    c->got = 0;
    c->fd = dial(ADDRESSES);
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
    uint32_t took = (now() - c->since) / 1000;
    add_time(took);
    late += took > LATE_US;
    return 1;
}

static int begin_to_block(void)
{
    unsigned char asks[RECORD] = { 'S', block & 255, block >> 8 };
    int fd = dial(ADDRESSES);
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

static void report(double took)
{
    sort_times();
    printf("{\"connections\": %zu, \"rate\": %.0f, \"p50\": %u, \"p99\": %u, \"max\": %u, \"late\": %zu, \"lost\": %ld}\n",
        answers, answers / took, within(0.5), within(0.99), within(1), late, lost);
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
