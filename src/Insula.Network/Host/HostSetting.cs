namespace Insula.Network.Host;

/// <summary>A setting of the host that was changed.</summary>
/// <param name="Link">The link it belongs to, by name; <c>all</c> for one of the whole host.</param>
/// <param name="Index">The link's number, which a renaming leaves; 0 for the whole host.</param>
/// <param name="Setting">The setting below <c>/proc/sys/net/&lt;family&gt;/conf/&lt;link&gt;</c>: <c>ipv4/forwarding</c>, <c>ipv6/accept_ra</c>.</param>
/// <param name="Old">The value it had.</param>
/// <param name="New">The value it was given.</param>
internal sealed record HostSetting(string Link, int Index, string Setting, string Old, string New)
{
    /// <summary>The setting's file.</summary>
    public string Path => PathOf(Link, Setting);

    public static string PathOf(string link, string setting)
    {
        int slash = setting.IndexOf('/', StringComparison.Ordinal);
        return $"/proc/sys/net/{setting[..slash]}/conf/{link}/{setting[(slash + 1)..]}";
    }
}
