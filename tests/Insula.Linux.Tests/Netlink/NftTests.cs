using FsCheck;
using FsCheck.Fluent;
using Insula.Linux.Netlink;

namespace Insula.Linux.Tests.Netlink;

public sealed class NftTests
{
    [Fact]
    public void A_batch_begins_and_ends_and_asks_for_one_acknowledgement()
    {
        NftBatch batch = new("t");
        batch.FlushChain("c").AddChain("d");
        Assert.Equal(2, batch.Count);
        NetlinkMessages messages = new(batch.Finish().Finish(7));
        List<(ushort Type, bool Acknowledged, byte[] Header)> found = [];
        while (messages.Next())
        {
            found.Add((messages.Type, (messages.Flags & netlink.NLM_F_ACK) != 0, messages.Payload[..4].ToArray()));
        }

        // struct nfgenmsg of the ends: the subsystem, in network byte order.
        Assert.Equal([nf_tables.NFNL_MSG_BATCH_BEGIN, nf_tables.Type(nf_tables.NFT_MSG_DELRULE), nf_tables.Type(nf_tables.NFT_MSG_NEWCHAIN), nf_tables.NFNL_MSG_BATCH_END], found.Select(f => f.Type));
        Assert.Equal([false, false, true, false], found.Select(f => f.Acknowledged));
        Assert.Equal([0, 0, 0, 10], found[0].Header);
        Assert.Equal([nf_tables.NFPROTO_INET, 0, 0, 0], found[1].Header);
    }

    [Fact]
    public void Elements_are_read_as_they_were_written_in_messages_that_an_attribute_can_hold()
    {
        byte[] elements = [.. Enumerable.Range(0, 5000).SelectMany(i => (byte[])[.. BitConverter.GetBytes(i), .. BitConverter.GetBytes(~i), .. BitConverter.GetBytes(i * 3)])];
        NftBatch batch = new("t");
        batch.AddElements("s", elements, 8, 4);
        NetlinkMessages messages = new(batch.Finish().Finish(1));
        List<byte> read = [];
        int count = 0;
        while (messages.Next())
        {
            if (NftSocket.ReadElements(messages.Type, messages.Payload, 8, 4) is { } piece)
            {
                read.AddRange(piece);
                count++;
            }
        }

        Assert.InRange(count, 3, 10);
        Assert.Equal(elements, read);
    }

    [Fact]
    public void Elements_of_another_size_are_left_out()
    {
        NftBatch batch = new("t");
        batch.AddElements("s", new byte[24], 8, 4);
        NetlinkMessages messages = new(batch.Finish().Finish(1));
        while (messages.Next())
        {
            Assert.True(NftSocket.ReadElements(messages.Type, messages.Payload, 8, 8) is null or { Length: 0 });
        }
    }

    [Fact]
    public void No_bytes_whatever_make_the_reader_go_astray() => Prop.ForAll<byte[], byte>((noise, at) =>
    {
        // A true answer, damaged: noise alone would hardly get past the first length.
        NftBatch batch = new("t");
        batch.AddElements("s", new byte[36], 8, 4);
        byte[] datagram = batch.Finish().Finish(1).ToArray();
        for (int i = 0; i < noise.Length; i++)
        {
            datagram[(at + (i * 7)) % datagram.Length] ^= noise[i];
        }

        try
        {
            NetlinkMessages messages = new(datagram);
            while (messages.Next())
            {
                byte[]? read = NftSocket.ReadElements(nf_tables.Type(nf_tables.NFT_MSG_NEWSETELEM), messages.Payload, 8, 4);
                Assert.True(read is null || read.Length % 12 == 0);
            }
        }
        catch (InvalidDataException)
        {
            // Said, not guessed.
        }
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
