using System.Net;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.LibC;

namespace Insula.Network.Dns.Cluster;

/// <summary>The servers that the host asks, as its <c>resolv.conf</c> names them, and the moment in which that changes.</summary>
/// <param name="path">The file.</param>
/// <param name="own">Our own addresses: a server that asks itself would go round for ever.</param>
internal sealed class HostUpstreams(string path, IReadOnlyCollection<IPAddress> own) : IDisposable
{
    private const int Port = 53;
    private const uint Changes = sys_inotify.IN_CLOSE_WRITE | sys_inotify.IN_MOVED_TO | sys_inotify.IN_CREATE | sys_inotify.IN_DELETE;

    private readonly Descriptor _watch = Descriptor.FromResult(sys_inotify.inotify_init1(sys_inotify.IN_CLOEXEC | sys_inotify.IN_NONBLOCK), "inotify_init1");

    /// <summary>Reads the file. One that is not there names none.</summary>
    public IReadOnlyList<IPEndPoint> Read()
    {
        Follow();
        var file = ResolvConf.Parse(HostResolver.Read(path).ResolvConf ?? "");
        return
        [
            .. file.Nameservers.Select(n => IPAddress.TryParse(n, out var address) ? address : null).OfType<IPAddress>()
                .Where(a => !own.Contains(a)).Distinct().Select(a => new IPEndPoint(a, Port)),
        ];
    }

    /// <summary>Completes when the file may have changed since the last <see cref="Read"/>.</summary>
    public async Task ChangedAsync(EventLoop events, CancellationToken ct)
    {
        await events.WaitReadableAsync(_watch, ct).ConfigureAwait(false);
        var buffer = new byte[4096];
        try
        {
            while (_watch.Read(buffer) > 0)
            {
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.EAGAIN)
        {
            // All of it was read.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    /// <summary>The file, its directory, and those of what it links to: it is written, replaced, or led elsewhere.</summary>
    private void Follow()
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        foreach (var watched in (string?[])[path, Path.GetDirectoryName(path), target, Path.GetDirectoryName(target)])
        {
            if (watched is not null)
            {
                // What is not there is noticed by what it comes into, if that is there; adding one again changes nothing.
                _ = sys_inotify.inotify_add_watch(_watch, watched, Changes);
            }
        }
    }
}
