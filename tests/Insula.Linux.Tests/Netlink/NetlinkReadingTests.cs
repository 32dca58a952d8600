using FsCheck;
using FsCheck.Fluent;
using Insula.Linux.Netlink;

namespace Insula.Linux.Tests.Netlink;

public sealed class NetlinkReadingTests
{
    [Fact]
    public void The_kernels_own_words_are_read_behind_a_cut_request()
    {
        byte[] datagram = Answer(-22, netlink.NLM_F_CAPPED | netlink.NLM_F_ACK_TLVS, "Invalid name"u8.ToArray(), []);
        NetlinkMessages messages = new(datagram);
        Assert.True(messages.Next());
        Assert.Equal((22, "Invalid name"), messages.ReadError());
    }

    [Fact]
    public void The_kernels_own_words_are_read_behind_a_whole_request()
    {
        byte[] datagram = Answer(-17, netlink.NLM_F_ACK_TLVS, "exists"u8.ToArray(), new byte[12]);
        NetlinkMessages messages = new(datagram);
        Assert.True(messages.Next());
        Assert.Equal((17, "exists"), messages.ReadError());
    }

    [Fact]
    public void An_acknowledgement_is_no_error()
    {
        NetlinkMessages messages = new(Answer(0, netlink.NLM_F_CAPPED, null, []));
        Assert.True(messages.Next());
        Assert.Equal((0, null), messages.ReadError());
    }

    [Fact]
    public void An_exception_names_request_errno_and_words()
    {
        NetlinkException exception = new("create veth iv1", 17, "already there");
        Assert.StartsWith("create veth iv1: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("EEXIST", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith("already there", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 3, 0, 1, 0 })]
    [InlineData(new byte[] { 9, 0, 1, 0, 5, 5, 5, 5 })]
    public void A_broken_attribute_length_is_an_error(byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => new NetlinkAttributes(bytes).Next());

    [Fact]
    public void No_bytes_whatever_make_the_readers_go_astray() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                NetlinkMessages messages = new(bytes);
                while (messages.Next())
                {
                    messages.ReadError();
                    NetlinkAttributes attributes = new(messages.Payload);
                    while (attributes.Next())
                    {
                    }
                }
            }
            catch (InvalidDataException)
            {
                return true;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Random_addresses_are_local_unicast_and_the_sibling_is_another()
    {
        for (int i = 0; i < 100; i++)
        {
            MacAddress mac = MacAddress.Random();
            Assert.Equal(2, mac.ToBytes()[0] & 3);
            Assert.NotEqual(mac, mac.Sibling());
            Assert.Equal(mac, mac.Sibling().Sibling());
            Assert.Equal(mac, MacAddress.From(mac.ToBytes()));
        }

        Assert.Equal("02:00:00:00:00:ff", MacAddress.From([2, 0, 0, 0, 0, 255]).ToString());
        Assert.True(MacAddress.From([1, 2]).IsZero);
    }

    private static byte[] Answer(int errno, int flags, byte[]? text, byte[] requestBody)
    {
        using MemoryStream body = new();
        using BinaryWriter writer = new(body);
        writer.Write(0);
        writer.Write(netlink.NLMSG_ERROR);
        writer.Write((ushort)flags);
        writer.Write(1u);
        writer.Write(0u);
        writer.Write(errno);
        writer.Write(16 + requestBody.Length);
        writer.Write(new byte[12]);
        writer.Write(requestBody);
        if (text is not null)
        {
            writer.Write((ushort)(text.Length + 5));
            writer.Write(netlink.NLMSGERR_ATTR_MSG);
            writer.Write(text);
            writer.Write(new byte[netlink.Align(text.Length + 1) - text.Length]);
        }

        byte[] datagram = body.ToArray();
        BitConverter.TryWriteBytes(datagram, datagram.Length);
        return datagram;
    }
}
