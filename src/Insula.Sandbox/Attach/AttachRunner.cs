using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.Sockets;
using Insula.Sandbox.Exec;
using Insula.Sandbox.Lifecycle;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Attach;

/// <summary>Has the shim copy a container's output to us, and hand over its input.</summary>
internal sealed class AttachRunner(SandboxContext context, ShimClient client, ContainerTable table)
{
    /// <summary>So far a reader may stay behind before it is cut off: some seconds of a hasty container, and none of a hung client.</summary>
    private const int MostUnread = 4 << 20;

    public async Task<ContainerAttachment> StartAsync(string containerId, bool output, bool error, CancellationToken ct)
    {
        SandboxId.Check("container", containerId);
        // Before the shim is asked: the container may be gone when it answers.
        var ended = table.WhenEnded(containerId);
        var opened = new List<IDisposable>();
        var theirs = new List<Descriptor>();
        try
        {
            var outStream = output ? Copy(opened, theirs) : null;
            var errStream = error ? Copy(opened, theirs) : null;
            using var answer = await client.CallAsync(
                $"container '{containerId}'",
                ["attach", containerId, output ? "0" : "-", error ? (output ? "1" : "0") : "-"],
                theirs,
                context.Options.RequestTimeout,
                ct).ConfigureAwait(false);
            Failpoint.MayFail("sandbox.attach.attached");
            var since = answer.Words is [var time, ..] ? ShimMessage.Time(time) : throw ShimMessage.Malformed(answer.Words);
            var isTerminal = answer.Words.Contains("terminal");
            var input = answer.DescriptorCount > 0 ? answer.Take(0) : null;
            var inStream = input is null ? null : Opened(opened, new DescriptorStream(input, context.Events, FileAccess.Write, isTerminal));
            return new ContainerAttachment(this, containerId, since, input, isTerminal, inStream, outStream, errStream, ended);
        }
        catch
        {
            opened.ForEach(o => o.Dispose());
            throw;
        }
        finally
        {
            theirs.ForEach(t => t.Dispose());
        }
    }

    public async Task CloseStdinAsync(string containerId, CancellationToken ct)
    {
        using var answer = await client.CallAsync(
            $"container '{containerId}'", ["close-stdin", containerId], [], context.Options.RequestTimeout, ct).ConfigureAwait(false);
    }

    private DescriptorStream Copy(List<IDisposable> opened, List<Descriptor> theirs)
    {
        var (receiver, sender) = StreamPair.Create(MostUnread);
        theirs.Add(sender);
        // By this byte, which the shim reads at the end of the stream alone, an end differs from having been cut off.
        _ = NonBlocking.TryWrite(receiver, [0]);
        return Opened(opened, new DescriptorStream(receiver, context.Events, FileAccess.Read));
    }

    private static DescriptorStream Opened(List<IDisposable> opened, DescriptorStream stream)
    {
        opened.Add(stream);
        return stream;
    }
}
