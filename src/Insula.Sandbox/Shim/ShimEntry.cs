namespace Insula.Sandbox.Shim;

/// <summary>A container or command in a shim's list.</summary>
/// <param name="IsExec">A command; otherwise a container.</param>
/// <param name="Id">Its id.</param>
/// <param name="Pid">Its first process in the host's numbering.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="Exit">How it ended; null while it runs or is being launched.</param>
/// <param name="Gone">All that a command started is gone too.</param>
internal sealed record ShimEntry(bool IsExec, string Id, int Pid, DateTimeOffset StartedAt, ShimExit? Exit, bool Gone)
{
    /// <summary>Reads <c>entry id container|exec ID starting|running PID STARTED</c> or
    /// <c>… exited PID STARTED FINISHED CODE SIGNAL [gone]</c>.</summary>
    public static ShimEntry Parse(IReadOnlyList<string> words)
    {
        var isExec = words[2] switch
        {
            "container" => false,
            "exec" => true,
            _ => throw ShimMessage.Malformed(words),
        };
        var exit = words[4] switch
        {
            "starting" or "running" => null,
            "exited" => new ShimExit(ShimMessage.Int(words[8]), ShimMessage.Int(words[9]), ShimMessage.Time(words[7])),
            _ => throw ShimMessage.Malformed(words),
        };
        return new ShimEntry(isExec, words[3], ShimMessage.Int(words[5]), ShimMessage.Time(words[6]), exit, words is [.., "gone"]);
    }
}
