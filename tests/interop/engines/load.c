// load PORT [name=value...]: clients of the program Blocking (or of any echo) on one thread, which compare every byte and time every
// answer.
//
//   connections=64 seconds=5 idle=0    so many are served, for so long, while so many others do nothing
//   blockers=0 kind=S ms=100           the first ones ask their handler to block, again and again
//   percent=0                          so many of a hundred records of the others ask for the same, drawn one by one
//   pace=0                             the others rest so many milliseconds between an answer and the next record; 0: not at all
//   rate=0                             an open loop instead: so many records per second are due, evenly spaced, each connection in its
//                                      turn; an answer's time runs from when its record was due: a late one makes those behind it late
//   warmup=0                           so many seconds come before, in which nothing is counted but what is wrong, hung or lost
//   fresh=0                            1: a blocker hangs up after each answer and comes back as a new connection
//   random=0 seed=1                    1: bursts of every length; the blockers ask at times, for 1..ms milliseconds, and hang up in every
//                                      way
//
// A record is 64 bytes: how, two bytes of milliseconds, and noise. One line of JSON tells what the others (who are not blockers) had, in
// microseconds, and how many bytes were wrong or answers never came (30 s). It needs Linux and gcc.
#include "clients.h"
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { BURST = 32 * RECORD, ADDRESSES = 16 };
enum ending { NONE, HALF_CLOSE, CLOSE, RESET };

struct client {
    int fd, is_blocker, length, sent, got, bursts_left;
    enum ending ending;
    uint64_t since;             // of the burst, in ns; 0: nothing is under way
    uint64_t next;              // when it goes on after a rest, or its next record is due; 0: it does not rest
    uint64_t due;               // when the burst was to be sent
    unsigned char burst[BURST];
};

static int connections = 64, idle, blockers, ms = 100, percent, pace, rate, fresh, randomly;
static double seconds = 5, warmup;
static char kind = 'S';
static uint64_t seed = 1;
static struct client *clients;
static int stopping;
static uint64_t counted_from;
static long blocked, wrong, hung, lost, renewed;

static uint32_t chance(void)    // xorshift64*
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)((seed * 2685821657736338717ull) >> 32);
}

static void hang_up(int fd, int reset)
{
    struct linger at_once = { 1, 0 };
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void come(struct client *c)
{
    c->fd = dial(ADDRESSES);
    c->since = 0;
    c->bursts_left = !c->is_blocker ? -1 : randomly ? 1 + (int)(chance() % 40) : fresh ? 1 : -1;
    c->ending = randomly ? HALF_CLOSE + chance() % 3 : RESET;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

static void go_on_sending(struct client *c)
{
    while (c->since && c->sent < c->length) {
        int piece = c->length - c->sent;
        if (randomly && chance() % 8 == 0)
            piece = 1 + chance() % piece;       // cut anywhere: the rest is a segment of its own
        int n = send(c->fd, c->burst + c->sent, piece, MSG_NOSIGNAL);
        if (n < 0)
            return;
        c->sent += n;
    }
    if (c->since && c->bursts_left == 1 && c->ending == HALF_CLOSE)
        shutdown(c->fd, SHUT_WR);
}

static int wants(const struct client *c)
{
    return randomly ? c->is_blocker && chance() % 64 == 0 : c->is_blocker || (percent && chance() % 100 < (uint32_t)percent);
}

static void begin(struct client *c)
{
    c->length = RECORD * (randomly ? 1 + chance() % 32 : 1);
    c->sent = c->got = 0;
    for (int i = 0; i < c->length; i++)
        c->burst[i] = randomly || i < 8 ? chance() : 'x';
    for (int i = 0; i < c->length; i += RECORD) {
        int asks = wants(c);
        int time = randomly ? 1 + (int)(chance() % ms) : ms;
        c->burst[i] = !asks ? 'E' : randomly ? "SSWAR"[chance() % 5] : kind;
        c->burst[i + 1] = time & 255;
        c->burst[i + 2] = time >> 8;
        blocked += asks;
    }
    c->since = now();
    c->due = rate ? c->next : c->since;
    c->next = rate ? c->next + connections * 1000000000ull / rate : 0;
    go_on_sending(c);
}

static void leave(struct client *c, int reset)
{
    hang_up(c->fd, reset);
    renewed++;
    c->fd = -1;
    if (!stopping) {
        come(c);
        begin(c);
    }
}

static void answered(struct client *c, uint64_t at)
{
    if (!c->is_blocker && at >= counted_from)
        add_time((at - c->due) / 1000);
    c->since = 0;
    if (c->bursts_left > 0 && --c->bursts_left == 0) {
        if (c->ending != HALF_CLOSE)
            leave(c, c->ending == RESET);
        else
            c->since = at;      // the server's FIN is still to come
    } else if (pace && !c->is_blocker)
        c->next = at + pace * 1000000ull;
    else if (!rate && !stopping)
        begin(c);
}

// Those whose time has come begin. Returns when the next one's comes, in ns; the far future when nobody rests.
static uint64_t wake_the_rested(void)
{
    uint64_t at = now(), soonest = UINT64_MAX;
    for (int i = 0; (pace || rate) && !stopping && i < connections; i++)
        if (clients[i].next && !clients[i].since) {
            if (clients[i].next <= at)
                begin(&clients[i]);
            else if (clients[i].next < soonest)
                soonest = clients[i].next;
        }
    return soonest;
}

static int wait_for_events(uint64_t wake, struct epoll_event *events, int most)
{
    if (!rate)
        return epoll_wait(poll_fd, events, most, pace ? 1 : 100);
    uint64_t at = now(), left = wake <= at ? 0 : wake - at < 100000000 ? wake - at : 100000000;
    struct timespec timeout = { 0, (long)left };
    return epoll_pwait2(poll_fd, events, most, &timeout, NULL);
}

static void receive(struct client *c)
{
    unsigned char bytes[BURST];
    for (;;) {
        int n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            lost += !(n == 0 && c->bursts_left == 0);
            leave(c, 1);
            return;
        }
        if (!c->since || n > c->length - c->got) {
            wrong += n;
            leave(c, 1);
            return;
        }
        for (int i = 0; i < n; i++)
            wrong += bytes[i] != c->burst[c->got + i];
        c->got += n;
        if (randomly && c->bursts_left == 1 && c->ending == RESET && chance() % 4 == 0) {
            leave(c, 1);        // in the middle
            return;
        }
        if (c->got == c->length) {
            int fd = c->fd;
            answered(c, now());
            if (c->fd != fd)
                return;
        }
    }
}

static void give_up_on_the_silent(void)
{
    for (int i = 0; i < connections; i++)
        if (clients[i].fd >= 0 && clients[i].since && now() - clients[i].since > PATIENCE_MS * 1000000ull) {
            hung++;
            fprintf(stderr, "hung: client %d, blocker %d, fd %d, ending %d, %d bursts left, sent %d and got %d of %d\n",
                i, clients[i].is_blocker, clients[i].fd, clients[i].ending, clients[i].bursts_left,
                clients[i].sent, clients[i].got, clients[i].length);
            leave(&clients[i], 1);
        }
}

// How long this thread was ready and had no processor, in us (schedstat): what the machine, and not the server, added to some answers.
static uint64_t waited(void)
{
    unsigned long long ran, delayed = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    if (file && fscanf(file, "%llu %llu", &ran, &delayed) != 2)
        delayed = 0;
    if (file)
        fclose(file);
    return delayed / 1000;
}

static int busy(void)
{
    int count = 0;
    for (int i = 0; i < connections; i++)
        count += clients[i].fd >= 0 && clients[i].since != 0;
    return count;
}

static void report(double took)
{
    sort_times();
    printf("{\"answers\": %zu, \"rate\": %.0f, \"p50\": %u, \"p99\": %u, \"p999\": %u, \"max\": %u, "
        "\"blocked\": %ld, \"renewed\": %ld, \"wrong\": %ld, \"hung\": %ld, \"lost\": %ld, \"waited\": %llu}\n",
        answers, answers / took, within(0.5), within(0.99), within(0.999), within(1),
        blocked, renewed, wrong, hung, lost, (unsigned long long)waited());
}

static void read_arguments(int count, char **words)
{
    port = atoi(words[1]);
    for (int i = 2; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value)
            exit(2);
        *value++ = 0;
        struct { const char *name; int *into; } numbers[] = {
            { "connections", &connections }, { "idle", &idle }, { "blockers", &blockers }, { "ms", &ms },
            { "percent", &percent }, { "pace", &pace }, { "rate", &rate }, { "fresh", &fresh }, { "random", &randomly } };
        for (size_t j = 0; j < sizeof numbers / sizeof *numbers; j++)
            if (!strcmp(words[i], numbers[j].name))
                *numbers[j].into = atoi(value);
        if (!strcmp(words[i], "seconds"))
            seconds = atof(value);
        if (!strcmp(words[i], "warmup"))
            warmup = atof(value);
        if (!strcmp(words[i], "kind"))
            kind = *value;
        if (!strcmp(words[i], "seed"))
            seed = strtoull(value, NULL, 10) * 2654435761u + 1;
    }
}

