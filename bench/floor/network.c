#define _GNU_SOURCE
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GATEWAY 0xa9fe0101u // 169.254.1.1

static int home = -1, host = -1;
static const unsigned char near[6] = {2, 0, 0, 0, 0, 1}, far[6] = {2, 0, 0, 0, 0, 2};

// Messages of one send; the kernel answers the last, and the first that fails.
struct batch
{
    char bytes[4096];
    size_t length;
    struct nlmsghdr *last;
};

static void *begin(struct batch *b, int type, int flags, size_t size)
{
    b->last = (struct nlmsghdr *)(b->bytes + b->length);
    memset(b->last, 0, NLMSG_SPACE(size));
    *b->last = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(size), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
    b->length += NLMSG_SPACE(size);
    return NLMSG_DATA(b->last);
}

static struct rtattr *put(struct batch *b, int type, const void *data, size_t size)
{
    struct rtattr *a = (struct rtattr *)(b->bytes + b->length);
    a->rta_type = type;
    a->rta_len = RTA_LENGTH(size);
    if (size)
        memcpy(RTA_DATA(a), data, size);
    b->length += RTA_SPACE(size);
    b->last->nlmsg_len = (char *)b->bytes + b->length - (char *)b->last;
    return a;
}

static void end(struct batch *b, struct rtattr *a)
{
    a->rta_len = b->bytes + b->length - (char *)a;
}

static void finish(int socket, struct batch *b, const char *what)
{
    char answer[8192];
    b->last->nlmsg_flags |= NLM_F_ACK;
    if (send(socket, b->bytes, b->length, 0) < 0)
        die(what);
    for (;;)
    {
        ssize_t n = recv(socket, answer, sizeof answer, 0);
        if (n < 0)
            die(what);
        int left = (int)n;
        for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left))
        {
            if (h->nlmsg_type != NLMSG_ERROR)
                continue;
            const struct nlmsgerr *e = NLMSG_DATA(h);
            errno = -e->error;
            if (e->error)
                die(what);
            if (e->msg.nlmsg_seq == b->last->nlmsg_seq)
                return;
        }
    }
}

static int open_socket(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK};
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("netlink");
    return fd;
}

void network_open(void)
{
    if ((home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) < 0)
        die("ns/net");
    host = open_socket();
}

static void up(struct batch *b, int index)
{
    struct ifinfomsg *link = begin(b, RTM_NEWLINK, 0, sizeof *link);
    link->ifi_index = index;
    link->ifi_flags = link->ifi_change = IFF_UP;
}

static void address(struct batch *b, int index, uint32_t ip, int scope)
{
    struct ifaddrmsg *a = begin(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *a);
    *a = (struct ifaddrmsg){.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = index, .ifa_scope = scope};
    uint32_t wire = htonl(ip);
    put(b, IFA_LOCAL, &wire, 4);
    put(b, IFA_ADDRESS, &wire, 4);
}

static void route(struct batch *b, int index, uint32_t to, int length, uint32_t via)
{
    struct rtmsg *r = begin(b, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *r);
    *r = (struct rtmsg){.rtm_family = AF_INET,
        .rtm_dst_len = length,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = RTPROT_STATIC,
        .rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
        .rtm_type = RTN_UNICAST};
    uint32_t wire = htonl(to), gateway = htonl(via);
    if (length)
        put(b, RTA_DST, &wire, 4);
    if (via)
        put(b, RTA_GATEWAY, &gateway, 4);
    put(b, RTA_OIF, &index, 4);
}

static void neighbour(struct batch *b, int index, uint32_t ip, const unsigned char *mac)
{
    struct ndmsg *n = begin(b, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *n);
    *n = (struct ndmsg){.ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT};
    uint32_t wire = htonl(ip);
    put(b, NDA_DST, &wire, 4);
    put(b, NDA_LLADDR, mac, 6);
}

static void make_link(const char *name, int netns)
{
    struct batch b = {.length = 0};
    begin(&b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    put(&b, IFLA_IFNAME, name, strlen(name) + 1);
    put(&b, IFLA_ADDRESS, near, 6);
    struct rtattr *info = put(&b, IFLA_LINKINFO, NULL, 0);
    put(&b, IFLA_INFO_KIND, "veth", 4);
    struct rtattr *data = put(&b, IFLA_INFO_DATA, NULL, 0);
    struct ifinfomsg none = {0};
    struct rtattr *peer = put(&b, VETH_INFO_PEER, &none, sizeof none);
    put(&b, IFLA_IFNAME, "eth0", 5);
    put(&b, IFLA_ADDRESS, far, 6);
    put(&b, IFLA_NET_NS_FD, &netns, 4);
    end(&b, peer);
    end(&b, data);
    end(&b, info);
    finish(host, &b, "veth");
}

static uint32_t address_of(int key)
{
    return 0x0a580002u + (uint32_t)key % 60000;
}

void network_attach(int key, int netns)
{
    char name[IF_NAMESIZE];
    snprintf(name, sizeof name, "floor%d", key);
    if (setns(netns, CLONE_NEWNET) < 0)
        die("setns");
    int inside = open_socket();
    if (setns(home, CLONE_NEWNET) < 0)
        die("setns home");
    make_link(name, netns);

    // A new namespace has only its loopback, so the link is the second; no look-up is needed.
    struct batch b = {.length = 0};
    up(&b, 1);
    address(&b, 2, address_of(key), RT_SCOPE_UNIVERSE);
    up(&b, 2);
    neighbour(&b, 2, GATEWAY, near);
    route(&b, 2, GATEWAY, 32, 0);
    route(&b, 2, 0, 0, GATEWAY);
    finish(inside, &b, "inside");
    close(inside);

    int index = (int)if_nametoindex(name);
    struct batch h = {.length = 0};
    address(&h, index, GATEWAY, RT_SCOPE_LINK);
    up(&h, index);
    neighbour(&h, index, address_of(key), far);
    route(&h, index, address_of(key), 32, 0);
    finish(host, &h, "host side");
}

void network_detach(int key)
{
    struct batch b = {.length = 0};
    struct rtmsg *r = begin(&b, RTM_DELROUTE, 0, sizeof *r);
    *r = (struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = RT_TABLE_MAIN, .rtm_scope = RT_SCOPE_NOWHERE};
    uint32_t wire = htonl(address_of(key));
    put(&b, RTA_DST, &wire, 4);
    finish(host, &b, "route");
}
