using System.Net;
using Insula.Dns.Control;
using Insula.Dns.Messages;
using Insula.Dns.Tables;

namespace Insula.Network.Dns.Cluster;

/// <summary>All names and their records by who wants them, and the packets that bring a server to that. Not thread-safe.</summary>
internal sealed class ClusterZone
{
    private readonly Dictionary<string, IReadOnlyList<NamedRecord>> _owners = [];
    private readonly Dictionary<byte[], List<(string Owner, DnsRecord Record)>> _names = new(NameComparer.Instance);
    private readonly List<byte[]> _zones;
    private readonly DnsRecord _authority;
    private HashSet<byte[]> _changed = new(NameComparer.Instance);

    /// <summary>Begins with what a zone is.</summary>
    /// <param name="info">Address and domain.</param>
    /// <param name="ranges">Of pods' and Services' addresses.</param>
    public ClusterZone(ClusterDnsInfo info, IEnumerable<IPNetwork> ranges)
    {
        var domain = DnsName.FromText(info.Domain);
        var server = DnsName.FromText($"ns.dns.{info.Domain}");
        _zones = [domain, .. ranges.SelectMany(ReverseZones.Of)];
        _authority = DnsRecord.Authority(server, DnsName.FromText($"hostmaster.{info.Domain}"), 1, ServiceRecords.Ttl);
        Set("zone",
        [
            .. _zones.Select(z => new NamedRecord(z, _authority)),
            .. _zones.Select(z => new NamedRecord(z, DnsRecord.NameServer(server, ServiceRecords.Ttl))),
            new(server, DnsRecord.Address(info.Address, ServiceRecords.Ttl)),
            new(DnsName.Reverse(info.Address), DnsRecord.Pointer(server, ServiceRecords.Ttl)),
            new(DnsName.FromText($"dns-version.{info.Domain}"), DnsRecord.Text(ServiceRecords.SchemaVersion, ServiceRecords.Ttl)),
        ]);
    }

    /// <summary>Whether a server has to hear of something.</summary>
    public bool HasChanged => _changed.Count > 0;

    /// <summary>How many names there are.</summary>
    public int Count => _names.Count;

    /// <summary>Sets what an owner wants.</summary>
    public void Set(string owner, IReadOnlyList<NamedRecord> records)
    {
        var before = _owners.GetValueOrDefault(owner) ?? [];
        if (before.SequenceEqual(records, SameRecord.Instance))
        {
            return;
        }

        foreach (var (name, _) in before)
        {
            if (_names.TryGetValue(name, out var wanted) && wanted.RemoveAll(w => w.Owner == owner) > 0 && wanted.Count == 0)
            {
                _names.Remove(name);
            }

            _changed.Add(name);
        }

        foreach (var (name, record) in records)
        {
            if (!_names.TryGetValue(name, out var wanted))
            {
                _names[name] = wanted = [];
            }

            wanted.Add((owner, record));
            _changed.Add(name);
        }

        if (records.Count > 0)
        {
            _owners[owner] = records;
        }
        else
        {
            _owners.Remove(owner);
        }
    }

    /// <summary>Sets what all owners want; those that are not named want nothing any more.</summary>
    public void SetAll(IReadOnlyDictionary<string, IReadOnlyList<NamedRecord>> owners)
    {
        foreach (var gone in _owners.Keys.Where(o => o != "zone" && !owners.ContainsKey(o)).ToList())
        {
            Set(gone, []);
        }

        foreach (var (owner, records) in owners)
        {
            Set(owner, records);
        }
    }

    /// <summary>The packets of the whole table; nothing has changed since.</summary>
    public IReadOnlyList<byte[]> Whole()
    {
        _changed = new(NameComparer.Instance);
        return [ControlText.Of(ControlPacket.Whole), .. _zones.Select(z => ControlText.Zone(z, _authority)), .. _names.Keys.SelectMany(Packets)];
    }

    /// <summary>The packets of what has changed since the last call of either.</summary>
    public IReadOnlyList<byte[]> Changes()
    {
        var changed = _changed;
        _changed = new(NameComparer.Instance);
        return [.. changed.SelectMany(Packets)];
    }

    private IEnumerable<byte[]> Packets(byte[] name) => ControlText.Name(name, (_names.GetValueOrDefault(name) ?? []).Select(w => w.Record).Distinct());

    private sealed class SameRecord : IEqualityComparer<NamedRecord>
    {
        public static SameRecord Instance { get; } = new();

        public bool Equals(NamedRecord x, NamedRecord y) => x.Name.AsSpan().SequenceEqual(y.Name) && x.Record.Equals(y.Record);

        public int GetHashCode(NamedRecord obj) => obj.Record.GetHashCode();
    }
}
