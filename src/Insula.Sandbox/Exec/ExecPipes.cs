using Insula.Linux;
using Insula.Linux.Events;

namespace Insula.Sandbox.Exec;

/// <summary>The pipes of a command while it is being started: our ends become streams, the process's ends are closed
/// here once it has its own.</summary>
internal sealed class ExecPipes : IDisposable
{
    private readonly EventLoop _events;

    private ExecPipes(EventLoop events) => _events = events;

    public Descriptor? ChildStdin { get; private set; }

    public Descriptor? ChildStdout { get; private set; }

    public Descriptor? ChildStderr { get; private set; }

    public DescriptorStream? Stdin { get; private set; }

    public DescriptorStream? Stdout { get; private set; }

    public DescriptorStream? Stderr { get; private set; }

    public DescriptorStream? Terminal { get; private set; }

    /// <summary>Makes the pipes the spec asks for.</summary>
    /// <param name="spec">The command.</param>
    /// <param name="merged">One pipe for standard output and error, so that their order is kept.</param>
    /// <param name="events">Waits for our ends.</param>
    public static ExecPipes Open(ExecSpec spec, bool merged, EventLoop events)
    {
        var pipes = new ExecPipes(events);
        if (spec.Tty)
        {
            return pipes;
        }

        try
        {
            if (spec.Stdin)
            {
                (pipes.ChildStdin, var write) = Descriptor.Pipe();
                pipes.Stdin = new DescriptorStream(write, events, FileAccess.Write);
            }

            if (spec.Stdout)
            {
                (var read, pipes.ChildStdout) = Descriptor.Pipe();
                pipes.Stdout = new DescriptorStream(read, events, FileAccess.Read);
            }

            if (spec.Stderr && merged)
            {
                pipes.ChildStderr = pipes.ChildStdout;
            }
            else if (spec.Stderr)
            {
                (var read, pipes.ChildStderr) = Descriptor.Pipe();
                pipes.Stderr = new DescriptorStream(read, events, FileAccess.Read);
            }

            return pipes;
        }
        catch
        {
            pipes.Dispose();
            throw;
        }
    }

    /// <summary>The process has its ends: ours alone keep the pipes open now, so that its end is the end of the stream.</summary>
    public void CloseChildEnds()
    {
        ChildStdin?.Dispose();
        ChildStdout?.Dispose();
        ChildStderr?.Dispose();
    }

    public void TakeTerminal(Descriptor master) =>
        Terminal = new DescriptorStream(master, _events, FileAccess.ReadWrite, isTerminal: true);

    public void Dispose()
    {
        CloseChildEnds();
        Stdin?.Dispose();
        Stdout?.Dispose();
        Stderr?.Dispose();
        Terminal?.Dispose();
    }
}
