namespace Insula.Linux.Netlink;

// CS1591: members bear the C names; the headers are their documentation.
#pragma warning disable CS1591

/// <summary>linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h: the part that finding and deleting connections needs.</summary>
public static class nfnetlink
{
    public const int NFNL_SUBSYS_CTNETLINK = 1;

    public const int IPCTNL_MSG_CT_NEW = 0;
    public const int IPCTNL_MSG_CT_GET = 1;
    public const int IPCTNL_MSG_CT_DELETE = 2;

    public const ushort CTA_TUPLE_ORIG = 1;
    public const ushort CTA_TUPLE_REPLY = 2;
    public const ushort CTA_ID = 12;
    public const ushort CTA_ZONE = 18;
    public const ushort CTA_FILTER = 25;

    public const ushort CTA_TUPLE_IP = 1;
    public const ushort CTA_TUPLE_PROTO = 2;
    public const ushort CTA_PROTO_NUM = 1;
    public const ushort CTA_PROTO_SRC_PORT = 2;
    public const ushort CTA_PROTO_DST_PORT = 3;
    public const ushort CTA_IP_V4_SRC = 1;
    public const ushort CTA_IP_V4_DST = 2;
    public const ushort CTA_IP_V6_SRC = 3;
    public const ushort CTA_IP_V6_DST = 4;

    public const ushort CTA_FILTER_ORIG_FLAGS = 1;
    public const ushort CTA_FILTER_REPLY_FLAGS = 2;
    public const uint CTA_FILTER_F_CTA_IP_SRC = 1;
    public const uint CTA_FILTER_F_CTA_IP_DST = 2;
    public const uint CTA_FILTER_F_CTA_PROTO_NUM = 8;
    public const uint CTA_FILTER_F_CTA_PROTO_DST_PORT = 32;

    /// <summary>nlmsg_type of a connection tracking message.</summary>
    public static ushort ConntrackType(int message) => (ushort)((NFNL_SUBSYS_CTNETLINK << 8) | message);
}
