using Microsoft.Extensions.Logging;

namespace Insula.Sandbox;

/// <summary>What is logged of sandboxes.</summary>
internal static partial class SandboxLog
{
    [LoggerMessage(210, LogLevel.Warning, "Command {Exec} of container {Container} could not be cleared away ({Reason}); the container's removal will try again")]
    public static partial void ExecLeft(ILogger log, string exec, string container, string reason);

    [LoggerMessage(211, LogLevel.Debug, "The shim does not know {Id} any more")]
    public static partial void NothingToAcknowledge(ILogger log, string id);

    [LoggerMessage(212, LogLevel.Warning, "The memory counters of container {Container} cannot be read ({Reason}): an out-of-memory kill would not be noticed")]
    public static partial void EventsUnreadable(ILogger log, string container, string reason);

    [LoggerMessage(213, LogLevel.Warning, "What container {Container} left behind could not be ended ({Reason}); its removal will try again")]
    public static partial void LeftoversAlive(ILogger log, string container, string reason);

    [LoggerMessage(214, LogLevel.Error, "The shim of sandbox {Sandbox} is lost: {Reason}")]
    public static partial void ShimLost(ILogger log, string sandbox, string reason);

    [LoggerMessage(215, LogLevel.Information, "The shim of sandbox {Sandbox} (process {Pid}) ended with code {Code}, signal {Signal}")]
    public static partial void ShimReaped(ILogger log, string sandbox, int pid, int code, int signal);

    [LoggerMessage(216, LogLevel.Warning, "Sandbox {Sandbox} could not be undone after its failed creation ({Reason}); destroying it again will try to")]
    public static partial void UndoFailed(ILogger log, string sandbox, string reason);

    [LoggerMessage(217, LogLevel.Warning, "The shim of sandbox {Sandbox} does not stop by itself ({Reason}): killing it")]
    public static partial void ShimKilled(ILogger log, string sandbox, string reason);

    [LoggerMessage(218, LogLevel.Debug, "Sandbox {Sandbox} has no living shim: {Reason}")]
    public static partial void ShimUnreachable(ILogger log, string sandbox, string reason);

    [LoggerMessage(222, LogLevel.Warning, "Sandbox {Sandbox} cannot be taken over ({Reason}): this daemon speaks version {Version} of the shim's protocol; what the sandbox runs is ended and its pod set up anew")]
    public static partial void ShimVersion(ILogger log, string sandbox, string reason, string version);

    [LoggerMessage(219, LogLevel.Debug, "The shim of sandbox {Sandbox} is no longer watched")]
    public static partial void ShimUnwatched(ILogger log, string sandbox);

    [LoggerMessage(220, LogLevel.Warning, "Container {Container}, which did not start, could not be cleared away ({Reason}); destroying the sandbox will try again")]
    public static partial void StartLeft(ILogger log, string container, string reason);

    [LoggerMessage(221, LogLevel.Error, "The shim of sandbox {Sandbox} hangs ({Reason}): killing it; its containers go with it")]
    public static partial void ShimHung(ILogger log, string sandbox, string reason);

    [LoggerMessage(223, LogLevel.Warning, "The process that shims are cloned from has ended; another one is started")]
    public static partial void ForkServerEnded(ILogger log);

    [LoggerMessage(224, LogLevel.Debug, "Nothing could be made ahead for container {Container}: {Reason}")]
    public static partial void NotExpected(ILogger log, string container, string reason);

    [LoggerMessage(225, LogLevel.Debug, "The process that shims are cloned from is no longer watched")]
    public static partial void ForkServerUnwatched(ILogger log);

    [LoggerMessage(226, LogLevel.Warning, "The shim of sandbox {Sandbox} is not cloned but started anew, which takes longer: {Reason}")]
    public static partial void ForkServerUnused(ILogger log, string sandbox, string reason);
}
