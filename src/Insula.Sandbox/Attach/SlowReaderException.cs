namespace Insula.Sandbox.Attach;

/// <summary>Output was not read quickly enough, and its reader cut off: what came later is missing.</summary>
public sealed class SlowReaderException : IOException
{
    /// <summary>Makes the exception.</summary>
    public SlowReaderException()
        : this("the output was not read quickly enough")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    public SlowReaderException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public SlowReaderException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
