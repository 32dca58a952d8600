namespace Insula.Api.Patches;

/// <summary>A patch cannot be applied; the message says which part and why.</summary>
public sealed class PatchException : Exception
{
    /// <summary>With the reason.</summary>
    public PatchException(string message)
        : base(message)
    {
    }

    /// <summary>With the reason; <paramref name="testFailed"/> tells a failed test operation, which is a conflict, from a malformed patch.</summary>
    public PatchException(string message, bool testFailed)
        : base(message) => TestFailed = testFailed;

    /// <summary>Without a reason.</summary>
    public PatchException()
    {
    }

    /// <summary>With the reason and its cause.</summary>
    public PatchException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether a JSON patch's test operation failed.</summary>
    public bool TestFailed { get; }
}
