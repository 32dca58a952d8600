using System.Net.Sockets;

namespace Insulad.Tests.Ingresses;

/// <summary>An HAProxy that has no backends: it answers its command line as one, or not at all.</summary>
internal sealed class FakeProxy : IDisposable
{
    private readonly List<IDisposable> _opened = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile bool _isReady;

    /// <summary>The digest of its configuration.</summary>
    public string Digest { get; set; } = "";

    /// <summary>The digest of what it loads when it is told to.</summary>
    public string Loads { get; init; } = "";

    /// <summary>Whether it never answers.</summary>
    public bool IsHung { get; init; }

    /// <summary>How a connection to it fails.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Whether it was told that it knows all pods.</summary>
    public bool IsReady => _isReady;

    /// <summary>Completes when it has been told to load.</summary>
    public Task Loaded => _loaded.Task;

    /// <summary>Completes when it has answered once.</summary>
    public Task Asked => _asked.Task;

    /// <summary>The other side of a connection to it.</summary>
    public Socket Accept()
    {
        if (Failure is not null)
        {
            throw Failure;
        }

        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var place = new UnixDomainSocketEndPoint($"\0{Guid.NewGuid():n}");
        listener.Bind(place);
        listener.Listen(1);
        var theirs = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        theirs.Connect(place);
        var ours = new NetworkStream(listener.Accept(), ownsSocket: true);
        lock (_opened)
        {
            _opened.Add(ours);
        }

        if (!IsHung)
        {
            _ = AnswerAsync(ours);
        }

        return theirs;
    }

    public void Dispose()
    {
        lock (_opened)
        {
            _opened.ForEach(o => o.Dispose());
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        await using var connection = stream;
        using var reader = new StreamReader(stream);
        await using var writer = new StreamWriter(stream);
        while (await reader.ReadLineAsync() is { } command and not "quit")
        {
            await writer.WriteAsync(Answer(command.Replace("@1 ", "", StringComparison.Ordinal)) + "\n");
        }

        await writer.FlushAsync();
        _asked.TrySetResult();
    }

    private string Answer(string command)
    {
        switch (command.Split(' '))
        {
            case ["show", "info"]:
                return $"Name: HAProxy\nPid: 7\ndescription: {Digest}\n";
            case ["show", "map", ..]:
                return _isReady ? "0x1 ready 1\n" : "";
            case ["add", "map", ..]:
                _isReady = true;
                return "";
            case ["reload"]:
                Digest = Loads;
                _loaded.TrySetResult();
                return "Success=1\n";
            default:
                return "1\n";
        }
    }
}
