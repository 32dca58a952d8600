namespace Insula.Sandbox;

/// <summary>A sandbox could not do what was asked; the message says what, where and, if known, what to do.</summary>
public class SandboxException : Exception
{
    /// <summary>A failure without details.</summary>
    public SandboxException()
    {
    }

    /// <summary>A failure described by a message.</summary>
    /// <param name="message">What failed, where, and what to do.</param>
    public SandboxException(string message)
        : base(message)
    {
    }

    /// <summary>A failure with the one that caused it.</summary>
    /// <param name="message">What failed, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public SandboxException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
