using System.Net;
using Insula.Dns.Tables;

namespace Insula.Dns.Control;

/// <summary>Takes the daemon's packets in, and does what they say when they say so: until then the table is the old one. Bounded.</summary>
/// <param name="table">The table as it is.</param>
public sealed class TableChanges(DnsTable table)
{
    private readonly List<(byte[] Name, byte[] Records)> _names = [];
    private readonly List<(byte[] Name, byte[] Authority)> _zones = [];
    private IReadOnlyList<IPEndPoint>? _upstreams;
    private bool _whole;
    private long _size;

    /// <summary>The table.</summary>
    public DnsTable Table { get; private set; } = table;

    /// <summary>The servers to ask, as last committed.</summary>
    public IReadOnlyList<IPEndPoint> Upstreams { get; private set; } = [];

    /// <summary>Takes a packet in.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="committed">The number of what is done now; null when nothing is.</param>
    /// <returns>False when it makes no sense, or is too much.</returns>
    public bool TryTake(ReadOnlySpan<byte> packet, out ulong? committed)
    {
        committed = null;
        if (packet.IsEmpty)
        {
            return false;
        }

        switch ((ControlPacket)packet[0])
        {
            case ControlPacket.Whole:
                Clear();
                return _whole = true;
            case ControlPacket.Zone:
                return ControlText.TryReadName(packet, out var zone, out var authority) && IsWhole(authority) && Fits(zone.Length + authority.Length)
                    && Add(_zones, zone, authority);
            case ControlPacket.Name:
                return ControlText.TryReadName(packet, out var name, out var records) && IsWhole(records) && Fits(name.Length + records.Length)
                    && Add(_names, name, records);
            case ControlPacket.More:
                return IsWhole(packet[1..]) && Fits(packet.Length) && TryAppend(packet[1..]);
            case ControlPacket.Upstreams:
                _upstreams = ControlText.ReadUpstreams(packet);
                return _upstreams is not null;
            case ControlPacket.Commit:
                committed = ControlText.ReadNumber(packet, ControlPacket.Commit);
                return committed is not null && TryCommit();
            default:
                return false;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> records)
    {
        var reader = new RecordReader(records);
        while (reader.Next())
        {
        }

        return reader.AtEnd;
    }

    private static bool Add(List<(byte[] Name, byte[] Data)> list, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        list.Add((name.ToArray(), data.ToArray()));
        return true;
    }

    private bool Fits(int length) => (_size += length) + (_whole ? 0 : Table.Size) <= DnsLimits.TableSize;

    private bool TryAppend(ReadOnlySpan<byte> records)
    {
        if (_names.Count == 0 || _names[^1].Records.Length + records.Length > DnsLimits.NameSize)
        {
            return false;
        }

        _names[^1] = (_names[^1].Name, [.. _names[^1].Records, .. records]);
        return true;
    }

    private bool TryCommit()
    {
        var table = _whole ? new DnsTable() : Table;
        if (!_whole && _zones.Count > 0)
        {
            return false;
        }

        foreach (var (name, authority) in _zones)
        {
            table.AddZone(name, authority);
        }

        foreach (var (name, records) in _names)
        {
            table.Set(name, records);
        }

        Table = table;
        Upstreams = _upstreams ?? Upstreams;
        Clear();
        return true;
    }

    private void Clear()
    {
        _names.Clear();
        _zones.Clear();
        _names.TrimExcess();
        _upstreams = null;
        _whole = false;
        _size = 0;
    }
}
