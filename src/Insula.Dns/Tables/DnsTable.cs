namespace Insula.Dns.Tables;

/// <summary>
/// What the server knows itself: zones, of whose names it knows all, and names with their records. A name of which there are only longer
/// ones is there, too, without records. Not thread-safe.
/// </summary>
public sealed class DnsTable
{
    private readonly Dictionary<byte[], Node> _names;
    private readonly Dictionary<byte[], Node>.AlternateLookup<ReadOnlySpan<byte>> _find;
    private readonly Dictionary<byte[], byte[]> _zones;
    private readonly Dictionary<byte[], byte[]>.AlternateLookup<ReadOnlySpan<byte>> _findZone;

    /// <summary>An empty table.</summary>
    public DnsTable()
    {
        _names = new(NameComparer.Instance);
        _find = _names.GetAlternateLookup<ReadOnlySpan<byte>>();
        _zones = new(NameComparer.Instance);
        _findZone = _zones.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The bytes of its names and records.</summary>
    public long Size { get; private set; }

    /// <summary>How many names have records.</summary>
    public int Names { get; private set; }

    /// <summary>Takes a zone in.</summary>
    /// <param name="name">Its name, in lower case.</param>
    /// <param name="authority">The one record that says what it is.</param>
    public void AddZone(byte[] name, byte[] authority)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(authority);
        _zones[name] = authority;
        Size += name.Length + authority.Length;
    }

    /// <summary>Sets a name's records; none: the name is not there any more.</summary>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="records">As <see cref="RecordReader"/> reads them.</param>
    public void Set(byte[] name, byte[] records)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(records);
        if (_names.TryGetValue(name, out var node))
        {
            var before = node.Records.Length;
            node.Records = records;
            Size += records.Length - before;
            Count(name, node, (records.Length > 0 ? 1 : 0) - (before > 0 ? 1 : 0));
            return;
        }

        if (records.Length > 0)
        {
            Size += name.Length + records.Length;
            Count(name, _names[name] = new() { Records = records }, 1);
        }
    }

    /// <summary>A name's records.</summary>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="records">Its records; none when there are only longer names.</param>
    /// <returns>Whether there is such a name.</returns>
    public bool TryFind(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> records)
    {
        var found = _find.TryGetValue(name, out var node);
        records = node?.Records;
        return found;
    }

    /// <summary>The zone that a name is in, by the record that says what it is.</summary>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="zone">The zone's name, a part of the given one.</param>
    /// <returns>Empty when it is in none.</returns>
    public ReadOnlySpan<byte> FindZone(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> zone)
    {
        for (zone = name; ; zone = zone[(1 + zone[0])..])
        {
            if (_findZone.TryGetValue(zone, out var authority))
            {
                return authority;
            }

            if (zone[0] == 0)
            {
                zone = default;
                return default;
            }
        }
    }

    /// <summary>A name counts for itself and for all shorter ones of its end.</summary>
    private void Count(byte[] name, Node node, int change)
    {
        if (change == 0)
        {
            return;
        }

        Names += change;
        for (var (key, at) = (name, node); ; at = _names.TryGetValue(key, out var known) ? known : _names[key] = new())
        {
            at.Count += change;
            if (at.Count == 0)
            {
                _names.Remove(key);
                Size -= ReferenceEquals(at, node) ? key.Length : 0;
            }

            if (key[0] == 0)
            {
                return;
            }

            key = key[(1 + key[0])..];
        }
    }

    private sealed class Node
    {
        public byte[] Records { get; set; } = [];

        /// <summary>How many names with records there are of this end.</summary>
        public int Count { get; set; }
    }
}