int main(int count, char **words)
{
    if (count < 2)
        return 2;
    read_arguments(count, words);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    poll_fd = epoll_create1(0);
    prctl(PR_SET_TIMERSLACK, 1);        // ns: a record is sent when it is due

    int *sleepers = calloc(idle + 1, sizeof *sleepers);
    for (int i = 0; i < idle; i++) {        // each is served once, and so really there
        char all[RECORD];
        memset(all, 'x', sizeof all);
        sleepers[i] = dial(ADDRESSES);
        fcntl(sleepers[i], F_SETFL, 0);
        if (send(sleepers[i], all, sizeof all, 0) != sizeof all || recv(sleepers[i], all, sizeof all, MSG_WAITALL) != sizeof all)
            return 2;
    }
    usleep(500000);

    clients = calloc(connections, sizeof *clients);
    for (int i = 0; i < connections; i++) {
        clients[i].is_blocker = i < blockers;
        come(&clients[i]);
    }
    uint64_t start = now(), last_look = start;
    counted_from = start + (uint64_t)(warmup * 1e9);
    uint64_t end = counted_from + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < connections; i++) {
        clients[i].next = rate ? start + i * 1000000000ull / rate : 0;
        if (!rate)
            begin(&clients[i]);
    }
    uint64_t wake = wake_the_rested();
    while (!stopping || (busy() && now() < end + PATIENCE_MS * 1000000ull * 2)) {
        struct epoll_event events[256];
        int ready = wait_for_events(wake, events, 256);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (c->fd >= 0 && events[i].events & EPOLLOUT)
                go_on_sending(c);
            if (c->fd >= 0 && events[i].events & ~EPOLLOUT)
                receive(c);
        }
        wake = wake_the_rested();
        uint64_t at = now();
        if (at - last_look > 1000000000ull) {
            give_up_on_the_silent();
            last_look = at;
        }
        if (!stopping && at >= end)
            stopping = 1;
    }
    report(seconds);
    for (int i = 0; i < idle; i++)
        hang_up(sleepers[i], 1);
    for (int i = 0; i < connections; i++)
        if (clients[i].fd >= 0)
            hang_up(clients[i].fd, 1);
    return 0;
}
