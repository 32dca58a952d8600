// Fuzzing entry: any bytes as a packet from the daemon.
#define _GNU_SOURCE
#include "../src/proto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct packet p;
    if (size > PACKET_MAX)
        return 0;
    memcpy(p.bytes, data, size);
    p.length = size;
    p.word_count = 0;
    if (!packet_split(&p))
        return 0;
    if (p.word_count < 1 || p.word_count > PACKET_MAX_WORDS)
        abort();
    const char *at = p.bytes;
    for (int i = 0; i < p.word_count; i++)
    {
        if (p.words[i] != at)
            abort();
        at += strlen(at) + 1;
    }
    if (at != p.bytes + size)
        abort();
    return 0;
}
