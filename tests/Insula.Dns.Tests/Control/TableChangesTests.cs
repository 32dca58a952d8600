using System.Net;
using Insula.Dns.Control;
using Insula.Dns.Messages;
using Insula.Dns.Tables;

namespace Insula.Dns.Tests.Control;

public sealed class TableChangesTests
{
    private static readonly byte[] _web = DnsName.FromText("web.example");
    private static readonly byte[] _other = DnsName.FromText("other.example");
    private static readonly DnsRecord _authority = DnsRecord.Authority(_web, _web, 1, 5);
    private readonly TableChanges _changes = new(new DnsTable());

    [Fact]
    public void Nothing_changes_before_it_is_committed()
    {
        Take([ControlText.Of(ControlPacket.Whole), ControlText.Zone(DnsName.FromText("example"), _authority), .. ControlText.Name(_web, [Address(1)]), ControlText.Upstreams([new(IPAddress.Loopback, 53), new(IPAddress.IPv6Loopback, 5353)])]);
        Assert.False(_changes.Table.TryFind(_web, out _));
        Assert.Empty(_changes.Upstreams);
        Assert.True(_changes.TryTake(ControlText.Of(ControlPacket.Commit, 7), out var committed));
        Assert.Equal(7ul, committed);
        Assert.True(_changes.Table.TryFind(_web, out _));
        Assert.False(_changes.Table.FindZone(_web, out _).IsEmpty);
        Assert.Equal([new(IPAddress.Loopback, 53), new(IPAddress.IPv6Loopback, 5353)], _changes.Upstreams);
    }

    [Fact]
    public void A_whole_table_takes_the_place_of_the_old_one_and_a_change_does_not()
    {
        Take([ControlText.Of(ControlPacket.Whole), .. ControlText.Name(_web, [Address(1)]), ControlText.Upstreams([new(IPAddress.Loopback, 53)]), ControlText.Of(ControlPacket.Commit, 1)]);
        Take([.. ControlText.Name(_other, [Address(2)]), ControlText.Of(ControlPacket.Commit, 2)]);
        Assert.True(_changes.Table.TryFind(_web, out _) && _changes.Table.TryFind(_other, out _));
        Assert.Single(_changes.Upstreams);
        Take([ControlText.Of(ControlPacket.Whole), .. ControlText.Name(_other, [Address(2)]), ControlText.Of(ControlPacket.Commit, 3)]);
        Assert.False(_changes.Table.TryFind(_web, out _));
        Assert.Equal(1, _changes.Table.Names);
        Take([.. ControlText.Name(_other, []), ControlText.Of(ControlPacket.Commit, 4)]);
        Assert.Equal((0, 0), (_changes.Table.Names, _changes.Table.Size));
    }

    [Fact]
    public void Many_records_come_in_several_packets()
    {
        var packets = ControlText.Name(_web, Enumerable.Range(0, 2000).Select(Address)).ToList();
        Assert.InRange(packets.Count, 2, 20);
        Assert.All(packets, p => Assert.InRange(p.Length, 2, ControlText.MaxPacket));
        Take([.. packets, ControlText.Of(ControlPacket.Commit, 1)]);
        Assert.True(_changes.Table.TryFind(_web, out var records));
        var reader = new RecordReader(records);
        for (var i = 0; i < 2000; i++)
        {
            Assert.True(reader.Next() && Address(i).Data.Span.SequenceEqual(reader.Data));
        }

        Assert.True(reader.AtEnd);
    }

    public static TheoryData<string, byte[]> Wrong => new()
    {
        { "nothing", [] },
        { "no kind", [0] },
        { "a server's", [8, 0, 0, 0, 0, 0, 0, 0, 1] },
        { "a name that is cut", [4, 5, 1, 97] },
        { "a name that is none", [4, 3, 1, 97, 97] },
        { "a name in upper case", [4, 3, 1, 65, 0] },
        { "a record that is cut", [4, 3, 1, 97, 0, 0, 1, 0, 0, 0, 5, 0, 4, 1] },
        { "more of nothing", [5, 0, 1, 0, 0, 0, 5, 0, 0] },
        { "a server that is cut", [6, 4, 127, 0, 0, 1] },
        { "a server of another kind", [6, 5, .. new byte[22]] },
        { "a number that is cut", [7, 1] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_makes_no_sense_is_refused(string what, byte[] packet)
    {
        Assert.NotEmpty(what);
        Assert.False(_changes.TryTake(packet, out var committed));
        Assert.Null(committed);
    }

    [Fact]
    public void Zones_come_with_the_whole_table_only()
    {
        Take([ControlText.Zone(_web, _authority)]);
        Assert.False(_changes.TryTake(ControlText.Of(ControlPacket.Commit, 1), out _));
    }

    [Fact]
    public void A_name_has_no_more_than_so_many_records_and_a_table_no_more_than_so_many_bytes()
    {
        var more = ControlText.Name(_web, Enumerable.Range(0, 290).Select(Address)).Single();
        more = [(byte)ControlPacket.More, .. more.AsSpan(2 + _web.Length)];
        Take([.. ControlText.Name(_web, [])]);
        var bytes = 0;
        while (_changes.TryTake(more, out _))
        {
            bytes += more.Length;
            Assert.InRange(bytes, 0, DnsLimits.NameSize + more.Length);
        }

        var changes = new TableChanges(new DnsTable());
        var packet = ControlText.Name(_web, Enumerable.Range(0, 290).Select(Address)).Single();
        bytes = 0;
        while (changes.TryTake(packet, out _))
        {
            bytes += packet.Length;
            Assert.InRange(bytes, 0, DnsLimits.TableSize + (1 << 20));
        }

        Assert.InRange(bytes, DnsLimits.TableSize / 2, int.MaxValue);
    }

    private static DnsRecord Address(int number) => DnsRecord.Address(new IPAddress([10, 83, (byte)(number >> 8), (byte)number]), 5);

    private void Take(IEnumerable<byte[]> packets) => Assert.All(packets, p => Assert.True(_changes.TryTake(p, out _)));
}
