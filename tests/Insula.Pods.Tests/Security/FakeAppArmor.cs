using Insula.Linux;
using Insula.Linux.SecurityModules;

namespace Insula.Pods.Tests.Security;

/// <summary>A machine with the profiles that a test says.</summary>
internal sealed class FakeAppArmor(bool enabled, params string[] loaded) : IAppArmor
{
    private readonly HashSet<string> _loaded = [.. loaded];

    public bool IsEnabled => enabled;

    /// <summary>Why nothing can be loaded; null when it can.</summary>
    public string? Refusal { get; init; }

    /// <summary>Whether the kernel keeps its list to itself, as it does from a daemon in a container.</summary>
    public bool HidesList { get; init; }

    /// <summary>What has been loaded.</summary>
    public List<string> Loads { get; } = [];

    public bool IsLoaded(string profile) => HidesList ? throw new LinuxException("fsopen", "securityfs", Errno.EPERM) : _loaded.Contains(profile);

    public void Load(string text)
    {
        if (Refusal is not null)
        {
            throw new NotSupportedException(Refusal);
        }

        Loads.Add(text);
        _loaded.Add(text.Split(' ', 3)[1]);
    }

    public void Unload(string profile) => _loaded.Remove(profile);
}
