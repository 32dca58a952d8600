namespace Insula.Network.Cni;

/// <summary>A configuration, a plug-in or its answer is of no use. The message says which, and why.</summary>
internal sealed class CniException : Exception
{
    /// <summary>The error code of a plug-in; 0 when it is not a plug-in's own error.</summary>
    public int Code { get; init; }

    /// <summary>Creates an exception without a message of its own.</summary>
    public CniException()
    {
    }

    /// <summary>Creates an exception with a message for people.</summary>
    public CniException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an exception with a message for people and its cause.</summary>
    public CniException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
