using Insula.Linux.Netlink;

namespace Insula.Network.Services;

/// <summary>Elements that come and go, by set; in a transaction those that go go first.</summary>
internal sealed class ElementChanges
{
    private readonly Dictionary<string, (List<byte> Gone, List<byte> Come, int KeyLength, int DataLength)> _sets = [];

    /// <summary>Bytes of all of them, as a measure.</summary>
    public int Length => _sets.Values.Sum(s => s.Gone.Count + s.Come.Count);

    public List<byte> Gone(string set, int keyLength) => Of(set, keyLength, 0).Gone;

    public List<byte> Come(string set, int keyLength, int dataLength = 0) => Of(set, keyLength, dataLength).Come;

    public void Write(NftBatch batch)
    {
        foreach (var (set, (gone, _, keyLength, _)) in _sets)
        {
            batch.DeleteElements(set, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(gone), keyLength);
        }

        foreach (var (set, (_, come, keyLength, dataLength)) in _sets)
        {
            batch.AddElements(set, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(come), keyLength, dataLength);
        }
    }

    private (List<byte> Gone, List<byte> Come, int KeyLength, int DataLength) Of(string set, int keyLength, int dataLength)
    {
        var known = _sets.TryGetValue(set, out var found) ? found : (Gone: [], Come: [], KeyLength: keyLength, DataLength: 0);
        return _sets[set] = known with { DataLength = Math.Max(known.DataLength, dataLength) };
    }
}
