using System.Net;
using Insula.Dns;
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
    private readonly Dictionary<byte[], int> _told = new(NameComparer.Instance);
    private readonly HashSet<byte[]> _short = new(NameComparer.Instance);
    private readonly long _most;
    private HashSet<byte[]> _changed = new(NameComparer.Instance);
    private long _size;

    /// <summary>Begins with what a zone is.</summary>
    /// <param name="info">Address and domain.</param>
    /// <param name="ranges">Of pods' and Services' addresses.</param>
    /// <param name="most">The most bytes of names and records that a server is told of: by default half of what it takes, so that it takes every change of that.</param>
    public ClusterZone(ClusterDnsInfo info, IEnumerable<IPNetwork> ranges, long most = DnsLimits.TableSize / 2)
    {
        _most = most;
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

    /// <summary>How many names a server was not told of, or not of all their records, since it would not take so much.</summary>
    public int Short => _short.Count;

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
        _told.Clear();
        _short.Clear();
        List<byte[]> zones = [.. _zones.Select(z => ControlText.Zone(z, _authority))];
        _size = zones.Sum(z => z.Length);
        return [ControlText.Of(ControlPacket.Whole), .. zones, .. _names.Keys.SelectMany(Packets)];
    }

    /// <summary>The packets of what has changed since the last call of either.</summary>
    public IReadOnlyList<byte[]> Changes()
    {
        var changed = _changed;
        _changed = new(NameComparer.Instance);
        List<byte[]> packets = [.. changed.SelectMany(Packets)];

        // What had no room may have some now.
        foreach (var name in _short.Where(n => !changed.Contains(n) && _size < _most).ToList())
        {
            packets.AddRange(Packets(name));
        }

        return packets;
    }

    /// <summary>What a server is told of a name: it would break off at what is too much for it, and so for all names.</summary>
    private IEnumerable<byte[]> Packets(byte[] name)
    {
        var all = (_names.GetValueOrDefault(name) ?? []).Select(w => w.Record).Distinct().ToList();
        var room = (int)Math.Min(DnsLimits.NameSize, _most - _size + _told.GetValueOrDefault(name));
        var records = new List<DnsRecord>();
        var length = 2 + name.Length;
        foreach (var record in all)
        {
            length += RecordReader.HeaderLength + record.Data.Length;
            if (length > room)
            {
                break;
            }

            records.Add(record);
        }

        _size -= _told.Remove(name, out var before) ? before : 0;
        _ = records.Count < all.Count ? _short.Add(name) : _short.Remove(name);
        IReadOnlyList<byte[]> packets = [.. ControlText.Name(name, records)];
        if (records.Count > 0)
        {
            _size += _told[name] = packets.Sum(p => p.Length);
        }

        return packets;
    }

    private sealed class SameRecord : IEqualityComparer<NamedRecord>
    {
        public static SameRecord Instance { get; } = new();

        public bool Equals(NamedRecord x, NamedRecord y) => x.Name.AsSpan().SequenceEqual(y.Name) && x.Record.Equals(y.Record);

        public int GetHashCode(NamedRecord obj) => obj.Record.GetHashCode();
    }
}
