using System.Diagnostics;

namespace Insula.Dns.Program.Tests;

/// <summary>What the program says when nobody gave it what it serves.</summary>
public sealed class ProgramTests
{
    [Theory]
    [InlineData("")]
    [InlineData("--help")]
    [InlineData("serve 00")]
    [InlineData("serve 00 65534 more")]
    public async Task By_hand_it_says_who_starts_it(string arguments)
    {
        var (code, error) = await RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.StartsWith("usage: insula-dns serve", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_cannot_read_it_refuses()
    {
        var (code, error) = await RunAsync("serve zero 65534");
        Assert.Equal(1, code);
        Assert.StartsWith("insula-dns: ", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> RunAsync(string arguments)
    {
        using var program = Process.Start(new ProcessStartInfo("dotnet", $"exec {Path.Combine(AppContext.BaseDirectory, "insula-dns.dll")} {arguments}") { RedirectStandardError = true })!;
        var error = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();
        return (program.ExitCode, error);
    }
}
