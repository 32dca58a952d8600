using Insula.Linux.Netlink;
using Insula.Network.Links;

namespace Insula.Network.Host;

/// <summary>
/// Switches forwarding on where pods need it. The kernel asks the link by which a packet comes in: replies to pods come in by the host's
/// ordinary links, so those need it too. A host that forwards anyway is left as it is. Everything runs on the network thread.
/// </summary>
internal sealed class HostForwarding
{
    private const string Forwarding = "ipv4/forwarding";
    private const string ForwardingV6 = "ipv6/forwarding";
    private const string AcceptRa = "ipv6/accept_ra";
    private readonly HostSettingsFile _file;
    private readonly bool _v6;
    private List<HostSetting> _changed;

    public HostForwarding(HostSettingsFile file, bool v6)
    {
        _file = file;
        _v6 = v6;
        _changed = [.. file.Read()];
    }

    /// <summary>The links that forward only because of us. Empty as soon as somebody else makes the whole host forward.</summary>
    public IReadOnlyList<string> Guarded { get; private set; } = [];

    /// <summary>The old values of what was changed.</summary>
    public IReadOnlyList<HostSetting> Changed => _changed;

    /// <summary>Looks at every link and switches on what is missing; the record is written before the setting.</summary>
    /// <param name="routes">The host's socket.</param>
    /// <param name="apply">Whether to write settings; false only works out <see cref="Guarded"/> as it will be.</param>
    /// <returns>Whether <see cref="Guarded"/> is another than before.</returns>
    public bool Refresh(RouteSocket routes, bool apply)
    {
        IReadOnlyList<LinkInfo> links = routes.GetLinks();
        List<HostSetting> changed = [.. _changed.Select(c => Renamed(c, links)).OfType<HostSetting>()];
        bool others = Read(HostSetting.PathOf("all", Forwarding)) == "1";
        List<HostSetting> due = [];
        if (!others)
        {
            foreach (LinkInfo link in links.Where(l => (l.Flags & rtnetlink.IFF_LOOPBACK) == 0 && !LinkNames.IsAnyPods(l.Name)))
            {
                if (Read(HostSetting.PathOf(link.Name, Forwarding)) == "0")
                {
                    due.Add(new HostSetting(link.Name, link.Index, Forwarding, "0", "1"));
                }
            }
        }

        if (_v6)
        {
            due.AddRange(DueV6(links));
        }

        foreach (HostSetting setting in due.Where(d => !changed.Any(c => c.Index == d.Index && c.Setting == d.Setting)))
        {
            changed.Add(setting);
        }

        string[] guarded = others ? [] : [.. changed.Where(c => c.Setting == Forwarding).Select(c => c.Link).Order(StringComparer.Ordinal)];
        bool differs = !guarded.SequenceEqual(Guarded);
        Guarded = guarded;
        if (!apply)
        {
            return differs;
        }

        if (!changed.SequenceEqual(_changed))
        {
            _file.Write(changed);
            Failpoint.MayFail("network.forwarding.recorded");
            _changed = changed;
        }

        foreach (HostSetting setting in due)
        {
            Write(setting.Path, setting.New);
        }

        return differs;
    }

    /// <summary>
    /// Gives the settings their old values, unless somebody changed them since, or made the whole host forward, which relies on them now.
    /// </summary>
    public void Restore(RouteSocket routes)
    {
        IReadOnlyList<LinkInfo> links = routes.GetLinks();
        bool others = Read(HostSetting.PathOf("all", Forwarding)) == "1";
        foreach (HostSetting setting in _changed.Select(c => Renamed(c, links)).OfType<HostSetting>().Reverse())
        {
            if (!(others && setting.Setting == Forwarding) && Read(setting.Path) == setting.New)
            {
                Write(setting.Path, setting.Old);
            }
        }

        _changed = [];
        _file.Write(_changed);
    }

    /// <summary>
    /// IPv6 forwards only when the whole host does; a forwarding host then takes no more router advertisements, by which it may have its own
    /// default route, unless its links are told to (accept_ra 2).
    /// </summary>
    private static IEnumerable<HostSetting> DueV6(IReadOnlyList<LinkInfo> links)
    {
        if (Read(HostSetting.PathOf("all", ForwardingV6)) != "0")
        {
            yield break;
        }

        foreach (LinkInfo link in links.Where(l => (l.Flags & rtnetlink.IFF_LOOPBACK) == 0 && !LinkNames.IsAnyPods(l.Name)))
        {
            if (Read(HostSetting.PathOf(link.Name, AcceptRa)) == "1")
            {
                yield return new HostSetting(link.Name, link.Index, AcceptRa, "1", "2");
            }
        }

        yield return new HostSetting("all", 0, ForwardingV6, "0", "1");
    }

    private static HostSetting? Renamed(HostSetting setting, IReadOnlyList<LinkInfo> links) => setting.Index == 0
        ? setting
        : links.FirstOrDefault(l => l.Index == setting.Index) is { } link ? setting with { Link = link.Name } : null;

    /// <summary>The value; <see langword="null"/> when the link, or the protocol, is not there (any more).</summary>
    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void Write(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // The link went away in between and took its settings along.
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException(
                $"{path} cannot be set to {value} ({e.Message}): pods would reach nothing but this host. Make /proc/sys writable for the daemon, or set it yourself.", e);
        }
    }
}
