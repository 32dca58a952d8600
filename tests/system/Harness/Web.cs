namespace Insula.SystemTests.Harness;

/// <summary>Asks for pages from within a network namespace.</summary>
internal static class Web
{
    /// <summary>The page, or <c>failed: </c> and why there is none.</summary>
    /// <param name="network">The path of the namespace.</param>
    /// <param name="url">The page's address.</param>
    public static async Task<string> FetchAsync(string network, string url)
    {
        var limit = (int)Math.Ceiling(10 * Eventually.Slowness);
        var result = await Commands.RunAsync("nsenter", [$"--net={network}", "curl", "-fsS", "--noproxy", "*", "--max-time", $"{limit}", url]);

        // Whether it can ask at all is not what is asked.
        Assert.NotEqual(127, result.ExitCode);
        return result.ExitCode == 0 ? result.Output : $"failed: {result.Error}";
    }
}
