using System.Runtime.CompilerServices;

namespace Insula.Linux.Sockets;

/// <summary>Awaited, what follows runs on the thread of a loop; at once when it is there already.</summary>
internal readonly struct LoopSwitch(SocketLoop loop) : INotifyCompletion
{
    public bool IsCompleted => loop.IsCurrent;

    public LoopSwitch GetAwaiter() => this;

    public void OnCompleted(Action continuation) => loop.Post(continuation);

    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public void GetResult() => loop.ThrowIfEnded();
}
