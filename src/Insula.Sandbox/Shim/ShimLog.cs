using Microsoft.Extensions.Logging;

namespace Insula.Sandbox.Shim;

/// <summary>What is logged of shims.</summary>
internal static partial class ShimLog
{
    [LoggerMessage(200, LogLevel.Debug, "The shim sent an event '{Name}' that this version does not know")]
    public static partial void UnknownEvent(ILogger log, string name);
}
