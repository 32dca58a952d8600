using Insula.Linux.Netlink;

namespace Insula.Linux.Tests.Netlink;

public sealed class TableMonitorTests
{
    private const byte Ip = 2;

    [Theory]
    [InlineData(nf_tables.NFT_MSG_DELTABLE, nf_tables.NFTA_TABLE_NAME, 0, "")]
    [InlineData(nf_tables.NFT_MSG_NEWTABLE, nf_tables.NFTA_TABLE_NAME, 0, "")]
    [InlineData(nf_tables.NFT_MSG_DELCHAIN, nf_tables.NFTA_CHAIN_TABLE, nf_tables.NFTA_CHAIN_NAME, "what")]
    [InlineData(nf_tables.NFT_MSG_DELRULE, nf_tables.NFTA_RULE_TABLE, nf_tables.NFTA_RULE_CHAIN, "what")]
    [InlineData(nf_tables.NFT_MSG_NEWSET, nf_tables.NFTA_SET_TABLE, nf_tables.NFTA_SET_NAME, "what")]
    [InlineData(nf_tables.NFT_MSG_DELSETELEM, nf_tables.NFTA_SET_ELEM_LIST_TABLE, nf_tables.NFTA_SET_ELEM_LIST_SET, "what")]
    public void A_change_of_the_table_is_told_with_what_it_is_about(int message, int table, int name, string expected)
    {
        Assert.Equal(new TableChange(77, message, expected), Read(message, nf_tables.NFPROTO_INET, (table, "insula"), (name, "what")));

        // Other tables, and one of this name in another family.
        Assert.Null(Read(message, nf_tables.NFPROTO_INET, (table, "insula_abcdef"), (name, "what")));
        Assert.Null(Read(message, Ip, (table, "insula"), (name, "what")));
    }

    [Fact]
    public void The_end_of_a_transaction_says_who_asked_for_it()
    {
        NetlinkWriter writer = Begin(nf_tables.NFT_MSG_NEWGEN, 0);
        writer.AttributeBigEndian(1, 5u);
        writer.AttributeBigEndian(nf_tables.NFTA_GEN_PROC_PID, 1234u);
        writer.AttributeString(nf_tables.NFTA_GEN_PROC_NAME, "nft");
        Assert.Equal(new TableChange(77, nf_tables.NFT_MSG_NEWGEN, "", "nft", 1234), Read(writer));
    }

    [Fact]
    public void Other_subsystems_and_cut_messages_are_left_out()
    {
        Assert.Null(TableMonitor.Read("insula", 1, nfnetlink.ConntrackType(nf_tables.NFT_MSG_DELTABLE), new byte[20]));
        Assert.Null(TableMonitor.Read("insula", 1, nf_tables.Type(nf_tables.NFT_MSG_DELTABLE), new byte[3]));
        Assert.Throws<InvalidDataException>(() => TableMonitor.Read("insula", 1, nf_tables.Type(nf_tables.NFT_MSG_DELTABLE), [1, 0, 0, 0, 99, 0, 1, 0]));
    }

    private static TableChange? Read(int message, byte family, params (int Type, string Value)[] attributes)
    {
        NetlinkWriter writer = Begin(message, family);
        foreach ((int type, string value) in attributes.Where(a => a.Type != 0))
        {
            writer.AttributeString((ushort)type, value);
        }

        return Read(writer);
    }

    private static NetlinkWriter Begin(int message, byte family)
    {
        NetlinkWriter writer = new();
        writer.Begin(nf_tables.Type(message), 0, "a test");
        writer.Put((uint)family);
        return writer;
    }

    private static TableChange? Read(NetlinkWriter writer)
    {
        NetlinkMessages messages = new(writer.Finish(1));
        Assert.True(messages.Next());
        return TableMonitor.Read("insula", 77, messages.Type, messages.Payload);
    }
}
