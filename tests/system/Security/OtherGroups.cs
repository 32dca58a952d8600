namespace Insula.SystemTests.Security;

/// <summary>
/// Somebody else's cgroup in each hierarchy of version 1, so that there is something to be seen by a container that looks where it
/// has no group of its own. On pure cgroup v2 the groups of the machine are that.
/// </summary>
internal sealed class OtherGroups : IDisposable
{
    private readonly List<string> _made = [];

    public OtherGroups()
    {
        // Only the root of a hierarchy of version 1 has a release_agent.
        foreach (var root in Directory.GetDirectories("/sys/fs/cgroup").Where(d => File.Exists(Path.Combine(d, "release_agent"))))
        {
            var group = Path.Combine(root, $"insula-test-other-{Environment.ProcessId}");
            Directory.CreateDirectory(group);
            _made.Add(group);
        }
    }

    public void Dispose()
    {
        foreach (var group in _made)
        {
            Directory.Delete(group);
        }
    }
}
