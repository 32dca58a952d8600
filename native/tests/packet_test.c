// Packets, the outbox and formatting. No root, under sanitizers.
#define _GNU_SOURCE
#include "../src/format.h"
#include "../src/plan.h"
#include "../src/proto.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct test packet_tests[];

static void packets_are_cut_into_words(void)
{
    static struct packet p;
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    CHECK(send(pair[0],
              "1\0hello\0"
              "1",
              10, 0) == 10);
    CHECK(packet_receive(pair[1], &p) == 1);
    CHECK(p.word_count == 3);
    CHECK_TEXT(p.words[1], "hello");
    // Without its last NUL, too many words, empty, too long: refused, not cut.
    CHECK(send(pair[0], "1\0hello", 7, 0) == 7);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EBADMSG);
    char many[2 * (PACKET_MAX_WORDS + 1)] = {0};
    CHECK(send(pair[0], many, PACKET_MAX_WORDS + 1, 0) == PACKET_MAX_WORDS + 1);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EBADMSG);
    static char large[PACKET_MAX + 1];
    memset(large, 'x', sizeof large - 1);
    CHECK(send(pair[0], large, sizeof large, 0) == (ssize_t)sizeof large);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EMSGSIZE);
    CHECK(packet_receive(pair[1], &p) == -1 && errno == EAGAIN);
    close(pair[0]);
    CHECK(packet_receive(pair[1], &p) == 0);
    close(pair[1]);
}

static void a_full_outbox_is_kept_in_order(void)
{
    struct outbox o;
    static struct packet p;
    int pair[2], size = 4096;
    outbox_initialize(&o);
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    CHECK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    for (int i = 0; i < 500; i++)
    {
        struct reply r;
        reply_start(&r, "event", "x");
        reply_number(&r, i);
        CHECK(outbox_send(&o, pair[0], &r, NULL, 0) == 0);
    }
    CHECK(o.count > 0 && o.count < 500);
    for (int i = 0; i < 500; i++)
    {
        if (packet_receive(pair[1], &p) != 1)
        {
            CHECK(outbox_flush(&o, pair[0]) == 0);
            CHECK(packet_receive(pair[1], &p) == 1, "packet %d", i);
        }
        CHECK(atoi(p.words[2]) == i, "%s instead of %d", p.words[2], i);
    }
    CHECK(o.count == 0);
    // Somebody who never reads is cut off.
    struct reply r;
    reply_start(&r, "event", "x");
    int sent = 0;
    while (outbox_send(&o, pair[0], &r, NULL, 0) == 0)
        CHECK(sent++ < 100000);
    outbox_clear(&o);
    close(pair[0]);
    close(pair[1]);
}

static void long_words_are_cut_in_replies(void)
{
    struct reply r;
    static char text[2 * PACKET_MAX];
    memset(text, 'y', sizeof text - 1);
    reply_start(&r, "err", "1");
    reply_word(&r, text);
    reply_word(&r, "more");
    CHECK(r.length == PACKET_MAX && r.bytes[PACKET_MAX - 1] == '\0');
}

static void formatting(void)
{
    char text[128];
    CHECK(text_format(text, sizeof text, "%s|%.2s|%.*s|%d|%u|%x|%o|%zu|%lld|%llu|%%", "ab", "xyz", 1, "qr", -5, 7u, 255u, 8u, (size_t)9,
              -9223372036854775807LL - 1, 18446744073709551615ULL) == (int)strlen(text));
    CHECK_TEXT(text, "ab|xy|q|-5|7|ff|10|9|-9223372036854775808|18446744073709551615|%");
    CHECK(text_format(text, 4, "%s", "abcdef") == 6);
    CHECK_TEXT(text, "abc");
    struct
    {
        const char *text;
        bool valid;
    } ids[] = {{"web.0", true}, {"", false}, {"a/b", false}, {"a b", false}, {"\n", false}};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        CHECK(plan_valid_id(ids[i].text) == ids[i].valid, "%s", ids[i].text);
}

const struct test packet_tests[] = {
    {"packets are cut into words", packets_are_cut_into_words},
    {"a full outbox is kept in order", a_full_outbox_is_kept_in_order},
    {"long words are cut in replies", long_words_are_cut_in_replies},
    {"formatting", formatting},
    {0},
};
