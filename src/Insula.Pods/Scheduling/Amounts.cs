using System.Globalization;
using System.Numerics;
using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Pods.Scheduling;

/// <summary>What pods ask for and machines have.</summary>
/// <param name="MilliCpu">Thousandths of a processor.</param>
/// <param name="Memory">Bytes.</param>
/// <param name="Pods">Pods.</param>
/// <param name="Storage">Bytes on the daemon's disk (ephemeral-storage).</param>
public readonly record struct Amounts(long MilliCpu, long Memory, long Pods, long Storage = 0) :
    IAdditionOperators<Amounts, Amounts, Amounts>, ISubtractionOperators<Amounts, Amounts, Amounts>
{
    /// <summary>In huge pages.</summary>
    public PageAmounts HugePages { get; init; }

    /// <summary>The sum.</summary>
    public static Amounts operator +(Amounts left, Amounts right) =>
        new(left.MilliCpu + right.MilliCpu, left.Memory + right.Memory, left.Pods + right.Pods, left.Storage + right.Storage) { HugePages = left.HugePages + right.HugePages };

    /// <summary>The difference; may be negative.</summary>
    public static Amounts operator -(Amounts left, Amounts right) =>
        new(left.MilliCpu - right.MilliCpu, left.Memory - right.Memory, left.Pods - right.Pods, left.Storage - right.Storage) { HugePages = left.HugePages - right.HugePages };

    /// <summary>The more of each.</summary>
    public static Amounts Most(Amounts left, Amounts right) =>
        new(Math.Max(left.MilliCpu, right.MilliCpu), Math.Max(left.Memory, right.Memory), Math.Max(left.Pods, right.Pods), Math.Max(left.Storage, right.Storage))
        {
            HugePages = PageAmounts.Most(left.HugePages, right.HugePages),
        };

    /// <summary>What a specification requests.</summary>
    public static Amounts Of(PodSpec spec) =>
        new(PodResources.Requested(spec, "cpu"), PodResources.Requested(spec, "memory"), 1, PodResources.Requested(spec, PodResources.EphemeralStorage))
        {
            HugePages = PageAmounts.Of(spec),
        };

    /// <summary>The same, but nothing of what does not become more than it was.</summary>
    internal Amounts WhereMoreThan(Amounts before) => new(
        MilliCpu > before.MilliCpu ? MilliCpu : 0, Memory > before.Memory ? Memory : 0, Pods > before.Pods ? Pods : 0, Storage > before.Storage ? Storage : 0)
    {
        HugePages = PageAmounts.Each(HugePages, before.HugePages, (now, then) => now > then ? now : 0),
    };

    /// <summary>The same on a machine that has set some of its memory aside in huge pages: these are no memory any more.</summary>
    public Amounts WithHugePages(PageAmounts pages) => this with { Memory = Math.Max(Memory - pages.Bytes, 0), HugePages = pages };

    /// <summary>Whether a pod that asks for this finds it in what is free. What it does not ask for is not looked at: it may be overdrawn.</summary>
    public bool FitsIn(Amounts free) => (MilliCpu == 0 || MilliCpu <= free.MilliCpu) && (Memory == 0 || Memory <= free.Memory) && (Storage == 0 || Storage <= free.Storage)
        && HugePages.All.All(p => p.Bytes <= free.HugePages[p.Size]) && Pods <= free.Pods;

    /// <summary>What is missing, in the scheduler's words, and the numbers to it; empty when nothing is.</summary>
    /// <param name="free">What is free.</param>
    /// <param name="all">What could be free at most.</param>
    internal IEnumerable<(string What, string Numbers)> MissingIn(Amounts free, Amounts all)
    {
        if (MilliCpu > 0 && MilliCpu > free.MilliCpu)
        {
            yield return ("Insufficient cpu", $"requested {Cpu(MilliCpu)}, free {Cpu(free.MilliCpu)} of {Cpu(all.MilliCpu)}");
        }

        if (Memory > 0 && Memory > free.Memory)
        {
            yield return ("Insufficient memory", $"requested {Bytes(Memory)}, free {Bytes(free.Memory)} of {Bytes(all.Memory)}");
        }

        if (Storage > 0 && Storage > free.Storage)
        {
            yield return ("Insufficient ephemeral-storage", $"requested {Bytes(Storage)}, free {Bytes(free.Storage)} of {Bytes(all.Storage)}");
        }

        foreach (var (size, bytes) in HugePages.All)
        {
            if (bytes > free.HugePages[size])
            {
                yield return ($"Insufficient {Insula.Api.Pods.HugePages.NameOf(size)}", $"requested {Bytes(bytes)}, free {Bytes(free.HugePages[size])} of {Bytes(all.HugePages[size])}");
            }
        }

        if (Pods > free.Pods)
        {
            yield return ("Too many pods", string.Create(CultureInfo.InvariantCulture, $"{all.Pods} are allowed"));
        }
    }

    private static string Cpu(long milli) => Math.Max(milli, 0) is var m && m % 1000 == 0
        ? (m / 1000).ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{m}m");

    private static string Bytes(long bytes) => Math.Max(bytes, 0) switch
    {
        var b when b >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{b >> 20}Mi"),
        var b when b >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{b >> 10}Ki"),
        var b => b.ToString(CultureInfo.InvariantCulture),
    };
}
