namespace Insula.Network.Dns;

/// <summary>What the host knows about name servers.</summary>
public sealed record HostResolver
{
    /// <summary>The host's <c>/etc/resolv.conf</c>; <see langword="null"/> when it does not exist.</summary>
    public string? ResolvConf { get; init; }

    /// <summary>systemd-resolved's list of the real servers, <c>/run/systemd/resolve/resolv.conf</c>; <see langword="null"/> when it does not exist.</summary>
    public string? UpstreamResolvConf { get; init; }

    /// <summary>Reads both files.</summary>
    public static HostResolver Read(string resolvConf = "/etc/resolv.conf", string upstreamResolvConf = "/run/systemd/resolve/resolv.conf") => new()
    {
        ResolvConf = ReadIfThere(resolvConf),
        UpstreamResolvConf = ReadIfThere(upstreamResolvConf),
    };

    private static string? ReadIfThere(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
