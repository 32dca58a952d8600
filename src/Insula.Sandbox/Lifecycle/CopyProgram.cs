using Insula.Linux;

namespace Insula.Sandbox.Lifecycle;

/// <summary>The program that copies files in containers, installed when somebody first copies: a daemon without it does all else.</summary>
internal sealed class CopyProgram(Func<ShimProgram> install) : IDisposable
{
    private readonly Lock _lock = new();
    private ShimProgram? _installed;

    /// <summary>The program, on a read-only mount.</summary>
    /// <exception cref="SandboxException">It cannot be read.</exception>
    public Descriptor Executable
    {
        get
        {
            lock (_lock)
            {
                return (_installed ??= install()).Executable;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _installed?.Dispose();
        }
    }
}
