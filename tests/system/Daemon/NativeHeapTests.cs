using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>What native code allocates.</summary>
public sealed class NativeHeapTests
{
    // Each heap of the C library but the first is at a multiple of this, and reserves as much.
    private const ulong HeapBytes = 64 << 20;

    // Threads that the runtime starts before any code of ours may have some: one where it is compiled, six where it compiles.
    private const int BeforeUs = 8;

    [Fact]
    public async Task Threads_share_a_heap()
    {
        await using var insula = await Instance.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i => (await insula.CliAsync("load", Repository.Image("busybox"), "--name", $"example.com/many:{i}")).Succeeded()));
        Assert.InRange(Heaps(await File.ReadAllLinesAsync($"/proc/{insula.DaemonPid}/maps")), 0, BeforeUs);
    }

    private static int Heaps(string[] maps)
    {
        var areas = maps.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(words => (Range: Range(words[0]), Access: words[1], IsFile: words.Length > 5)).ToList();
        return areas.Zip(areas.Skip(1)).Count(pair => pair is { First: { Access: "rw-p", IsFile: false }, Second: { Access: "---p", IsFile: false } }
            && pair.First.Range.Start % HeapBytes == 0 && pair.First.Range.End == pair.Second.Range.Start && pair.Second.Range.End == pair.First.Range.Start + HeapBytes);
    }

    private static (ulong Start, ulong End) Range(string text)
    {
        var ends = text.Split('-').Select(end => ulong.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToList();
        return (ends[0], ends[1]);
    }
}
