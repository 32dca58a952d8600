using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cni;

/// <summary>Lists and plug-ins of a test's own: the recorder under the names <c>first</c> and <c>second</c>.</summary>
internal sealed class PluginDirectory : IDisposable
{
    public const string AllVersions = """{"cniVersion":"1.1.0","supportedVersions":["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}""";

    public PluginDirectory()
        : this(Directory.CreateTempSubdirectory("insula-cni-").FullName)
    {
    }

    /// <summary>Makes it at a place, or takes up what is there.</summary>
    public PluginDirectory(string path)
    {
        Path = path;
        if (Directory.Exists(Programs))
        {
            return;
        }

        foreach (var directory in (string[])[Lists, Programs, Recorder, Addresses])
        {
            Directory.CreateDirectory(directory);
        }

        foreach (var name in (string[])["first", "second"])
        {
            var program = System.IO.Path.Combine(Programs, name);
            File.Copy(System.IO.Path.Combine(Repository.Root, "tests", "system", "Cni", "recorder.sh"), program);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Speak(AllVersions);
    }

    public string Path { get; }

    /// <summary>Where lists are.</summary>
    public string Lists => System.IO.Path.Combine(Path, "net.d");

    /// <summary>Where host-local writes addresses down.</summary>
    public string Addresses => System.IO.Path.Combine(Path, "addresses");

    /// <summary>For the configuration file.</summary>
    public string Options => $"cni-conf-dir: {Lists}\ncni-bin-dir: {Programs}:/usr/lib/cni\n";

    private string Programs => System.IO.Path.Combine(Path, "bin");

    private string Recorder => System.IO.Path.Combine(Path, "recorder");

    /// <summary>A list of both recorders.</summary>
    public static string Recorders(string version, string more = "", string first = "") =>
        $$$"""{"cniVersion":"{{{version}}}",{{{more}}}"name":"recorded","plugins":[{"type":"first","key":"one"{{{first}}}},{"type":"second","key":"two","capabilities":{"portMappings":true,"bandwidth":true,"dns":true}}]}""";

    /// <summary>Writes a list.</summary>
    public void Write(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Lists, name), text);

    /// <summary>Tells the recorders something.</summary>
    public void Set(string name, string text) => File.WriteAllText(System.IO.Path.Combine(Recorder, name), text + "\n");

    /// <summary>Tells the recorders which versions they speak, as if others were installed.</summary>
    public void Speak(string versions)
    {
        Set("versions", versions);
        foreach (var program in Directory.EnumerateFiles(Programs))
        {
            File.SetLastWriteTimeUtc(program, DateTime.UtcNow);
        }
    }

    /// <summary>Has a command fail, with an error of the specification's form.</summary>
    public void Fail(string command, int code = 11, string message = "told to fail") =>
        Set($"fault.{command}", $$"""echo '{"cniVersion":"1.1.0","code":{{code}},"msg":"{{message}}","details":"because\u001b[31m of the test"}'; exit 1""");

    /// <summary>Has it work again.</summary>
    public void Heal(string command) => File.Delete(System.IO.Path.Combine(Recorder, $"fault.{command}"));

    /// <summary>What was asked, but for versions: plug-in, command, container, namespace, interface, arguments, configuration.</summary>
    public IReadOnlyList<string[]> Calls(string? command = null) => File.Exists(System.IO.Path.Combine(Recorder, "calls"))
        ? [.. File.ReadAllLines(System.IO.Path.Combine(Recorder, "calls")).Select(line => line.Split('\t')).Where(call => command is null ? call[1] is not ("VERSION" or "STATUS" or "GC") : call[1] == command)]
        : [];

    /// <summary>The containers whose addresses the recorders have given and not taken back.</summary>
    public IReadOnlyList<string> Given() => Directory.Exists(System.IO.Path.Combine(Recorder, "given"))
        ? [.. Directory.EnumerateFiles(System.IO.Path.Combine(Recorder, "given")).Select(f => System.IO.Path.GetFileName(f)!)] : [];

    /// <summary>The addresses that host-local has given.</summary>
    public IReadOnlyList<string> Reserved(string network) => Directory.Exists(System.IO.Path.Combine(Addresses, network))
        ? [.. Directory.EnumerateFiles(System.IO.Path.Combine(Addresses, network), "*.*").Select(f => System.IO.Path.GetFileName(f)!).Where(n => char.IsDigit(n[0]))] : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
