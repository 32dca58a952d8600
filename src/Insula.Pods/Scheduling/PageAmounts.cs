using System.Numerics;
using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Pods.Scheduling;

/// <summary>Bytes in huge pages, by the size of a page. Two are equal when their amounts are.</summary>
public readonly struct PageAmounts : IEquatable<PageAmounts>, IAdditionOperators<PageAmounts, PageAmounts, PageAmounts>, ISubtractionOperators<PageAmounts, PageAmounts, PageAmounts>
{
    // By size, without those of which there is nothing; null for none, as of nearly all pods.
    private readonly (long Size, long Bytes)[]? _amounts;

    /// <summary>Of some sizes, each named once.</summary>
    public PageAmounts(IEnumerable<(long Size, long Bytes)> amounts) =>
        _amounts = amounts.Where(a => a.Bytes != 0).OrderBy(a => a.Size).ToArray() is { Length: > 0 } some ? some : null;

    /// <summary>The sizes of which there is something (or less than nothing), the smallest first.</summary>
    public IEnumerable<(long Size, long Bytes)> All => _amounts ?? [];

    /// <summary>All together, in bytes.</summary>
    public long Bytes => All.Sum(a => a.Bytes);

    /// <summary>That of a size.</summary>
    public long this[long size] => All.FirstOrDefault(a => a.Size == size).Bytes;

    /// <summary>The sum.</summary>
    public static PageAmounts operator +(PageAmounts left, PageAmounts right) => Each(left, right, (l, r) => l + r);

    /// <summary>The difference; may be negative.</summary>
    public static PageAmounts operator -(PageAmounts left, PageAmounts right) => Each(left, right, (l, r) => l - r);

    /// <summary>Whether they are equal.</summary>
    public static bool operator ==(PageAmounts left, PageAmounts right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(PageAmounts left, PageAmounts right) => !left.Equals(right);

    /// <summary>What a specification requests.</summary>
    public static PageAmounts Of(PodSpec spec) => new(HugePages.NamesIn(spec).Select(name => (HugePages.SizeOf(name)!.Value, PodResources.Requested(spec, name))));

    /// <summary>The more of each.</summary>
    public static PageAmounts Most(PageAmounts left, PageAmounts right) => Each(left, right, Math.Max);

    /// <summary>Both, size by size.</summary>
    internal static PageAmounts Each(PageAmounts left, PageAmounts right, Func<long, long, long> combine) => left._amounts is null && right._amounts is null
        ? default
        : new(left.All.Concat(right.All).Select(a => a.Size).Distinct().Select(size => (size, combine(left[size], right[size]))));

    /// <inheritdoc/>
    public bool Equals(PageAmounts other) => All.SequenceEqual(other.All);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PageAmounts other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => All.Aggregate(0, HashCode.Combine);
}
