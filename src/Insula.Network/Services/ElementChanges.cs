using Insula.Linux.Netlink;
using static System.Runtime.InteropServices.CollectionsMarshal;

namespace Insula.Network.Services;

/// <summary>Elements that come and go, by set; in a transaction those that go go first.</summary>
internal sealed class ElementChanges
{
    private readonly Dictionary<string, Change> _sets = [];

    /// <summary>Bytes of all of them, as a measure.</summary>
    public int Length => _sets.Values.Sum(s => s.Gone.Count + s.Come.Count);

    public List<byte> Gone(string set, int keyLength) => Of(set, keyLength, 0).Gone;

    public List<byte> Come(string set, int keyLength, int dataLength = 0) => Of(set, keyLength, dataLength).Come;

    /// <summary>Of a set whose elements are from one key to another.</summary>
    public List<byte> GoneRanges(string set, int keyLength) => Of(set, keyLength, 0, isRanges: true).Gone;

    /// <summary>The same that come.</summary>
    public List<byte> ComeRanges(string set, int keyLength) => Of(set, keyLength, 0, isRanges: true).Come;

    public void Write(NftBatch batch)
    {
        foreach (var (set, change) in _sets)
        {
            if (change.IsRanges)
            {
                batch.DeleteRanges(set, AsSpan(change.Gone), change.KeyLength);
            }
            else
            {
                batch.DeleteElements(set, AsSpan(change.Gone), change.KeyLength);
            }
        }

        foreach (var (set, change) in _sets)
        {
            if (change.IsRanges)
            {
                batch.AddRanges(set, AsSpan(change.Come), change.KeyLength);
            }
            else
            {
                batch.AddElements(set, AsSpan(change.Come), change.KeyLength, change.DataLength);
            }
        }
    }

    private Change Of(string set, int keyLength, int dataLength, bool isRanges = false)
    {
        var known = _sets.TryGetValue(set, out var found) ? found : new([], [], keyLength, 0, isRanges);
        return _sets[set] = known with { DataLength = Math.Max(known.DataLength, dataLength) };
    }

    private readonly record struct Change(List<byte> Gone, List<byte> Come, int KeyLength, int DataLength, bool IsRanges);
}
