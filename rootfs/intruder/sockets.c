// Kinds of sockets: each is a part of the kernel that takes commands or packets.
#define _GNU_SOURCE
#include "attempt.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum
{
    FAMILY_NETLINK = 16,
    FAMILY_PACKET = 17,
    FAMILY_ALG = 38,
    FAMILY_VSOCK = 40,
    FAMILY_XDP = 44,
    ICMP = 1,
    ICMP6 = 58,
    NETLINK_ROUTE_REQUEST = 0,
    NETLINK_AUDIT_REQUEST = 9,
    NETLINK_NETFILTER_REQUEST = 12,
    NETLINK_UEVENT = 15,
};

// A link that exists is asked to go down: RTM_NEWLINK needs CAP_NET_ADMIN over the network namespace.
static long change_link(void)
{
    struct
    {
        unsigned length;
        unsigned short type, flags;
        unsigned sequence, pid;
        unsigned char family, pad;
        unsigned short kind;
        int index;
        unsigned link_flags, change;
    } request = {.length = sizeof request, .type = 16, .flags = 1 | 4, .sequence = 1, .index = 1, .link_flags = 1, .change = 1};
    struct
    {
        unsigned length;
        unsigned short type, flags;
        unsigned sequence, pid;
        int error;
        char rest[256];
    } answer = {0};
    int fd = socket(FAMILY_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE_REQUEST);
    if (fd < 0 || send(fd, &request, sizeof request, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
        return -1;
    errno = -answer.error;
    return answer.error == 0 ? 0 : -1;
}

static int abstract_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0intruder"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 9);
}

static int bind_low_port(void)
{
    struct
    {
        unsigned short family, port;
        unsigned address;
        char pad[8];
    } address = {AF_INET, 0x5300, 0, {0}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
}

void try_sockets(void)
{
    TRY("socket AF_INET SOCK_STREAM", socket(AF_INET, SOCK_STREAM, 0));
    TRY("socket AF_INET SOCK_RAW", socket(AF_INET, SOCK_RAW, ICMP));
    TRY("socket AF_INET SOCK_DGRAM ICMP", socket(AF_INET, SOCK_DGRAM, ICMP));
    TRY_IF_BUILT("socket AF_INET6 SOCK_RAW", socket(AF_INET6, SOCK_RAW, ICMP6));
    TRY("socket AF_PACKET SOCK_RAW", socket(FAMILY_PACKET, SOCK_RAW, 0));
    TRY("socket AF_PACKET SOCK_DGRAM", socket(FAMILY_PACKET, SOCK_DGRAM, 0));
    TRY("socket AF_NETLINK NETLINK_ROUTE", socket(FAMILY_NETLINK, SOCK_RAW, NETLINK_ROUTE_REQUEST));
    TRY_IF_BUILT("socket AF_NETLINK NETLINK_AUDIT", socket(FAMILY_NETLINK, SOCK_RAW, NETLINK_AUDIT_REQUEST));
    TRY_IF_BUILT("socket AF_NETLINK NETLINK_NETFILTER", socket(FAMILY_NETLINK, SOCK_RAW, NETLINK_NETFILTER_REQUEST));
    TRY("socket AF_NETLINK NETLINK_KOBJECT_UEVENT", socket(FAMILY_NETLINK, SOCK_RAW, NETLINK_UEVENT));
    TRY_IF_BUILT("socket AF_VSOCK", socket(FAMILY_VSOCK, SOCK_STREAM, 0));
    TRY_IF_BUILT("socket AF_ALG", socket(FAMILY_ALG, SOCK_SEQPACKET, 0));
    TRY_IF_BUILT("socket AF_XDP", socket(FAMILY_XDP, SOCK_RAW, 0));
    TRY("socket AF_UNIX, abstract name", abstract_socket());
    TRY("bind port 83", bind_low_port());
    TRY("change a network link", change_link());
}
