using Insulad.Configuration;

namespace Insulad.Hosting;

/// <summary>Where the programs are that the daemon starts.</summary>
internal sealed class HelperPrograms(DaemonOptions options)
{
    /// <summary>Each sandbox has one.</summary>
    public string FindShim() => FindProgram("insula-shim", options.Shim, "build it with `make native`, or say where it is with --shim");

    /// <summary>Beside the shim: they come together.</summary>
    public string FindCopy() => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(FindShim()))!, "insula-copy");

    /// <summary>The server of the cluster DNS.</summary>
    public string FindDns() => FindProgram("insula-dns", options.DnsProgram, "build it with `make dns`, say where it is with --dns-program, or do without by --cluster-dns none");

    private static string FindProgram(string name, string? given, string advice)
    {
        string[] places = given is not null ? [given] : [Path.Combine(AppContext.BaseDirectory, name), $"/usr/lib/insula/{name}"];
        return places.FirstOrDefault(File.Exists) ?? throw new StartupException($"{name} is not at {string.Join(" nor at ", places)}: {advice}");
    }
}
