using Microsoft.Extensions.Logging;

namespace Insula.Network.Cni;

public sealed partial class CniNetwork
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "pods are connected by the CNI plug-ins of {Directory}; {Known} attachments are known")]
        public static partial void Configured(ILogger logger, string directory, int known);

        [LoggerMessage(2, LogLevel.Warning, "the CNI network is not ready, pods wait: {Reason}")]
        public static partial void NotReady(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Information, "the CNI network {Network} is ready, version {Version}")]
        public static partial void Ready(ILogger logger, string network, string version);

        [LoggerMessage(4, LogLevel.Warning, "sandbox {Sandbox} is not disconnected yet, it is tried again ({Record}): {Reason}")]
        public static partial void NotEnded(ILogger logger, string sandbox, string record, string reason);

        [LoggerMessage(5, LogLevel.Warning, "the network of sandbox {Sandbox} is not what it was: {Reason}")]
        public static partial void CheckFailed(ILogger logger, string sandbox, string reason);

        [LoggerMessage(6, LogLevel.Warning, "leftovers of the CNI network {Network} could not be collected: {Reason}")]
        public static partial void NotCollected(ILogger logger, string network, string reason);
    }
}
