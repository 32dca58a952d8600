namespace Insula.Network;

/// <summary>The network could not do what it was asked. The message says what, where, and what to do.</summary>
public sealed class NetworkException : Exception
{
    /// <summary>Creates an exception without a message of its own.</summary>
    public NetworkException()
    {
    }

    /// <summary>Creates an exception with a message for people.</summary>
    public NetworkException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message for people and its cause.</summary>
    public NetworkException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
