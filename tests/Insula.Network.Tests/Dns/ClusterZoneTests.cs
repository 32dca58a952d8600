using System.Net;
using Insula.Dns.Control;
using Insula.Dns.Messages;
using Insula.Dns.Tables;
using Insula.Network.Dns.Cluster;

namespace Insula.Network.Tests.Dns;

public sealed class ClusterZoneTests
{
    private readonly ClusterZone _zone = new(new ClusterDnsInfo(IPAddress.Parse("10.43.0.10"), "c.example"), [IPNetwork.Parse("10.83.0.0/16"), IPNetwork.Parse("10.43.0.0/16")]);
    private readonly TableChanges _server = new(new DnsTable());

    public ClusterZoneTests() => Send(_zone.Whole());

    [Fact]
    public void A_zone_says_what_it_is_and_which_schema_it_follows()
    {
        Assert.Equal([RecordTypes.SOA, RecordTypes.NS], Types("c.example"));
        Assert.Equal([RecordTypes.SOA, RecordTypes.NS], Types("83.10.in-addr.arpa"));
        Assert.Equal("1.1.0", System.Text.Encoding.ASCII.GetString(Data("dns-version.c.example")[1..]));
        Assert.Equal([10, 43, 0, 10], Data("ns.dns.c.example"));
        Assert.Equal(DnsName.FromText("ns.dns.c.example"), Data("10.0.43.10.in-addr.arpa"));
        Assert.False(_server.Table.FindZone(DnsName.FromText("5.5.43.10.in-addr.arpa"), out _).IsEmpty);
    }

    [Fact]
    public void A_change_is_what_has_changed()
    {
        _zone.Set("service a", [Record("a.c.example", 1)]);
        Assert.True(_zone.HasChanged);
        Assert.Single(Change());
        Assert.Equal([10, 83, 0, 1], Data("a.c.example"));
        _zone.Set("service a", [Record("a.c.example", 1)]);
        Assert.False(_zone.HasChanged);
        _zone.Set("service a", [Record("b.c.example", 1)]);
        Assert.Equal(2, Change().Count);
        Assert.Empty(Types("a.c.example"));
        Assert.Single(Types("b.c.example"));
    }

    [Fact]
    public void A_name_of_two_owners_has_what_both_want_each_once()
    {
        _zone.Set("service a", [Record("x.c.example", 1), Record("x.c.example", 2)]);
        _zone.Set("service b", [Record("x.c.example", 2), Record("x.c.example", 3)]);
        Change();
        Assert.Equal(3, Types("x.c.example").Count);
        _zone.Set("service a", []);
        Change();
        Assert.Equal(2, Types("x.c.example").Count);
        _zone.Set("service b", []);
        Change();
        Assert.Empty(Types("x.c.example"));
    }

    [Fact]
    public void What_the_server_would_not_take_is_left_out_and_comes_when_there_is_room()
    {
        ClusterZone zone = new(new ClusterDnsInfo(IPAddress.Parse("10.43.0.10"), "c.example"), [IPNetwork.Parse("10.83.0.0/16")], most: 2000);
        Send(zone.Whole());
        Assert.Equal(0, zone.Short);
        for (int i = 0; i < 100; i++)
        {
            zone.Set($"service {i}", [Record($"s{i}.c.example", 1)]);
            Send(zone.Changes());
        }

        Assert.InRange(zone.Short, 1, 99);
        Assert.InRange(_server.Table.Size, 1000, 2000);
        Assert.Single(Types("s0.c.example"));
        Assert.Empty(Types("s99.c.example"));

        // Others' names are served all the same, also by a new server.
        Send(zone.Whole());
        Assert.InRange(zone.Short, 1, 99);
        Assert.Equal([RecordTypes.SOA, RecordTypes.NS], Types("c.example"));
        for (int i = 0; i < 99; i++)
        {
            zone.Set($"service {i}", []);
        }

        Send(zone.Changes());
        Assert.Equal(0, zone.Short);
        Assert.Single(Types("s99.c.example"));
        Assert.Empty(Types("s0.c.example"));
    }

    [Fact]
    public void A_name_with_more_records_than_one_may_have_has_some_of_them()
    {
        _zone.Set("service a", [.. Enumerable.Range(0, 100_000).Select(i => new NamedRecord(DnsName.FromText("a.c.example"), DnsRecord.Address(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]), 5)))]);
        Change();
        Assert.Equal(1, _zone.Short);
        Assert.InRange(Types("a.c.example").Count, 10_000, 99_999);
        _zone.Set("service a", [Record("a.c.example", 1)]);
        Change();
        Assert.Equal(0, _zone.Short);
        Assert.Single(Types("a.c.example"));
    }

    [Fact]
    public void Owners_that_are_not_named_among_all_want_nothing()
    {
        _zone.SetAll(new Dictionary<string, IReadOnlyList<NamedRecord>> { ["service a"] = [Record("a.c.example", 1)], ["service b"] = [Record("b.c.example", 1)] });
        _zone.SetAll(new Dictionary<string, IReadOnlyList<NamedRecord>> { ["service b"] = [Record("b.c.example", 1)] });
        Change();
        Assert.Empty(Types("a.c.example"));
        Assert.Single(Types("b.c.example"));
        Assert.NotEmpty(Types("dns-version.c.example"));
    }

    private static NamedRecord Record(string name, byte last) => new(DnsName.FromText(name), DnsRecord.Address(new IPAddress([10, 83, 0, last]), 5));

    private IReadOnlyList<byte[]> Change()
    {
        var packets = _zone.Changes();
        Send(packets);
        return packets;
    }

    private void Send(IReadOnlyList<byte[]> packets) =>
        Assert.All([.. packets, ControlText.Of(ControlPacket.Commit, 1)], p => Assert.True(_server.TryTake(p, out _)));

    private List<ushort> Types(string name)
    {
        var types = new List<ushort>();
        _server.Table.TryFind(DnsName.FromText(name), out var records);
        var reader = new RecordReader(records);
        while (reader.Next())
        {
            types.Add(reader.Type);
        }

        return types;
    }

    private byte[] Data(string name)
    {
        Assert.True(_server.Table.TryFind(DnsName.FromText(name), out var records));
        var reader = new RecordReader(records);
        Assert.True(reader.Next() && reader.AtEnd);
        return reader.Data.ToArray();
    }
}
