namespace Insula.Linux.Processes;

/// <summary>How a process ended: with a code, or by a signal (then the code is 0).</summary>
/// <param name="Code">The exit code, 0–255.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
public readonly record struct ExitStatus(int Code, int Signal)
{
    /// <summary>The code as a shell shows it: 128 plus the signal when there was one.</summary>
    public int ShellCode => Signal == 0 ? Code : 128 + Signal;
}
