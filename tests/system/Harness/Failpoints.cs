namespace Insula.SystemTests.Harness;

/// <summary>The directory through which an instance's failpoints are armed and tell that they were reached; see src/Failpoints.</summary>
public sealed class Failpoints(string directory)
{
    public string Directory { get; } = directory;

    private string Hits => Path.Combine(Directory, "hits");

    private string Armed => Path.Combine(Directory, "armed");

    private string Taken => Path.Combine(Directory, "fired");

    /// <summary>Whether the armed one was reached, and has had its effect.</summary>
    public bool Fired => File.Exists(Taken);

    /// <summary>Makes the directory; before the daemon starts.</summary>
    public void Prepare() => System.IO.Directory.CreateDirectory(Hits);

    /// <summary>From now on, the first one that comes to this place.</summary>
    /// <param name="name">The failpoint.</param>
    /// <param name="action"><c>kill</c>, <c>error</c>, <c>delay:MILLISECONDS</c>; <c>@N</c> after it for the N-th that comes.</param>
    public void Arm(string name, string action)
    {
        Disarm();
        var written = Path.Combine(Directory, "new");
        File.WriteAllText(written, $"{name}={action}\n");
        File.Move(written, Armed);
    }

    public void Disarm()
    {
        File.Delete(Armed);
        File.Delete(Taken);
    }

    /// <summary>The places reached since the last call.</summary>
    public IReadOnlyList<string> TakeReached()
    {
        var reached = System.IO.Directory.EnumerateFiles(Hits).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToList();
        reached.ForEach(name => File.Delete(Path.Combine(Hits, name)));
        return reached;
    }
}
