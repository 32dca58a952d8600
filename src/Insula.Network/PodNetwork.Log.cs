using System.Net;
using Microsoft.Extensions.Logging;

namespace Insula.Network;

public sealed partial class PodNetwork
{
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Pods have addresses of {Range}; the host is {HostAddress} to them; {Recovered} are connected already")]
        public static partial void Started(ILogger logger, IPNetwork range, IPAddress hostAddress, int recovered);

        [LoggerMessage(2, LogLevel.Information, "Forwarding was switched on for {Links}; packets that are not pods' are not forwarded there")]
        public static partial void Guarding(ILogger logger, string links);

        [LoggerMessage(3, LogLevel.Information, "Removed {Link}, which no sandbox owns")]
        public static partial void Swept(ILogger logger, string link);

        [LoggerMessage(4, LogLevel.Error, "The host's links cannot be followed: a link that appears now may not forward for pods; it is tried again in {Seconds} s")]
        public static partial void FollowingFailed(ILogger logger, double seconds, Exception exception);

        [LoggerMessage(5, LogLevel.Warning, "The link {Link} of sandbox {Sandbox} is gone; the sandbox has no network any more")]
        public static partial void LinkLost(ILogger logger, string link, string sandbox);

        [LoggerMessage(6, LogLevel.Warning, "The links {Links} could not be removed; their addresses stay taken, and the next removal or reconciliation tries again")]
        public static partial void NotEnded(ILogger logger, Exception exception, string links);

        [LoggerMessage(7, LogLevel.Debug, "The tracked connections of sandbox {Sandbox} could not be deleted and run out by themselves")]
        public static partial void ConnectionsKept(ILogger logger, Exception exception, string sandbox);

        [LoggerMessage(8, LogLevel.Warning, "The table {Table} is of another form than this daemon's and is made anew, and pods are cut off until all is in it again: {Reason}")]
        public static partial void Replacing(ILogger logger, string table, string reason);

        [LoggerMessage(14, LogLevel.Information, "This machine is {Now} now; it was {Before}")]
        public static partial void HostMoved(ILogger logger, string now, string before);

        [LoggerMessage(15, LogLevel.Error, "This machine's addresses could not be followed; they are looked at again when the next one changes")]
        public static partial void FollowingAddressesFailed(ILogger logger, Exception exception);

        [LoggerMessage(9, LogLevel.Warning, "{What}; pods are cut off until it is put back")]
        public static partial void Tampered(ILogger logger, string what);

        [LoggerMessage(10, LogLevel.Information, "The table {Table} is whole again after {Milliseconds} ms")]
        public static partial void Restored(ILogger logger, string table, long milliseconds);

        [LoggerMessage(11, LogLevel.Error, "The table {Table} cannot be put back; it is tried again")]
        public static partial void NotRestored(ILogger logger, string table, Exception exception);

        [LoggerMessage(12, LogLevel.Error, "Pods cannot be cut off while the table {Table} is put back")]
        public static partial void NotClosed(ILogger logger, string table, Exception exception);

        [LoggerMessage(13, LogLevel.Information, "More was told of changes of nftables than could be read; the table {Table} is written once more")]
        public static partial void Overrun(ILogger logger, string table);
    }
}
