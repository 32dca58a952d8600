using Insula.Linux;

namespace Insula.Sandbox.Shim;

/// <summary>An answer of the shim; disposes the descriptors nobody took.</summary>
internal sealed class ShimAnswer(
    IReadOnlyList<string> words,
    IReadOnlyList<Descriptor> descriptors,
    IReadOnlyList<ShimEntry> entries,
    ShimMessage.Failed? failure) : IDisposable
{
    private readonly Descriptor?[] _descriptors = [.. descriptors];

    /// <summary>What followed <c>ok</c> and the number.</summary>
    public IReadOnlyList<string> Words { get; } = words;

    /// <summary>The entries of a list.</summary>
    public IReadOnlyList<ShimEntry> Entries { get; } = entries;

    /// <summary>The failed step, if it failed.</summary>
    public ShimMessage.Failed? Failure { get; } = failure;

    /// <summary>How many descriptors came.</summary>
    public int DescriptorCount => _descriptors.Length;

    /// <summary>Takes a descriptor; it is the caller's then.</summary>
    public Descriptor Take(int index)
    {
        if (index >= _descriptors.Length || _descriptors[index] is not { } descriptor)
        {
            throw new SandboxException($"the shim's answer lacks descriptor {index}: '{string.Join(' ', Words)}'");
        }

        _descriptors[index] = null;
        return descriptor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var descriptor in _descriptors)
        {
            descriptor?.Dispose();
        }
    }
}
