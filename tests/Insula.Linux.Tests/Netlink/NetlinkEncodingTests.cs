using System.Net;
using Insula.Linux.Netlink;

namespace Insula.Linux.Tests.Netlink;

public sealed class NetlinkEncodingTests
{
    [Fact]
    public void A_message_has_its_length_type_flags_and_number()
    {
        NetlinkWriter writer = new();
        writer.Begin(rtnetlink.RTM_GETLINK, netlink.NLM_F_DUMP, "list links");
        writer.Put(0x01020304u);
        Assert.Equal("14000000 1200 0103 07000000 00000000 04030201", Hex(writer.Finish(7), 4, 2, 2, 4, 4, 4));
    }

    [Fact]
    public void Attributes_are_padded_to_four_bytes_and_count_without_the_padding()
    {
        NetlinkWriter writer = new();
        writer.Begin(1, 0, "x");
        writer.AttributeString(rtnetlink.IFLA_IFNAME, "eth0");
        writer.AttributeByte(8, 1);
        Assert.Equal("0900 0300 6574683000 000000 0500 0800 01 000000", Hex(writer.Finish(1)[16..], 2, 2, 5, 3, 2, 2, 1, 3));
    }

    [Fact]
    public void Nested_attributes_bear_the_nesting_bit_and_the_length_of_all_they_hold()
    {
        NetlinkWriter writer = new();
        writer.Begin(1, 0, "x");
        int outer = writer.BeginNested(18);
        int inner = writer.BeginNested(2);
        writer.AttributeUInt32(1, 5);
        writer.EndNested(inner);
        writer.EndNested(outer);
        Assert.Equal("1000 1280 0c00 0280 0800 0100 05000000", Hex(writer.Finish(1)[16..], 2, 2, 2, 2, 2, 2, 4));
    }

    [Fact]
    public void Several_messages_of_one_datagram_are_numbered_in_turn()
    {
        NetlinkWriter writer = new();
        for (int i = 0; i < 3; i++)
        {
            writer.Begin((ushort)(16 + i), netlink.NLM_F_ACK, $"request {i}");
            writer.AttributeByte(1, 1);
        }

        NetlinkMessages messages = new(writer.Finish(41));
        for (uint i = 0; i < 3; i++)
        {
            Assert.True(messages.Next());
            Assert.Equal((16 + i, 41 + i, netlink.NLM_F_REQUEST | netlink.NLM_F_ACK), ((uint)messages.Type, messages.Sequence, messages.Flags));
        }

        Assert.False(messages.Next());
    }

    [Fact]
    public void A_long_message_grows_the_buffer_and_loses_nothing()
    {
        NetlinkWriter writer = new();
        byte[] value = [.. Enumerable.Range(0, 5000).Select(i => (byte)i)];
        writer.Begin(1, 0, "x");
        writer.Attribute(9, value);
        NetlinkMessages messages = new(writer.Finish(1));
        Assert.True(messages.Next());
        NetlinkAttributes attributes = new(messages.Payload);
        Assert.True(attributes.Next());
        Assert.Equal(value, attributes.Value.ToArray());
    }

    [Fact]
    public void A_default_route_by_a_gateway_on_the_link_reads_as_the_kernel_wants_it()
    {
        RouteBatch batch = new();
        batch.ReplaceRoute(new IPNetwork(IPAddress.Any, 0), 2, IPAddress.Parse("169.254.1.1"), null, 83);
        ReadOnlySpan<byte> message = batch.Writer.Finish(1);

        // RTM_NEWROUTE with REQUEST|ACK|REPLACE|CREATE; rtmsg: AF_INET, /0, main, protocol 83, universe, unicast, ONLINK; OIF; GATEWAY.
        Assert.Equal("1800 0505", Hex(message[4..8], 2, 2));
        Assert.Equal("02 00 00 00 fe 53 00 01 04000000 0800 0400 02000000 0800 0500 a9fe0101", Hex(message[16..], 1, 1, 1, 1, 1, 1, 1, 1, 4, 2, 2, 4, 2, 2, 4));
    }

    [Fact]
    public void A_route_of_one_address_is_on_the_link_and_bears_its_source()
    {
        RouteBatch batch = new();
        batch.ReplaceRoute(IPNetwork.Parse("10.83.0.2/32"), 9, null, IPAddress.Parse("10.83.0.1"), 83);
        Assert.Equal(
            "02 20 00 00 fe 53 fd 01 00000000 0800 0100 0a530002 0800 0400 09000000 0800 0700 0a530001",
            Hex(batch.Writer.Finish(1)[16..], 1, 1, 1, 1, 1, 1, 1, 1, 4, 2, 2, 4, 2, 2, 4, 2, 2, 4));
    }

    [Fact]
    public void A_neighbour_is_permanent()
    {
        RouteBatch batch = new();
        batch.ReplaceNeighbour(3, IPAddress.Parse("169.254.1.1"), MacAddress.From([2, 0, 0, 0, 0, 1]));
        Assert.Equal(
            "02 00 0000 03000000 8000 00 00 0800 0100 a9fe0101 0a00 0200 020000000001 0000",
            Hex(batch.Writer.Finish(1)[16..], 1, 1, 2, 4, 2, 1, 1, 2, 2, 4, 2, 2, 6, 2));
    }

    private static string Hex(ReadOnlySpan<byte> bytes, params int[] groups)
    {
        List<string> parts = [];
        foreach (int group in groups)
        {
            parts.Add(Convert.ToHexStringLower(bytes[..group]));
            bytes = bytes[group..];
        }

        Assert.Equal(0, bytes.Length);
        return string.Join(' ', parts);
    }
}
