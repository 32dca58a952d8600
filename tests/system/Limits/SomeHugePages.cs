using System.Globalization;

namespace Insula.SystemTests.Limits;

/// <summary>Some huge pages of the machine for a test, beside those it has; in the end there are as many as before.</summary>
internal sealed class SomeHugePages : IDisposable
{
    private const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB";
    private readonly long _before = Read("nr_hugepages");

    /// <summary>Sets them aside.</summary>
    /// <param name="pages">How many of 2 MiB.</param>
    public SomeHugePages(int pages) => Add(pages);

    /// <summary>How many there are.</summary>
    public static long All => Read("nr_hugepages");

    /// <summary>How many of them are in nobody's use.</summary>
    public static long Free => Read("free_hugepages");

    /// <summary>Sets further ones aside.</summary>
    public static void Add(int pages)
    {
        var wanted = All + pages;
        File.WriteAllText($"{Pool}/nr_hugepages", wanted.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(wanted, All);
    }

    /// <summary>Gives back those that are free: a pod that a failed test left may have the others. Whoever ends the pods asserts that there are none.</summary>
    public void Dispose() => Give();

    /// <summary>Gives them all back, once no pod is left.</summary>
    public void AssertGiven()
    {
        // What a pod had that has just ended may still be on its way back, and is not taken from the pool until then.
        for (var deadline = DateTime.UtcNow.AddSeconds(30); All != _before && DateTime.UtcNow < deadline; Thread.Sleep(10))
        {
            Give();
        }

        Assert.Equal(_before, All);
    }

    private void Give() => File.WriteAllText($"{Pool}/nr_hugepages", _before.ToString(CultureInfo.InvariantCulture));

    private static long Read(string file) => long.Parse(File.ReadAllText($"{Pool}/{file}"), CultureInfo.InvariantCulture);
}
