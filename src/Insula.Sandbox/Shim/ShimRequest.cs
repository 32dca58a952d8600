using System.Globalization;

using Insula.Linux;

namespace Insula.Sandbox.Shim;

/// <summary>A request that waits for its answer.</summary>
internal sealed class ShimRequest(uint id, string verb)
{
    private readonly List<ShimEntry> _entries = [];
    private ShimMessage.Ok? _list;

    public uint Id { get; } = id;

    public string Verb { get; } = verb;

    public TaskCompletionSource<ShimAnswer> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool Accept(ShimMessage.Ok ok, IReadOnlyList<Descriptor> descriptors)
    {
        if (Verb == "list")
        {
            _list = ok;
            CompleteList();
            return descriptors.Count == 0;
        }

        return Answer.TrySetResult(new ShimAnswer(ok.Words, descriptors, [], null));
    }

    public bool Fail(ShimMessage.Failed failure) => Answer.TrySetResult(new ShimAnswer([], [], [], failure));

    public bool Add(ShimEntry entry)
    {
        _entries.Add(entry);
        CompleteList();
        return false;
    }

    /// <summary>Nobody waits any more: what already came is disposed, what still comes is refused.</summary>
    public void Abandon()
    {
        if (Answer.TrySetCanceled())
        {
            return;
        }

        if (Answer.Task.IsCompletedSuccessfully)
        {
            Answer.Task.Result.Dispose();
        }
        else
        {
            // Looked at, so that nothing reports it as unobserved.
            _ = Answer.Task.Exception;
        }
    }

    private void CompleteList()
    {
        if (_list is not { Words: [var count, ..] } list)
        {
            return;
        }

        if (!int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var expected))
        {
            throw ShimMessage.Malformed(list.Words);
        }

        if (_entries.Count >= expected)
        {
            Answer.TrySetResult(new ShimAnswer(list.Words, [], _entries, null));
        }
    }
}
