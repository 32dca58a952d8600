using System.Diagnostics;
using Insula.Images.Layers;
using Insula.Images.Tests.Support;
using Insula.Linux.Files;

namespace Insula.Images.Tests.Layers;

/// <summary>Our reader against the tar program of the machine, in every format it writes.</summary>
public sealed class GnuTarTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("v7", 90)]
    [InlineData("ustar", 200)]
    [InlineData("gnu", 1000)]
    [InlineData("posix", 1000)]
    public void What_tar_packs_is_unpacked_the_same(string format, int longest)
    {
        var source = Directory.CreateDirectory(_temporary["source"]).FullName;
        var deep = Path.Combine(source, string.Join('/', Enumerable.Repeat("directory", longest / 10)));
        Directory.CreateDirectory(deep);
        File.WriteAllText(Path.Combine(deep, "ünï"), "deep");
        File.WriteAllBytes(Path.Combine(source, "large"), Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7)).ToArray());
        File.CreateSymbolicLink(Path.Combine(source, "link"), "large");
        File.SetUnixFileMode(Path.Combine(source, "large"), (UnixFileMode)0x9ED);
        using (var root = Directories.Open(source))
        {
            Entries.MakeHardLink(root, "large", root, "second");
            Entries.SetTimes(root, "large", 1_600_000_000, 0);
        }

        Run("tar", "--create", $"--format={format}", "--file", _temporary["tar"], "--directory", source, ".");
        var target = Directory.CreateDirectory(_temporary["target"]).FullName;
        using (var root = Directories.Open(target))
        using (var below = new MergedTree([]))
        using (var tar = File.OpenRead(_temporary["tar"]))
        using (var unpacker = new LayerUnpacker(tar, root, ImageLimits.Default, LayerOwnership.CurrentUser))
        {
            Assert.True(unpacker.Unpack(CancellationToken.None).SelfContained);
            unpacker.Finish(below);
        }

        const string Listing = "find . -printf '%P %M %y %s %l %n %Ts\\n' | grep -v ' d ' | sort";
        Assert.Equal(Run("sh", "-c", $"cd {source}; {Listing}"), Run("sh", "-c", $"cd {target}; {Listing}"));
        Run("diff", "--recursive", "--no-dereference", source, target);
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {output}{error.Result}");
        return output;
    }
}
