using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Crash;

/// <summary>Somebody flushes the machine's nftables: the instance's table is put back, whoever dies meanwhile.</summary>
internal static class FlushOperation
{
    public static Operation Create() => new("flush", true, true, FlushAsync, (world, _, _) => world.ReadyAsync());

    private static async Task<bool> FlushAsync(CrashWorld world)
    {
        (await world.Insula.InNetworkAsync("nft", "flush", "ruleset")).Succeeded();
        await Eventually.TrueAsync(async () => world.Insula.Failpoints.Fired || await IsWholeAsync(world), "the table is whole again");
        return true;
    }

    private static async Task<bool> IsWholeAsync(CrashWorld world)
    {
        var tables = (await world.Insula.InNetworkAsync("nft", "list", "ruleset")).Succeeded();
        return tables.Contains("chain policies", StringComparison.Ordinal) && !tables.Contains("closed_", StringComparison.Ordinal);
    }
}
